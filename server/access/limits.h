// server/access/limits.h: what bounds strangers, counted for the whole process.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/budget.h"
#include "base/id.h"
#include "base/rate_limit.h"
#include "server/access/guesses.h"
#include "server/access/identity.h"
#include "server/config/config.h"
#include "sip/known_clients.h"
#include "sip/nonce.h"
#include "sip/target_rules.h"

namespace herald::server {

/// Shared by all shards of a process; everything in it may be used by any thread.
struct Limits {
    /// Half of auth.memory is for nonces in use, half for guesses.
    explicit Limits(const Config& config)
        : replays(std::make_shared<sip::ReplayLedger>(config.auth_memory / 2 /
                                                      sip::ReplayLedger::kBytesEach)),
          guesses(config.auth_memory / 2) {}

    std::shared_ptr<sip::ReplayLedger> replays;
    Guesses guesses;
    /// Whom connections come from, by their certificates.
    std::shared_ptr<sip::KnownClients> clients = std::make_shared<sip::KnownClients>();
    /// Where peers may make us send; null until the listeners are known.
    std::shared_ptr<const sip::TargetRules> targets;
    base::RateLimit told;      ///< refusals in the log, by source
    base::RateLimit messages;  ///< MESSAGEs, by sender
    // What is kept, by who made it be kept.
    base::Budget publications;
    base::Budget bindings;
    base::Budget stored_messages;
    base::Budget relayed_messages;

    /// Who a share is of: whoever proved who he is, else the address (IPv6: its /64).
    std::uint64_t holder(const Identity& who, const sip::Endpoint& source) const {
        const bool is_known = !who.aor.empty() && (!who.is_open || who.is_trusted_peer);
        return is_known ? holder(who.aor) : source.site_hash(key_[0]);
    }
    std::uint64_t holder(std::string_view aor) const { return base::keyed_hash(key_, aor); }
    /// Once, of a process.
    void show_in(base::Metrics& metrics) {
        const auto gauge = [&metrics](const char* of) -> base::Counter& {
            return metrics.gauge("herald_budget_bytes", "Bytes of what others made be kept",
                                 {{"of", of}});
        };
        publications.show_in(gauge("publications"));
        bindings.show_in(gauge("contacts"));
        stored_messages.show_in(gauge("stored messages"));
        relayed_messages.show_in(gauge("messages on their way"));
    }

private:
    base::HashKey key_ = base::random_key();
};

}  // namespace herald::server
