// tests/unit/server/mwi/mailboxes_test.cpp: settings of mailboxes and groups while the store takes
// its time; phones that are told without a subscription.
#include "server/mwi/mailboxes.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "server/publish/state_orders.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::mailboxes_test {
namespace {

using std::chrono::milliseconds;
using store::Outcome;
using testing::header;
using testing::SlowShard;

const std::string kGroup = "sip:group@localhost";
const std::string kMember = "sip:member@localhost";
const std::string kOne = "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n";
const std::string kTwo = "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n";

struct Server : SlowShard {
    using SlowShard::SlowShard;

    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    Status set(const std::string& aor, packages::MailboxSettings settings) {
        Status done = Fault{FaultKind::timeout, {}};
        shard.agents().get<Mailboxes>().put_settings(
            aor, std::move(settings), [&](Status status) { done = std::move(status); });
        commit();
        return done;
    }
    void group(std::vector<std::string> members) {
        packages::MailboxSettings settings;
        settings.members = std::move(members);
        REQUIRE(set(kGroup, std::move(settings)));
    }
    void put(const std::string& aor, const std::string& body) {
        shard.orders().change_hard_state(
            {packages::find("message-summary"),
             aor,
             packages::Document{"application/simple-message-summary", body},
             {}},
            [](const Result<HardStateChange>&) {});
        settle();
    }
    bool shows(const std::string& aor, const std::string& text) {
        return shard.agents().get<Mailboxes>().document(aor).document.body.find(text) !=
               std::string::npos;
    }
    std::size_t resources() { return shard.context().resources.size(); }
    /// A phone of Alice's, over `flow`.
    void register_phone(const sip::Flow& flow, const std::string& contact, unsigned cseq,
                        const std::string& call_id = "boot1") {
        transport.receive(
            "REGISTER sip:localhost SIP/2.0\nVia: SIP/2.0/UDP "
            "192.0.2.10:5060;branch=z9hG4bKr" +
                call_id + std::to_string(cseq) +
                "\nFrom: <sip:alice@localhost>;tag=a\nTo: <sip:alice@localhost>\n"
                "Call-ID: " +
                call_id + "\nCSeq: " + std::to_string(cseq) + " REGISTER\nContact: " + contact +
                "\nContent-Length: 0\n\n",
            flow);
        commit();
        pass(milliseconds(2));
    }
};

Config unsolicited(const std::string& more = {}) {
    auto read = parse_config("[mwi]\nunsolicited = true\n" + more);
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

}  // namespace

TEST_CASE("what a group has of a member is durable before it is shown") {
    Server server;
    server.group({kMember});
    server.put(kMember, kTwo);
    server.finish();  // the member's own
    CHECK_FALSE(server.shows(kGroup, "2/0"));
    CHECK(server.store.oldest<store::PutPublication>().row.aor == kGroup);
    CHECK(server.store.oldest<store::PutPublication>().row.source == "member " + kMember);

    server.finish();

    CHECK(server.shows(kGroup, "2/0"));
}

TEST_CASE("a group asks again where the store was away") {
    Server server;
    server.group({kMember});
    server.put(kMember, kTwo);
    server.finish();
    server.finish(Outcome::unavailable);
    CHECK_FALSE(server.shows(kGroup, "2/0"));

    server.pass(std::chrono::seconds(2));
    server.commit();

    CHECK(server.shows(kGroup, "2/0"));
}

TEST_CASE("a group counts nobody who left it just before a crash") {
    Server server;
    server.group({kMember});
    server.put(kMember, kTwo);
    server.commit();
    packages::MailboxSettings settings;
    settings.members = {"sip:other@localhost"};
    server.shard.agents().get<Mailboxes>().put_settings(kGroup, settings, [](const Status&) {});
    server.finish();                      // the settings
    server.finish(Outcome::unavailable);  // what the group had of its member
    CHECK(server.store.held.empty());
    CHECK(server.shows(kGroup, "2/0"));

    server.shard.agents().get<Mailboxes>().resume({});
    server.commit();

    CHECK_FALSE(server.shows(kGroup, "2/0"));
}

TEST_CASE("of changes of a member the last one counts") {
    Server server;
    server.group({kMember});
    server.put(kMember, kOne);
    server.finish();
    server.put(kMember, kTwo);
    server.commit();
    CHECK(server.shows(kGroup, "2/0"));
}

TEST_CASE("a mailbox that is no member any more does not report to the group") {
    Server server;
    server.group({kMember});
    const auto told = [&] {
        const auto samples = server.metrics.collect();
        const auto found = std::find_if(samples.begin(), samples.end(), [](const auto& sample) {
            return sample.name == "herald_mailbox_members_total";
        });
        REQUIRE(found != samples.end());
        return found->value;
    };
    const auto before = told();
    server.put(kMember, kOne);
    server.commit();
    CHECK(told() > before);

    server.group({"sip:other@localhost"});
    const auto after = told();
    server.put(kMember, kTwo);
    server.commit();

    CHECK(told() == after);
    CHECK_FALSE(server.shows(kGroup, "2/0"));
}

TEST_CASE("settings that were not stored are not there") {
    Server server;
    Status done;
    packages::MailboxSettings settings;
    settings.members = {kMember};
    server.shard.agents().get<Mailboxes>().put_settings(
        kGroup, settings, [&](Status status) { done = std::move(status); });
    server.settle();
    server.finish(Outcome::unavailable);

    CHECK_FALSE(done);
    CHECK(server.shard.agents().get<Mailboxes>().settings(kGroup) == nullptr);
    CHECK(server.resources() == 0);
}

TEST_CASE("settings that say nothing leave nothing behind") {
    Server server;
    server.group({kMember});
    server.put(kMember, kTwo);
    server.commit();
    CHECK(server.shows(kGroup, "2/0"));

    CHECK(server.set(kGroup, {}));

    CHECK(server.shows(kGroup, "0/0"));
    CHECK(server.resources() == 1);  // the member
    CHECK(server.set(kGroup, {}));
}

TEST_CASE("a phone that registered over a stream is told over it") {
    Server server(unsolicited());
    const auto stream = server.transport.connect("192.0.2.10", 40000);

    server.register_phone(stream, "<sip:alice@192.0.2.10:7000;transport=tcp>", 1);

    const auto sent = server.transport.take();
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].bytes.starts_with("NOTIFY sip:alice@192.0.2.10:7000;transport=tcp SIP/2.0\r\n"));
    CHECK(sent[1].flow == stream);
}

TEST_CASE("a phone whose stream is gone is told at its Contact") {
    Server server(unsolicited());
    const auto stream = server.transport.connect("192.0.2.10", 40000);
    server.register_phone(stream, "<sip:alice@192.0.2.10:7000;transport=tcp>", 1);
    static_cast<void>(server.transport.take());

    // Before it answered.
    server.transport.refuse(test::endpoint("192.0.2.10", 40000));
    server.transport.close(stream);
    server.settle();

    bool is_told = false;
    for (const auto& sent : server.transport.take())
        is_told = is_told || (sent.bytes.starts_with("NOTIFY ") && sent.flow.peer.port() == 7000);
    CHECK(is_told);
}

TEST_CASE("Subscription-State is what phones want it to be") {
    Server server(unsolicited("unsolicited_state = \"active\"\n"));
    server.register_phone(server.transport.udp(), "<sip:alice@192.0.2.10:5060>;expires=600", 1);
    const auto lines = server.sent();
    REQUIRE(lines.size() == 2);
    CHECK(header(server.message(1), "Subscription-State") == "active;expires=600");
}

TEST_CASE("one NOTIFY at a time, then the latest state") {
    Server server(unsolicited());
    server.register_phone(server.transport.udp(), "<sip:alice@192.0.2.10:5060>", 1);
    REQUIRE(server.sent().size() == 2);
    const auto first = server.message(1);
    server.pass(std::chrono::milliseconds(100));
    server.put("sip:alice@localhost", kOne);
    server.commit();
    server.put("sip:alice@localhost", kTwo);
    server.commit();
    server.pass(std::chrono::milliseconds(1000));
    for (const auto& sent : server.transport.take()) CHECK(sent.bytes == first);  // again

    server.transport.receive(testing::answer_to(first, "200 OK"), server.transport.udp());
    server.settle();
    server.pass(std::chrono::seconds(1));

    const auto lines = server.sent();
    REQUIRE(lines.size() == 1);
    CHECK(server.message(0).find("Voice-Message: 2/0") != std::string::npos);
    CHECK(header(server.message(0), "CSeq") == "2 NOTIFY");
    CHECK(header(server.message(0), "Call-ID") == header(first, "Call-ID"));
}

}  // namespace herald::server::mailboxes_test
