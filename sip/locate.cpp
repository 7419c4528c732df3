// sip/locate.cpp: the course of one search: NAPTR, then SRV, then addresses (RFC 3263 4).
//
//   numeric host ----------------------------------------------> done
//   port, localhost --------------------------> addresses ----> done
//   transport ------------------> SRV --------> addresses ----> done
//   neither -------> NAPTR -----> SRV --------> addresses ----> done
#include "sip/locate.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "sip/locate_plan.h"
#include "sip/resolver.h"

namespace herald::sip {
namespace {

/// One locate() on its way.
struct Search {
    Locator::Done done;
    Sought sought;
    Protocol fallback = Protocol::udp;  ///< where DNS names no protocol
    base::TimerId deadline;
    std::size_t waiting = 0;  ///< answers still to come in this step
    std::vector<Service> services;
    std::vector<std::vector<SrvRecord>> records;  ///< by service
    bool is_refused = false;                      ///< SRV said: no such service here
    bool is_direct = false;                       ///< the host's own addresses, no SRV
    std::vector<Hop> hops;
    std::vector<std::string> hosts;                ///< of the hops, each once
    std::vector<std::vector<Endpoint>> addresses;  ///< by host
    bool has_timed_out = false;
    bool has_no_name = false;
};

bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view kSuffix = ".localhost";
    return host == "localhost" ||
           (host.size() > kSuffix.size() && host.substr(host.size() - kSuffix.size()) == kSuffix);
}

std::optional<Target> numeric_target(const Sought& sought, Protocol protocol) {
    const std::uint16_t port = sought.port != 0 ? sought.port : default_port(protocol);
    const auto endpoint = Endpoint::from(sought.host, port);
    if (!endpoint) return std::nullopt;
    return Target{protocol, *endpoint};
}

/// The SRV records of all services in order of trial; the host itself where there are none, and no
/// hop at all where they all say that there is no service.
void choose_hops(Search& search, const LocatorOptions& options) {
    for (std::size_t i = 0; i < search.services.size(); ++i) {
        const bool was_answered = !search.records[i].empty();
        const auto records = in_order_of_trial(std::move(search.records[i]), options.random);
        if (was_answered && records.empty()) search.is_refused = true;
        for (const SrvRecord& record : records) {
            if (search.hops.size() == options.most_targets) return;
            search.hops.push_back({search.services[i].protocol, record.port, record.host});
        }
    }
    if (!search.hops.empty() || search.is_refused) return;
    search.is_direct = true;
    const std::uint16_t port =
        search.sought.port != 0 ? search.sought.port : default_port(search.fallback);
    search.hops.push_back({search.fallback, port, search.sought.host});
}

/// Lists the hosts of all hops, and returns which of them DNS must be asked for.
std::vector<std::size_t> list_hosts(Search& search, const LocatorOptions& options) {
    std::vector<std::size_t> unknown;
    for (const Hop& hop : search.hops) {
        const auto end = search.hosts.end();
        if (std::find(search.hosts.begin(), end, hop.host) != end) continue;
        search.hosts.push_back(hop.host);
        auto& addresses = search.addresses.emplace_back();
        // RFC 2782 wants names, but careless zones have addresses.
        const auto numeric = Endpoint::from(hop.host, 0);
        if (!numeric) {
            unknown.push_back(search.hosts.size() - 1);
        } else if (numeric->is_ipv6() ? options.use_ipv6 : options.use_ipv4) {
            addresses.push_back(*numeric);
        }
    }
    return unknown;
}

/// The addresses of each hop in turn, never those of two hops mixed (RFC 7984 4); each target once.
std::vector<Target> targets_of(const Search& search, std::size_t most) {
    std::vector<Target> targets;
    for (const Hop& hop : search.hops) {
        const auto host = std::find(search.hosts.begin(), search.hosts.end(), hop.host);
        const auto index = static_cast<std::size_t>(host - search.hosts.begin());
        if (index >= search.addresses.size()) continue;
        for (Endpoint endpoint : search.addresses[index]) {
            if (targets.size() == most) return targets;
            endpoint.set_port(hop.port);
            const Target target{hop.protocol, endpoint};
            if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
                targets.push_back(target);
            }
        }
    }
    return targets;
}

/// Why there is no target at all.
Fault failure_of(const Search& search) {
    if (search.has_timed_out) return {FaultKind::timeout, "no answer from DNS"};
    if (search.is_refused) return {FaultKind::unreachable, "the domain offers no SIP service"};
    if (search.is_direct && search.has_no_name) return {FaultKind::not_found, "no such domain"};
    return {FaultKind::unreachable, "no usable DNS record"};
}

std::string_view refusal(const LocatorOptions& options, const Endpoint& target,
                         const Endpoint& named_by) {
    static const TargetRules kUsual;
    const auto why = (options.targets ? *options.targets : kUsual).refusal(target, named_by);
    if (!why.empty() && options.refused != nullptr) options.refused->add();
    return why;
}

Result<std::vector<Target>> permitted(std::vector<Target> targets, const LocatorOptions& options,
                                      const Endpoint& named_by) {
    std::string_view why;
    std::erase_if(targets, [&](const Target& target) {
        const auto refused = refusal(options, target.endpoint, named_by);
        if (!refused.empty()) why = refused;
        return !refused.empty();
    });
    if (targets.empty()) return Fault{FaultKind::forbidden, std::string(why)};
    return targets;
}

}  // namespace

struct Locator::State : std::enable_shared_from_this<State> {
    using Id = std::uint64_t;

    base::Loop& loop;
    const LocatorOptions options;
    Resolver resolver;
    std::unordered_map<Id, Search> searches;
    Id last = 0;

    State(base::Loop& on, LocatorOptions given)
        : loop(on), options(std::move(given)), resolver(on, options) {}

    void begin(std::string_view text, Done done);
    void finish_later(Done done, Result<std::vector<Target>> result);
    void ask_naptr(Id id, Search& search);
    void ask_srv(Id id, Search& search);
    void ask_addresses(Id id, Search& search);
    void finish(Id id);
    void give_up(Id id);

    template <class Record, class Step>
    base::Task<void(DnsAnswer<Record>)> on_answer(Id id, Step step);
};

void Locator::State::finish_later(Done done, Result<std::vector<Target>> result) {
    loop.post(
        [weak = weak_from_this(), done = std::move(done), result = std::move(result)]() mutable {
            if (const auto alive = weak.lock()) done(std::move(result));
        });
}

void Locator::State::begin(std::string_view text, Done done) {
    const auto uri = parse_uri(text);
    if (!uri) return finish_later(std::move(done), uri.fault());
    auto sought = sought_by(*uri);
    if (!sought) return finish_later(std::move(done), sought.fault());
    const auto protocol = choose_protocol(*sought, options.protocols);
    if (!protocol) {
        return finish_later(std::move(done),
                            Fault{FaultKind::unreachable, "transport not spoken here"});
    }
    if (const auto target = numeric_target(*sought, *protocol)) {
        return finish_later(std::move(done), std::vector<Target>{*target});
    }

    const Id id = ++last;
    Search& search = searches[id];
    search.done = std::move(done);
    search.sought = std::move(*sought);
    search.fallback = *protocol;
    search.deadline =
        loop.timers().arm(loop.clock().now() + options.deadline, [this, id] { give_up(id); });
    if (search.sought.port != 0 || is_localhost(search.sought.host)) {
        ask_addresses(id, search);
    } else if (search.sought.transport) {
        search.services = services_of(search.sought, options.protocols);
        ask_srv(id, search);
    } else {
        ask_naptr(id, search);
    }
}

/// A callback that runs `step` on the search it is for, if both still exist.
template <class Record, class Step>
base::Task<void(DnsAnswer<Record>)> Locator::State::on_answer(Id id, Step step) {
    return [weak = weak_from_this(), id, step = std::move(step)](DnsAnswer<Record> answer) mutable {
        const auto self = weak.lock();
        if (!self) return;
        const auto found = self->searches.find(id);
        if (found == self->searches.end()) return;
        if (answer.outcome == DnsOutcome::timeout) found->second.has_timed_out = true;
        step(*self, found->second, std::move(answer));
    };
}

void Locator::State::ask_naptr(Id id, Search& search) {
    const auto step = [id](State& self, Search& on, DnsAnswer<NaptrRecord> answer) {
        on.services = services_of(std::move(answer.records), on.sought, self.options.protocols);
        if (on.services.empty()) on.services = services_of(on.sought, self.options.protocols);
        self.ask_srv(id, on);
    };
    resolver.naptr(search.sought.host, on_answer<NaptrRecord>(id, step));
}

void Locator::State::ask_srv(Id id, Search& search) {
    search.waiting = search.services.size();
    if (search.waiting == 0) return ask_addresses(id, search);
    search.records.resize(search.services.size());
    for (std::size_t i = 0; i < search.services.size(); ++i) {
        const auto step = [id, i](State& self, Search& on, DnsAnswer<SrvRecord> answer) {
            on.records[i] = std::move(answer.records);
            if (--on.waiting == 0) self.ask_addresses(id, on);
        };
        resolver.srv(search.services[i].name, on_answer<SrvRecord>(id, step));
    }
}

void Locator::State::ask_addresses(Id id, Search& search) {
    choose_hops(search, options);
    const std::vector<std::size_t> unknown = list_hosts(search, options);
    search.waiting = unknown.size();
    if (unknown.empty()) return finish(id);
    for (const std::size_t i : unknown) {
        const auto step = [id, i](State& self, Search& on, DnsAnswer<Endpoint> answer) {
            if (answer.outcome == DnsOutcome::no_name) on.has_no_name = true;
            on.addresses[i] = std::move(answer.records);
            if (--on.waiting == 0) self.finish(id);
        };
        resolver.addresses(search.hosts[i], on_answer<Endpoint>(id, step));
    }
}

void Locator::State::finish(Id id) {
    auto node = searches.extract(id);
    Search& search = node.mapped();
    loop.timers().cancel(search.deadline);
    std::vector<Target> targets = targets_of(search, options.most_targets);
    // Last: the locator may not outlive this call.
    if (targets.empty()) return search.done(failure_of(search));
    search.done(std::move(targets));
}

void Locator::State::give_up(Id id) {
    const auto found = searches.find(id);
    if (found == searches.end()) return;
    found->second.has_timed_out = true;
    const auto keep = shared_from_this();
    finish(id);
}

Locator::Locator(base::Loop& loop, LocatorOptions options)
    : state_(std::make_shared<State>(loop, std::move(options))) {}

Locator::~Locator() {
    for (auto& [id, search] : state_->searches) state_->loop.timers().cancel(search.deadline);
    state_->searches.clear();
}

void Locator::locate(std::string_view uri, Done done) {
    state_->begin(uri, std::move(done));
}

void Locator::locate(std::string_view uri, const Endpoint& named_by, Done done) {
    if (!named_by.is_valid()) return locate(uri, std::move(done));
    // The state lives while it looks, and calls this last.
    state_->begin(uri, [&options = state_->options, named_by,
                        done = std::move(done)](Result<std::vector<Target>> found) mutable {
        if (found) found = permitted(*std::move(found), options, named_by);
        done(std::move(found));
    });
}

bool Locator::allows(const Endpoint& target, const Endpoint& named_by) const {
    return !named_by.is_valid() || refusal(state_->options, target, named_by).empty();
}

std::optional<Target> numeric_target(const Uri& uri) {
    const auto sought = sought_by(uri);
    if (!sought) return std::nullopt;
    return numeric_target(*sought, default_protocol(*sought));
}

}  // namespace herald::sip
