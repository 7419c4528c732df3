// server/publish/publication_expiry.h: when publications run out, and what becomes of them then
// (RFC 3903 6).
//
//   armed --its time comes--> remembered, and somebody says otherwise? armed again
//                             else it ends, its watchers are told
#pragma once

#include <cstdint>
#include <unordered_set>

#include "server/core/context.h"

namespace herald::server {

class Publications;

/// Of the publications of a shard, on its thread.
class PublicationExpiry {
public:
    PublicationExpiry(Context& context, Publications& publications)
        : context_(context), publications_(publications) {}

    /// Anew after each change of its expiry; with kExpiryGrace. `not_before` is for what a start
    /// found: what lapsed before does so spread over the seconds after it (docs/architecture.md:
    /// Restart).
    void arm(std::uint32_t slot, Publication& publication, base::WallTime not_before);
    /// It leaves memory.
    void forget(Publication& publication);
    /// The wall clock was moved ahead. What this run granted ends when it was to end; what it found
    /// is judged by the clock (docs/architecture.md: Restart).
    void on_clock_step(base::Duration ahead);
    /// Whether it is of an earlier run, and was not renewed in this one.
    bool is_recovered(std::uint64_t id) const { return recovered_.count(id) > 0; }

private:
    void set_timer(std::uint32_t slot, Publication& publication, base::WallTime not_before);
    void try_again(std::uint32_t slot, std::uint64_t id);
    void on_expiry(std::uint32_t slot, std::uint64_t id);
    void expire(std::uint32_t slot, const Publication& publication);
    void remember_on(std::uint32_t slot, const Publication& remembered, base::WallTime until);
    void apply_remembered(std::uint32_t slot, std::uint64_t id, base::WallTime until,
                          store::Outcome outcome);

    Context& context_;
    Publications& publications_;
    std::unordered_set<std::uint64_t> recovered_;  ///< ids
};

}  // namespace herald::server
