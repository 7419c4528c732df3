// sip/locate_plan.cpp: the decisions of RFC 3263 4 and RFC 2782.
#include "sip/locate_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace herald::sip {
namespace {

/// A zone may list many services; a sane one has a handful.
constexpr std::size_t kMostServices = 8;
/// A sane service has no more servers than this. Drawing is quadratic in their number, and the
/// owner of a zone may put thousands into one answer.
constexpr std::size_t kMostServers = 128;

bool speaks(const std::vector<Protocol>& protocols, Protocol wanted) {
    return std::find(protocols.begin(), protocols.end(), wanted) != protocols.end();
}

/// What `transport` means under sips, where every hop is TLS (RFC 3261 26.2.2); UDP has no such
/// form.
std::optional<Protocol> secured(Protocol transport) noexcept {
    switch (transport) {
        case Protocol::tcp:
        case Protocol::tls:
            return Protocol::tls;
        case Protocol::ws:
        case Protocol::wss:
            return Protocol::wss;
        case Protocol::udp:
            break;
    }
    return std::nullopt;
}

std::optional<Protocol> protocol_of_service(std::string_view service) noexcept {
    constexpr std::pair<std::string_view, Protocol> kServices[] = {
        {"SIP+D2U", Protocol::udp}, {"SIP+D2T", Protocol::tcp},  {"SIPS+D2T", Protocol::tls},
        {"SIP+D2W", Protocol::ws},  {"SIPS+D2W", Protocol::wss},
    };
    for (const auto& [name, protocol] : kServices) {
        if (base::iequals(name, service)) return protocol;
    }
    return std::nullopt;
}

/// Empty where no SRV name is defined: WebSocket servers are found by NAPTR or by address.
std::string_view srv_prefix(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::udp:
            return "_sip._udp.";
        case Protocol::tcp:
            return "_sip._tcp.";
        case Protocol::tls:
            return "_sips._tcp.";
        case Protocol::ws:
        case Protocol::wss:
            break;
    }
    return {};
}

/// Moves the records from `first`, all of one priority, into the order RFC 2782 draws them.
void draw_by_weight(std::vector<SrvRecord>::iterator first, std::vector<SrvRecord>::iterator last,
                    std::uint64_t (*random)()) {
    std::stable_partition(first, last, [](const SrvRecord& record) { return record.weight == 0; });
    std::uint64_t sum = 0;
    for (auto at = first; at != last; ++at) sum += at->weight;
    for (; first != last; ++first) {
        const std::uint64_t drawn = random() % (sum + 1);
        std::uint64_t running = 0;
        auto chosen = first;
        while ((running += chosen->weight) < drawn) ++chosen;
        sum -= chosen->weight;
        // The rest keeps its order, those of weight 0 in front.
        std::rotate(first, chosen, std::next(chosen));
    }
}

}  // namespace

Result<Sought> sought_by(const Uri& uri) {
    if (uri.scheme != Scheme::sip && uri.scheme != Scheme::sips) {
        return Fault{FaultKind::malformed, "not a SIP URI"};
    }
    Sought sought;
    sought.is_secure = uri.scheme == Scheme::sips;
    sought.port = uri.port;
    const std::string_view maddr = uri.parameter("maddr").value_or("");
    sought.host = canonical_host(maddr.empty() ? uri.host : maddr);
    if (sought.host.size() > 2 && sought.host.front() == '[' && sought.host.back() == ']') {
        sought.host = sought.host.substr(1, sought.host.size() - 2);
    }
    if (sought.host.empty()) return Fault{FaultKind::malformed, "no host in the URI"};

    const auto transport = uri.parameter("transport");
    if (!transport) return sought;
    sought.transport = protocol_of(*transport);
    if (sought.transport && sought.is_secure) sought.transport = secured(*sought.transport);
    if (!sought.transport) {
        return Fault{FaultKind::unreachable, "transport cannot be used with this URI"};
    }
    return sought;
}

std::uint16_t default_port(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::udp:
        case Protocol::tcp:
            return 5060;
        case Protocol::tls:
            return 5061;
        case Protocol::ws:
            return 80;
        case Protocol::wss:
            return 443;
    }
    return 5060;
}

Protocol default_protocol(const Sought& sought) noexcept {
    if (sought.transport) return *sought.transport;
    return sought.is_secure ? Protocol::tls : Protocol::udp;
}

std::optional<Protocol> choose_protocol(const Sought& sought, const std::vector<Protocol>& spoken) {
    const Protocol usual = default_protocol(sought);
    if (speaks(spoken, usual)) return usual;
    if (sought.transport) return std::nullopt;
    for (const Protocol protocol : spoken) {
        if (is_secure(protocol) == sought.is_secure) return protocol;
    }
    return std::nullopt;
}

std::vector<Service> services_of(std::vector<NaptrRecord> records, const Sought& sought,
                                 const std::vector<Protocol>& spoken) {
    std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
        return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
    });
    std::vector<Service> services;
    for (NaptrRecord& record : records) {
        const auto protocol = protocol_of_service(record.service);
        if (!protocol || !speaks(spoken, *protocol)) continue;
        if (sought.is_secure && !is_secure(*protocol)) continue;
        if (!base::iequals(record.flags, "s") || record.replacement.empty()) continue;
        services.push_back({*protocol, std::move(record.replacement)});
        if (services.size() == kMostServices) break;
    }
    return services;
}

std::vector<Service> services_of(const Sought& sought, const std::vector<Protocol>& spoken) {
    std::vector<Service> services;
    for (const Protocol protocol : spoken) {
        if (srv_prefix(protocol).empty()) continue;
        // A secure way is looked for where it is asked for: by the scheme or by the transport.
        const bool is_wanted = sought.transport ? protocol == *sought.transport
                                                : is_secure(protocol) == sought.is_secure;
        if (is_wanted)
            services.push_back({protocol, std::string(srv_prefix(protocol)) + sought.host});
    }
    return services;
}

std::vector<SrvRecord> in_order_of_trial(std::vector<SrvRecord> records,
                                         std::uint64_t (*random)()) {
    const auto is_refusal = [](const SrvRecord& record) {
        return record.host.empty() || record.host == ".";
    };
    records.erase(std::remove_if(records.begin(), records.end(), is_refusal), records.end());
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.priority < b.priority; });
    if (records.size() > kMostServers) records.resize(kMostServers);
    for (auto first = records.begin(); first != records.end();) {
        const auto last = std::find_if(first, records.end(), [&](const SrvRecord& record) {
            return record.priority != first->priority;
        });
        draw_by_weight(first, last, random);
        first = last;
    }
    return records;
}

}  // namespace herald::sip
