// sip/locate.h: from a URI to addresses to try, in order (RFC 3263, 7984), on c-ares.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "sip/endpoint.h"
#include "sip/target_rules.h"
#include "sip/uri.h"

namespace herald::sip {

/// One address to try, each with a transaction of its own (RFC 3263 4.3).
struct Target {
    Protocol protocol;
    Endpoint endpoint;
    friend bool operator==(const Target&, const Target&) = default;
};

struct LocatorOptions {
    std::string servers;  ///< "127.0.0.1:5353,…"; empty: the system's
    /// Patience with one DNS server at the first try; later tries wait longer.
    std::chrono::milliseconds timeout{2000};
    int tries = 2;
    /// Patience with one locate(); what is known by then is the answer.
    std::chrono::milliseconds deadline{16000};
    bool use_ipv6 = true, use_ipv4 = true;
    /// What this build can speak; preferred first where DNS does not say.
    std::vector<Protocol> protocols{Protocol::udp, Protocol::tcp};
    std::size_t most_targets = 32;
    std::uint64_t (*random)() = base::random_u64;  ///< weighs SRV records
    std::shared_ptr<const TargetRules> targets;    ///< of what peers name; null: the usual
    base::Counter* refused = nullptr;              ///< counts addresses they may not name
};

/// Asynchronous resolver of one loop. Numeric hosts are answered without DNS, "localhost" without
/// NAPTR and SRV (RFC 6761 6.3). Keeps nothing: caching is the DNS server's.
class Locator {
public:
    using Done = base::Task<void(Result<std::vector<Target>>)>;

    /// `loop` must outlive the locator.
    Locator(base::Loop& loop, LocatorOptions options);
    /// Requests in flight are dropped, their `done` is destroyed uncalled. May run inside a `done`.
    ~Locator();
    Locator(const Locator&) = delete;
    Locator& operator=(const Locator&) = delete;

    /// All targets in the order to try them (NAPTR, SRV by priority and weight, A and AAAA); at
    /// least one. `done` runs on the loop, later, never from within. Faults: not_found (no such
    /// domain), unreachable (no usable record, or no way we speak), timeout, malformed.
    void locate(std::string_view uri, Done done);
    /// Likewise for a URI that `named_by` put into a Contact, Route, Path or Via: without the
    /// addresses it may not name (TargetRules). Faults: forbidden where none is left. An endpoint
    /// that is none stands for the operator, who may name any.
    void locate(std::string_view uri, const Endpoint& named_by, Done done);
    /// Whether `named_by` may name `target`, which took no looking up.
    bool allows(const Endpoint& target, const Endpoint& named_by) const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// The target where no DNS is needed (numeric host); nullopt for names. Transport as RFC 3263 4.1
/// says.
std::optional<Target> numeric_target(const Uri& uri);

}  // namespace herald::sip
