// server/notify/watcher_ways.cpp: ways to watchers.
#include "server/notify/watcher_ways.h"

#include <utility>

#include "server/notify/notify_text.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// As it is known from its last request.
sip::Device device_of(const Subscription& record, const sip::Flow& arrival) {
    return {record.approach, arrival, record.get(Part::remote_target), record.get(Part::route_set),
            arrival.peer};
}

DeviceName name_of(const Subscription& record) {
    return {std::string(record.get(Part::watcher)), std::string(record.get(Part::instance)),
            std::string(record.get(Part::remote_target))};
}

}  // namespace

WatcherWays::WatcherWays(Context& context, sip::Locator& locator, SilentWatchers& silent)
    : context_(context), locator_(locator), silent_(silent) {}

bool WatcherWays::on_arrival(Id id, Subscription& record, const sip::Flow& flow,
                             sip::Approach approach) {
    const auto found = searches_.find(pack(id));
    const bool is_sure = found == searches_.end() ? record.has_way : is_in_use(found->second);
    if (is_sure && flow == arrival(id, record) && approach == record.approach) return false;
    if (found != searches_.end()) searches_.erase(found);
    context_.subscriptions.reroute(record, flow);
    record.approach = approach;
    record.has_way = sip::is_flow_first(approach, flow);
    record.is_proven = record.has_proven_source;
    return true;
}

const sip::Flow& WatcherWays::arrival(Id id, const Subscription& record) const {
    const auto found = searches_.find(pack(id));
    return found == searches_.end() ? record.flow : found->second.arrival;
}

bool WatcherWays::is_named(Id id) const {
    const auto found = searches_.find(pack(id));
    return found != searches_.end() && found->second.is_named;
}

WatcherWays::Way WatcherWays::find(Id id, Subscription& record) {
    if (!record.has_way || !context_.stack.transport().is_open(record.flow))
        return find_other(id, record);
    return record.is_proven || has_credit(record) ? Way::open : Way::none;
}

WatcherWays::Way WatcherWays::find_other(Id id, Subscription& record) {
    const auto found = searches_.find(pack(id));
    const bool is_under_way = found != searches_.end() && !found->second.is_settled;
    auto& search = is_under_way ? found->second : begin(id, record);
    return search.is_looking ? Way::looking : take_next(id, record, search);
}

WatcherWays::Way WatcherWays::find_device(Id id, Subscription& record) {
    auto& search = begin(id, record);
    search.failed.reset();
    search.path = sip::Path({context_.loop, context_.stack.transport(), locator_}, {});
    search.is_device_first = true;
    return take_next(id, record, search);
}

/// A GRUU leads to what its instance registered last: that is asked for first.
WatcherWays::Search& WatcherWays::begin(Id id, const Subscription& record) {
    Search fresh;
    fresh.arrival = arrival(id, record);
    if (record.has_way) fresh.failed = record.flow;
    std::vector<sip::Leg> legs;
    if (record.approach != sip::Approach::gruu)
        legs = sip::legs_to(device_of(record, fresh.arrival));
    fresh.path = sip::Path({context_.loop, context_.stack.transport(), locator_}, std::move(legs));
    return searches_[pack(id)] = std::move(fresh);
}

WatcherWays::Way WatcherWays::take_next(Id id, Subscription& record, Search& search) {
    const auto step = search.path.next([this, id](sip::Path::Step found) {
        auto* waiting = context_.subscriptions.find(id);
        const auto its = searches_.find(pack(id));
        if (!waiting || its == searches_.end()) return;
        its->second.is_looking = false;
        tell(id, follow(id, *waiting, its->second, found));
    });
    return follow(id, record, search, step);
}

/// The way was found, and has not failed since.
bool WatcherWays::is_in_use(const Search& search) {
    return search.is_settled || (!search.failed && !search.is_looking);
}

/// Whether somebody is known to be where the path leads.
bool WatcherWays::is_proven(const Subscription& record, const Search& search) {
    const auto& flow = search.path.flow();
    return sip::is_reliable(flow.protocol) || (record.has_proven_source && flow == search.arrival);
}

/// For a NOTIFY without a body at least.
bool WatcherWays::has_credit(const Subscription& record) const {
    return record.credit >= least_bytes_of(context_, record);
}

/// Neither what had failed when the search began nor an address that was sent enough in vain.
bool WatcherWays::may_take(const Subscription& record, const Search& search) const {
    return search.failed != search.path.flow() && (is_proven(record, search) || has_credit(record));
}

WatcherWays::Way WatcherWays::follow(Id id, Subscription& record, Search& search,
                                     sip::Path::Step step) {
    switch (step) {
        case sip::Path::Step::ready:
            if (!may_take(record, search)) return take_next(id, record, search);
            search.is_named = search.path.is_named();
            silent_.move(id, record, search.path.flow());
            record.has_way = true;
            record.is_proven = is_proven(record, search);
            return Way::open;
        case sip::Path::Step::looking:
            search.is_looking = true;
            return Way::looking;
        case sip::Path::Step::over:
            break;
    }
    if (search.has_asked) return give_up(id, record, search);
    ask_for_device(id, record, search);
    return Way::looking;
}

/// The shard of its user knows. When the answer comes the subscription may be gone.
void WatcherWays::ask_for_device(Id id, const Subscription& record, Search& search) {
    search.has_asked = true;
    search.is_looking = true;
    search.question = ++questions_;
    auto name = name_of(record);
    const std::string user = name.aor;
    context_.peers.post<Devices>(
        user, [&peers = context_.peers, home = context_.resources[record.resource].aor, id,
               question = search.question, name = std::move(name)](Devices& devices) {
            peers.post<WatcherWays>(
                home, [id, question, device = devices.newest(name)](WatcherWays& ways) {
                    ways.on_device(id, question, device);
                });
        });
}

void WatcherWays::on_device(Id id, std::uint32_t question,
                            const std::optional<RegisteredDevice>& device) {
    auto* record = context_.subscriptions.find(id);
    const auto found = searches_.find(pack(id));
    if (!record || found == searches_.end() || found->second.question != question) return;
    auto& search = found->second;
    search.is_looking = false;
    const auto own = device_of(*record, search.arrival);
    const auto newest = device ? std::optional(device->view()) : std::nullopt;
    if (record->approach == sip::Approach::gruu && !search.is_device_first) {
        search.path.add(sip::legs_to(own, newest ? &*newest : nullptr));
    } else {
        if (newest) search.path.add(sip::legs_to(*newest));
        if (search.is_device_first) search.path.add(sip::legs_to(own));
    }
    tell(id, take_next(id, *record, search));
}

void WatcherWays::tell(Id id, Way way) {
    if (way != Way::looking) found_.tell(id, way);
}

/// A watcher that has to be heard of again is where he was.
WatcherWays::Way WatcherWays::give_up(Id id, Subscription& record, const Search& search) {
    silent_.move(id, record, search.arrival);
    record.has_way = sip::is_flow_first(record.approach, record.flow);
    record.is_proven = record.has_proven_source;
    searches_.erase(pack(id));
    return Way::none;
}

void WatcherWays::settle(Id id, Subscription& record) {
    record.is_proven = true;
    const auto found = searches_.find(pack(id));
    if (found == searches_.end()) record.has_proven_source = true;
    if (found == searches_.end() || found->second.is_settled) return;
    if (found->second.arrival == record.flow) {
        record.has_proven_source = true;
        searches_.erase(found);
        return;
    }
    found->second.path = {};
    found->second.is_settled = true;
}

}  // namespace herald::server
