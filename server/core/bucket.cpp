// server/core/bucket.cpp: where what is kept for an address-of-record lives: its bucket, and the
// shard that has the bucket.
#include "server/core/bucket.h"

namespace herald::server {

namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kTagSize = 15;

}  // namespace

unsigned shard_of_aor(const base::HashKey& bucket_key, std::string_view aor,
                      std::size_t shards) noexcept {
    return shard_of_bucket(bucket_of(bucket_key, aor), shards);
}

std::string new_local_tag(std::uint32_t bucket) {
    std::string tag;
    tag += kAlphabet[bucket >> 5 & 31];
    tag += kAlphabet[bucket & 31];
    tag += base::random_token(9).substr(0, kTagSize - 2);
    return tag;
}

std::optional<std::uint32_t> bucket_of_tag(std::string_view tag) noexcept {
    if (tag.size() != kTagSize) return std::nullopt;
    const auto high = kAlphabet.find(tag[0]);
    const auto low = kAlphabet.find(tag[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint32_t>(high << 5 | low);
}

}  // namespace herald::server
