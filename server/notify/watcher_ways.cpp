// server/notify/watcher_ways.cpp: ways to watchers.
#include "server/notify/watcher_ways.h"

#include <utility>

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// How long it is remembered that a peer does not take TCP.
constexpr auto kStreamless = std::chrono::minutes(10);
constexpr std::size_t kMostRemembered = 10'000;

/// Where RFC 3261 12.2.1.1 sends an in-dialog request: the first route, else the remote target.
std::string_view next_hop_uri(const Subscription& record) {
    const auto routes = record.get(Part::route_set);
    const auto end = routes.find('>');
    return routes.empty() || end == std::string_view::npos ? record.get(Part::remote_target)
                                                           : routes.substr(1, end - 1);
}

}  // namespace

WatcherWays::WatcherWays(Context& context, sip::Locator& locator, SilentWatchers& silent)
    : context_(context),
      locator_(locator),
      silent_(silent),
      self_(std::make_shared<WatcherWays*>(this)) {}

WatcherWays::~WatcherWays() {
    *self_ = nullptr;
}

WatcherWays::Way WatcherWays::find(Id id, Subscription& record) {
    if (context_.stack.transport().is_open(record.flow)) return Way::open;
    return find_other(id, record);
}

WatcherWays::Way WatcherWays::find_other(Id id, Subscription& record) {
    const auto found = detours_.find(pack(id));
    if (found == detours_.end()) {
        locate(id, record);
        // The answer may have been at hand, and all of it carried out.
        return Way::looking;
    }
    auto& detour = found->second;
    while (detour.next < detour.targets.size()) {
        const auto& target = detour.targets[detour.next++];
        const auto flow = context_.stack.transport().open(target.protocol, target.endpoint);
        if (!flow) continue;
        silent_.move(id, record, *flow);
        return Way::open;
    }
    if (detour.is_locating) return Way::looking;
    detours_.erase(found);
    return Way::none;
}

void WatcherWays::locate(Id id, const Subscription& record) {
    detours_[pack(id)].is_locating = true;
    locator_.locate(next_hop_uri(record),
                    [self = self_, id](Result<std::vector<sip::Target>> targets) {
                        if (*self) (*self)->on_located(id, std::move(targets));
                    });
}

void WatcherWays::on_located(Id id, Result<std::vector<sip::Target>> targets) {
    auto* record = context_.subscriptions.find(id);
    const auto found = detours_.find(pack(id));
    if (!record || found == detours_.end()) return;
    found->second.is_locating = false;
    if (targets) found->second.targets = *std::move(targets);
    // The address that just failed is no other way; a stream that ended may well be opened again.
    if (!sip::is_reliable(record->flow.protocol)) {
        std::erase(found->second.targets, sip::Target{record->flow.protocol, record->flow.peer});
    }
    found_.tell(id, find_other(id, *record));
}

std::optional<sip::Flow> WatcherWays::stream_to(const Subscription& record) {
    const auto uri = sip::parse_uri(record.get(Part::remote_target));
    const auto target = uri ? sip::numeric_target(*uri) : std::nullopt;
    if (!target || target->endpoint != record.flow.peer || takes_no_stream(record.flow.peer))
        return std::nullopt;
    auto flow = context_.stack.transport().open(sip::Protocol::tcp, target->endpoint);
    return flow ? std::optional(*flow) : std::nullopt;
}

bool WatcherWays::takes_no_stream(const sip::Endpoint& peer) {
    const auto found = streamless_.find(peer.to_string());
    if (found == streamless_.end()) return false;
    if (found->second > context_.loop.now()) return true;
    streamless_.erase(found);
    return false;
}

void WatcherWays::note_streamless(const sip::Endpoint& peer) {
    if (streamless_.size() >= kMostRemembered) streamless_.clear();
    streamless_[peer.to_string()] = context_.loop.now() + kStreamless;
}

}  // namespace herald::server
