// tests/conformance/live.h: a real `herald serve` under a story: sockets, HTTP, kill -9.
//
// Every story has a piece of loopback for itself: 192.0.2.7 in a story is 127.x.y.7 here, so that
// ports are as they are written. What stories need that a process cannot do is kept from them by
// only_in_process().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "cli/api_client.h"
#include "tests/conformance/harness.h"
#include "tests/conformance/live_process.h"
#include "tests/conformance/live_wire.h"
#include "tests/conformance/story.h"
#include "tests/support/certificates.h"

namespace herald::conformance {

/// Why `story` can be told only to a server in this process; empty: it can be told live. Static
/// text.
std::string_view only_in_process(const Story& story);

/// A story that happens in `network` ("127.3.4.").
Story relocated(Story story, std::string_view network);

/// A piece of loopback where port 5060 is free. Faults: io.
Result<std::string> claim_network();

class Live final : public Harness {
public:
    /// Makes servers of `binary` at `network` + "1:5060". The token is theirs.
    /// With Security::tls they speak TLS at port 5061 as well.
    enum class Security : std::uint8_t { none, tls };
    static MakeHarness maker(std::string binary, std::string network,
                             Security security = Security::none);

    Live(const std::string& binary, const std::string& network, const std::string& toml,
         Security security);
    ~Live() override;

    Status start() override;
    void crash() override;
    Status stop() override;
    bool is_up() const override { return process_.is_running(); }

    base::Instant now() const override { return clock_.now(); }
    base::Instant moment() const override { return moment_; }
    void pass(base::Duration step, const std::function<void()>& after_each) override;
    void settle() override;
    bool hear_more(base::Duration patience) override;
    bool keeps_time() const override { return false; }
    base::Duration patience() const override { return std::chrono::seconds(60); }
    base::Duration quiet() const override { return std::chrono::milliseconds(60); }

    Status inhabit(const sip::Endpoint& place) override { return wire_.inhabit(place); }
    sip::Flow udp(const sip::Endpoint& from) const override { return wire_.udp(from); }
    Result<sip::Flow> connect(const sip::Endpoint& from, sip::Protocol protocol) override;
    bool is_open(const sip::Flow& flow) const override { return wire_.is_open(flow); }
    void close(const sip::Flow& flow) override;
    void abandon(const sip::Endpoint& place) override { wire_.abandon(place); }
    void refuse(const sip::Endpoint& place) override { wire_.refuse_connections(place); }
    void deliver(std::string_view message, const sip::Flow& flow) override;
    std::vector<Sent> take() override;

    Status put_account(store::Account account, std::string_view password) override;
    Status remove_account(const std::string& aor) override;
    Status put_hard_state(std::string_view package, const std::string& aor,
                          std::string body) override;
    Status put_alias(const std::string& aor, const std::string& resource) override;
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
    std::optional<std::string> left_over() override { return std::nullopt; }
    Status finish() override { return stop(); }

private:
    std::string secured(const std::string& host);

    base::SystemClock clock_;
    std::unique_ptr<test::Authority> authority_;  ///< null: no TLS
    sip::Endpoint sip_, http_;
    LiveProcess process_;
    LiveWire wire_;
    std::string toml_;
    base::Instant moment_;
    std::optional<cli::ApiClient> api_;

    Result<std::string> call(const std::string& method, const std::string& path,
                             const std::string& body = {},
                             const std::string& type = "application/json");
    std::string job_;  ///< id of the last one started
};

}  // namespace herald::conformance
