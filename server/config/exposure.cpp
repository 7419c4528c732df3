// server/config/exposure.cpp: what a configuration lays open.
#include "server/config/exposure.h"

#include <algorithm>

#include "server/config/config_values.h"

namespace herald::server {

namespace {

/// The listeners of which `claim` is true, as they are written; empty: none.
template <class Claim>
std::string listed(const Config& config, Claim claim) {
    std::string list;
    for (const ListenAddress& listen : config.sip_listen) {
        if (listen.bind.is_loopback() || !claim(listen.protocol)) continue;
        if (!list.empty()) list += ", ";
        list += to_string(listen);
    }
    return list;
}

bool is_clear(sip::Protocol protocol) {
    return !sip::is_secure(protocol);
}

bool is_web(sip::Protocol protocol) {
    return protocol == sip::Protocol::ws || protocol == sip::Protocol::wss;
}

bool offers_md5(const Config& config) {
    const auto& all = config.digest_algorithms;
    return config.auth == AuthMode::digest &&
           std::find(all.begin(), all.end(), sip::DigestAlgorithm::md5) != all.end();
}

bool is_api_clear(const Config& config) {
    const auto endpoint = parse_numeric_endpoint(config.http_listen);
    return endpoint && !endpoint->is_loopback() && config.http_certificate.empty();
}

bool is_trace_sent_out(const Config& config) {
    const auto collector = parse_numeric_endpoint(config.hep);
    return collector && !collector->is_loopback();
}

}  // namespace

std::vector<std::string> exposures(const Config& config) {
    std::vector<std::string> all;
    const std::string clear = listed(config, is_clear);
    if (!clear.empty()) {
        all.push_back("sip.listen: what goes by " + clear + " can be read and changed on its way");
    }
    if (config.auth == AuthMode::open && !listed(config, [](auto) { return true; }).empty()) {
        all.emplace_back("sip.auth: whoever reaches a listener may act as anybody");
    }
    if (!clear.empty() && offers_md5(config)) {
        all.emplace_back(
            "sip.digest_algorithms: weak passwords can be guessed from an MD5 response that is "
            "heard on its way");
    }
    if (const std::string web = listed(config, is_web); !web.empty() && config.ws_origins.empty()) {
        all.push_back("sip.ws_origins: any page may use a browser's way to " + web);
    }
    if (is_api_clear(config)) {
        all.emplace_back("http.listen: tokens can be read on their way");
    }
    if (is_trace_sent_out(config)) {
        all.push_back("server.hep: messages of traces that want it go to " + config.hep +
                      " in clear, those of TLS too");
    }
    return all;
}

}  // namespace herald::server
