// server/access/limits.h: what bounds strangers, counted for the whole process.
#pragma once

#include <memory>

#include "base/rate_limit.h"
#include "server/access/guesses.h"
#include "server/config/config.h"
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
    /// Where peers may make us send; null until the listeners are known.
    std::shared_ptr<const sip::TargetRules> targets;
    base::RateLimit told;      ///< refusals in the log, by source
    base::RateLimit messages;  ///< MESSAGEs, by sender
};

}  // namespace herald::server
