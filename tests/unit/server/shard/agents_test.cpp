// tests/unit/server/shard/agents_test.cpp: what happens in a shard reaches its agents, and they can
// forget it.
#include "server/shard/agents.h"

#include <utility>

#include <doctest/doctest.h>

#include "packages/registration.h"
#include "server/calls/calls.h"
#include "server/message/messaging.h"
#include "server/mwi/mailbox_notices.h"
#include "server/mwi/mailboxes.h"
#include "server/notify/notify_sender.h"
#include "server/register/bindings.h"
#include "server/register/registrar.h"
#include "server/register/registration_presence.h"
#include "server/shard/cell_keeper.h"
#include "server/subscriber/upstream.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::agents_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";
const std::string kBob = "sip:bob@localhost";
const std::string kCarol = "sip:carol@localhost";
const std::string kDave = "sip:dave@localhost";
const std::string kErin = "sip:erin@localhost";

Config with_all() {
    auto read = parse_config(
        "[presence]\nfrom_registrations = true\nregistration_grace = 600\n"
        "[mwi]\nunsolicited = true\n[pbx]\nservers = [\"office sip:192.0.2.50\", \"desk "
        "sip:192.0.2.10\"]\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

const std::string kCall =
    "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\""
    " entity=\"sip:1001@192.0.2.10\"><dialog id=\"1\" call-id=\"c\" local-tag=\"l\""
    " remote-tag=\"r\"><state>confirmed</state></dialog></dialog-info>";

/// One of everything that agents hold. Every change is durable at once.
struct Full : SlowShard {
    Full() : SlowShard(with_all()) {
        register_alice();
        packages::MailboxSettings group, mailbox;
        group.members = {kAlice};
        mailbox.pbx = "office";
        set(kBob, group);
        set(kCarol, mailbox);
        receive(testing::request("MESSAGE", kDave, 1, "<" + kDave + ">",
                                 "Content-Type: text/plain\n\nhi", "m1"));
        commit();
        REQUIRE(agents().get<Messaging>().stored().queues().count() == 1);
        receive(testing::request(
            "PUBLISH", kAlice, 1, "<" + kAlice + ">",
            "Event: dialog\nContent-Type: application/dialog-info+xml\n\n" + kCall, "lamp"));
        commit();
        take_calls_of_pbx();
        REQUIRE(agents().get<Calls>().held() == 2);
    }

    Agents& agents() { return shard.agents(); }
    std::size_t timers() { return loop.timers().size(); }
    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    /// Over a stream that ends, so that she may be gone.
    void register_alice() {
        const auto stream = transport.connect();
        transport.receive(
            "REGISTER sip:localhost SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bKr1\n"
            "From: <sip:alice@localhost>;tag=a\nTo: <sip:alice@localhost>\nCall-ID: r1\n"
            "CSeq: 1 REGISTER\nMax-Forwards: 70\n"
            "Contact: <sip:alice@192.0.2.10>;+sip.instance=\"<urn:uuid:1>\"\n"
            "Content-Length: 0\n\n",
            stream);
        commit();
        pass(milliseconds(2));
        transport.close(stream);
        settle();
    }
    void set(const std::string& aor, const packages::MailboxSettings& settings) {
        agents().get<Mailboxes>().put_settings(aor, settings,
                                               [](const Status& status) { REQUIRE(status); });
        commit();
    }
    /// Erin's are kept by a PBX, which says that there is one.
    void take_calls_of_pbx() {
        static_cast<void>(transport.take());
        agents().get<Calls>().put_keeper(kErin, {"desk", "1001"}, [](const Status&) {});
        commit();
        pass(milliseconds(100));
        std::string subscribe;
        for (auto& message : transport.take())
            if (message.bytes.starts_with("SUBSCRIBE sip:1001@")) subscribe = message.bytes;
        REQUIRE_FALSE(subscribe.empty());
        auto answer = testing::answer_to(subscribe, "200 OK");
        receive(answer.insert(answer.find("Content-Length"), "Expires: 600\n"));
        receive(
            "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
            "192.0.2.10:5060;branch=z9hG4bKn1\nFrom: <sip:1001@192.0.2.10>;tag=pbx\nTo: " +
            testing::header(subscribe, "From") +
            "\nCall-ID: " + testing::header(subscribe, "Call-ID") +
            "\nCSeq: 1 NOTIFY\nMax-Forwards: 70\nContact: <sip:1001@192.0.2.10>\nEvent: dialog\n"
            "Subscription-State: active;expires=600\n"
            "Content-Type: application/dialog-info+xml\n\n" +
            kCall);
        commit();
    }
    std::vector<std::size_t> held() {
        return {agents().get<Bindings>().held(),  agents().get<RegistrationPresence>().held(),
                agents().get<Mailboxes>().held(), agents().get<MailboxNotices>().held(),
                agents().get<Upstream>().held(),  agents().get<Messaging>().held(),
                agents().get<Calls>().held()};
    }
};

}  // namespace

TEST_CASE("what agents hold of all cells they forget") {
    Full server;
    for (const auto held : server.held()) CHECK(held > 0);

    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        server.agents().forget(static_cast<Cell>(cell));

    CHECK(server.held() == std::vector<std::size_t>(7, 0));
    CHECK(server.agents().held() == 0);
    CHECK(server.agents().get<Messaging>().stored().queues().count() == 0);
}

TEST_CASE("a cell is forgotten alone") {
    Full server;
    const auto& context = server.shard.context();
    REQUIRE(context.cell_of(kDave) != context.cell_of(kCarol));

    server.agents().forget(context.cell_of(kDave));
    CHECK(server.agents().get<Messaging>().held() == 0);
    CHECK(server.agents().get<Upstream>().held() > 0);

    server.agents().forget(context.cell_of(kCarol));
    server.agents().forget(context.cell_of(kErin));
    CHECK(server.agents().get<Upstream>().held() == 0);
}

TEST_CASE("cl:F-1: agents that hold much forget it in steps, the same few rows in each") {
    Full server;
    constexpr std::size_t kPhones = 3000;
    for (std::size_t n = 0; n < kPhones; ++n) {
        const auto user = "sip:u" + std::to_string(n) + "@localhost";
        server.receive(testing::request(
            "REGISTER", "sip:localhost", 1, "<" + user + ">",
            "Contact: <sip:u@192.0.2.10>;+sip.instance=\"<urn:uuid:" + std::to_string(n) + ">\"\n",
            "r" + std::to_string(n)));
        server.commit();
        static_cast<void>(server.transport.take());
    }
    REQUIRE(server.agents().get<Bindings>().held() >= kPhones);
    REQUIRE(server.agents().get<MailboxNotices>().held() >= kPhones);

    for (const auto& agent : server.agents().all()) {
        Forgetting forgetting;
        std::size_t steps = 0, looked_at = 0;
        do {
            const auto held = agent->held();
            forgetting.begin();
            agent->forget_some(static_cast<Cell>(0), forgetting);
            const auto rows = forgetting.rows() - std::exchange(looked_at, forgetting.rows());
            CHECK(rows <= Forgetting::kRows + 16);
            CHECK(held - agent->held() <= rows);
            ++steps;
        } while (!forgetting.is_done());
        if (agent->held() > kPhones / 2) CHECK(steps > kPhones / 2 / Forgetting::kRows);
    }
}

TEST_CASE("what was forgotten does nothing more") {
    Full server;
    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        server.agents().forget(static_cast<Cell>(cell));
    static_cast<void>(server.sent());

    server.pass(seconds(700));

    for (const auto& line : server.sent()) CHECK_FALSE(line.starts_with("SUBSCRIBE"));
    CHECK(server.agents().held() == 0);
}

TEST_CASE("a shard forgets one of everything, and nothing of it is left") {
    Full server;
    SlowShard fresh;
    server.receive(testing::request("SUBSCRIBE", kAlice, 2, "<" + kAlice + ">",
                                    "Event: presence\nContact: <sip:b@192.0.2.10>\n"));
    server.receive(testing::request("PUBLISH", kBob, 3, "<" + kBob + ">",
                                    "Event: message-summary\n"
                                    "Content-Type: application/simple-message-summary\n\n"
                                    "Messages-Waiting: no\n"));
    server.commit();
    server.pass(seconds(40));  // transactions end by themselves
    server.commit();
    server.receive(testing::request("SUBSCRIBE", kAlice, 4, "<" + kAlice + ">",
                                    "Event: presence\nContact: <sip:c@192.0.2.10>\n", "c4"));
    server.commit();
    REQUIRE(server.subscriptions() > 0);
    REQUIRE(server.shard.sender().in_flight() > 0);
    REQUIRE(server.shard.context().resources.size() > 2);

    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        server.shard.keeper().forget(static_cast<Cell>(cell));

    CHECK(server.subscriptions() == 0);
    CHECK(server.shard.context().resources.size() == 0);
    CHECK(server.shard.sender().in_flight() == 0);
    CHECK(server.shard.agents().held() == 0);
    CHECK(server.store.held.empty());
    // What is left are server transactions, which remember only what was answered.
    server.pass(seconds(33));
    CHECK(server.timers() == fresh.loop.timers().size());
    CHECK(server.store.held.empty());
}

TEST_CASE("a row is recovered by the agent that takes it, others by nobody") {
    SlowShard server;
    store::Publication binding;
    binding.aor = kAlice;
    binding.package = "reg";
    binding.type = packages::kBindingType;
    packages::Binding phone;
    phone.contact = "sip:alice@192.0.2.10";
    binding.body = packages::to_text(phone);
    binding.id = 7;
    store::Publication presence;
    presence.aor = kAlice;
    presence.package = "presence";
    presence.type = "application/pidf+xml";

    CHECK(server.shard.agents().recover(binding, {}));
    CHECK_FALSE(server.shard.agents().recover(presence, {}));

    CHECK(server.shard.bindings().of(kAlice).size() == 1);
    CHECK(presence.type == "application/pidf+xml");
    binding.type = packages::kBindingType;
    binding.is_removed = true;
    CHECK(server.shard.agents().recover(binding, {}));
    CHECK(server.shard.bindings().of(kAlice).size() == 1);
}

}  // namespace herald::server::agents_test
