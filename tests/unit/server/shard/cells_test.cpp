// tests/unit/server/shard/cells_test.cpp: a cell that was forgotten is loaded again, and nobody
// outside notices.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "packages/mailbox.h"
#include "server/calls/calls.h"
#include "server/message/messaging.h"
#include "server/mwi/mailboxes.h"
#include "server/notify/notify_sender.h"
#include "server/provisioning/known_devices.h"
#include "server/register/bindings.h"
#include "server/shard/agents.h"
#include "server/subscriber/upstream.h"
#include "tests/unit/server/stored_shard.h"

namespace herald::server::cells_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::answer_to;
using testing::header;
using testing::publish;
using testing::request;
using testing::StoredShard;

const std::string kAlice = "sip:alice@localhost";
const std::string kBob = "sip:bob@localhost";
const std::string kCarol = "sip:carol@localhost";
const std::string kDave = "sip:dave@localhost";
const std::string kContact = "Contact: <sip:bob@192.0.2.10>\n";

unsigned cseq_of(const std::string& message) {
    return static_cast<unsigned>(std::stoul(header(message, "CSeq")));
}

/// A call of Alice's, as the PBX tells it.
std::string publish_call(unsigned cseq, const std::string& state, const std::string& etag = {}) {
    const std::string body =
        "<?xml version=\"1.0\"?><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "
        "version=\"" +
        std::to_string(cseq) + "\" state=\"full\" entity=\"" + kAlice +
        "\"><dialog id=\"d1\" call-id=\"c1\" local-tag=\"l1\" remote-tag=\"r1\"><state>" + state +
        "</state></dialog></dialog-info>";
    return request("PUBLISH", kAlice, cseq, "<" + kAlice + ">",
                   "Event: dialog\nExpires: 3600\n" +
                       (etag.empty() ? "" : "SIP-If-Match: " + etag + "\n") +
                       "Content-Type: application/dialog-info+xml\nContent-Length: " +
                       std::to_string(body.size()) + "\n\n" + body,
                   "pbx");
}

}  // namespace

TEST_CASE("a cell that comes back tells nobody what he knows, and goes on where it was") {
    StoredShard server;
    const auto etag = header(server.answered(publish(kAlice, 1, "first")), "SIP-ETag");
    server.subscribe(kAlice, 3600);
    server.rest();
    server.sent();

    server.reload(server.cell_of(kAlice));
    server.pass(seconds(2));

    CHECK(server.notifies().empty());
    CHECK(server.shard.context().subscriptions.size() == 1);

    const auto modified = server.answered(publish(kAlice, 2, "second", etag));
    CHECK(modified.starts_with("SIP/2.0 200"));
}

TEST_CASE("one NOTIFY for each change over many gives, with numbers that rise") {
    StoredShard server;
    auto etag = header(server.answered(publish(kAlice, 1, "note 0")), "SIP-ETag");
    server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                           "Event: presence\nExpires: 3600\n" + kContact, "s"));
    auto notifies = server.notifies();
    REQUIRE(notifies.size() == 1);
    auto last = cseq_of(notifies.front());
    server.rest();

    for (unsigned round = 1; round <= 200; ++round) {
        CAPTURE(round);
        server.reload(server.cell_of(kAlice));
        CHECK(server.notifies().empty());
        const auto note = "note " + std::to_string(round);
        server.receive(publish(kAlice, round + 1, note, etag));
        const auto all = server.sent();
        std::vector<std::string> told;
        for (const auto& each : all) {
            if (each.starts_with("SIP/2.0 200")) etag = header(each, "SIP-ETag");
            if (each.starts_with("NOTIFY")) told.push_back(each);
        }
        REQUIRE(told.size() == 1);
        CHECK(told.front().find(note + "<") != std::string::npos);
        CHECK(cseq_of(told.front()) > last);
        last = cseq_of(told.front());
        server.rest();
        CHECK(server.notifies().empty());
    }
}

TEST_CASE("a cell that is given says itself what its watchers know") {
    StoredShard server;
    auto etag = header(server.answered(publish(kAlice, 1, "note 0")), "SIP-ETag");
    server.subscribe(kAlice, 3600);
    unsigned last = 0;
    for (unsigned round = 1; round <= 100; ++round) {
        CAPTURE(round);
        server.receive(publish(kAlice, round + 1, "note " + std::to_string(round), etag));
        const auto all = server.sent();
        std::vector<std::string> told;
        for (const auto& each : all) {
            if (each.starts_with("SIP/2.0 200")) etag = header(each, "SIP-ETag");
            if (each.starts_with("NOTIFY")) told.push_back(each);
        }
        REQUIRE(told.size() == 1);
        CHECK(cseq_of(told.front()) > last);
        last = cseq_of(told.front());

        server.give(server.cell_of(kAlice));

        server.pass(milliseconds(100));
        CHECK(server.notifies().empty());
    }
}

TEST_CASE("requests for a cell that is being given wait for it, and are answered in order") {
    StoredShard server;
    const auto cell = server.cell_of(kAlice);
    server.answered(publish(kAlice, 1, "first"));
    server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                           "Event: presence\nExpires: 3600\n" + kContact, "s"));
    std::string notify;
    for (auto& message : server.transport.take()) {
        if (message.bytes.starts_with("NOTIFY")) notify = message.bytes;
    }
    REQUIRE_FALSE(notify.empty());

    std::optional<CellKeeper::Left> left;
    server.leave(cell, left);
    server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                           "Event: presence\nExpires: 3600\nContact: <sip:bob@192.0.2.10:5070>\n",
                           "s2"));
    server.receive(request("REGISTER", "sip:localhost", 1, "<" + kBob + ">", {}, "other"));
    server.pass(milliseconds(20));
    const auto meanwhile = server.sent();

    CHECK_FALSE(left.has_value());
    if (server.cell_of(kBob) != cell) CHECK(meanwhile.size() == 1);
    server.receive(answer_to(notify, "200 OK"));
    for (int n = 0; n < 10 && !left; ++n) server.pass(milliseconds(10));
    REQUIRE(left == CellKeeper::Left::given);
    CHECK(server.shard.context().subscriptions.size() == 0);
    CHECK(server.sent().empty());

    server.take_back(cell);

    const auto after = server.sent();
    REQUIRE(after.size() == 2);
    CHECK(after[0].starts_with("SIP/2.0 200"));
    CHECK(after[1].starts_with("NOTIFY"));
    CHECK(server.shard.context().subscriptions.size() == 2);
}

TEST_CASE("who waited too long for a cell is told to come later") {
    StoredShard server;
    const auto cell = server.cell_of(kAlice);
    server.shard.keeper().held().hold(cell);
    server.receive(publish(kAlice, 1, "first"));
    server.pass(seconds(14));
    for (const auto& each : server.sent()) CHECK_FALSE(each.starts_with("SIP/2.0 5"));
    server.pass(seconds(2));

    const auto refused = server.sent();
    REQUIRE_FALSE(refused.empty());
    CHECK(refused.front().starts_with("SIP/2.0 503"));
    CHECK(refused.front().find("Retry-After") != std::string::npos);
    CHECK(server.answered(publish(kAlice, 2, "second")).starts_with("SIP/2.0 503"));
    server.shard.keeper().come_back(cell);
    CHECK(server.answered(publish(kAlice, 3, "third")).starts_with("SIP/2.0 200"));
}

TEST_CASE("what was not confirmed when a cell went is told when it comes back, higher") {
    StoredShard server;
    server.answered(publish(kAlice, 1, "first"));
    server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                           "Event: presence\nExpires: 3600\n" + kContact, "s"));
    // The NOTIFY is on its way and stays without an answer.
    std::vector<std::string> first;
    for (auto& message : server.transport.take()) first.push_back(message.bytes);
    REQUIRE(first.size() == 2);

    server.reload(server.cell_of(kAlice));
    server.pass(milliseconds(50));

    const auto again = server.notifies();
    REQUIRE(again.size() == 1);
    CHECK(cseq_of(again.front()) > cseq_of(first.back()));
    CHECK(again.front().find("first<") != std::string::npos);
}

TEST_CASE("nothing runs out early or late for having been loaded") {
    StoredShard server;
    server.subscribe(kAlice, 600);
    server.sent();
    server.pass(seconds(300));
    server.reload(server.cell_of(kAlice));
    server.sent();

    // As granted, and the five seconds every expiry is late by.
    server.pass(seconds(304));
    CHECK(server.notifies().empty());
    CHECK(server.shard.context().subscriptions.size() == 1);
    server.pass(seconds(2));

    const auto ended = server.notifies();
    REQUIRE(ended.size() == 1);
    CHECK(ended.front().find("terminated;reason=timeout") != std::string::npos);
    CHECK(server.shard.context().subscriptions.size() == 0);
}

TEST_CASE("a request within a dialog finds it in the cell that came back") {
    StoredShard server;
    const auto to = header(server.subscribe(kAlice, 3600), "To");
    server.rest();
    server.sent();
    server.reload(server.cell_of(kAlice));

    const auto answer = server.answered(
        request("SUBSCRIBE", kAlice, 2, to, "Event: presence\nExpires: 0\n" + kContact, "s"));

    CHECK(answer.starts_with("SIP/2.0 200"));
    server.pass(seconds(1));
    CHECK(server.shard.context().subscriptions.size() == 0);
}

TEST_CASE("a cell is forgotten and loaded in slices, and others are served between them") {
    StoredShard server(parse_config("[subscribe]\nper_watcher_resource = 1000\n").config);
    server.answered(publish(kAlice, 1, "first"));
    const auto cell = server.cell_of(kAlice);
    std::string other = kBob;  // of another cell; the store's key is another one each time
    while (server.cell_of(other) == cell) other.insert(4, 1, 'b');
    constexpr unsigned kWatchers = 100;
    for (unsigned n = 0; n < kWatchers; ++n) {
        server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                               "Event: presence\nExpires: 3600\nContact: <sip:w" +
                                   std::to_string(n) + "@192.0.2.10>\n",
                               "w" + std::to_string(n)));
        server.sent();
    }
    server.rest();
    auto& subscriptions = server.shard.context().subscriptions;
    REQUIRE(subscriptions.size() == kWatchers);

    // Ten looks at the clock take a millisecond.
    server.clock.step = std::chrono::microseconds(100);
    unsigned cseq = 10, answered = 0;
    const auto turn = [&] {
        const auto before = subscriptions.size();
        server.transport.receive(request("OPTIONS", other, ++cseq, "<" + other + ">", {}, "o"),
                                 server.transport.udp());
        server.loop.turn(base::Duration::zero());
        answered += server.transport.take().size();
        // A step takes 32 watchers of one resource out, and brings back one row.
        CHECK(before - std::min(subscriptions.size(), before) <= 10 * 32);
        CHECK(subscriptions.size() - std::min(subscriptions.size(), before) <= 10);
    };
    std::optional<CellKeeper::Left> left;
    server.leave(cell, left);
    for (int turns = 0; turns < 10000 && !left; ++turns) turn();
    REQUIRE(left == CellKeeper::Left::given);
    CHECK(subscriptions.size() == 0);

    bool is_read = false;
    server.shard.port().load(cell, [&](Result<store::CellRowsPtr> rows) {
        REQUIRE(rows.has_value());
        server.epochs.raise(cell, server.epochs.of(cell) + 1);
        server.shard.keeper().load(cell, *std::move(rows), {});
        is_read = true;
    });
    while (!is_read) turn();
    unsigned turns = 0;
    for (; server.shard.keeper().standing(cell) != CellStanding::serving && turns < 10000; ++turns)
        turn();

    CHECK(turns > kWatchers / 10);
    CHECK(answered == cseq - 10);
    CHECK(subscriptions.size() == kWatchers);
    server.clock.step = {};
    server.pass(seconds(1));
    CHECK(server.notifies().empty());
}

TEST_CASE("what runs out while its cell is on its way ends once that is back, and not before") {
    StoredShard server;
    server.subscribe(kAlice, 60);
    server.receive(publish(kAlice, 1, "first"));
    server.sent();
    server.rest();
    server.sent();
    auto& rest = server.shard.context().rest;
    rest.begin(server.cell_of(kAlice));

    server.pass(seconds(100));
    CHECK(server.notifies().empty());
    // Nothing was decided either.
    server.shard.context().subscriptions.for_each(
        [](std::uint32_t, const Subscription& record) { CHECK(record.is_live()); });
    CHECK(server.shard.context().subscriptions.size() == 1);
    rest.end(server.cell_of(kAlice));
    server.pass(milliseconds(200));

    const auto ended = server.notifies();
    REQUIRE(ended.size() == 1);
    CHECK(ended.front().find("terminated;reason=timeout") != std::string::npos);
}

TEST_CASE("a change of a cell that is at rest is told once it is served again") {
    StoredShard server;
    server.answered(publish(kAlice, 1, "first"));
    server.subscribe(kAlice, 3600);
    server.sent();
    auto& context = server.shard.context();
    const auto slot = context.resources.find(*packages::find("presence"), kAlice);
    context.rest.begin(server.cell_of(kAlice));

    context.resources[slot].publications.front().document.reset();
    context.fan_out.changed(slot);
    server.pass(seconds(3));
    CHECK(server.notifies().empty());
    context.rest.end(server.cell_of(kAlice));
    server.settle();

    CHECK(server.notifies().size() == 1);
    server.pass(seconds(3));
    CHECK(server.notifies().empty());
}

TEST_CASE("cl:F-6: after a move the last NOTIFY counts as sent at the loading") {
    StoredShard server;
    const auto summary = [&](unsigned cseq, const std::string& body, const std::string& etag) {
        return request("PUBLISH", kAlice, cseq, "<" + kAlice + ">",
                       "Event: message-summary\nExpires: 3600\n" +
                           (etag.empty() ? "" : "SIP-If-Match: " + etag + "\n") +
                           "Content-Type: application/simple-message-summary\nContent-Length: " +
                           std::to_string(body.size() + 3) + "\n\n" + body + "\n",
                       "mwi");
    };
    const auto etag = header(
        server.answered(summary(1, "Messages-Waiting: yes\nVoice-Message: 2/0", {})), "SIP-ETag");
    server.receive(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                           "Event: message-summary\nExpires: 3600\n" + kContact, "s"));
    server.sent();
    server.rest();
    server.pass(seconds(60));
    server.give(server.cell_of(kAlice));
    CHECK(server.notifies().empty());

    server.receive(summary(2, "Messages-Waiting: yes\nVoice-Message: 1/1", etag));
    CHECK(server.notifies().empty());
    server.pass(milliseconds(900));
    CHECK(server.notifies().empty());
    server.pass(milliseconds(200));

    const auto told = server.notifies();
    REQUIRE(told.size() == 1);
    CHECK(told.front().find("Voice-Message: 1/1") != std::string::npos);
}

TEST_CASE("cl:F-6: a watcher that did not answer is tried once when its cell comes back") {
    StoredShard server;
    auto& context = server.shard.context();
    const auto etag = header(server.answered(publish(kAlice, 1, "first")), "SIP-ETag");
    server.subscribe(kAlice, 3600);
    server.sent();
    server.receive(publish(kAlice, 2, "second", etag));
    for (int second = 0; second < 40; ++second) server.pass(seconds(1));
    bool is_suspect = false;
    context.subscriptions.for_each([&](std::uint32_t, const Subscription& record) {
        is_suspect = record.liveness == Liveness::suspect;
    });
    REQUIRE(is_suspect);
    server.transport.take();

    std::optional<CellKeeper::Left> left;
    server.leave(server.cell_of(kAlice), left);
    for (int n = 0; n < 700 && !left; ++n) server.pass(milliseconds(10));
    REQUIRE(left == CellKeeper::Left::given);
    server.transport.take();
    server.take_back(server.cell_of(kAlice));
    std::set<unsigned> tried;
    for (int second = 0; second < 20; ++second) {
        server.pass(seconds(1));
        for (const auto& message : server.transport.take()) {
            if (!message.bytes.starts_with("NOTIFY")) continue;
            tried.insert(cseq_of(message.bytes));
            CHECK(message.bytes.find("second<") != std::string::npos);
        }
    }
    CHECK(tried.size() == 1);
}

TEST_CASE("a cell does not go while a change of it is still to reach the store") {
    StoredShard server;
    server.answered(publish(kAlice, 1, "first"));
    const auto cell = server.cell_of(kAlice);
    auto promise = server.shard.context().rest.promise(cell);

    std::optional<CellKeeper::Left> left;
    server.leave(cell, left);
    for (int n = 0; n < 100; ++n) server.pass(milliseconds(10));
    CHECK_FALSE(left.has_value());
    promise.reset();
    for (int n = 0; n < 10 && !left; ++n) server.pass(milliseconds(10));
    CHECK(left == CellKeeper::Left::given);
}

TEST_CASE("what is learned while a cell goes does not keep it, and is there when it comes back") {
    StoredShard server;
    const std::string mac = "000413000001";
    const auto cell = server.cell_of(address_of_device(mac));
    auto& devices = server.shard.agents().get<KnownDevices>();
    auto promise = server.shard.context().rest.promise(cell);

    std::optional<CellKeeper::Left> left;
    server.leave(cell, left);
    server.pass(milliseconds(100));
    devices.learn(mac, [](KnownDevice& device) {
        device.user_agent = "learned";
        return true;
    });
    promise.reset();
    for (int n = 0; n < 10 && !left; ++n) server.pass(milliseconds(10));
    REQUIRE(left == CellKeeper::Left::given);
    CHECK(devices.find(mac) == nullptr);

    server.take_back(cell);
    server.settle();
    REQUIRE(devices.find(mac) != nullptr);
    CHECK(devices.find(mac)->user_agent == "learned");
}

TEST_CASE("a cell whose changes take too long is kept, and served on") {
    StoredShard server;
    const auto etag = header(server.answered(publish(kAlice, 1, "first")), "SIP-ETag");
    const auto cell = server.cell_of(kAlice);
    const auto promise = server.shard.context().rest.promise(cell);

    std::optional<CellKeeper::Left> left;
    server.leave(cell, left);
    server.receive(publish(kAlice, 2, "second", etag));
    for (int n = 0; n < 600 && !left; ++n) server.pass(milliseconds(10));
    CHECK(left == CellKeeper::Left::kept);
    CHECK(server.shard.keeper().standing(cell) == CellStanding::serving);
    server.shard.keeper().come_back(cell);
    server.settle();

    // A 100 came meanwhile.
    const auto answers = server.sent();
    REQUIRE_FALSE(answers.empty());
    CHECK(answers.back().starts_with("SIP/2.0 200"));
}

TEST_CASE("one of everything is as before once all cells were given away and taken back") {
    StoredShard server(parse_config("[mwi]\nunsolicited = true\n[pbx]\nservers = [\"office "
                                    "sip:192.0.2.50\"]\n")
                           .config);
    const auto lit = server.answered(publish_call(1, "confirmed"));
    REQUIRE(lit.starts_with("SIP/2.0 200"));
    const auto etag = header(lit, "SIP-ETag");
    REQUIRE(server
                .answered(request("SUBSCRIBE", kAlice, 1, "<" + kAlice + ">",
                                  "Event: dialog\nExpires: 3600\nContact: <sip:desk@192.0.2.10>\n",
                                  "lamp"))
                .starts_with("SIP/2.0 200"));
    server.answered(publish(kAlice, 1, "here"));
    server.subscribe(kAlice, 3600);
    const auto registered = server.answered(
        request("REGISTER", "sip:localhost", 1, "<" + kBob + ">",
                "Contact: <sip:bob@192.0.2.10>;+sip.instance=\"<urn:uuid:1>\"\n", "r"));
    REQUIRE(registered.starts_with("SIP/2.0 200"));
    const auto kept =
        server.answered(request("MESSAGE", kDave, 1, "<" + kDave + ">",
                                "Content-Type: text/plain\nContent-Length: 2\n\nhi", "m"));
    REQUIRE(kept.starts_with("SIP/2.0 202"));
    packages::MailboxSettings group;
    group.members = {kAlice};
    server.shard.agents().get<Mailboxes>().put_settings(
        kBob, group, [](const Status& status) { REQUIRE(status); });
    packages::MailboxSettings mailbox;
    mailbox.pbx = "office";
    server.shard.agents().get<Mailboxes>().put_settings(
        kCarol, mailbox, [](const Status& status) { REQUIRE(status); });
    server.settle();
    server.rest();
    server.sent();
    auto& context = server.shard.context();
    auto& agents = server.shard.agents();
    const auto resources = context.resources.size();
    const auto groups = agents.get<Mailboxes>().held();
    const auto lamps = agents.get<Calls>().held();
    const auto lines = agents.get<Upstream>().held();
    REQUIRE(groups > 0);
    REQUIRE(lamps > 0);
    REQUIRE(lines > 0);
    const auto timers = server.loop.timers().size();

    server.reload_all();
    server.rest();

    CHECK(server.notifies().empty());
    CHECK(context.subscriptions.size() == 2);
    CHECK(context.resources.size() == resources);
    CHECK(agents.get<Mailboxes>().held() == groups);
    CHECK(agents.get<Calls>().held() == lamps);
    CHECK(agents.get<Upstream>().held() == lines);
    CHECK(server.loop.timers().size() <= timers + 2);
    REQUIRE(server.shard.bindings().of(kBob).size() == 1);
    CHECK(server.shard.bindings().of(kBob).front()->contact == "sip:bob@192.0.2.10");
    CHECK(server.shard.agents().get<Messaging>().stored().queues().count() == 1);
    REQUIRE(server.shard.agents().get<Mailboxes>().settings(kBob) != nullptr);
    CHECK(server.shard.agents().get<Mailboxes>().settings(kBob)->has_member(kAlice));

    // The call ends: who watches it is told once, and so is who watches her presence.
    server.receive(publish_call(2, "terminated", etag));
    const auto told = server.notifies();
    REQUIRE(told.size() == 2);
    const auto is_of_call = [](const auto& each) { return header(each, "Event") == "dialog"; };
    const auto call = std::find_if(told.begin(), told.end(), is_of_call);
    REQUIRE(call != told.end());
    CHECK(call->find("terminated") != std::string::npos);
    CHECK(std::count_if(told.begin(), told.end(), is_of_call) == 1);

    // Dave comes: what waited for him is delivered.
    server.receive(request("REGISTER", "sip:localhost", 1, "<" + kDave + ">",
                           "Contact: <sip:dave@192.0.2.10>\n", "r2"));
    bool is_delivered = false;
    for (int second = 0; second < 5 && !is_delivered; ++second) {
        for (const auto& each : server.sent())
            is_delivered = is_delivered || each.starts_with("MESSAGE sip:dave@192.0.2.10");
        server.pass(seconds(1));
    }
    CHECK(is_delivered);
}

}  // namespace herald::server::cells_test
