// sip/path.cpp: the way of one request to its peer (RFC 3263 4.3, RFC 3261 18.1.1).
#include "sip/path.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sip/uri.h"

namespace herald::sip {
namespace {

/// For a name, where something else can be tried.
constexpr base::Duration kLookup = std::chrono::seconds(2);
constexpr base::Duration kRefusal = std::chrono::minutes(10);
constexpr std::size_t kMostRefusals = 10'000;

Target target_of(const Flow& flow) {
    return {flow.protocol, flow.peer};
}

}  // namespace

bool is_listener(const Endpoint& endpoint, std::span<const ListenerAddress> listeners) {
    return std::any_of(listeners.begin(), listeners.end(), [&](const ListenerAddress& listener) {
        const Endpoint& bound = listener.bound;
        const std::uint16_t port = endpoint.port();
        return bound == endpoint ||
               (port == bound.port() && bound.is_any() && endpoint.is_loopback()) ||
               (port == listener.port && listener.host == endpoint.uri_host());
    });
}

struct Path::State : std::enable_shared_from_this<State> {
    State(const Means& its_means, std::vector<Leg> its_legs) : means(its_means) {
        add(std::move(its_legs));
    }

    Means means;
    std::vector<Leg> legs;
    std::size_t begun = 0;          ///< of the legs
    std::vector<Target> addresses;  ///< of the leg under way, still to be tried
    std::vector<Target> tried;      ///< before `flow`
    std::string domain;             ///< of the leg under way: who its addresses are to prove to be
    Flow flow;                      ///< of the last `ready`
    std::optional<Fault> trouble;
    bool is_named = false;     ///< the flow is one of a URI's addresses
    Found found;               ///< set while names are looked up
    std::uint64_t lookup = 0;  ///< tells the latest one apart
    base::TimerId patience;

    void add(std::vector<Leg> more);
    Step advance();
    bool has_more() const noexcept { return begun < legs.size(); }
    bool was_tried(const Target& target) const;
    void go_by(const Flow& its);
    bool take(const Target& target);
    bool take_known(const Flow& its);
    void leave_from_known(Flow& opened) const;
    bool take_address();
    void add_addresses(std::vector<Target> targets);
    bool begin_lookup(const Leg& leg);
    void end_lookup(std::uint64_t which, Result<std::vector<Target>> targets);
    bool is_known(const Target& target) const;
};

void Path::State::add(std::vector<Leg> more) {
    if (legs.empty()) {
        legs = std::move(more);
    } else {
        std::move(more.begin(), more.end(), std::back_inserter(legs));
    }
}

/// By a flow among the legs.
bool Path::State::is_known(const Target& target) const {
    return std::any_of(legs.begin(), legs.end(),
                       [&](const Leg& leg) { return leg.flow && target_of(*leg.flow) == target; });
}

bool Path::State::was_tried(const Target& target) const {
    return target_of(flow) == target ||
           std::find(tried.begin(), tried.end(), target) != tried.end();
}

void Path::State::go_by(const Flow& its) {
    if (flow.peer.is_valid()) tried.push_back(target_of(flow));
    flow = its;
}

bool Path::State::take_known(const Flow& its) {
    if (!means.transport.is_open(its)) return false;
    // A stream that failed may be opened anew; the same UDP address is the same way.
    if (was_tried(target_of(its))) return false;
    go_by(its);
    is_named = false;
    return true;
}

bool Path::State::take(const Target& target) {
    for (const Leg& leg : legs) {
        if (leg.flow && target_of(*leg.flow) == target && take_known(*leg.flow)) return true;
    }
    const bool is_again = was_tried(target);
    if (is_again && !is_reliable(target.protocol)) return false;
    if (is_listener(target.endpoint, means.transport.listeners())) return false;
    const auto opened = means.transport.open(target.protocol, target.endpoint, domain);
    if (!opened || (is_again && *opened == flow)) return false;
    go_by(*opened);
    leave_from_known(flow);
    return true;
}

/// A device hears from the address that it asked, wherever it listens itself.
void Path::State::leave_from_known(Flow& opened) const {
    for (const Leg& leg : legs) {
        const bool is_same = leg.flow && leg.flow->protocol == opened.protocol &&
                             leg.flow->listener == opened.listener;
        if (is_same && !is_reliable(opened.protocol)) opened.generation = leg.flow->generation;
    }
}

bool Path::State::take_address() {
    while (!addresses.empty()) {
        const Target target = addresses.front();
        addresses.erase(addresses.begin());
        if (!take(target)) continue;
        is_named = true;
        return true;
    }
    return false;
}

/// Where a flow came from is first of its leg.
void Path::State::add_addresses(std::vector<Target> targets) {
    std::stable_partition(targets.begin(), targets.end(),
                          [this](const Target& target) { return is_known(target); });
    addresses = std::move(targets);
}

/// False: no lookup was needed.
bool Path::State::begin_lookup(const Leg& leg) {
    const Result<Uri> parsed = parse_uri(leg.uri);
    if (!parsed) return trouble = parsed.fault(), false;
    domain = parsed->host;
    if (const auto numeric = numeric_target(*parsed)) {
        const bool is_allowed =
            is_known(*numeric) || means.locator.allows(numeric->endpoint, leg.named_by);
        if (is_allowed) addresses.assign(1, *numeric);
        return false;
    }
    const std::uint64_t which = ++lookup;
    auto done = [weak = weak_from_this(), which](Result<std::vector<Target>> targets) {
        if (const auto alive = weak.lock()) alive->end_lookup(which, std::move(targets));
    };
    means.locator.locate(leg.uri, leg.named_by, std::move(done));
    if (!has_more()) return true;
    patience =
        means.loop.timers().arm(means.loop.now() + kLookup, [weak = weak_from_this(), which] {
            const Fault late{FaultKind::timeout, "no answer from DNS"};
            if (const auto alive = weak.lock()) alive->end_lookup(which, late);
        });
    return true;
}

void Path::State::end_lookup(std::uint64_t which, Result<std::vector<Target>> targets) {
    if (which != lookup || !found) return;
    means.loop.timers().cancel(patience);
    ++lookup;
    if (!targets) trouble = targets.fault();
    if (targets) add_addresses(*std::move(targets));
    const Step step = advance();
    if (step == Step::looking) return;
    Found then = std::exchange(found, {});
    then(step);
}

Path::Step Path::State::advance() {
    for (;;) {
        if (take_address()) return Step::ready;
        if (!has_more()) return Step::over;
        const Leg& leg = legs[begun++];
        if (leg.flow) {
            if (take_known(*leg.flow)) return Step::ready;
        } else if (begin_lookup(leg)) {
            return Step::looking;
        }
    }
}

Path::Path(const Means& means, std::vector<Leg> legs)
    : state_(std::make_shared<State>(means, std::move(legs))) {}

Path::~Path() {
    if (state_) state_->means.loop.timers().cancel(state_->patience);
}

Path::Path(Path&&) noexcept = default;

Path& Path::operator=(Path&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

Path::Step Path::next(Found found) {
    if (!state_) return Step::over;
    const Step step = state_->advance();
    if (step == Step::looking) state_->found = std::move(found);
    return step;
}

void Path::add(std::vector<Leg> legs) {
    state_->add(std::move(legs));
}

const Flow& Path::flow() const noexcept {
    return state_->flow;
}

bool Path::is_named() const noexcept {
    return state_->is_named;
}

const std::optional<Fault>& Path::trouble() const noexcept {
    return state_->trouble;
}

bool Path::has_more() const noexcept {
    return state_ && (!state_->addresses.empty() || state_->has_more());
}

bool is_next_way_due(const ClientOutcome& outcome) noexcept {
    return outcome.how != ClientOutcome::How::response || outcome.status == 503;
}

bool LargeRequests::takes_no_stream(const Endpoint& peer) {
    const auto found = refused_.find(peer.hash(seed_));
    if (found == refused_.end()) return false;
    if (found->second > loop_.now()) return true;
    refused_.erase(found);
    return false;
}

Flow LargeRequests::carrier(const Flow& flow, std::size_t size) {
    if (is_reliable(flow.protocol) || size <= kMostOnUdp || takes_no_stream(flow.peer)) return flow;
    const auto stream = transport_.open(Protocol::tcp, flow.peer);
    return stream ? *stream : flow;
}

Flow LargeRequests::carrier(const Flow& flow, std::size_t size, std::string_view uri) {
    if (is_reliable(flow.protocol) || size <= kMostOnUdp) return flow;
    const Result<Uri> parsed = parse_uri(uri);
    const auto target = parsed ? numeric_target(*parsed) : std::nullopt;
    return target && target->endpoint == flow.peer ? carrier(flow, size) : flow;
}

void LargeRequests::on_refused(const Flow& stream) {
    if (refused_.size() >= kMostRefusals) refused_.clear();
    refused_[stream.peer.hash(seed_)] = loop_.now() + kRefusal;
}

}  // namespace herald::sip
