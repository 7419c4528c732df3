// tests/unit/server/stored_shard.h: a shard on a fake wire over a store that keeps what it is told;
// its cells are given away and taken back.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "server/core/cell_epochs.h"
#include "server/feed/feed.h"
#include "server/shard/cell_keeper.h"
#include "server/shard/recovered_rows.h"
#include "server/shard/shard.h"
#include "store/open.h"
#include "tests/support/fake_transport.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::testing {

inline std::unique_ptr<store::Store> open_store(base::Metrics& metrics, const base::Clock& clock) {
    auto opened = store::open("memory:", {.is_inline = true, .vfs = {}}, metrics, clock);
    REQUIRE(opened.has_value());
    return *std::move(opened);
}

inline std::string publish(const std::string& aor, unsigned cseq, const std::string& note,
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

/// Stands still as base::ManualClock does, or goes on by a step with each look at it.
class SteppedClock final : public base::Clock {
public:
    base::Duration step{0};

    base::Instant now() const noexcept override {
        clock_.advance(step);
        return clock_.now();
    }
    base::WallTime wall() const noexcept override { return clock_.wall(); }
    void advance(base::Duration by) { clock_.advance(by); }

private:
    mutable base::ManualClock clock_;
};

/// A shard over a store that keeps what it is told. The peer is 192.0.2.10 over UDP.
struct StoredShard {
    SteppedClock clock;
    base::Metrics metrics;
    base::Loop loop{clock};
    test::FakeTransport transport{clock};
    Config config;
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

    explicit StoredShard(Config given = parse_config("[mwi]\nunsolicited = true\n").config)
        : config(std::move(given)) {
        transport.attach(shard.stack());
        shard.rows().resume({});
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

    /// The sum of a metric's samples that have these labels.
    double metric(const std::string& name, const base::Labels& labels = {}) const {
        double sum = 0;
        for (const auto& sample : metrics.collect()) {
            const auto has = [&](const auto& label) {
                return std::count(sample.labels.begin(), sample.labels.end(), label) > 0;
            };
            if (sample.name == name && std::all_of(labels.begin(), labels.end(), has))
                sum += sample.value;
        }
        return sum;
    }

    /// The cell goes away and comes back.
    void reload(Cell cell) {
        shard.keeper().forget(cell);
        take_back(cell);
    }
    void leave(Cell cell, std::optional<CellKeeper::Left>& left) {
        shard.keeper().leave(cell, [&left](CellKeeper::Left how) { left = how; });
    }
    /// As OwnCells does it.
    void give(Cell cell) {
        std::optional<CellKeeper::Left> left;
        leave(cell, left);
        for (int n = 0; n < 700 && !left; ++n) pass(std::chrono::milliseconds(10));
        REQUIRE(left == CellKeeper::Left::given);
        take_back(cell);
    }
    void take_back(Cell cell) {
        const auto epoch = epochs.of(cell) + 1;
        shard.port().commit(
            store::PutCell{{cell, epoch, true, clock.wall()}},
            [](store::Outcome outcome) { REQUIRE(outcome == store::Outcome::committed); });
        shard.port().load(cell, [this, cell, epoch](Result<store::CellRowsPtr> rows) {
            REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.fault().detail));
            epochs.raise(cell, epoch);
            shard.keeper().load(cell, *std::move(rows), {});
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
        for (int n = 0; n < 3; ++n) pass(std::chrono::seconds(3));
    }
    std::string subscribe(const std::string& aor, unsigned expires) {
        return answered(request("SUBSCRIBE", aor, 1, "<" + aor + ">",
                                "Event: presence\nExpires: " + std::to_string(expires) + "\n" +
                                    std::string("Contact: <sip:bob@192.0.2.10>\n"),
                                "s"));
    }
};

}  // namespace herald::server::testing
