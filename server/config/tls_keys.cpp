// server/config/tls_keys.cpp: the keys of [sip] that are about TLS, WebSocket and who comes in by
// which way, and of [bearer].
#include "server/config/tls_keys.h"

#include "base/text.h"
#include "server/config/config_rows.h"
#include "server/config/config_values.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

template <auto Member>
std::string read_file(Config& config, std::string_view value) {
    if (value.empty()) return "\"\" names no file";
    (config.*Member).emplace_back(value);
    return {};
}

std::string read_origin(Config& config, std::string_view value) {
    const auto scheme = base::split_once(value, ':');
    const bool is_origin =
        base::split_once(scheme.after, '/').after.substr(0, 1) == "/" && value.back() != '/';
    if (!is_origin) {
        return "\"" + std::string(value) + "\" is no origin, expected https://phone.example.com";
    }
    config.ws_origins.emplace_back(value);
    return {};
}

std::string read_edge_domain(Config& config, std::string_view value) {
    const bool is_host = !value.empty() && value.find_first_of("@/;?<> \"") == value.npos;
    if (!is_host) return "\"" + std::string(value) + "\" is not a host name or address";
    config.edge_for.push_back(base::lower(value));
    return {};
}

constexpr ConfigKey kTlsKeys[] = {
    list<&C::tls_certificates>(
        {"sip", "tls_certificate",
         "PEM files, each with a certificate and the chain to its root. A client that names a host "
         "is shown the one for it, others the first. Read again on SIGHUP, and when they change; "
         "connections stay.",
         true},
        read_file<&C::tls_certificates>,
        [](const Config& c) { return toml_list(c.tls_certificates); }),
    list<&C::tls_keys>({"sip", "tls_key", "PEM files with their keys, in the same order.", true},
                       read_file<&C::tls_keys>,
                       [](const Config& c) { return toml_list(c.tls_keys); }),
    text<&C::tls_ca>({"sip", "tls_ca",
                      "PEM file with the certificates that vouch for servers Herald connects to by "
                      "TLS. Empty: those of the system.",
                      true}),
    number<&C::tls_handshake_timeout>(
        {"sip", "tls_handshake_timeout",
         "A handshake of TLS or WebSocket that is not done by then is given up."},
        {1, 60, "s"}),
    list<&C::ws_origins>(
        {"sip", "ws_origins",
         "Origins of the pages that may open a WebSocket, like https://phone.example.com. Empty: "
         "any page that a user of Herald opens may talk to it from that user's browser."},
        read_origin, [](const Config& c) { return toml_list(c.ws_origins); }),
    text<&C::tls_clients_ca>(
        {"sip", "tls_clients_ca",
         "PEM file with the certificates that vouch for clients of listeners with ;clients=ask or "
         ";clients=require.",
         true}),
    list<&C::tls_clients>(
        {"sip", "tls_clients",
         "Who a client's certificate says it is (RFC 5922): \"proxy.example.com=trusted\" is a "
         "peer "
         "like those of trusted_peers, \"door.example.com=sip:door@example.com\" and "
         "\"sip:door@example.com=sip:door@example.com\" are accounts that need no password, and "
         "\"*@example.com\" takes every certificate with a URI of that domain for the account of "
         "that URI. The first that fits counts.",
         true},
        read_element<&C::tls_clients, parse_certificate_entry>, show_elements<&C::tls_clients>),
    number<&C::flow_timer>(
        {"sip", "flow_timer",
         "Devices with outbound on a stream (RFC 5626) are told to keep it alive this often, and "
         "it "
         "is closed where they do not for half as long again. 0: they are told nothing.",
         true},
        {0, 3600, "s"}),
    flag<&C::stun>(
        {"sip", "stun",
         "Answer STUN keep-alives on UDP (RFC 5626 8); without, registrations by UDP are "
         "no flows of outbound."}),
    flag<&C::overload_control>(
        {"sip", "overload_control",
         "Tell proxies that ask how much to hold back (RFC 7339), and hold back where "
         "sip.outbound_proxy tells.",
         true}),
    list<&C::edge_for>(
        {"sip", "edge_for",
         "Domains of other servers whose devices come through this one (RFC 5626): what they send "
         "is carried to sip.outbound_proxy, or to where the domain is, and what comes back goes by "
         "the connection of the device.",
         true},
        read_edge_domain, [](const Config& c) { return toml_list(c.edge_for); }),
    flag<&C::digest_userhash>(
        {"sip", "digest_userhash",
         "Clients may send a hash in place of their username (RFC 7616 3.4.4); not with MD5."}),
    flag<&C::digest_next_nonce>({"sip", "digest_next_nonce",
                                 "A 2xx hands out another nonce when the client's is half over "
                                 "(Authentication-Info), which "
                                 "spares it the next challenge."}),
};

constexpr ConfigKey kBearerKeys[] = {
    text<&C::bearer_keys>(
        {"bearer", "keys",
         "PEM or JWKS file with the public keys of whoever issues bearer tokens (RFC 8898), RSA "
         "for "
         "RS256 and P-256 for ES256. Read again on SIGHUP, and when it changes. Empty: no tokens "
         "are taken.",
         true}),
    text<&C::bearer_issuer>(
        {"bearer", "issuer", "The iss of tokens that are taken, to the letter.", true}),
    text<&C::bearer_audience>(
        {"bearer", "audience", "What their aud must name, to the letter.", true}),
    text<&C::bearer_server>(
        {"bearer", "authz_server",
         "URL of the server that issues them, for the challenge. Empty: the issuer.", true}),
    text<&C::bearer_claim>(
        {"bearer", "claim",
         "The claim that names the user: an address, or the user part of one in the first domain.",
         true}),
    list<&C::bearer_scopes>(
        {"bearer", "scopes",
         "Scopes of which a token must have one, each with the role its holder may have: "
         "\"sip=user\", \"sip.operate=admin\". A role beyond user must be the account's too. "
         "Empty: "
         "any token is a user's.",
         true},
        read_element<&C::bearer_scopes, parse_scope_role>, show_elements<&C::bearer_scopes>),
    number<&C::bearer_clock_skew>(
        {"bearer", "clock_skew", "How far the clock of the issuer may be from ours.", true},
        {0, 600, "s"}),
};

}  // namespace

std::span<const ConfigKey> tls_keys() noexcept {
    return kTlsKeys;
}

std::span<const ConfigKey> bearer_keys() noexcept {
    return kBearerKeys;
}

}  // namespace herald::server
