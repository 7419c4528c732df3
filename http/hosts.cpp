// http/hosts.cpp: numeric addresses lead nowhere else, so only names are compared.
#include "http/hosts.h"

#include <algorithm>

#include "base/text.h"
#include "sip/endpoint.h"

namespace herald::http {

Hosts::Hosts(const std::vector<std::string>& names) : names_{"localhost"} {
    for (const std::string& name : names) names_.push_back(base::lower(name));
}

bool Hosts::knows(std::string_view host) const noexcept {
    if (host.empty() || sip::Endpoint::from(host, 0)) return true;
    return std::any_of(names_.begin(), names_.end(),
                       [host](const std::string& name) { return name == "*" || name == host; });
}

}  // namespace herald::http
