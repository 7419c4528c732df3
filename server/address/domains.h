// server/address/domains.h: which hosts are ours, and the canonical name of a resource in them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text_map.h"
#include "sip/transport.h"
#include "sip/uri.h"

namespace herald::server {

/// The served domains: configured ones, or `localhost` and the listening addresses. Immutable,
/// shared by all shards.
class Domains {
public:
    /// `aliases`: hosts that are another name of a domain served here, which is the second.
    using HostAliases = std::vector<std::pair<std::string, std::string>>;
    Domains(const std::vector<std::string>& configured,
            const std::vector<sip::ListenerAddress>& listeners, const HostAliases& aliases = {});

    /// A domain name, or an address we listen on, or without a user the local network of a domain;
    /// ports other than a listening one make it somebody
    /// else's.
    bool serves(const sip::Uri& uri) const;
    bool serves_host(std::string_view host) const;
    /// A served domain, or a host our own Contact may name.
    bool is_ours(std::string_view host) const;
    /// Canonical AOR (RFC 3261 10.3 step 5): without parameters, and without port where the host is
    /// ours; in the domain that the host is another name of.
    std::string aor(const sip::Uri& uri) const;
    /// Whether a URI names somebody: sip, sips, pres or im, with a host. Others have no AOR.
    static bool names_somebody(const sip::Uri& uri) noexcept;
    /// aor() of text: a bare URI, or `user@host` without scheme. nullopt for what is no sip, sips,
    /// pres or im URI.
    std::optional<std::string> aor(std::string_view text) const;
    const std::string& first() const noexcept { return names_.front(); }
    /// The domains in the order of the configuration; localhost where it names none.
    std::span<const std::string> names() const noexcept { return names_; }

private:
    bool has_host(std::string_view canonical) const;

    std::vector<std::string> few_hosts_;  ///< hosts_, where a look at each is cheaper
    base::TextSet hosts_;
    base::TextSet listeners_;
    base::TextMap<std::string> aliases_;  ///< domains by their other names
    std::unordered_set<unsigned> ports_;
    std::vector<std::string> names_;
};

/// The domain in the host that stands for the local network in requests for its profile
/// (`_sipuaconfig.example.com`, RFC 6080 5.1.4.1); empty for any other host.
std::string_view network_domain(std::string_view host) noexcept;

/// Host part of a canonical AOR.
std::string_view domain_of(std::string_view aor) noexcept;

}  // namespace herald::server
