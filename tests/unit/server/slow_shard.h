// tests/unit/server/slow_shard.h: a shard on a fake wire whose store says what became of a change
// when the test wants it to.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/feed/feed.h"
#include "server/shard/shard.h"
#include "tests/support/fake_transport.h"

namespace herald::server::testing {

/// Keeps nothing; holds every change until it is told what became of it.
class SlowStore final : public store::Store {
public:
    struct Held {
        store::Change change;
        base::Task<void(store::Outcome)> done;
    };
    std::deque<Held> held;
    bool is_full = false;
    bool is_full_for_refreshes = false;
    std::size_t confirmations = 0;  ///< written, see PutConfirmation
    /// What makes a confirmation void ends at once, or when the test says so.
    bool holds_withdrawals = false;
    std::deque<base::Task<void(store::Outcome)>> withdrawn;

    /// Ends the oldest change.
    void settle(store::Outcome outcome = store::Outcome::committed) {
        REQUIRE_FALSE(held.empty());
        auto oldest = std::move(held.front());
        held.pop_front();
        if (oldest.done) oldest.done(outcome);
    }
    /// The oldest change, which is a T.
    template <class T>
    const T& oldest() const {
        REQUIRE_FALSE(held.empty());
        REQUIRE(std::holds_alternative<T>(held.front().change));
        return std::get<T>(held.front().change);
    }

    const store::Home& home() const noexcept override { return home_; }
    Status recover(store::RecoverySink&) override { return {}; }
    std::vector<store::Token> tokens() const override { return {}; }
    std::unique_ptr<store::Port> attach(base::Loop&) override {
        return std::make_unique<SlowPort>(*this);
    }
    bool is_writable() const noexcept override { return true; }
    Status close() override { return {}; }

private:
    /// Confirmations are written when nobody asks, in the store's own good time.
    void confirm(bool is_written, base::Task<void(store::Outcome)> done) {
        if (is_written) ++confirmations;
        if (done && holds_withdrawals) return withdrawn.push_back(std::move(done));
        if (done) done(store::Outcome::committed);
    }

    class SlowPort final : public store::Port {
    public:
        explicit SlowPort(SlowStore& store) : store_(store) {}
        void commit(store::Change change, base::Task<void(store::Outcome)> done) override {
            if (const auto* put = std::get_if<store::PutConfirmation>(&change))
                return store_.confirm(put->row.through != 0, std::move(done));
            store_.held.push_back({std::move(change), std::move(done)});
        }
        void load(std::uint64_t, base::Task<void(Result<store::Message>)> done) override {
            done(Fault{FaultKind::not_found, "nothing is kept here"});
        }
        void load(store::Cell, base::Task<void(Result<store::CellRowsPtr>)> done) override {
            done(Fault{FaultKind::io, "cells are not read here"});
        }
        bool is_full() const noexcept override { return store_.is_full; }
        bool is_full_for_refreshes() const noexcept override {
            return store_.is_full_for_refreshes;
        }
        std::size_t waiting() const noexcept override { return store_.held.size(); }
        std::size_t waiting(store::Cell) const noexcept override { return waiting(); }

    private:
        SlowStore& store_;
    };

    store::Home home_{.bucket_key = {1, 2}, .lasting_key = {3, 4}, .epoch = 1};
};

/// Serves `localhost` at 192.0.2.1:5060; the peer is 192.0.2.10:5060 over UDP.
class SlowShard {
public:
    explicit SlowShard(Config given = parse_config("").config)
        : loop(clock),
          transport(clock),
          config(std::move(given)),
          domains({"localhost"}, {transport.listeners().begin(), transport.listeners().end()}),
          shard(loop, transport, metrics,
                ShardSetup{config, domains, store, ids, limits, 0, 1, nullptr, nullptr, &feed},
                nullptr) {
        transport.attach(shard.stack());
    }

    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop;
    test::FakeTransport transport;
    Config config;
    Domains domains;
    std::atomic<std::uint64_t> ids{1};
    Limits limits{config};
    SlowStore store;
    Feed feed{{}, metrics};
    Shard shard;

    void receive(const std::string& text) {
        transport.receive(text, transport.udp());
        settle();
    }
    void settle() {
        for (int idle = 0; idle < 2;) idle = loop.turn(base::Duration::zero()) ? 0 : idle + 1;
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        settle();
    }
    /// Ends the oldest change and lets everything happen that follows.
    void finish(store::Outcome outcome = store::Outcome::committed) {
        store.settle(outcome);
        settle();
    }
    /// First lines of what was sent since the last call.
    std::vector<std::string> sent() {
        std::vector<std::string> lines;
        last_.clear();
        for (auto& message : transport.take()) {
            lines.push_back(message.bytes.substr(0, message.bytes.find("\r\n")));
            last_.push_back(std::move(message.bytes));
        }
        return lines;
    }
    /// The n-th message of the last sent().
    const std::string& message(std::size_t n) const { return last_.at(n); }

    std::size_t subscriptions() { return shard.context().subscriptions.size(); }

private:
    std::vector<std::string> last_;
};

/// The value of the first header field `name` in `message`.
inline std::string header(const std::string& message, const std::string& name) {
    const auto at = message.find("\r\n" + name + ": ");
    REQUIRE(at != std::string::npos);
    const auto start = at + name.size() + 4;
    return message.substr(start, message.find("\r\n", start) - start);
}

/// Headers all requests share, for `method` number `cseq`; `to` as it stands in To.
inline std::string request(const std::string& method, const std::string& uri, unsigned cseq,
                           const std::string& to, const std::string& lines = {},
                           const std::string& call_id = "c1") {
    return method + " " + uri + " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK" +
           call_id + std::to_string(cseq) + "\nFrom: <sip:bob@localhost>;tag=b\nTo: " + to +
           "\nCall-ID: " + call_id + "\nCSeq: " + std::to_string(cseq) + " " + method +
           "\nMax-Forwards: 70\n" + lines +
           (lines.find("\n\n") == std::string::npos ? "Content-Length: 0\n\n" : "");
}

/// The answer to a request of ours, which may have compact header names.
inline std::string answer_to(const std::string& message, const std::string& status) {
    const bool is_compact = message.find("\r\nf: ") != std::string::npos;
    std::string text = "SIP/2.0 " + status + "\n";
    for (const auto* name : {"From", "To", "Call-ID"}) {
        const auto sent_as = !is_compact ? name : name[0] == 'F' ? "f" : name[0] == 'T' ? "t" : "i";
        text += std::string(name) + ": " + header(message, sent_as) + "\n";
    }
    for (const auto* name : {"Via", "CSeq"})
        text += std::string(name) + ": " + header(message, name) + "\n";
    return text + "Content-Length: 0\n\n";
}

}  // namespace herald::server::testing
