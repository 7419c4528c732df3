// http/forwarded.cpp: who asks, where a proxy stands in between.
#include "http/forwarded.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "sip/endpoint.h"

namespace herald::http {

namespace {

bool is_trusted(const sip::Endpoint& address, const std::vector<sip::AddressRange>& trusted) {
    return std::any_of(trusted.begin(), trusted.end(),
                       [&](const auto& range) { return range.contains(address); });
}

/// Takes the last address off `list`; nullopt: there is none that can be read.
std::optional<sip::Endpoint> take_last(std::string_view& list) {
    const auto comma = list.rfind(',');
    const auto last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    return sip::Endpoint::from(base::trim(last), 0);
}

}  // namespace

std::string client_of(const Request& request, const std::vector<sip::AddressRange>& trusted) {
    sip::Endpoint client = request.peer;
    std::string_view list = request.forwarded_for;
    while (!list.empty() && is_trusted(client, trusted)) {
        const auto earlier = take_last(list);
        if (!earlier) break;
        client = *earlier;
    }
    return client.is_valid() ? client.host() : std::string();
}

}  // namespace herald::http
