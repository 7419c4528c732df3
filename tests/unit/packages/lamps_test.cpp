// tests/unit/packages/lamps_test.cpp: the truth about somebody's calls, out of what all sources say
// of them (RFC 4235).
#include "packages/lamps.h"

#include <random>

#include "pidf/permissions.h"
#include "tests/unit/packages/sample.h"

namespace herald::packages::lamps_test {
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

/// Both tags of a call that differs by its Call-ID.
std::string named(const std::string& call_id) {
    return "call-id=\"" + call_id + "\" local-tag=\"a\" remote-tag=\"b\"";
}

/// What several sources say.
class Calls {
public:
    Calls& publish(const std::string& source, const std::string& body,
                   Rank rank = Rank::published) {
        std::erase_if(held_, [&](const Held& held) { return held.source == source; });
        held_.push_back({source, rank, admitted(body)});
        return *this;
    }
    /// What is kept of what `source` says now.
    std::string kept(const std::string& source, const std::string& body) const {
        const auto inputs = inputs_of();
        const auto told = admitted(body);
        const auto text = package_.reconcile(*told, state_of(inputs), source);
        if (!text) return text.fault().detail;
        return *text ? (*text)->body : "as it is";
    }
    std::string remains(const std::string& source, Cause cause) const {
        const auto inputs = inputs_of();
        const auto left = package_.remains(*document_of(source), cause, state_of(inputs));
        return left ? left->body : "nothing";
    }
    bool is_contradicted(const std::string& source) const {
        const auto inputs = inputs_of();
        return package_.is_contradicted(*document_of(source), state_of(inputs));
    }

private:
    struct Held {
        std::string source;
        Rank rank;
        DocumentPtr document;
    };
    DocumentPtr admitted(const std::string& body) const {
        auto document = package_.admit({"application/dialog-info+xml", body});
        REQUIRE(document);
        return *std::move(document);
    }
    const Admitted* document_of(const std::string& source) const {
        const auto found = std::find_if(held_.begin(), held_.end(),
                                        [&](const Held& held) { return held.source == source; });
        REQUIRE(found != held_.end());
        return found->document.get();
    }
    std::vector<Input> inputs_of() const {
        std::vector<Input> inputs;
        for (const Held& held : held_)
            inputs.push_back({held.source, held.rank, at_minute(0), held.document.get()});
        return inputs;
    }
    static EventState state_of(const std::vector<Input>& inputs) {
        return {"sip:alice@example.com", inputs, at_minute(1)};
    }

    const Package& package_ = *find("dialog");
    std::vector<Held> held_;
};

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

TEST_CASE("RFC 4235 3.4: of two that say the same of a call the one who spoke last is told") {
    const auto told = [](const std::string& to) {
        return info("<dialog id=\"1\" " + std::string(kHere) +
                    "><state>confirmed</state><remote><identity>" + to +
                    "</identity></remote></dialog>");
    };
    Sample sample("dialog");
    sample.publish("p1", told("sip:new@x"), 2);
    sample.publish("p2", told("sip:old@x"), 1);

    CHECK(contains(sample.body(3), "sip:new@x"));
    CHECK(!contains(sample.body(3), "sip:old@x"));
}

TEST_CASE("RFC 4235 3.7.1: an end that others have not heard of is not forgotten among many") {
    Calls known;
    std::string ended;
    for (int i = 0; i < 20; ++i)
        ended += call("d" + std::to_string(i), named("c" + std::to_string(i)), "terminated");
    known.publish("p1", info(ended)).publish("p2", info(call("x", named("c15"), "confirmed")));

    const auto later = known.kept("p1", info(call("new", named("n"), "early")));
    CHECK(contains(later, "\"c7\""));
    CHECK(!contains(later, "\"c8\""));
    CHECK(contains(later, "\"c15\""));
    CHECK(!contains(later, "\"c16\""));
}

TEST_CASE("RFC 4235 4.1.1: an id that is used again leaves the end of the call that had it") {
    Calls known;
    known.publish("p1", info(call("1", named("c"), "terminated")));

    const auto later = known.kept("p1", info(call("1", named("n"), "early")));
    CHECK(contains(later, "<dialog id=\"1\" call-id=\"n\""));
    CHECK(contains(later, "<dialog id=\"1.\" call-id=\"c\""));
    CHECK(count(later, "terminated") == 1);
}

TEST_CASE("a document that is full of calls is not refused for those that ended before") {
    Calls known;
    std::string ended, live, contradicted;
    for (std::size_t i = 0; i < pidf::kMostDialogs; ++i) {
        const auto number = std::to_string(i);
        ended += call("d" + number, named("c" + number), "terminated");
        contradicted += call("x" + number, named("c" + number), "confirmed");
        live += call("l" + number, named("n" + number), "confirmed");
    }
    known.publish("p1", info(ended)).publish("p2", info(contradicted));

    CHECK(known.kept("p1", info(live)) == "as it is");
    const auto later = known.kept("p1", info(call("l", named("n"), "confirmed")));
    CHECK(count(later, "<dialog ") == pidf::kMostDialogs);
}

TEST_CASE("RFC 4235 3.7.1: what is known to be over is over for who had only lost sight of it") {
    Calls known;
    known.publish("p1", info(call("1", named("c"), "terminated")));
    const std::string lost =
        "<dialog id=\"x\" call-id=\"c\" local-tag=\"a\" remote-tag=\"b\"><state "
        "event=\"timeout\">terminated</state></dialog>";
    CHECK(contains(known.kept("p2", info(lost)), "<state>terminated</state>"));
    CHECK(known.kept("p2", info(call("x", named("other"), "early"))) == "as it is");
}

TEST_CASE("RFC 3903 6: who had not heard of an end leaves it behind when he goes") {
    Calls known;
    known.publish("p1", info(call("1", named("c"), "confirmed")))
        .publish("p2", info(call("x", named("c"), "confirmed")));
    CHECK(contains(known.remains("p2", Cause::expired), "event=\"timeout\""));
    CHECK(!contains(known.remains("p2", Cause::removed), "event=\"timeout\""));

    known.publish("p1", info(call("1", named("c"), "terminated")));
    CHECK(!contains(known.remains("p2", Cause::expired), "event=\"timeout\""));
}

TEST_CASE("RFC 4235 3.7.1: an end is contradicted by who is there and has not said it") {
    Calls known;
    known.publish("p1", info(call("1", named("c"), "terminated")), Rank::remembered);
    CHECK(!known.is_contradicted("p1"));
    known.publish("p2", info(call("x", named("d"), "confirmed")));
    CHECK(!known.is_contradicted("p1"));
    known.publish("p3", info(call("x", named("c"), "terminated")));
    CHECK(!known.is_contradicted("p1"));
    // Of two that are gone neither keeps the other.
    known.publish("p4", info(call("x", named("c"), "early")), Rank::remembered);
    CHECK(!known.is_contradicted("p1"));
    known.publish("p5", info(call("x", "call-id=\"c\" local-tag=\"a\"", "early")));
    CHECK(known.is_contradicted("p1"));
}

TEST_CASE("RFC 4235 4.1: who comes late with a call does not hide that its end is news") {
    const auto& package = *find("dialog");
    const auto admitted = [&package](const std::string& body) {
        const auto document = package.admit({"application/dialog-info+xml", body});
        REQUIRE(document);
        return *document;
    };
    const auto live = admitted(info(call("1", kHere, "confirmed")));
    const auto ended =
        package.date_items(admitted(info(call("1", kHere, "terminated"))), live.get(), 7);
    Calls known;
    known.publish("p1", info(call("1", kHere, "terminated")));
    const auto late = admitted(known.kept("p2", info(call("2", kThere, "early"))));
    const auto dated = package.date_items(late, nullptr, 8);

    const Input inputs[] = {{"p0", Rank::published, at_minute(1), dated.get()},
                            {"p1", Rank::published, at_minute(1), ended.get()}};
    const EventState state{"sip:alice@example.com", inputs, at_minute(2)};
    const View view{"application/dialog-info+xml", state.aor, 6};
    const auto composed = package.compose(state, view);
    CHECK(composed.newest_item == 7);
    CHECK(contains(composed.document.body, "id=\"1\" call-id=\"c\""));
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

}  // namespace herald::packages::lamps_test
