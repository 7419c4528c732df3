// server/core/context.cpp: what the parts of one shard share.
#include "server/core/context.h"

#include <algorithm>

namespace herald::server {

namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kTagSize = 15;
constexpr std::uint64_t kLapseSpreadMs = 10'000;

std::uint64_t mix(const base::HashKey& key, std::string_view call_id, std::uint32_t cseq,
                  std::uint64_t branch_hash) {
    const auto hash = base::keyed_hash(key, call_id) ^ (branch_hash + cseq * 0x9e3779b97f4a7c15ULL);
    return hash == 0 ? 1 : hash;
}

}  // namespace

base::Instant Context::lapse_of(base::WallTime expires_at, base::WallTime not_before) const {
    if (expires_at < not_before)
        expires_at = not_before + std::chrono::milliseconds(base::random_u64() % kLapseSpreadMs);
    return loop.now() + std::max(expires_at - wall(), std::chrono::milliseconds(0));
}

std::uint64_t Context::mark_of(const store::RequestMark& mark) const {
    if (mark.call_id.empty()) return 0;
    return mix(home.lasting_key, mark.call_id, mark.cseq, mark.branch_hash);
}

store::RequestMark Context::request_mark(const sip::Message& request) const {
    return {std::string(request.call_id()), request.cseq(), stack.branch_hash(request)};
}

std::uint64_t Context::mark_of(const sip::Message& request) const {
    return mix(home.lasting_key, request.call_id(), request.cseq(), stack.branch_hash(request));
}

bool Context::knows(std::string_view aor) const {
    if (config.accept_unknown_resources || accounts.find(aor) != nullptr || aliases.knows(aor))
        return true;
    const auto* reg = packages::find("reg");
    return reg && resources.find(*reg, aor) != Resource::kNone;
}

bool Context::is_owner_of(std::string_view aor) const {
    return shards == 1 || bucket_of(home.bucket_key, aor) % shards == shard;
}

std::uint32_t bucket_of(const base::HashKey& bucket_key, std::string_view aor) noexcept {
    return static_cast<std::uint32_t>(base::keyed_hash(bucket_key, aor) % kBuckets);
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
