// sip/completed_requests.cpp: the log of answered requests and the two indexes into it.
#include "sip/completed_requests.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstring>

namespace herald::sip {
namespace {

/// Of a record's place; the record itself is only copied in and out.
constexpr std::size_t kAlign = 4;

/// After this long a chunk is closed, so that the time of a record fits its field.
constexpr auto kChunkAge = std::chrono::hours(24);
/// Indexes this small are not worth shrinking.
constexpr std::size_t kSmallIndex = 4096;

std::size_t rounded(std::size_t size) {
    return (size + kAlign - 1) & ~(kAlign - 1);
}

}  // namespace

CompletedRequests::CompletedRequests(std::size_t limit, base::Duration lifetime,
                                     std::size_t most_bytes, SiteShares* shares)
    : limit_(std::max<std::size_t>(limit, 1)),
      lifetime_(lifetime),
      most_chunks_(std::max<std::size_t>(most_bytes / kChunk, 1)),
      shares_(*shares) {}

bool CompletedRequests::remember(const RequestKey& key, std::string_view packed,
                                 const Endpoint& peer, base::Instant now) {
    expire(now);
    if (shares_.is_greedy(peer, chunks_.size() * kChunk, most_chunks_ * kChunk)) return true;
    const bool is_full = size_ == limit_;
    if (is_full) forget_oldest();
    // What fits no chunk cannot be repeated; copies of the request are still recognised.
    if (packed.size() > kChunk - sizeof(Record)) packed = {};

    const Place place = append(key, packed, shares_.site_of(peer), now);
    by_transaction_.insert(key.transaction.low, place);
    if (key.merged != 0) by_merged_.insert(key.merged, place);
    ++size_;
    if (chunks_.size() <= most_chunks_) return is_full;
    while (chunks_.size() > most_chunks_) forget_oldest();
    return true;
}

std::optional<std::string_view> CompletedRequests::find(const base::Hash128& transaction,
                                                        base::Instant now) const {
    const Place place = by_transaction_.find(
        transaction.low, [&](Place at) { return entry_at(at).record.transaction == transaction; });
    if (place == base::Index::kNone) return std::nullopt;
    const Entry entry = entry_at(place);
    if (entry.expires <= now) return std::nullopt;
    return std::string_view(entry.packed, entry.record.size);
}

bool CompletedRequests::has_merged(const RequestKey& key, base::Instant now) const {
    if (key.merged == 0) return false;
    const Place place = by_merged_.find(key.merged, [&](Place at) {
        const Entry entry = entry_at(at);
        return entry.record.merged == key.merged && entry.record.transaction != key.transaction &&
               entry.expires > now;
    });
    return place != base::Index::kNone;
}

void CompletedRequests::expire(base::Instant now) {
    if (size_ == 0 || oldest().expires > now) return;
    while (size_ != 0 && oldest().expires <= now) forget_oldest();
    shrink();
}

std::optional<base::Instant> CompletedRequests::next_expiry() const {
    if (size_ == 0) return std::nullopt;
    return oldest().expires;
}

std::size_t CompletedRequests::memory() const noexcept {
    return chunks_.size() * (kChunk + sizeof(Chunk)) +
           (by_transaction_.capacity() + by_merged_.capacity()) * 8;
}

CompletedRequests::Entry CompletedRequests::entry_at(Place place) const {
    // Far less than 8 GiB are live, so the distance from the first chunk tells the position whole.
    const auto first = static_cast<Place>(first_chunk_ * (kChunk / kAlign));
    const std::size_t distance = std::size_t{(place - first) & kPlaces} * kAlign;
    assert(distance / kChunk < chunks_.size());
    const Chunk& chunk = chunks_[distance / kChunk];
    const char* const bytes = chunk.bytes.get() + distance % kChunk;

    Entry entry;
    std::memcpy(&entry.record, bytes, sizeof entry.record);
    entry.expires = chunk.started + std::chrono::milliseconds(entry.record.completed) + lifetime_;
    entry.packed = bytes + sizeof entry.record;
    entry.place = place;
    return entry;
}

CompletedRequests::Entry CompletedRequests::oldest() const {
    const std::uint64_t position = first_chunk_ * kChunk + head_;
    return entry_at(static_cast<Place>(position / kAlign & kPlaces));
}

CompletedRequests::Chunk& CompletedRequests::chunk_for(std::size_t size, base::Instant now) {
    const bool fits = !chunks_.empty() && chunks_.back().used + size <= kChunk &&
                      now - chunks_.back().started < kChunkAge;
    if (!fits) {
        chunks_.push_back(
            {.bytes = std::make_unique_for_overwrite<char[]>(kChunk), .started = now});
    }
    return chunks_.back();
}

CompletedRequests::Place CompletedRequests::append(const RequestKey& key, std::string_view packed,
                                                   SiteShares::Site site, base::Instant now) {
    const std::size_t size = rounded(sizeof(Record) + packed.size());
    Chunk& chunk = chunk_for(size, now);
    const auto age = std::chrono::ceil<std::chrono::milliseconds>(now - chunk.started);
    const Record record{.transaction = key.transaction,
                        .merged = key.merged,
                        .completed = static_cast<std::uint32_t>(age.count()),
                        .size = static_cast<std::uint32_t>(packed.size()),
                        .site = site};
    shares_.add(site, size);
    char* const to = chunk.bytes.get() + chunk.used;
    std::memcpy(to, &record, sizeof record);
    std::copy(packed.begin(), packed.end(), to + sizeof record);

    const std::uint64_t position = (first_chunk_ + chunks_.size() - 1) * kChunk + chunk.used;
    chunk.used += size;
    return static_cast<Place>(position / kAlign & kPlaces);
}

void CompletedRequests::forget_oldest() {
    const Entry entry = oldest();
    by_transaction_.erase(entry.record.transaction.low, entry.place);
    if (entry.record.merged != 0) by_merged_.erase(entry.record.merged, entry.place);
    --size_;
    const std::size_t size = rounded(sizeof(Record) + entry.record.size);
    shares_.take_back(entry.record.site, size);
    head_ += size;
    if (head_ < chunks_.front().used) return;
    chunks_.pop_front();
    ++first_chunk_;
    head_ = 0;
}

/// After a burst the indexes are eight times too large: gives that memory back.
void CompletedRequests::shrink() {
    const auto is_wasteful = [this](const base::Index& index) {
        return index.capacity() > kSmallIndex && index.capacity() / 8 > size_;
    };
    if (!is_wasteful(by_transaction_) && !is_wasteful(by_merged_)) return;
    by_transaction_ = base::Index(size_);
    by_merged_ = base::Index();
    std::uint64_t chunk_start = first_chunk_ * kChunk;
    std::size_t at = head_;
    for (const Chunk& chunk : chunks_) {
        while (at < chunk.used) {
            const Entry entry = entry_at(static_cast<Place>((chunk_start + at) / kAlign & kPlaces));
            by_transaction_.insert(entry.record.transaction.low, entry.place);
            if (entry.record.merged != 0) by_merged_.insert(entry.record.merged, entry.place);
            at += rounded(sizeof(Record) + entry.record.size);
        }
        chunk_start += kChunk;
        at = 0;
    }
}

}  // namespace herald::sip
