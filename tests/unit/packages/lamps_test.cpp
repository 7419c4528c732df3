// tests/unit/packages/lamps_test.cpp: the truth about somebody's calls, out of what all sources say
// of them (RFC 4235).
#include "packages/lamps.h"

#include <random>

#include "pidf/permissions.h"
#include "tests/unit/packages/sample.h"

using namespace herald;
using namespace herald::packages;

namespace {

std::string call(const std::string& id, const std::string& names, const std::string& state) {
    return "<dialog id=\"" + id + "\" " + names + "><state>" + state + "</state></dialog>";
}

std::string info(const std::string& dialogs, const std::string& state = "full") {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"" +
           state + "\" entity=\"sip:alice@example.com\">" + dialogs + "</dialog-info>";
}

constexpr const char* kHere = "call-id=\"c\" local-tag=\"a\" remote-tag=\"b\"";
constexpr const char* kThere = "call-id=\"c\" local-tag=\"b\" remote-tag=\"a\"";

/// What is kept of `told` beside what is known.
std::string kept(const std::string& told, const std::string& earlier) {
    const auto& package = *find("dialog");
    const auto before = package.admit({"application/dialog-info+xml", earlier});
    const auto now = package.admit({"application/dialog-info+xml", told});
    REQUIRE(before);
    REQUIRE(now);
    const Input inputs[] = {{"p1", Rank::published, at_minute(0), before->get()}};
    const auto text =
        package.reconcile(**now, {"sip:alice@example.com", inputs, at_minute(1)}, "p1");
    REQUIRE(text);
    return *text ? (*text)->body : "as it is";
}

}  // namespace

TEST_CASE(
    "RFC 4235 3.7.1: of several sources the one counts that knows the call has come furthest") {
    Sample sample("dialog");
    sample.publish("p1", info(call("1", kHere, "early")), 0);
    sample.publish("p2", info(call("9", kThere, "confirmed")), 0);

    CHECK(contains(sample.body(1), "confirmed"));
    CHECK(count(sample.body(1), "<dialog ") == 1);

    sample.publish("p3", info(call("2", kHere, "terminated")), 1);
    CHECK(!contains(sample.body(2), "confirmed"));
}

TEST_CASE("RFC 4235 4.1.2: calls of one name from different sources are told apart") {
    Sample sample("dialog");
    sample.publish("p1", info(call("1", "call-id=\"x\"", "confirmed")), 0);
    sample.publish("p2", info(call("1", "call-id=\"y\"", "confirmed")), 0);

    CHECK(contains(sample.body(1), "id=\"1\" call-id=\"x\""));
    CHECK(contains(sample.body(1), "id=\"1.p2\" call-id=\"y\""));
}

TEST_CASE("RFC 4235 3.7.1: tags that are learned later make no second call") {
    Sample sample("dialog");
    sample.publish("p1", info(call("1", "call-id=\"c\" local-tag=\"a\"", "trying")), 0);
    sample.publish("p2", info(call("1", kHere, "confirmed")), 0);

    CHECK(count(sample.body(1), "<dialog ") == 1);

    sample.publish("p2", info(call("1", kHere, "terminated")), 1);
    CHECK(!contains(sample.body(2), "trying"));
}

TEST_CASE(
    "RFC 4235 3.3: what a partial document does not name stays, what a whole one does not ends") {
    const auto both = info(call("1", kHere, "confirmed") + call("2", "", "early"));
    const auto third = call("3", "", "trying");

    const auto partial = kept(info(third, "partial"), both);
    CHECK(contains(partial, "confirmed"));
    CHECK(contains(partial, "early"));
    CHECK(contains(partial, "trying"));
    CHECK(contains(partial, "state=\"full\""));

    const auto whole = kept(info(third), both);
    CHECK(count(whole, "<state event=\"timeout\">terminated</state>") == 2);
    CHECK(contains(whole, "trying"));
}

TEST_CASE(
    "RFC 4235 3.7.1: the end of a call with a Call-ID is final, that of an extension is not") {
    CHECK(contains(kept(info(call("1", kHere, "early")), info(call("1", kHere, "terminated"))),
                   "<state>terminated</state>"));
    CHECK(kept(info(call("1", "", "early")), info(call("1", "", "terminated"))) == "as it is");
}

TEST_CASE("RFC 4235 3.6: who may not know whose calls they are learns no name of any") {
    const auto& package = *find("dialog");
    const auto document =
        package.admit({"application/dialog-info+xml",
                       info("<dialog id=\"d1\" call-id=\"c\" local-tag=\"a\" remote-tag=\"b\" "
                            "direction=\"initiator\"><state>confirmed</state><remote><identity "
                            "display=\"Carol\">sip:carol@x</identity><target "
                            "uri=\"sip:carol@host\"/></remote></dialog>" +
                            call("d2", "call-id=\"e\"", "early"))});
    REQUIRE(document);
    const Input inputs[] = {{"p1", Rank::published, at_minute(0), document->get()}};
    const EventState state{"sip:alice@example.com", inputs, at_minute(1)};

    pidf::Permissions allowed;
    allowed.dialog_view = pidf::DialogView::virtual_;
    const View view{"application/dialog-info+xml", state.aor, 0, &allowed};
    const auto bare = package.compose(state, view);
    CHECK(count(bare.document.body, "<dialog ") == 1);
    CHECK(contains(bare.document.body, "<dialog id=\"0\"><state>early</state></dialog>"));

    allowed.dialog_view = pidf::DialogView::state;
    const auto named = package.compose(state, view);
    CHECK(contains(named.document.body, "sip:carol@x"));
    CHECK(!contains(named.document.body, "carol@host"));
    CHECK(!contains(named.document.body, "call-id"));

    allowed.dialog_view = pidf::DialogView::none;
    CHECK(!contains(package.compose(state, view).document.body, "early"));
}

TEST_CASE("the order in which sources are listed makes no difference to a byte") {
    std::mt19937 random(7);
    Sample sample("dialog");
    for (int i = 0; i < 12; ++i) {
        const std::string states[] = {"trying", "early", "confirmed", "terminated"};
        const auto tags = "call-id=\"c" + std::to_string(i % 5) +
                          "\" local-tag=\"a\" remote-tag=\"b" + std::to_string(i % 2) + "\"";
        sample.publish("p" + std::to_string(i), info(call("1", tags, states[random() % 4])), i % 3);
    }
    const auto body = sample.body(5);
    for (int i = 0; i < 20; ++i) {
        sample.shuffle(random);
        CHECK(sample.body(5) == body);
    }
}

TEST_CASE("RFC 4235 3.4: a call nobody speaks of any more goes, and is looked at in time") {
    Sample sample("dialog");
    sample.publish("p1", info(call("1", kHere, "early")), 0);

    CHECK(sample.compose(5).stale_at == at_minute(10));
    CHECK(contains(sample.body(5), "early"));
    CHECK(contains(sample.body(10), "<state event=\"timeout\">terminated</state>"));
    CHECK(sample.compose(10).stale_at == at_minute(11));
    CHECK(!contains(sample.body(11), "call-id"));
}
