// server/shard/overload.cpp: who is turned away while a shard cannot keep up with its input.
#include "server/shard/overload.h"

#include <algorithm>

namespace herald::server {

namespace {

/// Who sends more than one of these parts sends much.
constexpr std::uint64_t kParts = 8;
constexpr base::Duration kHalfLife = std::chrono::milliseconds(100);

/// Every REGISTER counts as a refresh: most are, and finding out costs more than refusing.
bool keeps_what_is_there(const sip::Message& request) noexcept {
    switch (request.method()) {
        case sip::Method::subscribe:
        case sip::Method::notify:  // a PBX gives a subscription up that is answered 503
            return !request.to_tag().empty();
        case sip::Method::publish:
            return request.header(sip::Header::sip_if_match) && request.body().empty();
        case sip::Method::register_:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool is_worth_serving(const sip::Message& request, sip::Load load) noexcept {
    if (load == sip::Load::normal) return true;
    return load == sip::Load::high && keeps_what_is_there(request);
}

sip::Load SourceShares::judged(const sip::Endpoint& source, sip::Load load,
                               base::Instant now) noexcept {
    forget_old(now);
    ++total_;
    const bool is_one_of_many = std::uint64_t{count(source.site_hash(seed_))} * kParts > total_;
    if (is_one_of_many) ++of_many_;
    if (is_one_of_many || of_many_ < total_ / 2) return load;
    return load == sip::Load::extreme ? sip::Load::high : sip::Load::normal;
}

std::uint32_t SourceShares::count(std::uint64_t site) noexcept {
    return std::min(++counts_[0][site % kWidth], ++counts_[1][(site >> 32) % kWidth]);
}

void SourceShares::forget_old(base::Instant now) noexcept {
    if (now - halved_at_ < kHalfLife) return;
    const bool is_long_ago = now - halved_at_ > 10 * kHalfLife;
    halved_at_ = now;
    const auto left = [is_long_ago](std::uint32_t count) { return is_long_ago ? 0 : count / 2; };
    for (auto& row : counts_) {
        for (auto& each : row) each = left(each);
    }
    total_ = left(total_);
    of_many_ = left(of_many_);
}

}  // namespace herald::server
