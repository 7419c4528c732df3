// server/notify/silent_watchers.cpp: watchers that did not answer or cannot be reached.
#include "server/notify/silent_watchers.h"

namespace herald::server {

namespace {

/// Silent watchers tried again between two batches of input.
constexpr std::size_t kSearchedAtOnce = 256;

std::uint64_t peer_key(const sip::Flow& flow) {
    return flow.peer.hash(static_cast<std::uint64_t>(flow.protocol));
}

template <class Map>
void take_from(Map& map, std::uint64_t key, std::uint64_t id) {
    const auto found = map.find(key);
    if (found == map.end()) return;
    found->second.erase(id);
    if (found->second.empty()) map.erase(found);
}

}  // namespace

SilentWatchers::SilentWatchers(Context& context)
    : context_(context),
      suspects_(context.metrics.counter("herald_notify_suspect_total",
                                        "Times a watcher did not answer and became suspect")),
      flows_lost_(context.metrics.counter("herald_notify_flow_lost_total",
                                          "Times no way to a watcher was left")),
      self_(std::make_shared<SilentWatchers*>(this)) {}

SilentWatchers::~SilentWatchers() {
    *self_ = nullptr;
}

std::uint64_t SilentWatchers::user_key(std::string_view aor) const {
    return base::keyed_hash(context_.home.bucket_key, aor);
}

void SilentWatchers::insert(Id id, const Subscription& record) {
    silent_[peer_key(record.flow)].insert(pack(id));
    auto& ids = by_user_[user_key(record.get(PackedText::Part::watcher))];
    if (ids.insert(pack(id)).second) count_.fetch_add(1, std::memory_order_relaxed);
}

void SilentWatchers::remove(Id id, const Subscription& record) {
    take_from(silent_, peer_key(record.flow), pack(id));
    take_from(by_user_, user_key(record.get(PackedText::Part::watcher)), pack(id));
    count_.fetch_sub(1, std::memory_order_relaxed);
}

void SilentWatchers::add(Id id, Subscription& record, Liveness liveness) {
    insert(id, record);
    context_.subscriptions.become(record, liveness);
    became_silent_.tell(record);
    if (liveness == Liveness::suspect) return suspects_.add();
    flows_lost_.add();
}

void SilentWatchers::take_out(Id id, Subscription& record) {
    if (record.liveness == Liveness::well) return;
    context_.subscriptions.become(record, Liveness::well);
    remove(id, record);
}

void SilentWatchers::move(Id id, Subscription& record, const sip::Flow& flow) {
    const bool is_silent = record.liveness != Liveness::well;
    if (is_silent) remove(id, record);
    context_.subscriptions.reroute(record, flow);
    if (is_silent) insert(id, record);
}

void SilentWatchers::on_registered(std::string_view aor) {
    const auto found = by_user_.find(user_key(aor));
    if (found == by_user_.end()) return;
    for (const auto packed :
         std::vector<std::uint64_t>(found->second.begin(), found->second.end())) {
        const auto id = unpack(packed);
        const auto* record = context_.subscriptions.find(id);
        if (record && record->is_live() && !record->is_changing) returned_.tell(id);
    }
}

void SilentWatchers::on_sign_of_life(const sip::Flow& flow) {
    if (silent_.empty()) return;
    const auto peer = peer_key(flow);
    const auto silent = silent_.find(peer);
    // One round of a peer at a time: a proxy is heard for each of its many watchers.
    if (silent == silent_.end() || rounds_.count(peer) > 0) return;
    rounds_.emplace(peer, std::vector<std::uint64_t>(silent->second.begin(), silent->second.end()));
    // After the request that was heard: a refresh gets its answer first, and brings a NOTIFY of its
    // own.
    try_later(peer);
}

void SilentWatchers::try_later(std::uint64_t peer) {
    context_.loop.post([self = self_, peer] {
        if (*self) (*self)->try_some(peer);
    });
}

/// A slice of those who may be reached again behind `peer`.
void SilentWatchers::try_some(std::uint64_t peer) {
    auto& left = rounds_.at(peer);
    for (std::size_t n = 0; n < kSearchedAtOnce && !left.empty(); ++n) {
        const auto id = unpack(left.back());
        left.pop_back();
        auto* record = context_.subscriptions.find(id);
        if (!record || !record->is_live() || record->is_changing ||
            record->liveness == Liveness::well)
            continue;
        if (record->liveness == Liveness::flow_lost) take_out(id, *record);
        heard_of_.tell(id);
    }
    if (!left.empty()) return try_later(peer);
    rounds_.erase(peer);
}

}  // namespace herald::server
