// tests/conformance/harness.h: one server in this process, with a fake wire, a clock of its own and
// a store that can fail; it can be restarted and it can crash.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/time.h"
#include "server/config.h"
#include "server/shard.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_transport.h"

namespace herald::conformance {

/// A shard at 192.0.2.1:5060 (UDP and TCP), which serves `localhost` unless configured otherwise.
class Harness {
public:
    /// With `is_durable` the store is a file that outlives crashes, else it is in memory.
    Harness(server::Config config, bool is_durable);
    ~Harness();
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    /// Opens the store and recovers. The first call must precede everything else. Faults: io.
    Status start();
    /// Everything goes as it would at kill -9; connections are lost, nothing is closed.
    void crash();
    /// The end a SIGTERM brings. What that sent is left to take() before the next start().
    Status stop();
    bool is_up() const noexcept { return life_ != nullptr && life_->is_serving; }

    /// Lets everything that can be done now be done.
    void settle();
    /// Lets `step` pass, from timer to timer; `after_each` runs whenever something was done.
    template <class AfterEach>
    void pass(base::Duration step, AfterEach&& after_each);

    /// What was sent since the last call.
    std::vector<test::FakeTransport::Sent> take();
    test::FakeTransport& transport() { return life_->transport; }
    testing::FailingStore& store() { return *life_->store; }
    server::Shard& shard() { return *life_->shards.front(); }
    const base::ManualClock& clock() const { return clock_; }
    const server::Config& config() const { return config_; }

    void put_account(store::Account account);
    /// The sum of a counter over all its labels.
    double metric(std::string_view name) const;

private:
    /// One run of the server.
    struct Life {
        Life(const base::Clock& clock, const server::Config& config);
        base::Metrics metrics;
        base::Loop loop;
        test::FakeTransport transport;
        server::Domains domains;
        std::atomic<std::uint64_t> ids{1};
        std::unique_ptr<testing::FailingStore> store;
        std::vector<std::unique_ptr<server::Shard>> shards;
        bool is_serving = false;
    };

    server::Config config_;
    base::ManualClock clock_;
    base::HashKey nonce_key_ = base::random_key();
    std::string folder_;  ///< of the store's file, empty: in memory
    std::unique_ptr<Life> life_;
    std::vector<test::FakeTransport::Sent> last_words_;  ///< of the run before this one

    base::Instant next_stop(base::Instant end) const;
};

template <class AfterEach>
void Harness::pass(base::Duration step, AfterEach&& after_each) {
    const auto end = clock_.now() + step;
    settle();
    after_each();
    while (clock_.now() < end) {
        clock_.advance(next_stop(end) - clock_.now());
        settle();
        after_each();
    }
}

}  // namespace herald::conformance
