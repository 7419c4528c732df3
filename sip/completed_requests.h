// sip/completed_requests.h: requests that were answered: kept until Timer J so that copies get the
// same answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/index.h"
#include "base/time.h"
#include "sip/request_key.h"
#include "sip/site_shares.h"

namespace herald::sip {

/// A FIFO, as Timer J is the same for all: records of 32 bytes and the packed answer, one behind
/// the other in chunks that are given back when their last record lapsed. With its share of both
/// indexes a plain 2xx costs 82 to 103 bytes, on average 92, by how full the indexes are.
class CompletedRequests {
public:
    /// Remembers at most `limit` at once, in `most_bytes` besides the indexes, each for `lifetime`.
    /// `shares` says who has had his of those bytes, and outlives it.
    CompletedRequests(std::size_t limit, base::Duration lifetime, std::size_t most_bytes,
                      SiteShares* shares);

    /// Forgets the oldest where there is no room, and this one at once if its sender has had a
    /// share. `packed` is empty for a request that gets no answer; its copies are known all the
    /// same. Returns whether one was forgotten early.
    bool remember(const RequestKey& key, std::string_view packed, const Endpoint& peer,
                  base::Instant now);
    /// The packed answer, nullopt for an unknown request. Valid until the next call that changes
    /// anything.
    std::optional<std::string_view> find(const base::Hash128& transaction, base::Instant now) const;
    /// Whether another transaction with the same merged key was remembered (RFC 3261 8.2.2.2).
    bool has_merged(const RequestKey& key, base::Instant now) const;

    void expire(base::Instant now);
    std::optional<base::Instant> next_expiry() const;

    std::size_t size() const noexcept { return size_; }
    /// Bytes held, indexes included.
    std::size_t memory() const noexcept;

private:
    struct Record {
        base::Hash128 transaction;
        std::uint64_t merged;
        std::uint32_t completed;  ///< milliseconds after its chunk was started
        std::uint32_t size : 20;  ///< of the packed answer, which follows
        std::uint32_t site : SiteShares::kSiteBits;
    };
    static_assert(sizeof(Record) == 32);

    struct Chunk {
        std::unique_ptr<char[]> bytes;
        base::Instant started;
        std::size_t used = 0;
    };
    /// Position of a record in the endless log, in units of 4 bytes, low 31 bits.
    using Place = std::uint32_t;
    struct Entry {
        Record record;
        base::Instant expires;
        const char* packed;
        Place place;
    };

    static constexpr std::size_t kChunk = 64 << 10;
    static constexpr Place kPlaces = 0x7fff'ffff;  ///< a mask

    Entry entry_at(Place place) const;
    Entry oldest() const;
    Chunk& chunk_for(std::size_t size, base::Instant now);
    Place append(const RequestKey& key, std::string_view packed, SiteShares::Site site,
                 base::Instant now);
    void forget_oldest();
    void shrink();

    const std::size_t limit_;
    const base::Duration lifetime_;
    const std::size_t most_chunks_;
    SiteShares& shares_;
    std::deque<Chunk> chunks_;
    std::uint64_t first_chunk_ = 0;  ///< number of chunks_.front() in the log
    std::size_t head_ = 0;           ///< of the oldest record, within the first chunk
    std::size_t size_ = 0;
    base::Index by_transaction_;
    base::Index by_merged_;
};

}  // namespace herald::sip
