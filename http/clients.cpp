// http/clients.cpp: operators who are known by the certificate of their connection (http.clients).
#include "http/clients.h"

#include <algorithm>

#include "base/text.h"

namespace herald::http {

namespace {

bool names_it(const sip::CertificateNames& names, const std::string& name) {
    const auto is_host = [&](const std::string& host) { return base::iequals(host, name); };
    return std::find(names.uris.begin(), names.uris.end(), name) != names.uris.end() ||
           std::any_of(names.hosts.begin(), names.hosts.end(), is_host);
}

}  // namespace

Clients::Clients(const std::vector<server::HttpClient>& rows) {
    for (const auto& row : rows) {
        if (const auto role = role_of(row.role))
            known_.push_back({*role, row.name, Reach(row.limit)});
    }
}

std::optional<Holder> Clients::find(const sip::CertificateNames& names) const {
    const auto found = std::find_if(known_.begin(), known_.end(), [&](const Holder& holder) {
        return names_it(names, holder.name);
    });
    return found == known_.end() ? std::nullopt : std::optional(*found);
}

}  // namespace herald::http
