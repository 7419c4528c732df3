// server/config/tls_keys.cpp: the keys of [sip] that are about TLS and WebSocket.
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
};

}  // namespace

std::span<const ConfigKey> tls_keys() noexcept {
    return kTlsKeys;
}

}  // namespace herald::server
