// tests/conformance/in_process.h: one server in this process, with a fake wire, a clock of its own
// and a store that can fail; it can be restarted and it can crash.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/following_clock.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/time.h"
#include "server/config/config.h"
#include "server/shard/shard.h"
#include "tests/conformance/harness.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_transport.h"

namespace herald::conformance {

/// A shard at 192.0.2.1:5060. Nothing takes time unless told to.
class InProcess final : public Harness {
public:
    /// With `is_durable` the store is a file that outlives crashes, else it is in memory.
    InProcess(server::Config config, bool is_durable, sip::Protocol protocol = sip::Protocol::udp);
    ~InProcess() override;

    /// A MakeHarness. Faults: malformed (the configuration).
    static Result<std::unique_ptr<Harness>> make(const std::string& toml, bool is_durable) {
        return made(toml, is_durable, sip::Protocol::udp);
    }
    /// The same of a shard that listens for `protocol` too.
    static MakeHarness maker(sip::Protocol protocol);

    Status start() override;
    void crash() override;
    Status stop() override;
    bool is_up() const noexcept override { return life_ != nullptr && life_->is_serving; }

    base::Instant now() const override { return clock_.now(); }
    base::Instant moment() const override { return clock_.now(); }
    void pass(base::Duration step, const std::function<void()>& after_each) override;
    void settle() override;
    bool hear_more(base::Duration) override { return false; }
    bool keeps_time() const override { return true; }
    base::Duration patience() const override { return {}; }
    base::Duration quiet() const override { return {}; }

    Status inhabit(const sip::Endpoint&) override { return {}; }
    sip::Flow udp(const sip::Endpoint& from) const override;
    Result<sip::Flow> connect(const sip::Endpoint& from, sip::Protocol protocol) override;
    bool is_open(const sip::Flow& flow) const override;
    void close(const sip::Flow& flow) override;
    void abandon(const sip::Endpoint& place) override;
    void refuse(const sip::Endpoint& place) override;
    void pretend_load(sip::Load load) override { life_->transport.pretend_load(load); }
    void deliver(std::string_view message, const sip::Flow& flow) override;
    std::vector<Sent> take() override;

    void set_clock_ahead(std::chrono::seconds step) override;
    void set_database_clock_ahead(std::chrono::seconds step) override {
        clock_.set_database_ahead(step);
    }

    Status put_account(store::Account account, std::string_view password) override;
    Status remove_account(const std::string& aor) override;
    Status put_hard_state(std::string_view package, const std::string& aor,
                          std::string body) override;
    Status put_alias(const std::string& aor, const std::string& resource) override;
    Status put_policy(store::Policy row);
    Status put_rules(const std::string& scope, const std::string& document) override;
    Status put_entry(const std::string& scope, const std::string& list,
                     const std::string& watcher) override;
    Status decide_once(const std::string& scope, const std::string& list,
                       const std::string& watcher) override;
    Status put_mailbox_settings(const std::string& aor,
                                packages::MailboxSettings settings) override;
    Status put_profile(packages::DeviceProfile profile) override;
    Status remove_profile(packages::ProfileType type, const std::string& name) override;
    Status start_job(const std::string& action, const std::string& whom) override;
    Status change_job(std::string_view state) override;
    Result<std::size_t> job_devices(std::string_view state) override;
    Result<std::size_t> subscriptions() override;
    std::optional<std::string> left_over() override;
    testing::FailingStore* store() override { return life_ ? life_->store.get() : nullptr; }

private:
    static Result<std::unique_ptr<Harness>> made(const std::string& toml, bool is_durable,
                                                 sip::Protocol protocol);

    /// One run of the server.
    struct Life {
        Life(const base::Clock& clock, const server::Config& config, sip::Protocol protocol);
        base::Metrics metrics;
        base::Loop loop;
        test::FakeTransport transport;
        server::Domains domains;
        std::atomic<std::uint64_t> ids{1};
        server::Limits limits;
        std::unique_ptr<testing::FailingStore> store;
        std::vector<std::unique_ptr<server::Shard>> shards;
        bool is_serving = false;
    };

    server::Config config_;
    /// Somebody may set it.
    class Clock final : public base::Clock {
    public:
        base::Instant now() const noexcept override { return time_.now(); }
        base::WallTime wall() const noexcept override {
            return time_.wall() + ahead_ +
                   std::chrono::floor<std::chrono::milliseconds>(followed_.now());
        }
        void advance(base::Duration step);
        void set_ahead(std::chrono::seconds step) { ahead_ += step; }
        void set_database_ahead(std::chrono::seconds step) { database_ahead_ += step; }

    private:
        base::ManualClock time_;
        std::chrono::seconds ahead_{0}, database_ahead_{0};
        base::SlewedOffset followed_{{}, time_.now()};
    };

    Clock clock_;
    const sip::Protocol protocol_;
    std::string folder_;  ///< of the store's file, empty: in memory
    std::unique_ptr<Life> life_;
    std::vector<test::FakeTransport::Sent> last_words_;  ///< of the run before this one
    std::string job_;                                    ///< address of the last one started

    server::Shard& shard() { return *life_->shards.front(); }
    base::Instant next_stop(base::Instant end) const;
};

}  // namespace herald::conformance
