// server/access/refusals.cpp: who was refused, told to the log and to who listens.
#include "server/access/refusals.h"

#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostLogged = 200;
/// How many are logged: of one source, and of one shard in all.
constexpr base::RateLimit::Rate kToldOfSource{.per_second = 1, .burst = 10};
constexpr base::RateLimit::Rate kToldInAll{.per_second = 20, .burst = 200};

}  // namespace

void Refusals::tell(const Refused& refused) {
    const auto now = clock_.now();
    const bool is_told = limits_.told.take(refused.peer.host(), kToldOfSource, now) == 0 &&
                         limits_.told.take("all", kToldInAll, now) == 0;
    if (!is_told) return static_cast<void>(++untold_);
    base::log_warning("auth.refused", {{"user", refused.user.substr(0, kMostLogged)},
                                       {"peer", refused.peer.to_string()},
                                       {"why", refused.why},
                                       {"untold", std::exchange(untold_, 0)}});
    listeners_.tell(refused);
}

}  // namespace herald::server
