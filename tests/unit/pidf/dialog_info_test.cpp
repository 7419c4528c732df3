// tests/unit/pidf/dialog_info_test.cpp: dialog information documents (RFC 4235 4).
#include "pidf/dialog_info.h"

#include <doctest/doctest.h>

namespace herald::pidf::dialog_info_test {
namespace {

std::string document(const std::string& dialogs) {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
           "state=\"full\" entity=\"sip:a@b\">" +
           dialogs + "</dialog-info>";
}

}  // namespace

TEST_CASE("RFC 4235 4.1: everything a dialog may have is read and written") {
    const std::string dialog =
        "<dialog id=\"1\" call-id=\"c\" local-tag=\"l\" remote-tag=\"r\" direction=\"initiator\">"
        "<state event=\"rejected\" code=\"486\">terminated</state><duration>30</duration>"
        "<replaces call-id=\"x\" local-tag=\"y\" remote-tag=\"z\"/>"
        "<referred-by display=\"Bob\">sip:bob@b</referred-by>"
        "<route-set><hop>sip:p;lr</hop></route-set>"
        "<local><identity display=\"A &amp; B\">sip:a@b</identity>"
        "<target uri=\"sip:a@c\"><param pname=\"+sip.rendering\" pval=\"no\"/></target>"
        "<session-description type=\"application/sdp\">v=0</session-description>"
        "<cseq>1</cseq></local>"
        "<remote><identity>sip:c@d</identity></remote>"
        "<x:y xmlns:x=\"urn:x\" z=\"1\">text</x:y></dialog>";
    const auto info = parse_dialog_info(document(dialog));
    REQUIRE(info);
    REQUIRE(info->dialogs.size() == 1);
    const auto& read = info->dialogs[0];
    CHECK(read.state == DialogState::terminated);
    CHECK(read.event == DialogEvent::rejected);
    CHECK(read.code == 486);
    CHECK(read.local.is_held);
    CHECK(read.local.display == "A & B");
    CHECK(!read.remote.is_held);
    CHECK(read.has_whole_name());
    CHECK(to_text(*info).find("<cseq>1</cseq>") != std::string::npos);
    CHECK(parse_dialog_info(to_text(*info))->dialogs[0].foreign == read.foreign);
    CHECK(to_text(*parse_dialog_info(to_text(*info))) == to_text(*info));

    std::string shown;
    append_dialog(shown, read, DialogDetail::full);
    CHECK(shown.find("session-description") == std::string::npos);
    CHECK(shown.find("<target uri=\"sip:a@c\">") != std::string::npos);
    std::string whole;
    append_dialog(whole, read, DialogDetail::sessions);
    // RFC 4235 4.4 has the CSeq behind the session; both come from the source in this order.
    CHECK(whole == dialog);
}

TEST_CASE("elements of PIDF within a dialog keep their namespace") {
    const auto info = parse_dialog_info(
        document("<dialog id=\"1\"><state>trying</state>"
                 "<p:note xmlns:p=\"urn:ietf:params:xml:ns:pidf\">\r</p:note></dialog>"));
    REQUIRE(info);
    const auto written = to_text(*info);
    CHECK(written.find("<note xmlns=\"urn:ietf:params:xml:ns:pidf\">") != std::string::npos);
    CHECK(to_text(*parse_dialog_info(written)) == written);
}

TEST_CASE("an element of nothing but white space is written as it is read again") {
    const auto info = parse_dialog_info(
        document("<dialog id=\"1\"><state>trying</state><local><cseq> </cseq>"
                 "<target uri=\"sip:a@c\"> <!-- none --> </target></local></dialog>"));
    REQUIRE(info);
    const auto written = to_text(*info);
    CHECK(written.find("<cseq/>") != std::string::npos);
    CHECK(to_text(*parse_dialog_info(written)) == written);
}

TEST_CASE("RFC 4235 4.1.2: documents that are none, and where") {
    const auto why = [](const std::string& dialogs) {
        const auto info = parse_dialog_info(document(dialogs));
        return info ? std::string("nothing") : info.fault().detail;
    };
    CHECK(why("") == "nothing");
    CHECK(why("<dialog><state>early</state></dialog>").find("without id") != std::string::npos);
    CHECK(why("<dialog id=\"1\"/>").find("without state") != std::string::npos);
    CHECK(why("<dialog id=\"1\"><state>gone</state></dialog>").find("no such state") !=
          std::string::npos);
    CHECK(why("<dialog id=\"" + std::string(600, 'x') + "\"><state>early</state></dialog>")
              .find("too long") != std::string::npos);

    std::string many;
    for (int i = 0; i < 10000; ++i)
        many += "<dialog id=\"" + std::to_string(i) + "\"><state>early</state></dialog>";
    CHECK(why(many) != "nothing");
    CHECK(parse_dialog_info(document("<dialog id=\"1\"><state>early</state><remote><identity "
                                     "display=\"" +
                                     std::string(1 << 20, 'x') + "\"/></remote></dialog>"))
              .fault()
              .kind == FaultKind::too_large);
}

TEST_CASE("RFC 4235 4.1: the same id twice is one dialog, as it is said last") {
    const auto info =
        parse_dialog_info(document("<dialog id=\"1\"><state>early</state></dialog>"
                                   "<dialog id=\"1\"><state>confirmed</state></dialog>"));
    REQUIRE(info);
    REQUIRE(info->dialogs.size() == 1);
    CHECK(info->dialogs[0].state == DialogState::confirmed);
}

TEST_CASE("RFC 3840: Asterisk's pvalue means a party on hold, too") {
    const auto info = parse_dialog_info(
        document("<dialog id=\"100\"><state>confirmed</state><local><target uri=\"sip:100@x\">"
                 "<param pname=\"+sip.rendering\" pvalue=\"no\"/></target></local></dialog>"));
    REQUIRE(info);
    CHECK(info->dialogs[0].local.is_held);
}

}  // namespace herald::pidf::dialog_info_test
