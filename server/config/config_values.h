// server/config/config_values.h: configuration values that are more than a word or a number, from
// text and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace herald::server {

/// "udp:127.0.0.1:5060", optionally followed by ";advertise=host[:port]", and with TLS by
/// ";clients=ask" or ";clients=require". Without a port: 5060.
/// Faults: invalid_configuration.
Result<ListenAddress> parse_listen_address(std::string_view text);
std::string to_string(const ListenAddress& address);

std::string to_string(const AddressRange& range);

/// An entry of sip.tls_clients. Faults: invalid_configuration.
Result<CertificateEntry> parse_certificate_entry(std::string_view text);
std::string to_string(const CertificateEntry& entry);

/// An entry of bearer.scopes. Faults: invalid_configuration.
Result<ScopeRole> parse_scope_role(std::string_view text);
std::string to_string(const ScopeRole& scope);

/// An entry of http.clients: "name role", and behind it a user or domain it is good for. Faults:
/// invalid_configuration.
Result<HttpClient> parse_http_client(std::string_view text);
std::string to_string(const HttpClient& client);

/// "127.0.0.1:8080", "[::1]:8080": numeric, with a port. Faults: invalid_configuration.
Result<sip::Endpoint> parse_numeric_endpoint(std::string_view text);

/// A token line of http.tokens: "name role sha256-hex", and behind it a user or domain it is good
/// for. Faults: invalid_configuration.
Result<HttpToken> parse_token(std::string_view text);
std::string to_string(const HttpToken& token);

/// "https://example.com", as browsers send it in Origin. Faults: invalid_configuration.
Result<std::string> parse_origin(std::string_view text);

/// An entry of notify.intervals: "<package> 5". Faults: invalid_configuration.
Result<NotifyInterval> parse_notify_interval(std::string_view text);
std::string to_string(const NotifyInterval& interval);

/// An entry of authz.default: "<package> example.com confirm". Faults: invalid_configuration.
Result<AuthorizationDefault> parse_authorization_default(std::string_view text);
std::string to_string(const AuthorizationDefault& standard);

std::string to_string(const RealmLogin& login);
std::string to_string(const DomainAlias& alias);
/// True for a host name (RFC 1123 2.1, underscores allowed) or an address literal, IPv6 in
/// brackets.
bool is_host(std::string_view text);
/// True for is_host() with an optional port.
bool is_host_port(std::string_view text);

/// As a TOML basic string, quoted and escaped.
std::string toml_quoted(std::string_view text);
/// ["a", "b"]
std::string toml_list(const std::vector<std::string>& values);

/// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into
/// `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// store.url with the whole path of a file.
std::string whole_store_url(const Config& config);

}  // namespace herald::server
