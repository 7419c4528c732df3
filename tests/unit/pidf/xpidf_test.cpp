// tests/unit/pidf/xpidf_test.cpp: the document for old phones.
#include "pidf/xpidf.h"

#include <doctest/doctest.h>

#include "tests/unit/pidf/sample.h"

namespace herald::pidf::xpidf_test {
namespace {

std::string shown(std::string_view content) {
    const Presence presence = admitted(in_presence(content));
    const Contribution only{"tag", 0, at_minute(0), &presence};
    return render_xpidf(resolve({&only, 1}, at_minute(0)), "sip:bo@ex.org", "sip:bo@ex.org").body;
}

std::string open_with(std::string_view activities) {
    return "<tuple id='t'><status><basic>open</basic></status></tuple><dm:person "
           "id='p'><rpid:activities>" +
           std::string(activities) + "</rpid:activities></dm:person>";
}

}  // namespace

TEST_CASE("XPIDF has a DOCTYPE, no namespace and one atom") {
    CHECK(shown("<tuple id='a1'><status><basic>open</basic></status><contact "
                "priority='0.8'>sip:bo@10.0.0.1</contact></tuple>") ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\n"
          "<presence><presentity uri=\"sip:bo@ex.org;method=SUBSCRIBE\"/><atom id=\"a1\">"
          "<address uri=\"sip:bo@10.0.0.1;user=ip\" priority=\"0.800\"><status status=\"open\"/>"
          "<msnsubstatus substatus=\"online\"/></address></atom></presence>\n");
}

TEST_CASE("the whole state becomes one of XPIDF's") {
    const auto means = [](const std::string& body, const std::string& status,
                          const std::string& substatus) {
        return contains(body, "<status status=\"" + status + "\"/><msnsubstatus substatus=\"" +
                                  substatus + "\"/>");
    };
    CHECK(means(shown(open_with("<rpid:on-the-phone/>")), "inuse", "onthephone"));
    CHECK(means(shown(open_with("<rpid:busy/>")), "inuse", "onthephone"));
    CHECK(means(shown(open_with("<rpid:away/>")), "open", "away"));
    CHECK(means(shown(open_with("<rpid:sleeping/>")), "open", "online"));
    CHECK(means(shown(open_with("<z:away xmlns:z='urn:z'/>")), "open", "online"));
    CHECK(means(
        shown("<tuple id='t'><status><basic>closed</basic></status></tuple>"
              "<dm:person id='p'><rpid:activities><rpid:away/></rpid:activities></dm:person>"),
        "closed", "offline"));
    CHECK(means(shown("<dm:person id='p'/>"), "closed", "offline"));
}

TEST_CASE("with nothing published the atom is the address of record, closed") {
    const std::string body = render_xpidf({}, "sip:bo@ex.org", "sip:bo@ex.org").body;

    CHECK(contains(
        body,
        "<atom id=\"closed\"><address uri=\"sip:bo@ex.org;user=ip\"><status status=\"closed\"/>"));
}

TEST_CASE("parameters are added only to SIP URIs that lack them, and all is escaped") {
    CHECK(contains(shown("<tuple id='t'><status/><contact>sip:1@x;user=phone</contact></tuple>"),
                   "uri=\"sip:1@x;user=phone\""));
    CHECK(contains(shown("<tuple id='t'><status/><contact>sips:1@x</contact></tuple>"),
                   "uri=\"sips:1@x;user=ip\""));
    CHECK(contains(shown("<tuple id='t'><status/><contact>tel:+12</contact></tuple>"),
                   "<address uri=\"tel:+12\">"));
    CHECK(contains(shown("<tuple id='t'><status/><contact>sip:1@x?a=\"&amp;</contact></tuple>"),
                   "<address uri=\"sip:1@x?a=&quot;&amp;\">"));
    CHECK(contains(shown("<tuple id='t'><status/><contact priority='1'>sip:1@x</contact></tuple>"),
                   "priority=\"1.000\""));
}

}  // namespace herald::pidf::xpidf_test
