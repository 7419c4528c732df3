// tests/unit/server/shard/cells_test.cpp: a cell that was forgotten is loaded again, and nobody
// outside notices.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "packages/mailbox.h"
#include "server/core/cell_epochs.h"
#include "server/message/messaging.h"
#include "server/mwi/mailboxes.h"
#include "server/notify/notify_sender.h"
#include "server/provisioning/jobs.h"
#include "server/register/bindings.h"
#include "server/shard/agents.h"
#include "server/shard/cell_keeper.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::answer_to;
using testing::header;
using testing::request;

const std::string kAlice = "sip:alice@localhost";
const std::string kBob = "sip:bob@localhost";
const std::string kDave = "sip:dave@localhost";
const std::string kContact = "Contact: <sip:bob@192.0.2.10>\n";

std::unique_ptr<store::Store> open_store(base::Metrics& metrics, const base::Clock& clock) {
    auto opened = store::open("memory:", {.is_inline = true, .vfs = {}}, metrics, clock);
    REQUIRE(opened.has_value());
    return *std::move(opened);
}

std::string publish(const std::string& aor, unsigned cseq, const std::string& note,
                    const std::string& etag = {}) {
    const std::string body =
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"" + aor +
        "\"><tuple id=\"t\"><status><basic>open</basic></status><note>" + note +
        "</note></tuple></presence>";
    return request(
        "PUBLISH", aor, cseq, "<" + aor + ">",
        "Event: presence\nExpires: 3600\n" + (etag.empty() ? "" : "SIP-If-Match: " + etag + "\n") +
            "Content-Type: application/pidf+xml\nContent-Length: " + std::to_string(body.size()) +
            "\n\n" + body,
        "p");
}

/// A shard over a store that keeps what it is told. The peer is 192.0.2.10 over UDP.
struct Stored {
    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop{clock};
    test::FakeTransport transport{clock};
    Config config = parse_config("[mwi]\nunsolicited = true\n").config;
    Domains domains{{"localhost"}, {transport.listeners().begin(), transport.listeners().end()}};
    std::unique_ptr<store::Store> store = open_store(metrics, clock);
    std::atomic<std::uint64_t> ids{store->home().next_id};
    Limits limits{config};
    CellEpochs epochs{store->home().epoch};
    Feed feed{{}, metrics};
    Shard shard{loop, transport, metrics,
                ShardSetup{config, domains, *store, ids, limits, 0, 1, nullptr, nullptr, &feed,
                           nullptr, &epochs},
                nullptr};

    Stored() {
        transport.attach(shard.stack());
        shard.resume();
    }

    void settle() {
        for (int idle = 0; idle < 3;) idle = loop.turn(base::Duration::zero()) ? 0 : idle + 1;
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        settle();
    }
    void receive(const std::string& text) {
        transport.receive(text, transport.udp());
        settle();
    }
    /// All that was sent; every request among it is answered 200.
    std::vector<std::string> sent() {
        std::vector<std::string> all;
        for (;;) {
            auto messages = transport.take();
            if (messages.empty()) return all;
            for (auto& message : messages) {
                const bool is_request = !message.bytes.starts_with("SIP/2.0");
                if (is_request) receive(answer_to(message.bytes, "200 OK"));
                all.push_back(std::move(message.bytes));
            }
            settle();
        }
    }
    std::vector<std::string> notifies() {
        auto all = sent();
        std::erase_if(all, [](const auto& each) { return !each.starts_with("NOTIFY"); });
        return all;
    }
    /// What came back for one request.
    std::string answered(const std::string& text) {
        receive(text);
        for (const auto& each : sent()) {
            if (each.starts_with("SIP/2.0")) return each;
        }
        FAIL("no answer");
        return {};
    }

    /// The cell goes away and comes back.
    void reload(Cell cell) {
        shard.forget(cell);
        const auto epoch = epochs.of(cell) + 1;
        bool is_loaded = false;
        shard.port().commit(
            store::PutCell{{cell, epoch, true, clock.wall()}},
            [](store::Outcome outcome) { REQUIRE(outcome == store::Outcome::committed); });
        shard.port().load(cell, [&](Result<store::CellRowsPtr> rows) {
            REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.fault().detail));
            epochs.raise(cell, epoch);
            shard.load(cell, **rows, {});
            is_loaded = true;
        });
        settle();
        REQUIRE(is_loaded);
    }
    void leave(Cell cell, std::optional<CellKeeper::Left>& left) {
        shard.keeper().leave(cell, [&left](CellKeeper::Left how) { left = how; });
    }
    /// As OwnCells does it.
    void give(Cell cell) {
        std::optional<CellKeeper::Left> left;
        leave(cell, left);
        for (int n = 0; n < 700 && !left; ++n) pass(milliseconds(10));
        REQUIRE(left == CellKeeper::Left::given);
        take_back(cell);
    }
    void take_back(Cell cell) {
        const auto epoch = epochs.of(cell) + 1;
        shard.port().commit(store::PutCell{{cell, epoch, true, clock.wall()}}, nullptr);
        shard.port().load(cell, [this, cell, epoch](Result<store::CellRowsPtr> rows) {
            REQUIRE(rows.has_value());
            epochs.raise(cell, epoch);
            shard.keeper().take(cell);
            shard.load(cell, **rows, {});
            shard.keeper().come_back(cell);
        });
        settle();
        REQUIRE(shard.keeper().standing(cell) == CellStanding::serving);
    }
    void reload_all() {
        for (std::uint32_t cell = 0; cell < kCells; ++cell) reload(static_cast<Cell>(cell));
    }
    Cell cell_of(std::string_view aor) { return shard.context().cell_of(aor); }
    /// Confirmations are written, of what is left alone for two seconds.
    void rest() {
        for (int n = 0; n < 3; ++n) pass(seconds(3));
    }
    std::string subscribe(const std::string& aor, unsigned expires) {
        return answered(
            request("SUBSCRIBE", aor, 1, "<" + aor + ">",
                    "Event: presence\nExpires: " + std::to_string(expires) + "\n" + kContact, "s"));
    }
};

unsigned cseq_of(const std::string& message) {
    return static_cast<unsigned>(std::stoul(header(message, "CSeq")));
}

}  // namespace

TEST_CASE("a cell that comes back tells nobody what he knows, and goes on where it was") {
    Stored server;
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
    Stored server;
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
    Stored server;
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
    Stored server;
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
    Stored server;
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
    Stored server;
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
    Stored server;
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
    Stored server;
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

TEST_CASE("one of everything is as before once all cells were given away and taken back") {
    Stored server;
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
    server.settle();
    server.rest();
    server.sent();
    auto& context = server.shard.context();
    const auto resources = context.resources.size();
    const auto groups = server.shard.agents().get<Mailboxes>().held();
    REQUIRE(groups > 0);
    const auto timers = server.loop.timers().size();

    server.reload_all();
    server.rest();

    CHECK(server.notifies().empty());
    CHECK(context.subscriptions.size() == 1);
    CHECK(context.resources.size() == resources);
    CHECK(server.shard.agents().get<Mailboxes>().held() == groups);
    CHECK(server.loop.timers().size() <= timers + 2);
    REQUIRE(server.shard.bindings().of(kBob).size() == 1);
    CHECK(server.shard.bindings().of(kBob).front()->contact == "sip:bob@192.0.2.10");
    CHECK(server.shard.agents().get<Messaging>().stored().queues().count() == 1);
    REQUIRE(server.shard.agents().get<Mailboxes>().settings(kBob) != nullptr);
    CHECK(server.shard.agents().get<Mailboxes>().settings(kBob)->has_member(kAlice));

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

}  // namespace herald::server
