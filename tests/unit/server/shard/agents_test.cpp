// tests/unit/server/shard/agents_test.cpp: what happens in a shard reaches its agents, and they can
// forget it.
#include "server/shard/agents.h"

#include <doctest/doctest.h>

#include "packages/registration.h"
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

Config with_all() {
    auto read = parse_config(
        "[presence]\nfrom_registrations = true\nregistration_grace = 600\n"
        "[mwi]\nunsolicited = true\n[pbx]\nservers = [\"office sip:192.0.2.50\"]\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

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
    std::vector<std::size_t> held() {
        return {agents().get<Bindings>().held(),  agents().get<RegistrationPresence>().held(),
                agents().get<Mailboxes>().held(), agents().get<MailboxNotices>().held(),
                agents().get<Upstream>().held(),  agents().get<Messaging>().held()};
    }
};

}  // namespace

TEST_CASE("what agents hold of all cells they forget") {
    Full server;
    for (const auto held : server.held()) CHECK(held > 0);

    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        server.agents().forget(static_cast<Cell>(cell));

    CHECK(server.held() == std::vector<std::size_t>(6, 0));
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
    CHECK(server.agents().get<Upstream>().held() == 0);
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
