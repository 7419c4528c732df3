// tests/unit/server/notify/subscribe_requests_test.cpp: what happens to subscriptions while the
// store takes its time.
#include "server/notify/subscribe_requests.h"

#include <doctest/doctest.h>

#include "server/notify/earlier_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/shard/recovered_rows.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::subscribe_requests_test {
namespace {

using FirstLines = std::vector<std::string>;
using store::Outcome;
using testing::answer_to;
using testing::header;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";

std::string subscribe(unsigned cseq, const std::string& to = "<sip:alice@localhost>",
                      const std::string& expires = "600", const std::string& call_id = "c1") {
    return testing::request(
        "SUBSCRIBE", kAlice, cseq, to,
        "Contact: <sip:bob@192.0.2.10:5060>\nEvent: presence\nExpires: " + expires + "\n", call_id);
}

/// A live subscription of Bob's whose first NOTIFY waits for its answer.
struct Subscribed : SlowShard {
    std::string to, notify;

    Subscribed() {
        receive(subscribe(1));
        finish();
        REQUIRE(sent().size() == 2);
        to = header(message(0), "To");
        notify = message(1);
    }
};

}  // namespace

TEST_CASE("RFC 6665 4.2.1.2: nothing is answered before it is durable, and the 200 comes first") {
    SlowShard server;
    server.receive(subscribe(1));
    CHECK(server.sent().empty());
    CHECK(server.store.oldest<store::PutSubscription>().row.cseq_base == 1);

    server.finish();

    CHECK(server.sent() == FirstLines{"SIP/2.0 200 OK", "NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
    CHECK(header(server.message(1), "CSeq") == "1 NOTIFY");
}

TEST_CASE("RFC 6665 4.2.1: a SUBSCRIBE of unknown fate is never answered and holds nothing") {
    SlowShard server;
    server.receive(subscribe(1));
    server.finish(Outcome::unknown);
    CHECK(server.sent().empty());
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("RFC 6665 4.4.1: a device that comes again waits for the fate of its first SUBSCRIBE") {
    for (const auto outcome : {Outcome::committed, Outcome::unavailable}) {
        CAPTURE(static_cast<int>(outcome));
        SlowShard server;
        server.receive(subscribe(1));
        server.receive(subscribe(1, "<sip:alice@localhost>", "600", "c2"));
        CHECK(server.store.held.size() == 1);

        server.finish(outcome);

        const bool is_replaced = outcome == Outcome::committed;
        REQUIRE(server.store.held.size() == 1);
        const auto& second = server.store.oldest<store::PutSubscription>();
        CHECK(second.row.call_id == "c2");
        CHECK(second.replaces.size() == (is_replaced ? 1 : 0));
        CHECK(server.sent().front() ==
              (is_replaced ? "SIP/2.0 200 OK" : "SIP/2.0 503 The store is not available"));
        server.finish();
        CHECK(server.sent().front() == "SIP/2.0 200 OK");
        CHECK(server.subscriptions() == 1);
    }
}

TEST_CASE("RFC 6665 4.4.1: a device that could not be replaced is still there") {
    Subscribed server;
    server.receive(subscribe(1, "<sip:alice@localhost>", "600", "c2"));
    CHECK(server.store.oldest<store::PutSubscription>().replaces.size() == 1);
    server.finish(Outcome::unavailable);
    CHECK(server.sent() == FirstLines{"SIP/2.0 503 The store is not available"});
    CHECK(server.subscriptions() == 1);

    server.receive(subscribe(2, server.to));
    server.finish();
    CHECK(server.sent().front() == "SIP/2.0 200 OK");
}

TEST_CASE("RFC 6665 4.2.1: refreshes of one dialog happen one after the other, some at most") {
    Subscribed server;
    constexpr unsigned kWaiting = 64;
    for (unsigned i = 0; i < kWaiting + 2; ++i) server.receive(subscribe(2 + i, server.to));
    CHECK(server.store.held.size() == 1);
    CHECK(server.sent() == FirstLines{"SIP/2.0 480 Busy"});

    for (unsigned i = 0; i < kWaiting + 1; ++i) {
        server.finish();
        CHECK(server.sent().front() == "SIP/2.0 200 OK");
    }
    CHECK(server.store.held.empty());
}

TEST_CASE("RFC 6665 4.4.1: who waits for a refresh hears that a NOTIFY ended the dialog") {
    for (const auto* expires : {"600", "0"}) {
        for (const auto outcome : {Outcome::committed, Outcome::refused, Outcome::unavailable}) {
            CAPTURE(expires);
            CAPTURE(static_cast<int>(outcome));
            Subscribed server;
            server.receive(subscribe(2, server.to, expires));
            server.receive(subscribe(3, server.to));
            server.receive(answer_to(server.notify, "481 Gone"));
            CHECK(server.subscriptions() == 0);

            server.finish(outcome);

            CHECK(server.sent() == FirstLines{"SIP/2.0 481 Call/Transaction Does Not Exist",
                                              "SIP/2.0 481 Call/Transaction Does Not Exist"});
        }
    }
}

TEST_CASE("RFC 6665 4.2.1.4: a refresh under way keeps its subscription from running out") {
    Subscribed server;
    server.receive(answer_to(server.notify, "200 OK"));
    server.pass(std::chrono::seconds(599));
    server.receive(subscribe(2, server.to));
    CHECK(server.sent().empty());
    server.pass(std::chrono::seconds(1));
    CHECK(server.store.held.size() == 1);

    server.finish();
    CHECK(server.sent().front() == "SIP/2.0 200 OK");
    server.receive(answer_to(server.message(1), "200 OK"));
    server.pass(std::chrono::seconds(10));

    CHECK(server.store.held.empty());
    CHECK(server.sent().empty());
    CHECK(server.subscriptions() == 1);
}

TEST_CASE("RFC 6665 4.2.1.4: a subscription whose refresh failed runs out all the same") {
    Subscribed server;
    server.receive(answer_to(server.notify, "200 OK"));
    server.pass(std::chrono::seconds(599));
    server.receive(subscribe(2, server.to));
    server.pass(std::chrono::seconds(6));
    server.finish(Outcome::unavailable);
    server.sent();

    server.pass(std::chrono::seconds(2));
    CHECK(server.store.oldest<store::RemoveSubscription>().id != 0);
    server.finish();
    REQUIRE(server.sent() == FirstLines{"NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
    CHECK(header(server.message(0), "Subscription-State") == "terminated;reason=timeout");
}

TEST_CASE("RFC 3261 12.2.1.1: a NOTIFY takes only numbers the last durable write made room for") {
    Subscribed server;
    server.receive(answer_to(server.notify, "200 OK"));
    auto& subscriptions = server.shard.context().subscriptions;
    const auto& record = subscriptions[0];
    CHECK(record.cseq_end == kCseqBlock);
    for (unsigned cseq = 2; cseq < 5; ++cseq) {
        server.receive(subscribe(cseq, server.to));
        const auto base = server.store.oldest<store::TouchSubscription>().cseq_base;
        CHECK(base == record.cseq + 1);
        server.finish();
        CHECK(record.cseq_end == base + kCseqBlock);
        REQUIRE(server.sent().size() == 2);
        server.receive(answer_to(server.message(1), "200 OK"));
    }
}

TEST_CASE("RFC 6665 4.2.1.4: a row that is gone is a subscription that is gone") {
    Subscribed server;
    server.receive(subscribe(2, server.to));
    server.finish(Outcome::refused);
    CHECK(server.sent() == FirstLines{"SIP/2.0 481 Call/Transaction Does Not Exist"});
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("RFC 3261 12.2.2: a CSeq that was used is out of order, whoever waited meanwhile") {
    Subscribed server;
    server.receive(subscribe(5, server.to));
    server.receive(subscribe(4, server.to));
    server.finish();
    CHECK(server.sent() == FirstLines{"SIP/2.0 200 OK", "SIP/2.0 500 CSeq out of order"});
}

TEST_CASE("RFC 6665 4.2.2: a refused NOTIFY of a subscription that ended is followed by its last") {
    Subscribed server;
    server.receive(subscribe(2, server.to, "0"));
    server.finish();
    CHECK(server.sent() == FirstLines{"SIP/2.0 200 OK"});

    server.receive(answer_to(server.notify, "403 No"));

    REQUIRE(server.sent() == FirstLines{"NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
    CHECK(header(server.message(0), "Subscription-State") == "terminated;reason=timeout");
    server.receive(answer_to(server.message(0), "403 No"));
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("RFC 6665 4.2.1.4: a subscription may be good for longer than the timers reach") {
    SlowShard server;
    Config config = server.config;
    config.subscribe_max_expires = 8'640'000;
    server.shard.reload(config);
    server.receive(subscribe(1, "<sip:alice@localhost>", "8640000"));
    server.finish();
    REQUIRE(server.sent().size() == 2);
    CHECK(header(server.message(0), "Expires") == "8640000");
    server.receive(answer_to(server.message(1), "200 OK"));

    for (int days = 0; days < 99; ++days) server.pass(std::chrono::hours(24));
    CHECK(server.store.held.empty());
    server.pass(std::chrono::hours(24));
    server.pass(std::chrono::seconds(5));
    CHECK(server.store.oldest<store::RemoveSubscription>().id != 0);
}

TEST_CASE("no message of a peer makes a dialog's texts endless") {
    const std::string lines =
        "Contact: <sip:" + std::string(7'000, 'x') +
        "@192.0.2.10>\nEvent: presence\nUser-Agent: " + std::string(5'000, 'x') + "\n";
    Subscribed server;
    server.receive(answer_to(server.notify, "200 OK"));
    server.receive(testing::request("SUBSCRIBE", kAlice, 2, server.to, lines));
    server.receive(testing::request("SUBSCRIBE", kAlice, 1, "<sip:alice@localhost>", lines, "c2"));
    CHECK(server.sent() == FirstLines(2, "SIP/2.0 400 Headers too long"));

    server.receive(subscribe(3, server.to));
    server.finish();
    CHECK(server.sent() == FirstLines{"SIP/2.0 200 OK", "NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
}

TEST_CASE("who is owed the NOTIFY of a refresh is not noted as having it") {
    Subscribed server;
    server.receive(answer_to(server.notify, "200 OK"));
    server.receive(subscribe(2, server.to));
    server.pass(std::chrono::seconds(10));
    CHECK(server.store.confirmations == 0);
    server.sent();

    server.finish();
    REQUIRE(server.sent().size() == 2);
    server.receive(answer_to(server.message(1), "200 OK"));
    server.pass(std::chrono::seconds(10));
    CHECK(server.store.confirmations == 1);
}

TEST_CASE("RFC 6665 4.2.2: a stop ends what dies with its connection, nothing that has a route") {
    for (const auto* route : {"", "Record-Route: <sip:192.0.2.50;lr>\n"}) {
        CAPTURE(route);
        SlowShard server;
        auto text = testing::request(
            "SUBSCRIBE", kAlice, 1, "<sip:alice@localhost>",
            "Contact: <sip:bob@192.0.2.10:40000;ob>\nEvent: presence\n" + std::string(route));
        text.replace(text.find("/UDP "), 5, "/TCP ");
        server.transport.receive(text, server.transport.connect());
        server.settle();
        server.finish();
        REQUIRE(server.sent().size() == 2);
        server.receive(answer_to(server.message(1), "200 OK"));

        server.shard.retire();
        server.settle();

        const bool is_ended = std::string_view(route).empty();
        CHECK(server.store.held.size() == (is_ended ? 1 : 0));
    }
}

TEST_CASE(
    "RFC 3261 22.2: the last NOTIFY is sent again with credentials, once, where it is challenged") {
    auto config = parse_config("").config;
    config.notify_logins = {{"elsewhere", "somebody", "else"}, {"phone", "herald", "secret"}};
    SlowShard server(config);
    server.receive(subscribe(1, "<sip:alice@localhost>", "0"));
    REQUIRE(server.sent().size() == 2);
    for (const bool is_first : {true, false}) {
        const auto notify = server.message(is_first ? 1 : 0);
        CHECK((notify.find("Authorization: Digest") == std::string::npos) == is_first);
        auto challenge = answer_to(notify, "401 Unauthorized");
        challenge.insert(challenge.find("Content-Length"),
                         "WWW-Authenticate: Digest realm=\"phone\", nonce=\"n1\", qop=\"auth\"\n");
        server.receive(challenge);
        CHECK(server.sent().size() == (is_first ? 1 : 0));
    }
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("design, Durability: a full queue refuses new work first, refreshes last") {
    Subscribed server;
    server.store.is_full = true;
    server.receive(subscribe(1, "<sip:alice@localhost>", "600", "c2"));
    CHECK(server.sent() == FirstLines{"SIP/2.0 503 Busy"});
    server.receive(subscribe(2, server.to));
    CHECK(server.store.held.size() == 1);
    server.finish();
    CHECK(server.sent().front() == "SIP/2.0 200 OK");

    server.store.is_full_for_refreshes = true;
    server.receive(subscribe(3, server.to));
    CHECK(server.sent() == FirstLines{"SIP/2.0 503 Busy"});
    CHECK(server.store.held.empty());
}

TEST_CASE("a stop while a subscription ends does not end it twice") {
    SlowShard server;
    auto tcp = server.transport.connect();
    const auto via_tcp = [&](std::string text) {
        text.replace(text.find("/UDP "), 5, "/TCP ");
        server.transport.receive(text, tcp);
        server.settle();
    };
    via_tcp(subscribe(1));
    server.finish();
    REQUIRE(server.sent().size() == 2);
    via_tcp(subscribe(2, header(server.message(0), "To"), "0"));

    server.shard.retire();
    while (!server.store.held.empty()) server.finish();

    CHECK(server.sent().back() == "SIP/2.0 200 OK");
}

TEST_CASE("subscriptions that ended leave no timers behind") {
    SlowShard server;
    const auto before = server.loop.timers().size();
    const std::string stranger = "From: <sip:carol@example.org>;tag=b";
    for (unsigned i = 0; i < 20; ++i) {
        auto text = subscribe(1, "<sip:alice@localhost>", "600", "p" + std::to_string(i));
        text.replace(text.find("From: <sip:bob@localhost>;tag=b"), 31, stranger);
        server.receive(text);
        server.finish();
        REQUIRE(server.sent().size() == 2);
        CHECK(header(server.message(1), "Subscription-State") == "pending;expires=600");
        server.receive(answer_to(server.message(1), "481 Gone"));
        while (!server.store.held.empty()) server.finish();
        server.sent();
    }
    CHECK(server.subscriptions() == 0);
    server.pass(std::chrono::seconds(64));
    CHECK(server.loop.timers().size() <= before + 1);
}

TEST_CASE("core R-15 (f): a refresh from a new flow does not wait for a NOTIFY to the old one") {
    Subscribed server;
    const auto moved = server.transport.udp("192.0.2.11");
    server.transport.receive(subscribe(2, server.to), moved);
    server.settle();
    server.finish();

    const auto sent = server.transport.take();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].bytes.starts_with("SIP/2.0 200"));
    CHECK(sent[1].bytes.starts_with("NOTIFY"));
    CHECK(sent[1].flow == moved);
    CHECK(header(sent[1].bytes, "CSeq") == "2 NOTIFY");

    // What becomes of the old one says nothing any more.
    server.receive(answer_to(server.notify, "481 Subscription does not exist"));
    server.pass(std::chrono::seconds(1));
    CHECK(server.subscriptions() == 1);
    server.transport.receive(answer_to(sent[1].bytes, "200 OK"), moved);
    server.settle();
    CHECK(server.shard.sender().in_flight() == 0);
}

TEST_CASE("RFC 6665 4.2.2: an end that the watcher cannot know of is kept until he has heard") {
    Config config = parse_config("").config;
    config.subscribe_pending_lifetime = 100;
    SlowShard server(config);
    // Of another domain: Alice is to decide.
    auto text = subscribe(1);
    text.replace(text.find("<sip:bob@localhost>"), 19, "<sip:bob@example.org>");
    server.receive(text);
    server.finish();
    REQUIRE(server.sent().size() == 2);
    REQUIRE(header(server.message(1), "Subscription-State").starts_with("pending"));
    server.receive(answer_to(server.message(1), "200 OK"));

    server.pass(std::chrono::seconds(101));
    const auto& ending = server.store.oldest<store::TouchSubscription>();
    CHECK(ending.state == store::Subscription::State::giveup);
    CHECK(ending.keeps_mark);
    CHECK(server.sent().empty());
    server.finish();
    REQUIRE(server.sent() == FirstLines{"NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
    CHECK(server.store.held.empty());

    server.receive(answer_to(server.message(0), "200 OK"));
    CHECK(store::counter_of(server.store.oldest<store::RemoveSubscription>().id) == 1);
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("RFC 6665 4.2.2: who had not heard of his end when the process was killed hears of it") {
    SlowShard server;
    store::Subscription row;
    row.id = row.change = 7;
    row.package = "presence";
    row.aor = kAlice;
    row.entity = kAlice;
    row.watcher = "sip:bob@localhost";
    row.state = store::Subscription::State::deactivated;
    row.call_id = "c1";
    row.local_tag = "ours";
    row.remote_tag = "b";
    row.local_uri = "<sip:alice@localhost>";
    row.remote_uri = "<sip:bob@localhost>";
    row.remote_target = "sip:bob@192.0.2.10:5060";
    row.event = "presence";
    row.flow = "udp 0 192.0.2.10:5060";
    row.cseq_base = 3;
    server.shard.earlier_subscriptions().recover(row, {});
    server.shard.rows().resume({});

    server.receive(subscribe(9, "<sip:alice@localhost>;tag=ours"));
    CHECK(server.sent() == FirstLines{"SIP/2.0 481 Call/Transaction Does Not Exist"});
    server.pass(std::chrono::milliseconds(20));
    REQUIRE(server.sent() == FirstLines{"NOTIFY sip:bob@192.0.2.10:5060 SIP/2.0"});
    CHECK(header(server.message(0), "Subscription-State") == "terminated;reason=deactivated");
    CHECK(header(server.message(0), "Content-Length") == "0");

    server.receive(answer_to(server.message(0), "481 Subscription does not exist"));
    CHECK(server.store.oldest<store::RemoveSubscription>().id == 7);
    CHECK(server.subscriptions() == 0);
}

}  // namespace herald::server::subscribe_requests_test
