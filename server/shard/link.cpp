// server/shard/link.cpp: what ties the shards of one process together: messages for another shard,
// streams another shard owns.
#include "server/shard/link.h"

#include <algorithm>
#include <string>

#include "server/core/context.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// Messages one shard may have waiting at another before more are dropped.
constexpr std::size_t kMostWaiting = 16384;
constexpr std::size_t kHighWaiting = kMostWaiting / 2;
constexpr std::size_t kExtremeWaiting = kMostWaiting / 4 * 3;

/// Whose state a request is about.
std::string_view subject_uri(const sip::Message& request) {
    if (request.method() != sip::Method::register_) return request.request_uri();
    const auto to = sip::parse_name_address(request.to());
    return to ? to->uri : std::string_view();
}

}  // namespace

unsigned shard_of_aor(const store::Home& home, std::string_view aor, std::size_t shards) noexcept {
    return static_cast<unsigned>(bucket_of(home.bucket_key, aor) % shards);
}

Link::Link(unsigned shard, Peers& peers, const Domains& domains, const store::Home& home,
           base::Metrics& metrics)
    : shard_(shard),
      peers_(peers),
      domains_(domains),
      home_(home),
      gruus_(home.lasting_key),
      forwarded_(
          metrics.counter("herald_forwarded_total", "Messages handed to the shard they belong to")),
      dropped_(metrics.counter("herald_forward_dropped_total",
                               "Messages dropped because a shard had too many waiting")) {}

bool Link::send(const sip::Flow& flow, std::string_view bytes) {
    if (is_own(flow)) return own().send(flow, bytes);
    if (flow.shard >= peers_.shards.size()) return false;
    auto& owner = *peers_.shards[flow.shard];
    owner.loop->post([&owner, flow, copy = std::string(bytes), this] {
        if (owner.network->send(flow, copy)) return;
        peers_.shards[shard_]->loop->post(
            [this, flow] { peers_.shards[shard_]->stack->on_flow_closed(flow); });
    });
    return true;
}

Result<sip::Flow> Link::open(sip::Protocol protocol, const sip::Endpoint& peer) {
    return own().open(protocol, peer);
}

bool Link::is_open(const sip::Flow& flow) const {
    if (is_own(flow)) return own().is_open(flow);
    // Another shard's stream: its owner says so when it is not.
    return flow.slot != UINT32_MAX && flow.shard < peers_.shards.size();
}

const sip::ListenerAddress& Link::listener(const sip::Flow& flow) const {
    return own().listener(flow);
}

std::span<const sip::ListenerAddress> Link::listeners() const {
    return own().listeners();
}

sip::Load Link::load() const {
    const auto waiting = peers_.shards[shard_]->waiting.load(std::memory_order_relaxed);
    const auto handed_on = waiting >= kExtremeWaiting ? sip::Load::extreme
                           : waiting >= kHighWaiting  ? sip::Load::high
                                                      : sip::Load::normal;
    return std::max(own().load(), handed_on);
}

unsigned Link::shard_of(const sip::Message& request) const {
    const auto shards = peers_.shards.size();
    if (shards == 1) return 0;
    if (const auto bucket = bucket_of_tag(request.to_tag()))
        return static_cast<unsigned>(*bucket % shards);
    const auto subject = subject_uri(request);
    const auto uri = sip::parse_uri(subject);
    if (!uri) return shard_;
    if (const auto gruu = gruus_.read(*uri)) return static_cast<unsigned>(gruu->bucket % shards);
    const auto aor = domains_.aor(subject);
    if (!aor) return shard_;
    return shard_of_aor(home_, aliases_ ? aliases_->resolve(*aor) : *aor, shards);
}

void Link::forward(unsigned shard, std::span<const char> bytes, const sip::Flow& flow,
                   sip::Framing framing) {
    if (shard >= peers_.shards.size()) return dropped_.add();
    auto& peer = *peers_.shards[shard];
    if (peer.waiting.load(std::memory_order_relaxed) >= kMostWaiting) return dropped_.add();
    peer.waiting.fetch_add(1, std::memory_order_relaxed);
    forwarded_.add();
    peer.loop->post(
        [&peer, flow, framing, copy = std::string(bytes.data(), bytes.size())]() mutable {
            peer.waiting.fetch_sub(1, std::memory_order_relaxed);
            peer.stack->on_message(copy, flow, framing);
        });
}

void Link::tell_flow_closed(const sip::Flow& flow) {
    // What another shard told us it tells everybody itself.
    if (!is_own(flow)) return;
    for (std::size_t i = 0; i < peers_.shards.size(); ++i) {
        if (i == shard_) continue;
        auto& peer = *peers_.shards[i];
        peer.loop->post([&peer, flow] { peer.stack->on_flow_closed(flow); });
    }
}

}  // namespace herald::server
