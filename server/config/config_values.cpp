// server/config/config_values.cpp: listening addresses, address ranges, token lines; and TOML text
// of values.
#include "server/config/config_values.h"

#include <algorithm>
#include <filesystem>

#include <sys/socket.h>

#include "base/text.h"
#include "packages/package.h"
#include "pidf/common_policy.h"
#include "server/config/config_words.h"
#include "sip/locate_plan.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto number = base::to_u64(text);
    if (!number || *number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

/// host and port text of "host", "host:port", "[v6]", "[v6]:port"; nullopt for anything else, a
/// bare IPv6 address included.
struct HostPort {
    std::string_view host;  ///< IPv6 without brackets
    std::string_view port;
    bool has_port = false;
    bool is_ipv6 = false;
};
std::optional<HostPort> split_host_port(std::string_view text) {
    if (!text.empty() && text.front() == '[') {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return std::nullopt;
        return HostPort{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1),
                        !rest.empty(), true};
    }
    const auto [host, port, has_port] = base::split_once(text, ':');
    if (port.find(':') != std::string_view::npos) return std::nullopt;
    return HostPort{host, port, has_port, false};
}

/// One of those behind a listening address. False: it is none.
bool read_listen_parameter(std::string_view text, ListenAddress& listen) {
    const auto [name, value, has_value] = base::split_once(text, '=');
    if (name == "advertise" && listen.advertised.empty() && is_host_port(value)) {
        listen.advertised = value;
        return true;
    }
    if (name != "clients" || !sip::is_secure(listen.protocol)) return false;
    if (value == "ask") listen.clients = sip::ClientCertificates::ask;
    if (value == "require") listen.clients = sip::ClientCertificates::require;
    return value == "ask" || value == "require" || value == "none";
}

/// Canonical; empty where it is no address-of-record.
std::string aor_in(std::string_view text) {
    const bool has_scheme = text.starts_with("sip:") || text.starts_with("sips:");
    const std::string full = has_scheme ? std::string(text) : "sip:" + std::string(text);
    const auto uri = sip::parse_uri(full);
    const bool is_aor = uri && uri->has_user && !uri->user.empty() && uri->headers.empty();
    return is_aor ? sip::canonical_aor(*uri) : std::string();
}

}  // namespace

Result<AddressRange> parse_address_range(std::string_view text) {
    const std::string shape = ", expected an address or a range like 192.0.2.0/24";
    const auto [host, length, has_length] = base::split_once(text, '/');
    const auto address = sip::Endpoint::from(host, 0);
    if (!address) return wrong("\"" + std::string(host) + "\" is not an IP address" + shape);

    AddressRange range{*address, address->is_ipv6() ? 128U : 32U};
    if (!has_length) return range;
    const auto prefix = base::to_u64(length);
    if (!prefix || *prefix > range.prefix) {
        return wrong("/" + std::string(length) + " is not a prefix length, expected 0 to " +
                     std::to_string(range.prefix));
    }
    range.prefix = static_cast<unsigned>(*prefix);
    return range;
}

std::string to_string(const AddressRange& range) {
    const unsigned full = range.base.is_ipv6() ? 128 : 32;
    if (range.prefix == full) return range.base.host();
    return range.base.host() + "/" + std::to_string(range.prefix);
}

bool is_host(std::string_view text) {
    const auto parts = split_host_port(text);
    if (!parts || parts->has_port || parts->host.empty()) return false;
    if (parts->is_ipv6) {
        const auto address = sip::Endpoint::from(parts->host, 0);
        return address && address->is_ipv6();
    }
    if (text.size() > 253 || text.front() == '.' || text.front() == '-') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_name_character(c) || c == '.'; });
}

bool is_host_port(std::string_view text) {
    const auto parts = split_host_port(text);
    if (!parts) return false;
    if (!parts->has_port) return is_host(text);
    const auto port = parse_port(parts->port);
    return port && *port != 0 && is_host(text.substr(0, text.size() - parts->port.size() - 1));
}

Result<sip::Endpoint> parse_numeric_endpoint(std::string_view text) {
    const auto parts = split_host_port(text);
    const auto port = parts ? parse_port(parts->port) : std::nullopt;
    const auto endpoint = port ? sip::Endpoint::from(parts->host, *port) : std::nullopt;
    if (!endpoint)
        return wrong("\"" + std::string(text) +
                     "\" is not an address with a port, expected 127.0.0.1:8080 or [::1]:8080");
    return *endpoint;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const std::string quoted = "\"" + std::string(text) + "\"";
    const auto [address, parameter, has_parameter] = base::split_once(text, ';');
    const auto [protocol_name, host_port, has_protocol] = base::split_once(address, ':');
    const auto protocol = sip::protocol_of(protocol_name);
    if (!has_protocol || !protocol)
        return wrong(quoted + " names no transport, expected udp:127.0.0.1:5060");

    const auto parts = split_host_port(host_port);
    const auto port = !parts            ? std::nullopt
                      : parts->has_port ? parse_port(parts->port)
                                        : std::optional(sip::default_port(*protocol));
    const auto bind = port ? sip::Endpoint::from(parts->host, *port) : std::nullopt;
    if (!bind)
        return wrong(
            quoted +
            " is not a numeric address with a port, expected udp:127.0.0.1:5060 or tcp:[::1]:5060");
    ListenAddress listen{.protocol = *protocol, .bind = *bind};
    if (!has_parameter) return listen;
    std::string_view rest = parameter;
    for (bool has_more = true; has_more;) {
        const auto next = base::split_once(rest, ';');
        if (!read_listen_parameter(next.before, listen)) {
            return wrong(quoted + " ends in \"" + std::string(next.before) +
                         "\", expected advertise=host, advertise=host:port, or with TLS "
                         "clients=ask or clients=require");
        }
        rest = next.after;
        has_more = next.found;
    }
    return listen;
}

std::string to_string(const ListenAddress& address) {
    std::string out(sip::uri_name(address.protocol));
    out += ":" + address.bind.to_string();
    if (!address.advertised.empty()) out += ";advertise=" + address.advertised;
    if (address.clients == sip::ClientCertificates::ask) out += ";clients=ask";
    if (address.clients == sip::ClientCertificates::require) out += ";clients=require";
    return out;
}

namespace {

/// The canonical AOR or domain a token is good for; empty where it is neither.
std::string limit_of_token(std::string_view text) {
    if (text.find('@') == std::string_view::npos)
        return is_host(text) ? pidf::comparable_domain(text) : std::string();
    return aor_in(text);
}

std::optional<store::Account::Role> account_role_named(std::string_view name) {
    using Role = store::Account::Role;
    if (name == "user") return Role::user;
    if (name == "publisher") return Role::publisher;
    if (name == "monitor") return Role::monitor;
    if (name == "admin") return Role::admin;
    return std::nullopt;
}

std::string_view name_of(store::Account::Role role) {
    constexpr std::string_view kNames[] = {"user", "publisher", "monitor", "admin"};
    return kNames[static_cast<std::size_t>(role)];
}

}  // namespace

Result<HttpToken> parse_token(std::string_view text) {
    // The value may be a secret put here by mistake, so it is not repeated.
    constexpr const char* kShape =
        "a token is \"name role sha256\", with role read, write or admin and the SHA-256 of the "
        "token in hex, and behind it, if it is to be good for them only, a user or a domain";
    const auto [name, rest, has_rest] = base::split_once(text, ' ');
    const auto [role, behind, has_hash] = base::split_once(rest, ' ');
    const auto [hash, limit, has_limit] = base::split_once(behind, ' ');
    if (!has_rest || !has_hash || name.empty()) return wrong(kShape);
    if (role != "read" && role != "write" && role != "admin") return wrong(kShape);
    const auto bytes = base::from_hex(hash);
    if (!bytes || bytes->size() != 32) return wrong(kShape);
    HttpToken token{std::string(name), base::lower(hash), std::string(role), limit_of_token(limit)};
    if (has_limit && token.limit.empty()) return wrong(kShape);
    return token;
}

std::string to_string(const HttpToken& token) {
    const auto line = token.name + " " + token.role + " " + token.sha256_hex;
    return token.limit.empty() ? line : line + " " + token.limit;
}

Result<CertificateEntry> parse_certificate_entry(std::string_view text) {
    const auto [left, right, has_both] = base::split_once(text, '=');
    const std::string_view name = base::trim(left);
    const std::string_view what = base::trim(right);
    const std::string shape = "\"" + std::string(text) +
                              "\" is none of host=trusted, host=account, "
                              "sip:user@domain=account and *@domain";
    CertificateEntry entry;
    if (!has_both && name.starts_with("*@") && is_host(name.substr(2))) {
        entry.name = base::lower(name);
        return entry;
    }
    entry.name = name.find('@') == std::string_view::npos
                     ? (is_host(name) ? base::lower(name) : std::string())
                     : aor_in(name);
    entry.is_trusted = what == "trusted";
    if (!entry.is_trusted) entry.account = aor_in(what);
    // Everybody of a domain is himself, and nobody else.
    const bool is_pattern = name.starts_with('*');
    if (is_pattern || entry.name.empty() || (!entry.is_trusted && entry.account.empty()))
        return wrong(shape);
    return entry;
}

std::string to_string(const CertificateEntry& entry) {
    if (entry.is_trusted) return entry.name + "=trusted";
    return entry.account.empty() ? entry.name : entry.name + "=" + entry.account;
}

Result<ScopeRole> parse_scope_role(std::string_view text) {
    const auto [scope, name, has_both] = base::split_once(text, '=');
    const auto role = account_role_named(name);
    const bool is_scope = !scope.empty() && scope.find_first_of(" \"\\") == std::string_view::npos;
    if (!has_both || !role || !is_scope) {
        return wrong("\"" + std::string(text) +
                     "\" is no scope=role, with role user, publisher, monitor or admin");
    }
    return ScopeRole{std::string(scope), *role};
}

std::string to_string(const ScopeRole& scope) {
    return scope.scope + "=" + std::string(name_of(scope.role));
}

Result<HttpClient> parse_http_client(std::string_view text) {
    constexpr const char* kShape =
        "a client is \"name role\", with a name of its certificate and role read, write or admin, "
        "and behind it, if it is to be good for them only, a user or a domain";
    const auto [name, behind, has_role] = base::split_once(text, ' ');
    const auto [role, limit, has_limit] = base::split_once(behind, ' ');
    if (!has_role || name.empty()) return wrong(kShape);
    if (role != "read" && role != "write" && role != "admin") return wrong(kShape);
    HttpClient client{std::string(name), std::string(role), limit_of_token(limit)};
    if (has_limit && client.limit.empty()) return wrong(kShape);
    return client;
}

std::string to_string(const HttpClient& client) {
    const auto line = client.name + " " + client.role;
    return client.limit.empty() ? line : line + " " + client.limit;
}

Result<std::string> parse_origin(std::string_view text) {
    const auto scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
    const auto lower = base::lower(text);
    if (scheme == 0 || lower != text ||
        !is_host_port(text.substr(static_cast<std::size_t>(scheme))))
        return wrong("\"" + std::string(text) +
                     "\" is no origin, want one as in \"https://example.com:8443\", in lower case");
    return std::string(text);
}

Result<NotifyInterval> parse_notify_interval(std::string_view text) {
    constexpr std::uint64_t kLongest = 3600;
    const auto [event, rest, found] = base::split_once(text, ' ');
    const auto* package = packages::find(event);
    if (!package) return wrong("\"" + std::string(event) + "\" is not an event package");
    const auto seconds = base::to_u64(base::trim(rest));
    if (!seconds || *seconds > kLongest)
        return wrong("expected an event package and at most 3600 seconds: \"<package> 5\"");
    return NotifyInterval{std::string(package->profile().event),
                          static_cast<std::uint32_t>(*seconds)};
}

std::string to_string(const NotifyInterval& interval) {
    return interval.event + " " + std::to_string(interval.seconds);
}

Result<AuthorizationDefault> parse_authorization_default(std::string_view text) {
    const auto [event, rest, found] = base::split_once(text, ' ');
    const auto* package = packages::find(event);
    if (!package) return wrong("\"" + std::string(event) + "\" is not an event package");
    if (!package->profile().watchers_of.empty())
        return wrong("who watches is for owners only: " + std::string(event));
    const auto parts = base::split_once(base::trim(rest), ' ');
    const auto handling = pidf::handling_named(base::trim(parts.after));
    if (!handling || parts.before.empty())
        return wrong(
            "expected an event package, a domain or *, and one of block, confirm, "
            "polite-block and allow: \"<package> * confirm\"");
    return AuthorizationDefault{std::string(package->profile().event), base::lower(parts.before),
                                *handling};
}

std::string to_string(const AuthorizationDefault& standard) {
    return standard.package + " " + standard.domain + " " +
           std::string(pidf::name_of(standard.handling));
}

Result<RealmLogin> parse_realm_login(std::string_view text) {
    const auto name = base::split_once(text, ':');
    const auto at = name.after.rfind('@');
    if (name.before.empty() || at == std::string_view::npos || at + 1 == name.after.size())
        return wrong("expected username:password@realm");
    return RealmLogin{std::string(name.after.substr(at + 1)), std::string(name.before),
                      std::string(name.after.substr(0, at))};
}

std::string to_string(const RealmLogin& login) {
    return login.username + ":" + login.password + "@" + login.realm;
}

Result<DomainAlias> parse_domain_alias(std::string_view text) {
    const auto [host, domain, has_both] = base::split_once(text, '=');
    const auto alias = base::trim(host);
    const auto name = base::trim(domain);
    if (!has_both || !is_host(alias) || !is_host(name))
        return wrong("expected host=domain, as 192.0.2.1=example.com");
    return DomainAlias{base::lower(alias), base::lower(name)};
}

std::string to_string(const DomainAlias& alias) {
    return alias.first + "=" + alias.second;
}

std::string toml_quoted(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += {kHex[byte >> 4], kHex[byte & 15]};
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string toml_list(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values) {
        if (out.size() > 1) out += ", ";
        out += toml_quoted(value);
    }
    return out + "]";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Rows of the optimal string alignment distance: two before, one before, this one.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool is_same = a[i - 1] == b[j - 1];
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string whole_store_url(const Config& config) {
    constexpr std::string_view kFile = "sqlite:";
    if (!config.store_url.starts_with(kFile)) return config.store_url;
    std::error_code error;
    const auto path = std::filesystem::absolute(config.store_url.substr(kFile.size()), error);
    return error ? config.store_url : std::string(kFile) + path.string();
}

}  // namespace herald::server
