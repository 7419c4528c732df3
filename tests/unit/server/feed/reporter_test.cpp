// tests/unit/server/feed/reporter_test.cpp: what happens in a shard is told to the feed, once, by
// its kind.
#include "server/feed/reporter.h"

#include <doctest/doctest.h>

#include "server/notify/watcher_rules.h"
#include "server/shard/agents.h"
#include "server/shard/recovered_rows.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::reporter_test {
namespace {

using std::chrono::seconds;
using testing::answer_to;
using testing::request;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";

struct Watched : SlowShard {
    explicit Watched(Config given = parse_config("").config) : SlowShard(std::move(given)) {
        feed.want();
        shard.rows().resume({});
        settle();
    }
    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    void take(std::string text) {
        receive(text);
        commit();
    }
    /// What was told since the last call: "kind resource package name=value ..."
    std::vector<std::string> told() {
        feed.collect();
        std::vector<std::string> lines;
        for (const auto& event : feed.read(read_, 1000).events) {
            read_ = event->number;
            auto line = std::string(name_of(event->kind)) + " " + event->resource;
            if (!event->package.empty()) line += " " + std::string(event->package);
            for (const auto& [name, value] : event->details) {
                if (name != "subscription") line += " " + std::string(name) + "=" + value;
            }
            lines.push_back(std::move(line));
        }
        return lines;
    }

private:
    std::uint64_t read_ = 0;
};
using Lines = std::vector<std::string>;

std::string subscribe(unsigned cseq, const std::string& more = {}) {
    auto text = request("SUBSCRIBE", kAlice, cseq, "<" + kAlice + ">",
                        "Event: presence\nContact: <sip:b@192.0.2.10>\n" + more);
    for (auto at = text.find("bob@localhost"); at != std::string::npos;
         at = text.find("bob@localhost"))
        text.replace(at, 13, "bob@example.org");
    return text;
}

void decide(Watched& server, SubHandling list) {
    server.shard.watcher_rules().put(policy_of({kAlice,
                                                server.shard.context().next_number(),
                                                to_text({{list, "sip:bob@example.org"}}),
                                                {}}));
    server.commit();
}

TEST_CASE("a watcher who waits is told, and what is decided about him") {
    Watched server;
    server.take(subscribe(1));
    CHECK(server.told() ==
          Lines{"subscription.created sip:alice@localhost presence watcher=sip:bob@example.org "
                "state=pending",
                "watcher.pending sip:alice@localhost presence watcher=sip:bob@example.org "
                "state=pending"});

    decide(server, SubHandling::allow);
    CHECK(server.told() == Lines{"watcher.decided sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org state=active"});

    decide(server, SubHandling::block);
    CHECK(server.told() == Lines{"subscription.ended sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org reason=rejected"});
}

TEST_CASE("one who is refused while he waits was decided about") {
    Watched server;
    server.take(subscribe(1));
    server.told();

    decide(server, SubHandling::block);

    CHECK(server.told() == Lines{"watcher.decided sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org state=rejected",
                                 "subscription.ended sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org reason=rejected"});
}

TEST_CASE("RFC 3857 4.7.1: one who left before the decision still waits for it") {
    Watched server;
    server.take(subscribe(1, "Expires: 0\n"));
    CHECK(server.told() == Lines{"watcher.pending sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org state=waiting"});

    decide(server, SubHandling::allow);

    CHECK(server.told() == Lines{"watcher.decided sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org state=active"});
}

TEST_CASE("a watcher who does not answer is suspect once") {
    Watched server;
    server.take(subscribe(1));
    server.told();

    for (int i = 0; i < 40; ++i) server.pass(seconds(1));

    CHECK(server.told() == Lines{"subscription.suspect sip:alice@localhost presence "
                                 "watcher=sip:bob@example.org"});
}

TEST_CASE("state that changes is told as a mailbox or as a resource") {
    Watched server;
    server.take(request("PUBLISH", kAlice, 1, "<" + kAlice + ">",
                        "Event: message-summary\n"
                        "Content-Type: application/simple-message-summary\n\n"
                        "Messages-Waiting: yes\n"));
    CHECK(server.told() == Lines{"mailbox.changed sip:alice@localhost message-summary"});

    server.take(
        request("PUBLISH", "sip:bob@localhost", 2, "<sip:bob@localhost>",
                "Event: presence\nContent-Type: application/pidf+xml\n\n"
                "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@localhost\">"
                "<tuple id=\"a\"><status><basic>open</basic></status></tuple></presence>"));
    CHECK(server.told() == Lines{"resource.changed sip:bob@localhost presence"});
}

TEST_CASE("a device that registers is told once, not with every refresh, and when it goes") {
    Watched server;
    const auto registered = [](unsigned cseq, const std::string& expires) {
        return request(
            "REGISTER", "sip:localhost", cseq, "<sip:bob@localhost>",
            "Contact: <sip:bob@192.0.2.10>\nUser-Agent: Phone/1\nExpires: " + expires + "\n");
    };
    server.take(registered(1, "600"));
    CHECK(server.told() == Lines{"registration.added sip:bob@localhost contact=sip:bob@192.0.2.10 "
                                 "user_agent=Phone/1 reason=registered"});
    server.take(registered(2, "600"));
    CHECK(server.told().empty());

    server.take(registered(3, "0"));

    CHECK(server.told() == Lines{"registration.gone sip:bob@localhost contact=sip:bob@192.0.2.10 "
                                 "user_agent=Phone/1 reason=unregistered"});
}

TEST_CASE("a change of lists or rules is told with who made it") {
    Watched server;
    server.shard.audit().add({1, {}, "operator", kAlice, "allow.add sip:bob@example.org", "", "x"},
                             100);

    CHECK(server.told() == Lines{"rule.changed sip:alice@localhost actor=operator "
                                 "action=allow.add sip:bob@example.org"});
}

TEST_CASE("a PBX that is away is told once, and when it is back") {
    Watched server;
    auto& pbxs = server.shard.agents().get<Upstream>().pbxs();
    pbxs.failed("office", 1, PbxWatch::Trouble::unreachable, "no answer", {});
    pbxs.failed("office", 2, PbxWatch::Trouble::unreachable, "no answer", {});
    server.settle();
    CHECK(server.told() == Lines{"pbx.down  pbx=office reason=no answer"});

    pbxs.answered("office");
    pbxs.answered("office");
    server.settle();
    CHECK(server.told() == Lines{"pbx.up  pbx=office"});
}

TEST_CASE("what recovery brings back is news to nobody") {
    SlowShard server;
    store::Publication binding;
    binding.aor = kAlice;
    binding.package = "reg";
    binding.type = packages::kBindingType;
    packages::Binding phone;
    phone.contact = "sip:alice@192.0.2.10";
    binding.body = packages::to_text(phone);
    binding.id = 7;
    REQUIRE(server.shard.agents().recover(binding, {}));
    server.shard.rows().resume({});
    server.settle();
    server.feed.collect();

    CHECK(server.feed.latest() == 0);
}

}  // namespace
}  // namespace herald::server::reporter_test
