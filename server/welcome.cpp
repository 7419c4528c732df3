// server/welcome.cpp: what a server that is ready prints.
#include "server/welcome.h"

#include "server/config/exposure.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

constexpr std::string_view kUsualHttp = "127.0.0.1:8080";
constexpr std::string_view kUsualTokenFile = "var/token";

/// An address this machine reaches the listener by.
std::string reachable(sip::Endpoint bound) {
    const auto port = std::to_string(bound.port());
    if (!bound.is_any()) return bound.to_string();
    return (bound.is_ipv6() ? "[::1]:" : "127.0.0.1:") + port;
}

/// " --server 127.0.0.1:5070", where the domain alone does not lead here.
std::string server_option(const Welcome& welcome, std::string_view domain) {
    if (welcome.listeners.empty()) return {};
    const auto& listener = welcome.listeners.front();
    const auto address = reachable(listener.bound);
    const bool is_found = domain == "localhost" && address == "127.0.0.1:5060" &&
                          listener.protocol == sip::Protocol::udp;
    if (is_found) return {};
    std::string option = " --server " + address;
    if (listener.protocol == sip::Protocol::tcp || listener.protocol == sip::Protocol::tls) {
        option += " --transport " + std::string(sip::uri_name(listener.protocol));
    }
    return option;
}

bool is_secure(const Welcome& welcome) {
    return !welcome.config.http_certificate.empty();
}

std::string url_of(const Welcome& welcome) {
    return (is_secure(welcome) ? "https://" : "http://") + welcome.http;
}

/// " --api http://… --token-file …", where the commands would look elsewhere.
std::string api_options(const Welcome& welcome) {
    std::string options;
    if (welcome.http != kUsualHttp || is_secure(welcome)) options += " --api " + url_of(welcome);
    if (welcome.config.http_token_file != kUsualTokenFile)
        options += " --token-file " + welcome.config.http_token_file;
    return options;
}

}  // namespace

std::string to_text(const Welcome& welcome) {
    std::string text = "Herald " + std::string(welcome.version) + " is ready.\n";
    for (const auto& listener : welcome.listeners) {
        text += "  SIP   " + std::string(sip::uri_name(listener.protocol)) + " " +
                listener.bound.to_string() + "\n";
    }
    if (!welcome.http.empty()) text += "  HTTP  " + url_of(welcome) + "\n";
    text += "  store " + welcome.config.store_url + ", ";
    text += welcome.has_new_store && welcome.config.store_url != "memory:"
                ? std::string("NEW: nothing was there, and everybody is unknown\n")
                : std::to_string(welcome.recovered) + " subscriptions recovered\n";
    for (const auto& sentence : exposures(welcome.config)) text += "  note  " + sentence + "\n";
    return text;
}

std::string first_steps(const Welcome& welcome) {
    const auto& domains = welcome.config.domains;
    const std::string domain = domains.empty() ? "localhost" : domains.front();
    const std::string alice = " sip:alice@" + domain;
    const auto server = server_option(welcome, domain);
    const bool asks = welcome.config.auth == AuthMode::digest;
    std::string text = "\nTry next, each in another terminal:\n";
    const auto step = [&](const std::string& words) {
        text += "  " + std::string(welcome.program) + " " + words + "\n";
    };
    if (asks && !welcome.http.empty()) step("account add" + alice + api_options(welcome));
    step("watch" + alice + (asks ? " --from" + alice : "") + server);
    step("publish" + alice + " --status open --activity meeting --note \"back at 3\"" + server);
    return text + "Ctrl-C stops the server.\n";
}

}  // namespace herald::server
