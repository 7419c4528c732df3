// tests/unit/server/notify/views_test.cpp: who may see different things costs what is different,
// and who is politely blocked cannot tell.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/access/policies.h"
#include "server/notify/watcher_rules.h"
#include "server/publish/state_orders.h"
#include "tests/support/thorough.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::views_test {
namespace {

using testing::answer_to;
using testing::header;
using testing::SlowShard;

constexpr unsigned kWatchers = 999;

std::string rule(const std::string& id, const std::string& who, const std::string& shown) {
    return "<rule id=\"" + id + "\"><conditions><identity>" + who +
           "</identity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions>"
           "<transformations>" +
           shown + "</transformations></rule>";
}

/// A third sees services, a third notes, too, and a third everything.
std::string three_views() {
    std::string some, more;
    for (unsigned i = 0; i < kWatchers; ++i) {
        auto& names = i % 3 == 1 ? some : more;
        if (i % 3 != 0) names += "<one id=\"sip:w" + std::to_string(i) + "@localhost\"/>";
    }
    return "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
           "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">" +
           rule("all", "<many/>", "<pr:provide-services><pr:all-services/></pr:provide-services>") +
           rule("some", some, "<pr:provide-note>true</pr:provide-note>") +
           rule("more", more,
                "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
                "<pr:provide-all-attributes/>") +
           "</ruleset>";
}

struct Watched : SlowShard {
    void say(const std::string& scope, const std::string& lists, const std::string& document) {
        shard.watcher_rules().put(policy_of({scope, ++revision, lists, document}));
        settle();
    }
    void finish_all() {
        while (!store.held.empty()) finish();
    }
    void publish(const std::string& aor, unsigned number) {
        const auto body = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"" + aor +
                          "\"><tuple id=\"a\"><status><basic>open</basic></status><note>" +
                          std::to_string(number) + "</note></tuple></presence>";
        shard.orders().change_hard_state(
            {packages::find("presence"), aor, packages::Document{"application/pidf+xml", body}, {}},
            [](const auto&) {});
        finish_all();
    }
    /// Answers every NOTIFY, and those that follow; how many there were.
    std::size_t answer_all() {
        std::size_t count = 0;
        while (true) {
            const auto sent = transport.take();
            if (sent.empty()) return count;
            for (const auto& each : sent) {
                if (!each.bytes.starts_with("NOTIFY")) continue;
                ++count;
                transport.receive(answer_to(each.bytes, "200 OK"), transport.udp());
            }
            settle();
        }
    }
    std::uint64_t composed() const {
        for (const auto& sample : metrics.collect()) {
            const bool is_presence =
                std::any_of(sample.labels.begin(), sample.labels.end(),
                            [](const auto& label) { return label.second == "presence"; });
            if (sample.name == "herald_documents_composed_total" && is_presence)
                return static_cast<std::uint64_t>(sample.value);
        }
        return 0;
    }
    std::uint64_t metric(const std::string& name) const {
        double total = 0;
        for (const auto& sample : metrics.collect())
            if (sample.name == name) total += sample.value;
        return static_cast<std::uint64_t>(total);
    }
    std::uint64_t revision = 0;
};

std::string subscribe(const std::string& aor, const std::string& who, unsigned cseq,
                      const std::string& call_id, const std::string& to_tag = {},
                      unsigned expires = 3600) {
    auto text = testing::request(
        "SUBSCRIBE", aor, cseq, "<" + aor + ">" + (to_tag.empty() ? "" : ";tag=" + to_tag),
        "Contact: <sip:" + who.substr(0, who.find('@')) +
            "@192.0.2.10>\nEvent: presence\nExpires: " + std::to_string(expires) + "\n",
        call_id);
    text.replace(text.find("sip:bob@localhost"), 17, "sip:" + who);
    return text;
}

/// A message with its tags, Call-ID, branches, names and dates made alike.
std::string made_alike(std::string text, const std::string& owner) {
    const auto blank = [&text](const std::string& begin, const std::string& end) {
        for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
            const auto from = at + begin.size();
            const auto to = std::min(text.find_first_of(end, from), text.size());
            text.replace(from, to - from, "*");
        }
    };
    for (auto at = text.find(owner); at != std::string::npos; at = text.find(owner, at + 1))
        text.replace(at, owner.size(), "OWNER");
    blank(";tag=", ";>\r");
    blank("Call-ID: ", "\r");
    blank(";branch=", ";\r");
    return text;
}

/// All that zed is sent who watches `owner` for an hour, refreshes, is back and fetches, while the
/// owner does whatever he does.
std::vector<std::string> trace_of(Watched& server, const std::string& owner, bool is_active) {
    const auto aor = "sip:" + owner + "@localhost";
    std::vector<std::string> trace;
    std::string tag;
    unsigned number = 0;
    const auto look = [&] {
        server.finish_all();
        for (const auto& each : server.transport.take()) {
            if (each.bytes.starts_with("NOTIFY"))
                server.transport.receive(answer_to(each.bytes, "200 OK"), server.transport.udp());
            if (each.bytes.starts_with("SIP/2.0 200")) {
                const auto to = header(each.bytes, "To");
                tag = to.substr(to.find(";tag=") + 5);
            }
            trace.push_back(made_alike(each.bytes, owner));
        }
        server.settle();
        server.finish_all();
    };
    const auto act = [&] {
        if (is_active) server.publish(aor, ++number);
        look();
    };
    const auto call = "c-" + owner;
    act();
    server.receive(subscribe(aor, "zed@example.org", 1, call));
    look();
    for (int i = 0; i < 3; ++i) act();
    server.receive(subscribe(aor, "zed@example.org", 2, call, tag));
    look();
    act();
    server.receive(subscribe(aor, "zed@example.org", 3, call, tag, 0));
    look();
    server.receive(subscribe(aor, "zed@example.org", 1, "fetch-" + owner, {}, 0));
    look();
    act();
    return trace;
}

TEST_CASE("a thousand watchers in three views: three documents are composed for a change") {
    Watched server;
    server.say("sip:alice@localhost", {}, three_views());
    for (unsigned i = 0; i < kWatchers; ++i) {
        const auto name = "w" + std::to_string(i);
        server.receive(subscribe("sip:alice@localhost", name + "@localhost", 1, name));
    }
    server.finish_all();
    server.answer_all();
    for (unsigned number = 1; number <= 3; ++number) {
        const auto before = server.composed();
        server.publish("sip:alice@localhost", number);
        // One view hides the note, which is all that changes after the first time.
        const std::size_t told = number == 1 ? kWatchers : kWatchers / 3 * 2;
        CHECK(server.answer_all() == told);
        CHECK(server.composed() - before == 3);
    }
}

TEST_CASE("a rule that is edited is told to those only who see something else by it (AV33)") {
    Watched server;
    server.say("sip:alice@localhost", {}, three_views());
    for (unsigned i = 0; i < kWatchers; ++i) {
        const auto name = "w" + std::to_string(i);
        server.receive(subscribe("sip:alice@localhost", name + "@localhost", 1, name));
    }
    server.finish_all();
    server.publish("sip:alice@localhost", 1);
    server.answer_all();

    auto edited = three_views();
    const std::string more = "<one id=\"sip:w2@localhost\"/>";
    edited.insert(edited.find(more), "<one id=\"sip:w3@localhost\"/>");
    const auto before = server.composed();
    server.say("sip:alice@localhost", {}, edited);
    // They are looked at in slices.
    for (unsigned i = 0; i < 20; ++i) server.pass(std::chrono::milliseconds(10));
    server.finish_all();

    CHECK(server.answer_all() == 1);
    CHECK(server.composed() == before);
}

TEST_CASE("ten thousand rules and five thousand watchers: an edit costs what it changes (AV33)") {
    const unsigned watchers = herald::testing::rounds(5000, 400);
    const unsigned rules = 2 * watchers;
    constexpr unsigned kClasses = 50, kEdited = 7;
    const std::string alice = "sip:alice@localhost";
    const auto ruleset = [&](const std::string& also_shown) {
        std::string all;
        for (unsigned i = 0; i < rules; ++i) {
            all += rule("r" + std::to_string(i),
                        "<one id=\"sip:w" + std::to_string(i) + "@localhost\"/>",
                        "<pr:provide-services><pr:class>c" + std::to_string(i % kClasses) +
                            "</pr:class></pr:provide-services>" +
                            (i == kEdited ? also_shown : std::string()));
        }
        return "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
               "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">" +
               all + "</ruleset>";
    };
    Watched server;
    server.say(alice, {}, ruleset({}));
    for (unsigned i = 0; i < watchers; ++i) {
        const auto name = "w" + std::to_string(i);
        server.receive(subscribe(alice, name + "@localhost", 1, name));
    }
    server.finish_all();
    server.answer_all();
    server.publish(alice, 1);
    server.answer_all();

    const auto policy = server.shard.context().policies.find(alice);
    REQUIRE(policy);
    for (unsigned i = 0; i < watchers; ++i) {
        const auto name = "sip:w" + std::to_string(i) + "@localhost";
        const std::string_view uris[] = {name};
        const auto grant = policy->rules()->grant({uris, "presence", server.clock.wall(), {}});
        CHECK(grant.looked_at == 1);
        CHECK(grant.rules == std::vector<std::uint32_t>{i});
    }

    const auto composed = server.composed();
    const auto judged = server.metric("herald_subscriptions_judged_total");
    server.say(alice, {}, ruleset("<pr:provide-services><pr:all-services/></pr:provide-services>"));
    const auto at_once = server.metric("herald_subscriptions_judged_total") - judged;
    CHECK(at_once <= 512);
    std::size_t told = server.answer_all();
    for (unsigned i = 0; i < watchers; i += 64) {
        server.pass(std::chrono::milliseconds(10));
        told += server.answer_all();
    }

    CHECK(server.metric("herald_subscriptions_judged_total") - judged == watchers);
    CHECK(server.store.held.size() == 1);
    CHECK(told == 1);
    CHECK(server.composed() - composed == 1);
}

TEST_CASE("RFC 5025 3.2.1: what a politely blocked watcher is sent is what nobody's watcher is") {
    // To one who never published, with the same names of the same length.
    Watched blocked, nobody;
    blocked.say("sip:alice@localhost", "polite-block sip:zed@example.org presence", {});
    nobody.say("sip:nobod@localhost", "allow sip:zed@example.org presence", {});
    const auto politely = trace_of(blocked, "alice", true);
    const auto truly = trace_of(nobody, "nobod", false);
    REQUIRE(politely.size() >= 8);
    CHECK(politely == truly);
}

}  // namespace
}  // namespace herald::server::views_test
