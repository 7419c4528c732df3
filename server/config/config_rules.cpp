// server/config/config_rules.cpp: defaults that depend on other keys, and the combinations of keys
// that do not work.
#include <algorithm>
#include <cassert>
#include <set>

#include "base/text.h"
#include "server/config/config_table.h"
#include "server/config/config_values.h"

namespace herald::server {

namespace {

using Rules = std::vector<BrokenRule>;

bool is_same_address(const ListenAddress& a, const ListenAddress& b) {
    return a.protocol == b.protocol && a.bind == b.bind && a.bind.port() != 0;
}

void check_listeners(const Config& config, Rules& broken) {
    const std::string kKey = "sip.listen";
    const auto& all = config.sip_listen;
    if (all.empty())
        broken.push_back({kKey, "there is nothing to listen on, expected at least one address"});
    for (auto it = all.begin(); it != all.end(); ++it) {
        const std::string shown = "\"" + to_string(*it) + "\"";
        if (std::any_of(all.begin(), it,
                        [&](const auto& other) { return is_same_address(other, *it); })) {
            broken.push_back({kKey, shown + " is listed twice"});
        }
        if (it->bind.is_any() && it->advertised.empty()) {
            broken.push_back(
                {kKey,
                 shown +
                     " is every address of this machine, and other machines must be told one: add "
                     ";advertise=<host or address>"});
        }
        if (!it->bind.is_loopback() && config.auth == AuthMode::unset) {
            broken.push_back({kKey, shown + " can be reached from other machines: set sip.auth to "
                                            "\"digest\", or to \"open\" "
                                            "if everyone who can reach it may act as anybody"});
        }
    }
}

void check_certificates(const Config& config, Rules& broken) {
    if (config.tls_certificates.size() != config.tls_keys.size()) {
        broken.push_back({"sip.tls_key", "there must be one for each sip.tls_certificate"});
    }
    for (const ListenAddress& listen : config.sip_listen) {
        if (!sip::is_secure(listen.protocol) || !config.tls_certificates.empty()) continue;
        broken.push_back({"sip.tls_certificate",
                          "there is none for \"" + to_string(listen) + "\" in sip.listen"});
    }
}

void check_pbx_lists(const Config& config, Rules& broken) {
    for (const PbxList& list : config.pbx_lists) {
        if (!pbx_named(config.pbxs, list.pbx))
            broken.push_back({"pbx.lists", "there is no \"" + list.pbx + "\" in pbx.servers"});
    }
}

/// Certificates of clients are worth something where somebody vouches for them.
void check_client_certificates(const Config& config, Rules& broken) {
    const auto& all = config.sip_listen;
    const bool asks = std::any_of(all.begin(), all.end(), [](const ListenAddress& listen) {
        return listen.clients != sip::ClientCertificates::none;
    });
    if (asks && config.tls_clients_ca.empty()) {
        broken.push_back({"sip.tls_clients_ca",
                          "sip.listen asks clients for certificates, and "
                          "nobody vouches for those"});
    }
    if (!config.tls_clients.empty() && !asks) {
        broken.push_back({"sip.tls_clients",
                          "no listener asks for certificates: add ;clients=ask to one with TLS"});
    }
    const bool has_http_ca = !config.http_client_ca.empty();
    if (has_http_ca && config.http_certificate.empty()) {
        broken.push_back({"http.client_ca",
                          "certificates are shown by HTTPS only: set "
                          "http.certificate and http.key"});
    }
    if (!config.http_clients.empty() && !has_http_ca)
        broken.push_back({"http.clients", "nobody vouches for them: set http.client_ca"});
}

void check_bearer(const Config& config, Rules& broken) {
    if (config.bearer_keys.empty()) return;
    if (config.bearer_issuer.empty())
        broken.push_back({"bearer.issuer", "it is needed where bearer.keys is set"});
    if (config.bearer_audience.empty())
        broken.push_back({"bearer.audience", "it is needed where bearer.keys is set"});
    if (config.auth != AuthMode::digest)
        broken.push_back({"bearer.keys", "nobody is asked for a token unless sip.auth is digest"});
}

void check_authentication(const Config& config, Rules& broken) {
    if (config.auth == AuthMode::digest && config.digest_algorithms.empty()) {
        broken.push_back(
            {"sip.digest_algorithms", "nothing is offered, but sip.auth is \"digest\""});
    }
}

void check_store(const Config& config, Rules& broken) {
    if (config.store_must_exist && config.store_url == "memory:")
        broken.push_back({"store.must_exist", "store.url \"memory:\" never is there before"});
}

void check_intervals(const Config& config, Rules& broken) {
    if (config.t1_ms > config.t2_ms) broken.push_back({"sip.t1_ms", "it is more than sip.t2_ms"});
    if (config.subscribe_max_expires != 0 &&
        config.subscribe_min_expires > config.subscribe_max_expires) {
        broken.push_back({"subscribe.min_expires", "it is more than subscribe.max_expires"});
    }
    if (config.publish_min_expires > config.publish_max_expires) {
        broken.push_back({"publish.min_expires", "it is more than publish.max_expires"});
    } else if (config.publish_default_expires < config.publish_min_expires ||
               config.publish_default_expires > config.publish_max_expires) {
        broken.push_back({"publish.default_expires",
                          "it is not between publish.min_expires and publish.max_expires"});
    }
    if (config.subscribe_per_watcher_resource > config.subscribe_per_watcher) {
        broken.push_back(
            {"subscribe.per_watcher_resource", "it is more than subscribe.per_watcher"});
    }
}

bool has_same_port(const ListenAddress& listen, const sip::Endpoint& http) {
    if (listen.protocol == sip::Protocol::udp || http.port() == 0 ||
        listen.bind.port() != http.port())
        return false;
    return same_host(listen.bind, http) || listen.bind.is_any() || http.is_any();
}

void check_tokens(const Config& config, Rules& broken) {
    const auto& tokens = config.http_tokens;
    for (auto it = tokens.begin(); it != tokens.end(); ++it) {
        const auto is_same = [&](const HttpToken& t) {
            return t.name == it->name || t.sha256_hex == it->sha256_hex;
        };
        if (std::any_of(tokens.begin(), it, is_same)) {
            broken.push_back({"http.tokens",
                              "\"" + it->name + "\" has the name or the hash of an earlier token"});
        }
    }
    if (config.http_token_file.empty() && tokens.empty()) {
        broken.push_back({"http.token_file",
                          "there is no token: name a file here, or list tokens in http.tokens"});
    }
}

void check_http(const Config& config, Rules& broken) {
    if (config.http_listen.empty()) return;
    check_tokens(config, broken);
    if (config.http_buffer < config.http_max_body)
        broken.push_back({"http.buffer", "it is less than http.max_body"});
    const auto endpoint = parse_numeric_endpoint(config.http_listen);
    if (!endpoint) return;  // reported where it was read
    if (config.http_certificate.empty() != config.http_key.empty()) {
        broken.push_back({"http.key", "http.certificate and http.key go together"});
    }
    const bool is_clear = config.http_certificate.empty();
    if (!endpoint->is_loopback() && is_clear && !config.http_insecure) {
        broken.push_back(
            {"http.listen",
             "\"" + config.http_listen +
                 "\" can be reached from other machines and would take tokens in plain text: set "
                 "http.certificate and http.key, or http.insecure = true"});
    }
    const auto& all = config.sip_listen;
    if (std::any_of(all.begin(), all.end(),
                    [&](const auto& listen) { return has_same_port(listen, *endpoint); })) {
        broken.push_back({"http.listen", "\"" + config.http_listen + "\" is taken by sip.listen"});
    }
}

/// Whoever asks by multicast is in the same network, and is answered by UDP.
void check_pnp(const Config& config, Rules& broken) {
    if (config.pnp_interfaces.empty()) return;
    const auto& all = config.sip_listen;
    const bool is_reachable = std::any_of(all.begin(), all.end(), [](const ListenAddress& listen) {
        return listen.protocol == sip::Protocol::udp && !listen.bind.is_ipv6() &&
               !listen.bind.is_loopback();
    });
    if (config.pnp_url.empty() && config.provisioning_url.empty()) {
        broken.push_back({"provisioning.pnp_url",
                          "phones that ask must be told something: this, or provisioning.url, "
                          "which begins the URLs of profiles"});
    }
    if (!is_reachable) {
        broken.push_back({"provisioning.pnp_interfaces",
                          "phones are answered from a UDP listener they can reach: sip.listen has "
                          "none for IPv4 beyond loopback"});
    }
}

void check_file_server(const Config& config, Rules& broken) {
    if (config.provisioning_certificate.empty() != config.provisioning_key.empty()) {
        broken.push_back(
            {"provisioning.key", "provisioning.certificate and provisioning.key go together"});
    }
    const auto endpoint = parse_numeric_endpoint(config.provisioning_listen);
    if (!endpoint) return;  // empty, or reported where it was read
    const std::string shown = "\"" + config.provisioning_listen + "\"";
    if (config.provisioning_url.empty()) {
        broken.push_back({"provisioning.url", "phones must be told how they reach " + shown +
                                                  ", as in \"http://" + config.provisioning_listen +
                                                  "\""});
    }
    const auto& all = config.sip_listen;
    if (std::any_of(all.begin(), all.end(),
                    [&](const auto& listen) { return has_same_port(listen, *endpoint); })) {
        broken.push_back({"provisioning.listen", shown + " is taken by sip.listen"});
    }
    if (endpoint->port() != 0 && config.provisioning_listen == config.http_listen)
        broken.push_back({"provisioning.listen", shown + " is taken by http.listen"});
}

void add_domain(Config& config, std::string domain) {
    auto& all = config.domains;
    if (std::find(all.begin(), all.end(), domain) == all.end()) all.push_back(std::move(domain));
}

std::string host_of(std::string_view host_port) {
    const auto colon = host_port.rfind(':');
    const auto bracket = host_port.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    return base::lower(has_port ? host_port.substr(0, colon) : host_port);
}

/// Each leads to a domain that is served here, and is none itself.
void check_domain_aliases(const Config& config, Rules& broken) {
    Config whole = config;
    derive_defaults(whole);
    const auto& domains = whole.domains;
    std::set<std::string> seen;
    const auto is_domain = [&](const std::string& name) {
        return std::find(domains.begin(), domains.end(), name) != domains.end();
    };
    for (const DomainAlias& alias : config.domain_aliases) {
        const auto refuse = [&](const std::string& why) {
            broken.push_back({"sip.domain_aliases", "\"" + to_string(alias) + "\" " + why});
        };
        if (!is_domain(alias.second)) refuse("leads to no domain of sip.domains");
        if (is_domain(alias.first)) refuse("is a domain of sip.domains itself");
        if (!seen.insert(alias.first).second) refuse("is the second one of that name");
    }
}

}  // namespace

Config default_config() {
    Config config;
    const auto loopback = sip::Endpoint::from("127.0.0.1", 5060);
    assert(loopback);
    config.sip_listen = {{.protocol = sip::Protocol::udp, .bind = *loopback},
                         {.protocol = sip::Protocol::tcp, .bind = *loopback}};
    return config;
}

void derive_defaults(Config& config) {
    if (config.domains.empty()) {
        config.domains.emplace_back("localhost");
        for (const ListenAddress& listen : config.sip_listen) {
            if (!listen.bind.is_any()) add_domain(config, listen.bind.uri_host());
            if (!listen.advertised.empty()) add_domain(config, host_of(listen.advertised));
        }
    }
    if (config.realm.empty()) config.realm = config.domains.front();
}

std::vector<BrokenRule> broken_rules(const Config& config) {
    Rules broken;
    check_listeners(config, broken);
    check_domain_aliases(config, broken);
    check_certificates(config, broken);
    check_client_certificates(config, broken);
    check_bearer(config, broken);
    check_authentication(config, broken);
    check_store(config, broken);
    check_intervals(config, broken);
    check_http(config, broken);
    check_pnp(config, broken);
    check_file_server(config, broken);
    check_pbx_lists(config, broken);
    return broken;
}

}  // namespace herald::server
