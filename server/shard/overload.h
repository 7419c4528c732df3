// server/shard/overload.h: who is turned away while a shard cannot keep up with its input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/id.h"
#include "base/time.h"
#include "sip/message.h"
#include "sip/transport.h"

namespace herald::server {

/// Existing state goes before new state: under high load requests for new state are refused, under
/// extreme load refreshes, registrations and removals too. A refusal is a 503 with Retry-After.
bool is_worth_serving(const sip::Message& request, sip::Load load) noexcept;

/// Who sends what a shard cannot keep up with. Where some sources, an address or an IPv6 /64 each,
/// send more than an eighth of it apiece and half of it together, all others are judged by the next
/// lower load: they have a share whatever those do. Asked under load only; of fixed size, and what
/// was sent a second ago is forgotten.
class SourceShares {
public:
    /// One more request of this source: the load it is judged by.
    sip::Load judged(const sip::Endpoint& source, sip::Load load, base::Instant now) noexcept;

private:
    void forget_old(base::Instant now) noexcept;
    std::uint32_t count(std::uint64_t site) noexcept;

    static constexpr std::size_t kWidth = 2048;
    std::array<std::array<std::uint32_t, kWidth>, 2> counts_{};
    std::uint32_t total_ = 0;
    std::uint32_t of_many_ = 0;  ///< from sources that send more than an eighth
    base::Instant halved_at_{};
    const std::uint64_t seed_ = base::random_u64();
};

}  // namespace herald::server
