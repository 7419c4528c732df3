// server/shard/link.cpp: what ties the shards of one process together: messages for another shard,
// streams another shard owns.
#include "server/shard/link.h"

#include <algorithm>
#include <string>

#include "server/core/bucket.h"

namespace herald::server {

namespace {

/// Messages one shard may have waiting at another before more are dropped.
constexpr std::size_t kMostWaiting = 16384;
constexpr std::size_t kHighWaiting = kMostWaiting / 2;
constexpr std::size_t kExtremeWaiting = kMostWaiting / 4 * 3;

}  // namespace

Link::Link(unsigned shard, Links& links, const Domains& domains, const store::Home& home,
           base::Metrics& metrics)
    : shard_(shard),
      links_(links),
      domains_(domains),
      home_(home),
      forwarded_(
          metrics.counter("herald_forwarded_total", "Messages handed to the shard they belong to")),
      dropped_(metrics.counter("herald_forward_dropped_total",
                               "Messages dropped because a shard had too many waiting")) {}

bool Link::send(const sip::Flow& flow, std::string_view bytes) {
    if (is_own(flow)) return own().send(flow, bytes);
    if (flow.shard >= links_.shards.size()) return false;
    auto& owner = *links_.shards[flow.shard];
    owner.loop->post([&owner, flow, copy = std::string(bytes), this] {
        if (owner.network->send(flow, copy)) return;
        links_.shards[shard_]->loop->post(
            [this, flow] { links_.shards[shard_]->stack->on_flow_closed(flow); });
    });
    return true;
}

Result<sip::Flow> Link::open(sip::Protocol protocol, const sip::Endpoint& peer,
                             std::string_view domain) {
    return own().open(protocol, peer, domain);
}

void Link::expect(const sip::Flow& flow, base::Duration limit) {
    if (is_own(flow)) return own().expect(flow, limit);
    if (flow.shard >= links_.shards.size()) return;
    auto& owner = *links_.shards[flow.shard];
    owner.loop->post([&owner, flow, limit] { owner.network->expect(flow, limit); });
}

bool Link::is_open(const sip::Flow& flow) const {
    if (is_own(flow)) return own().is_open(flow);
    return flow.slot != UINT32_MAX && flow.shard < links_.shards.size() &&
           links_.shards[flow.shard]->network->has_stream(flow);
}

const sip::ListenerAddress& Link::listener(const sip::Flow& flow) const {
    return own().listener(flow);
}

std::span<const sip::ListenerAddress> Link::listeners() const {
    return own().listeners();
}

sip::Load Link::load() const {
    const auto waiting = links_.shards[shard_]->waiting.load(std::memory_order_relaxed);
    const auto handed_on = waiting >= kExtremeWaiting ? sip::Load::extreme
                           : waiting >= kHighWaiting  ? sip::Load::high
                                                      : sip::Load::normal;
    return std::max(own().load(), handed_on);
}

unsigned Link::shard_of(const sip::Message& request) const {
    subject_ = subjects_->read(request);
    return subject_.bucket ? shard_of_bucket(*subject_.bucket, links_.shards.size()) : shard_;
}

void Link::forward(unsigned shard, std::span<const char> bytes, const sip::Flow& flow,
                   sip::Framing framing) {
    if (shard >= links_.shards.size()) return dropped_.add();
    auto& peer = *links_.shards[shard];
    if (peer.waiting.load(std::memory_order_relaxed) >= kMostWaiting) return dropped_.add();
    peer.waiting.fetch_add(1, std::memory_order_relaxed);
    forwarded_.add();
    peer.loop->post(
        [&peer, flow, framing, copy = std::string(bytes.data(), bytes.size())]() mutable {
            peer.waiting.fetch_sub(1, std::memory_order_relaxed);
            peer.stack->on_message(copy, flow, framing);
        });
}

}  // namespace herald::server
