// tests/unit/store/support.h: rows to store, a sink that keeps what is recovered, a store with its
// loop.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/time.h"
#include "store/store.h"
#include "tests/unit/store/empty_store.h"

namespace herald::store::testing {

using namespace std::chrono_literals;

/// What recover() gave.
struct Recovered : RecoverySink {
    std::vector<Alias> aliases;
    std::vector<Account> accounts;
    std::map<std::uint64_t, Publication> publications;
    std::map<std::uint64_t, Subscription> subscriptions;
    std::vector<Confirmation> confirmations;
    std::vector<Message> messages;

    void on_alias(Alias row) override { aliases.push_back(std::move(row)); }
    void on_account(Account row) override { accounts.push_back(std::move(row)); }
    std::vector<Policy> policies;
    std::vector<AuditEntry> audit;
    void on_policy(Policy row) override { policies.push_back(std::move(row)); }
    void on_audit(AuditEntry row) override { audit.push_back(std::move(row)); }
    void on_publication(Publication row) override {
        const std::uint64_t id = row.id;
        CHECK_MESSAGE(publications.emplace(id, std::move(row)).second, "streamed twice: ", id);
    }
    void on_subscription(const Subscription& row) override {
        CHECK_MESSAGE(subscriptions.emplace(row.id, row).second, "streamed twice: ", row.id);
    }
    bool on_confirmation(Confirmation row) override {
        const bool is_watched = std::any_of(
            subscriptions.begin(), subscriptions.end(), [&row](const auto& subscription) {
                const Subscription& one = subscription.second;
                return one.package == row.package && one.aor == row.aor &&
                       one.state != Subscription::State::terminated;
            });
        if (is_watched) confirmations.push_back(std::move(row));
        return is_watched;
    }
    void on_message(Message row) override { messages.push_back(std::move(row)); }
};

/// One loop with one port to a store, turned by hand.
class Bench {
public:
    explicit Bench(const std::string& url, StoreOptions options = {.is_inline = true})
        : loop_(clock_) {
        open(url, options);
    }
    ~Bench() { stop(); }

    void open(const std::string& url, const StoreOptions& options) {
        auto opened = store::open(url, options, metrics_, clock_);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.fault().detail));
        store_ = std::move(*opened);
        port_ = store_->attach(loop_);
    }
    /// Ends without close(), as far as a process that goes on can.
    void stop() {
        port_.reset();
        store_.reset();
    }
    Status close() {
        auto closed = store_->close();
        stop();
        return closed;
    }

    /// Commits and waits for the outcome.
    Outcome commit(Change change) { return commit_all({std::move(change)}).front(); }
    /// Hands all over in one turn.
    std::vector<Outcome> commit_all(std::vector<Change> changes) {
        std::vector<Outcome> outcomes;
        const std::size_t wanted = changes.size();
        for (Change& change : changes) {
            port_->commit(std::move(change), [&](Outcome outcome) { outcomes.push_back(outcome); });
        }
        for (int turns = 0; outcomes.size() < wanted && turns < 10'000; ++turns) {
            loop_.turn(turns == 0 ? 0ms : 10ms);  // the first one only hands over
        }
        REQUIRE(outcomes.size() == wanted);
        return outcomes;
    }
    Recovered recover() {
        Recovered rows;
        const Status recovered = store_->recover(rows);
        REQUIRE_MESSAGE(recovered.has_value(), (recovered ? "" : recovered.fault().detail));
        return rows;
    }
    double metric(std::string_view name, const base::Labels& labels = {}) const {
        for (const base::Sample& sample : metrics_.collect()) {
            if (sample.name == name && sample.labels == labels) return sample.value;
        }
        FAIL("no such metric: ", std::string(name));
        return 0;
    }

    Store& store() { return *store_; }
    Port& port() { return *port_; }
    base::Loop& loop() { return loop_; }
    base::ManualClock& clock() { return clock_; }
    base::Metrics& metrics() { return metrics_; }

private:
    base::ManualClock clock_;
    base::Metrics metrics_;
    base::Loop loop_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Port> port_;
};

inline Publication publication(std::uint64_t id, std::string tag = "tag-1") {
    Publication row;
    row.id = id;
    row.package = "presence";
    row.aor = "sip:user" + std::to_string(id) + "@example.com";
    row.entity_tag = std::move(tag);
    row.source = "source-" + std::to_string(id);
    row.publisher = row.aor;
    row.rank = 2;
    row.arrived = base::WallTime(1'800'000'000'123ms);
    row.expires_at = base::WallTime(1'800'003'600'000ms);
    row.granted = 3600;
    row.mark = {.call_id = "call-" + std::to_string(id), .cseq = 7, .branch_hash = ~id};
    row.type = "application/pidf+xml";
    row.body = std::string("<presence/>\0and a zero", 22);
    return row;
}

inline Subscription subscription(std::uint64_t id) {
    const std::string n = std::to_string(id);
    Subscription row;
    row.id = id;
    row.package = "presence";
    row.aor = "sip:user" + n + "@example.com";
    row.watcher = "sip:watcher" + n + "@example.com";
    row.state = Subscription::State::active;
    row.expires_at = base::WallTime(1'800'003'600'000ms);
    row.granted = 3600;
    row.change = 11;
    row.call_id = "dialog-" + n;
    row.local_tag = "local-" + n;
    row.remote_tag = "remote-" + n;
    row.local_uri = "<sip:user" + n + "@example.com>";
    row.remote_uri = "<sip:watcher" + n + "@example.com>";
    row.remote_target = "sip:watcher" + n + "@192.0.2.7:5060";
    row.route_set = "<sip:edge.example.com;lr>";
    row.event = "presence;id=" + n;
    row.accept = "application/pidf+xml";
    row.entity = "sip:user" + n + "@example.com";
    row.instance = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";
    row.flow = "udp:1:192.0.2.7:5060";
    row.remote_cseq = 4'000'000'000;
    row.cseq_base = 65'536;
    row.epoch = 3;
    row.mark = {.call_id = row.call_id, .cseq = 9, .branch_hash = 0xFFFF'FFFF'FFFF'FFF0};
    return row;
}

}  // namespace herald::store::testing
