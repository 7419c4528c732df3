// tests/conformance/harness.h: what stories are told to: a server, the wire to it, its time and its
// fate.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "packages/device_profile.h"
#include "packages/mailbox.h"
#include "sip/endpoint.h"
#include "sip/transport.h"
#include "store/records.h"
#include "tests/support/failing_store.h"

namespace herald::conformance {

/// What stories write before the last number of an address. Their server is at 192.0.2.1:5060.
inline constexpr std::string_view kNetwork = "192.0.2.";
/// Likewise for those who are not in the server's network.
inline constexpr std::string_view kOtherNetwork = "203.0.113.";

/// What the server sent.
struct Sent {
    sip::Flow flow;  ///< `peer` is the address of the actor it came to
    std::string bytes;
    base::Instant at;
};

/// A server (UDP and TCP, `localhost` unless configured otherwise) and the world around it.
class Harness {
public:
    Harness() = default;
    virtual ~Harness() = default;
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    /// Opens the store and recovers. The first call must precede everything else. Faults: io.
    virtual Status start() = 0;
    /// kill -9. What was sent before and not taken is lost.
    virtual void crash() = 0;
    /// The end a SIGTERM brings. What that sent is left to take() before the next start().
    virtual Status stop() = 0;
    virtual bool is_up() const = 0;

    virtual base::Instant now() const = 0;
    /// When something happened last: from there a story counts the time.
    virtual base::Instant moment() const = 0;
    /// Lets time pass, to `step` after moment(); `after_each` runs whenever something was done.
    virtual void pass(base::Duration step, const std::function<void()>& after_each) = 0;
    /// Everything sent to the server is with it, and what it does at once is done.
    virtual void settle() = 0;
    /// Waits until the server sent something more, `patience` at most; whether it did.
    virtual bool hear_more(base::Duration patience) = 0;
    /// Somebody sets the machine's clock.
    virtual void set_clock_ahead(std::chrono::seconds /*step*/) {}
    /// Somebody sets the clock of the database, which the server's follows.
    virtual void set_database_clock_ahead(std::chrono::seconds /*step*/) {}
    /// Time passes only when the story says so. Where it does not, what a timer sends may come
    /// before the story is there.
    virtual bool keeps_time() const = 0;
    /// How long to wait for what must come.
    virtual base::Duration patience() const = 0;
    /// How long to wait for what must not come.
    virtual base::Duration quiet() const = 0;

    /// Somebody is at `place` from now on.
    virtual Status inhabit(const sip::Endpoint& place) = 0;
    virtual sip::Flow udp(const sip::Endpoint& from) const = 0;
    /// Opens a connection from `from` to the server, by a protocol of streams. Faults: unreachable.
    virtual Result<sip::Flow> connect(const sip::Endpoint& from, sip::Protocol protocol) = 0;
    virtual bool is_open(const sip::Flow& flow) const = 0;
    /// The peer closes its connection, and the server learns of it.
    virtual void close(const sip::Flow& flow) = 0;
    /// Nobody is at `place` any more, and the server learns of it.
    virtual void abandon(const sip::Endpoint& place) = 0;
    /// No connection is taken at `place` from now on.
    virtual void refuse(const sip::Endpoint& place) = 0;
    /// The server's sockets say that they are this far behind; a real server's do not.
    virtual void pretend_load(sip::Load /*load*/) {}
    /// Gives `message`, with CRLFs put in, to the server.
    virtual void deliver(std::string_view message, const sip::Flow& flow) = 0;
    /// What was sent since the last call.
    virtual std::vector<Sent> take() = 0;

    virtual Status put_account(store::Account account, std::string_view password) = 0;
    virtual Status remove_account(const std::string& aor) = 0;
    /// An empty body removes it. What this made the server send is left to take().
    virtual Status put_hard_state(std::string_view package, const std::string& aor,
                                  std::string body) = 0;
    /// Without `resource`: `aor` is an alias no more.
    virtual Status put_alias(const std::string& aor, const std::string& resource) = 0;
    /// The rules of an owner or a domain; empty: none.
    virtual Status put_rules(const std::string& scope, const std::string& document) = 0;
    /// An entry of a list of an owner or a domain.
    virtual Status put_entry(const std::string& scope, const std::string& list,
                             const std::string& watcher) = 0;
    /// A decision about the subscriptions there are.
    virtual Status decide_once(const std::string& scope, const std::string& list,
                               const std::string& watcher) = 0;
    /// What this made the server send is left to take().
    virtual Status put_mailbox_settings(const std::string& aor,
                                        packages::MailboxSettings settings) = 0;
    /// What these made the server send is left to take().
    virtual Status put_profile(packages::DeviceProfile profile) = 0;
    virtual Status remove_profile(packages::ProfileType type, const std::string& name) = 0;
    /// A job for `whom`: an AOR, a pattern of User-Agents, or "all". Jobs below are this one.
    virtual Status start_job(const std::string& action, const std::string& whom) = 0;
    /// To "running", "paused" or "cancelled".
    virtual Status change_job(std::string_view state) = 0;
    /// How many of its devices are in `state`.
    virtual Result<std::size_t> job_devices(std::string_view state) = 0;
    virtual Result<std::size_t> subscriptions() = 0;

    /// What the server holds though nobody wants anything of it; nullopt: nothing.
    virtual std::optional<std::string> left_over() = 0;
    /// What is to be looked at when all is over.
    virtual Status finish() { return {}; }
    /// The store, where it is one that can be made to fail, else nullptr.
    virtual testing::FailingStore* store() { return nullptr; }
};

/// A server with `toml` as its configuration, not started. With `is_durable` the store outlives
/// crashes.
using MakeHarness =
    std::function<Result<std::unique_ptr<Harness>>(const std::string& toml, bool is_durable)>;

}  // namespace herald::conformance
