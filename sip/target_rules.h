// sip/target_rules.h: where a peer may make us send: the one check of every address it names, in a
// Contact, Path, Route, Record-Route or Via, after DNS.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "sip/address_range.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// Made once, then read by any thread.
class TargetRules {
public:
    struct Setup {
        std::vector<AddressRange> denied;  ///< by the operator, to everybody
        std::vector<Endpoint> own;    ///< what we listen on and connect to: SIP, HTTP, the store
        std::vector<Endpoint> local;  ///< the addresses of this machine, for own ones that are any
    };
    TargetRules() = default;
    explicit TargetRules(Setup setup) : setup_(std::move(setup)) {}

    /// Why we may not send to `target`, which `source` named; empty: we may. A stranger cannot
    /// reach what only this machine reaches: loopback and link-local are for peers that are there
    /// themselves. Groups, broadcasts and what is ours are for nobody. What the operator named, and
    /// a flow of our own, are not asked about.
    std::string_view refusal(const Endpoint& target, const Endpoint& source) const;
    bool allow(const Endpoint& target, const Endpoint& source) const {
        return refusal(target, source).empty();
    }

private:
    bool is_ours(const Endpoint& target) const;

    Setup setup_;
};

/// The addresses of this machine's interfaces.
std::vector<Endpoint> local_addresses();

}  // namespace herald::sip
