// server/config/config_readers.cpp: how the values of single keys are read and shown, where their
// type alone does not say it.
#include "server/config/config_readers.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/text.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

constexpr std::string_view kLogLevels[] = {"debug", "info", "warning", "error", "off"};

/// Whether a password stands before the host: it would be shown with the URL.
bool has_password(std::string_view url) {
    const auto begin = url.find("://") + 3;
    const auto authority = url.substr(begin, url.find('/', begin) - begin);
    const auto at = authority.rfind('@');
    return (at != std::string_view::npos && authority.find(':') < at) ||
           url.find("password=") != std::string_view::npos;
}

}  // namespace

std::string read_domain(Config& config, std::string_view value) {
    if (!is_host(value)) return in_quotes(value) + " is not a host name or address";
    config.domains.push_back(base::lower(value));
    return {};
}

std::string read_auth(Config& config, std::string_view value) {
    if (value.empty()) {
        config.auth = AuthMode::unset;
    } else if (value == "open") {
        config.auth = AuthMode::open;
    } else if (value == "digest") {
        config.auth = AuthMode::digest;
    } else {
        return in_quotes(value) + " is unknown, expected \"digest\" or \"open\"";
    }
    return {};
}
std::string show_auth(const Config& config) {
    switch (config.auth) {
        case AuthMode::open:
            return "\"open\"";
        case AuthMode::digest:
            return "\"digest\"";
        case AuthMode::unset:
            break;
    }
    return "\"\"";
}

std::string read_algorithm(Config& config, std::string_view value) {
    const auto algorithm = sip::digest_algorithm_of(value);
    if (!algorithm)
        return in_quotes(value) + " is unknown, expected \"MD5\", \"SHA-256\" or \"SHA-512-256\"";
    auto& all = config.digest_algorithms;
    if (std::find(all.begin(), all.end(), *algorithm) != all.end())
        return in_quotes(value) + " is listed twice";
    all.push_back(*algorithm);
    return {};
}
std::string show_algorithms(const Config& config) {
    std::vector<std::string> names;
    for (const auto algorithm : config.digest_algorithms)
        names.emplace_back(sip::name_of(algorithm));
    return toml_list(names);
}

std::string read_realm(Config& config, std::string_view value) {
    const auto is_unfit = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F;
    };
    if (std::any_of(value.begin(), value.end(), is_unfit))
        return "quotes, backslashes and control characters cannot be in a realm";
    config.realm = value;
    return {};
}

std::string read_realm_without_qop(Config& config, std::string_view value) {
    if (value.empty()) return "a realm has a name";
    config.notify_without_qop.emplace_back(value);
    return {};
}

std::string read_dns_servers(Config& config, std::string_view value) {
    config.dns_servers.clear();
    while (!value.empty()) {
        const auto [server, rest, found] = base::split_once(value, ',');
        const auto address = base::trim(server);
        if (!sip::Endpoint::from(address, 53) && !parse_numeric_endpoint(address)) {
            return in_quotes(address) +
                   " is not an IP address, expected \"192.0.2.53\" or "
                   "\"192.0.2.53:5353,[2001:db8::53]:53\"";
        }
        if (!config.dns_servers.empty()) config.dns_servers += ',';
        config.dns_servers += address;
        value = rest;
    }
    return {};
}

std::string read_outbound_proxy(Config& config, std::string_view value) {
    const auto uri = sip::parse_uri(value);
    const bool is_sip = uri && uri->scheme == sip::Scheme::sip && value.find('>') == value.npos;
    if (!value.empty() && !is_sip)
        return in_quotes(value) + " is not a SIP URI, expected \"sip:host:port\"";
    config.outbound_proxy = value;
    return {};
}

std::string read_message_type(Config& config, std::string_view value) {
    const auto [type, subtype, found] = base::split_once(value, '/');
    if (!found || type.empty() || subtype.empty() || value.find_first_of(" ;,\"") != value.npos)
        return in_quotes(value) + " is not a media type, expected \"text/plain\" or \"text/*\"";
    config.message_types.push_back(base::lower(value));
    return {};
}

std::string read_log_level(Config& config, std::string_view value) {
    const auto found = std::find(std::begin(kLogLevels), std::end(kLogLevels), value);
    if (found == std::end(kLogLevels)) {
        return in_quotes(value) +
               " is unknown, expected \"debug\", \"info\", \"warning\", \"error\" or \"off\"";
    }
    config.log_level = static_cast<base::LogLevel>(found - std::begin(kLogLevels));
    return {};
}
std::string show_log_level(const Config& config) {
    return toml_quoted(kLogLevels[static_cast<std::size_t>(config.log_level)]);
}

std::string read_store_url(Config& config, std::string_view value) {
    const bool is_file = value.substr(0, 7) == "sqlite:" && value.size() > 7;
    const bool is_server = value.starts_with("postgresql://") || value.starts_with("postgres://");
    if (is_server && has_password(value))
        return "no password belongs here, where everybody may read it: put it alone into a file "
               "and "
               "add ?password_file=<file>";
    if (!is_file && !is_server && value != "memory:")
        return in_quotes(value) +
               " is not a store, expected \"sqlite:<file>\", "
               "\"postgresql://role@host/database\" or \"memory:\"";
    config.store_url = value;
    return {};
}

std::string read_unknown(Config& config, std::string_view value) {
    if (value != "accept" && value != "refuse")
        return in_quotes(value) + " is unknown, expected \"accept\" or \"refuse\"";
    config.accept_unknown_resources = value == "accept";
    return {};
}
std::string show_unknown(const Config& config) {
    return config.accept_unknown_resources ? "\"accept\"" : "\"refuse\"";
}

std::string read_hep(Config& config, std::string_view value) {
    if (!value.empty()) {
        const auto endpoint = parse_numeric_endpoint(value);
        if (!endpoint) return endpoint.fault().detail;
        if (endpoint->port() == 0 || endpoint->is_any())
            return in_quotes(value) + " is nobody's address, want one as in \"192.0.2.5:9060\"";
    }
    config.hep = value;
    return {};
}

std::string read_http_listen(Config& config, std::string_view value) {
    if (!value.empty()) {
        const auto endpoint = parse_numeric_endpoint(value);
        if (!endpoint) return endpoint.fault().detail;
    }
    config.http_listen = value;
    return {};
}

std::string read_http_host(Config& config, std::string_view value) {
    if (value.empty() || value.find_first_of(" \t/:@") != std::string_view::npos)
        return in_quotes(value) + " is no host name, want one as in \"herald.example.com\"";
    config.http_hosts.emplace_back(value);
    return {};
}

std::string read_token_file(Config& config, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) return "a file name has no NUL in it";
    config.http_token_file = value;
    return {};
}

std::string read_notify_interval(Config& config, std::string_view value) {
    auto interval = parse_notify_interval(value);
    if (!interval) return interval.fault().detail;
    const auto& all = config.notify_intervals;
    if (std::any_of(all.begin(), all.end(),
                    [&](const auto& each) { return each.event == interval->event; }))
        return in_quotes(interval->event) + " is listed twice";
    config.notify_intervals.push_back(*std::move(interval));
    return {};
}

}  // namespace herald::server
