// server/register/register_decision.h: what to do with a REGISTER, decided from facts alone (RFC
// 3261 10.3;
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "packages/registration.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/core/resource.h"
#include "sip/answer.h"
#include "sip/message.h"
#include "sip/transport.h"

namespace herald::server {

/// Durations in seconds.
struct RegisterRules {
    std::uint32_t default_expires = 3600;
    std::uint32_t min_expires = 60;
    std::uint32_t max_expires = 7200;
    std::size_t max_contacts = 10;
    bool needs_path_support = true;  ///< Path without Supported: path is 420 (RFC 3327 5.3)
    bool allows_lower_cseq = false;  ///< a device that lost its CSeq but not its Call-ID
    bool allows_star_alone = false;  ///< Contact: * without Expires: 0
    bool has_stun = true;            ///< keep-alives by UDP are answered (RFC 5626 8)
};

struct RegisterFacts {
    const sip::Message& request;
    const Domains& domains;
    const Aliases& aliases;
    std::string_view aor;
    bool may_register;
    bool is_ours;                  ///< the domains of the Request-URI and of To
    bool is_known;                 ///< the user of To
    const Resource* registration;  ///< under package reg; nullptr: nothing is known of it yet
    std::uint64_t mark;  ///< hash of this request: a repetition of a change made before a crash
    base::WallTime now;
    const sip::Flow& flow;       ///< the request came by
    bool is_flow_proven = true;  ///< Identity::is_address_proven
    std::uint32_t epoch;         ///< of this run of the server
    std::span<const sip::ListenerAddress> listeners;
    std::span<const std::uint64_t> dead;  ///< bindings whose device's stream ended, by id
    /// Requests that removed contacts just before the last run ended.
    std::span<const store::RequestMark> removals;
    bool is_done = false;  ///< it is one of those
    RegisterRules rules;
};

/// What becomes of one contact.
struct ContactPlan {
    const Publication* target = nullptr;         ///< the binding it concerns; nullptr: a new one
    std::shared_ptr<packages::Binding> binding;  ///< as it will be; nullptr: removed
    std::uint32_t expires = 0;
    bool is_refresh = false;  ///< nothing but expiry and CSeq changes
};

enum class RegisterOperation : std::uint8_t { query, repeat, change };

struct RegisterPlan {
    RegisterOperation operation = RegisterOperation::query;
    std::vector<ContactPlan> contacts;
    bool has_outbound = false;  ///< RFC 5626 was applied: the answer requires it
};

/// The checks of RFC 3261 10.3 from authorization on, in their order.
std::variant<RegisterPlan, sip::Answer> decide_register(const RegisterFacts& facts);

/// The binding a publication holds; nullptr for other publications of package reg.
const packages::Binding* binding_of(const Publication& publication) noexcept;

/// Whether an extension is listed in Supported or Require.
bool supports(const sip::Message& request, std::string_view option_tag);

}  // namespace herald::server
