// tests/unit/packages/dialog_manner_test.cpp: which calls a SUBSCRIBE asks for, and changes told
// alone (RFC 4235 3.2, 3.3).
#include "packages/dialog_manner.h"

#include <map>

#include "packages/dialog.h"
#include "tests/unit/packages/sample.h"

namespace herald::packages::dialog_manner_test {

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string>>;

Result<DialogManner> manner_of(const Parameters& parameters, std::string_view earlier = {}) {
    Asked asked;
    asked.parameters = parameters;
    asked.earlier = earlier;
    return dialog_manner_of(asked, false);
}

pidf::Dialog dialog(std::string call_id, std::string local_tag, std::string remote_tag) {
    pidf::Dialog made;
    made.call_id = std::move(call_id);
    made.local_tag = std::move(local_tag);
    made.remote_tag = std::move(remote_tag);
    return made;
}

std::string call(const std::string& id, const std::string& state, const std::string& more = {}) {
    return "<dialog id=\"" + id + "\" call-id=\"c" + id +
           "\" local-tag=\"l\" remote-tag=\"r\"><state>" + state + "</state>" + more + "</dialog>";
}
std::string info(const std::string& dialogs) {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
           "state=\"full\" entity=\"sip:alice@example.com\">" +
           dialogs + "</dialog-info>";
}

/// Calls of one source each, as a watcher of changes is told of them.
class Told {
public:
    void publish(const std::string& source, const std::string& dialogs, std::uint64_t change) {
        auto document = *package_.admit({"application/dialog-info+xml", info(dialogs)});
        const auto earlier = documents_.find(source);
        document = package_.date_items(
            document, earlier == documents_.end() ? nullptr : earlier->second.get(), change);
        documents_[source] = document;
    }
    void forget(const std::string& source) { documents_.erase(source); }
    Composed compose(const View& view) const {
        std::vector<Input> inputs;
        for (const auto& [source, document] : documents_)
            inputs.push_back({source, Rank::published, at_minute(0), document.get()});
        return package_.compose({"sip:alice@example.com", inputs, at_minute(1), settings.get()},
                                view);
    }
    Composed whole(std::uint64_t since = 0) const { return compose(view(since, nullptr)); }
    std::string changes(const Listing& known, std::uint64_t since) const {
        return compose(view(since, &known)).document.body;
    }

    SettingsPtr settings;

private:
    static View view(std::uint64_t since, const Listing* known) {
        return {"application/dialog-info+xml",
                "sip:alice@example.com",
                since,
                nullptr,
                "partial",
                known};
    }
    const Package& package_ = *find("dialog");
    std::map<std::string, DocumentPtr> documents_;
};

}  // namespace

TEST_CASE("RFC 4235 3.2: to-tag is the local tag, from-tag the remote one") {
    const auto manner = manner_of({{"call-id", "c"}, {"to-tag", "l"}, {"From-Tag", "r"}});
    REQUIRE(manner);
    CHECK(manner->asks_for(dialog("c", "l", "r")));
    CHECK(!manner->asks_for(dialog("c", "r", "l")));
    CHECK(!manner->asks_for(dialog("c", "l", "")));
    CHECK(!manner->asks_for(dialog("d", "l", "r")));
}

TEST_CASE("RFC 4235 3.2: a Call-ID alone, or with the to-tag, names several dialogs") {
    CHECK(manner_of({{"call-id", "c"}})->asks_for(dialog("c", "x", "y")));
    CHECK(manner_of({{"call-id", "c"}, {"to-tag", "l"}})->asks_for(dialog("c", "l", "y")));
    CHECK(!manner_of({{"call-id", "c"}, {"to-tag", "l"}})->asks_for(dialog("c", "x", "y")));
    CHECK(manner_of({})->asks_for(dialog("", "", "")));
}

TEST_CASE("what cannot name a call is refused") {
    for (const auto& wrong : {Parameters{{"to-tag", "l"}}, Parameters{{"from-tag", "r"}},
                              Parameters{{"call-id", "a b"}}, Parameters{{"call-id", "a\tb"}},
                              Parameters{{"call-id", std::string(256, 'c')}}}) {
        const auto manner = manner_of(wrong);
        REQUIRE(!manner);
        CHECK(manner.fault().kind == FaultKind::malformed);
    }
}

TEST_CASE("a manner is one line, and comes back from it") {
    const auto manner = manner_of({{"call-id", "c=1@x"},
                                   {"to-tag", "partial"},
                                   {"from-tag", "sessions"},
                                   {"include-session-description", ""}});
    REQUIRE(manner);
    const auto again = dialog_manner_from(to_text(*manner));
    CHECK(again.call_id == "c=1@x");
    CHECK(again.to_tag == "partial");
    CHECK(again.from_tag == "sessions");
    CHECK(again.has_sessions);
    CHECK(!again.is_partial);
    CHECK(to_text(*manner_of({})).empty());
}

TEST_CASE("RFC 6665 4.1.2.2: a refresh that names no call is about the one it began with") {
    const auto first = to_text(*manner_of({{"call-id", "c"}, {"to-tag", "l"}}));
    CHECK(to_text(*manner_of({}, first)) == first);
    CHECK(manner_of({{"call-id", "d"}}, first)->call_id == "d");
}

TEST_CASE("RFC 4235 3.3: calls with the watcher's own Contact are left out where it is wanted") {
    Asked asked;
    asked.contact = "sip:bob@192.0.2.10;x=\"1\"&2";
    auto own = dialog("c", "l", "r");
    own.remote.target = "<target uri=\"sip:bob@192.0.2.10;x=&quot;1&quot;&amp;2\"/>";
    CHECK(!dialog_manner_of(asked, true)->asks_for(own));
    CHECK(dialog_manner_of(asked, false)->asks_for(own));
    CHECK(dialog_manner_of(asked, true)->asks_for(dialog("c", "l", "r")));
    const Parameters named{{"call-id", "c"}};
    asked.parameters = named;
    CHECK(dialog_manner_of(asked, true)->asks_for(own));
}

TEST_CASE("RFC 4235 3.3: a partial document has what changed, and nothing else") {
    Told told;
    told.publish("p1", call("1", "confirmed"), 1);
    told.publish("p2", call("2", "early"), 2);
    const auto before = told.whole();
    REQUIRE(before.listing);
    CHECK(contains(before.document.body, "state=\"full\""));

    told.publish("p2", call("2", "confirmed"), 3);
    told.publish("p3", call("3", "trying"), 4);

    const auto changes = told.changes(*before.listing, 2);
    CHECK(contains(changes, "state=\"partial\""));
    CHECK(contains(changes, "id=\"2\""));
    CHECK(contains(changes, "id=\"3\""));
    CHECK(!contains(changes, "id=\"1\""));
    CHECK(count(changes, "<dialog ") == 2);
}

TEST_CASE("RFC 4235 3.3: an end is told with its reason, what only vanished as ended") {
    Told told;
    told.publish("p1", call("1", "confirmed"), 1);
    told.publish("p2", call("2", "early"), 2);
    told.publish("p3", call("3", "early"), 3);
    const auto before = told.whole();

    told.publish("p1",
                 "<dialog id=\"1\" call-id=\"c1\" local-tag=\"l\" remote-tag=\"r\"><state "
                 "event=\"local-bye\">terminated</state></dialog>",
                 4);
    told.forget("p2");

    const auto changes = told.changes(*before.listing, 3);
    CHECK(contains(changes, "<state event=\"local-bye\">terminated</state>"));
    CHECK(contains(changes, "<dialog id=\"2\"><state>terminated</state></dialog>"));
    CHECK(!contains(changes, "id=\"3\""));
}

TEST_CASE("RFC 4235 3.3: where nothing changed everything is told") {
    Told told;
    told.publish("p1", call("1", "confirmed"), 1);
    const auto before = told.whole();
    const auto same = told.changes(*before.listing, 1);
    CHECK(contains(same, "state=\"full\""));
    CHECK(contains(same, "id=\"1\""));
}

TEST_CASE("one call of several is always told whole: which one it is changes") {
    Told told;
    auto settings = std::make_shared<DialogSettings>();
    settings->shown = ShownCalls::single;
    told.settings = settings;
    told.publish("p1", call("1", "confirmed"), 1);
    CHECK(told.whole().listing == nullptr);
}

TEST_CASE("RFC 4235 4.3: a document that is older is late, a partial one may lack one before it") {
    const auto& package = *find("dialog");
    const auto document = [](const std::string& version, const std::string& state) {
        return Document{"application/dialog-info+xml",
                        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"" +
                            version + "\" state=\"" + state + "\" entity=\"sip:a@b\"/>"};
    };
    const auto sequence = [&](const std::string& before, const std::string& now,
                              const std::string& state) {
        return package.sequence(document(before, "full"), document(now, state));
    };
    CHECK(sequence("3", "4", "partial") == Sequence::next);
    CHECK(sequence("3", "5", "partial") == Sequence::gap);
    CHECK(sequence("3", "5", "full") == Sequence::next);
    CHECK(sequence("3", "3", "full") == Sequence::next);
    CHECK(sequence("3", "2", "full") == Sequence::late);
    CHECK(sequence("4294967295", "0", "partial") == Sequence::late);
    CHECK(sequence("", "9", "partial") == Sequence::next);
}

TEST_CASE("a whole document that leaves out a call may have forgotten it: it is asked for again") {
    const auto& package = *find("dialog");
    const auto document = [](const std::string& dialogs) {
        return Document{"application/dialog-info+xml", info(dialogs)};
    };
    const auto one = document(call("1", "confirmed"));
    CHECK(package.sequence(one, document(call("2", "early"))) == Sequence::gap);
    CHECK(package.sequence(one, document("")) == Sequence::gap);
    CHECK(package.sequence(one, document(call("1", "terminated"))) == Sequence::next);
    CHECK(package.sequence(document(call("1", "terminated")), document("")) == Sequence::next);
}

}  // namespace herald::packages::dialog_manner_test
