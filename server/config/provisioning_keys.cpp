// server/config/provisioning_keys.cpp: the keys of [provisioning].
#include "server/config/provisioning_keys.h"

#include <algorithm>

#include "base/text.h"
#include "server/config/config_rows.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

bool is_interface_char(char c) {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("-_.@").find(c) != std::string_view::npos;
}

/// As Linux names them: up to 15 bytes.
Result<std::string> parse_interface(std::string_view text) {
    constexpr std::size_t kLongest = 15;
    if (text.empty() || text.size() > kLongest ||
        !std::all_of(text.begin(), text.end(), is_interface_char)) {
        return Fault{FaultKind::invalid_configuration,
                     "\"" + std::string(text) + "\" is no name of an interface, as eth0 is"};
    }
    return std::string(text);
}

/// "00:04:13", "00-04-13" or "000413".
Result<std::string> parse_oui(std::string_view text) {
    std::string digits = base::lower(text);
    std::erase_if(digits, [](char c) { return c == ':' || c == '-'; });
    const auto bytes = base::from_hex(digits);
    if (!bytes || bytes->size() != 3) {
        return Fault{FaultKind::invalid_configuration,
                     "\"" + std::string(text) + "\" is no OUI, as 00:04:13 is"};
    }
    return digits;
}

bool is_url(std::string_view text) {
    const bool has_scheme =
        base::istarts_with(text, "http://") || base::istarts_with(text, "https://");
    return has_scheme && text.find("://") + 3 < text.size() &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '<'; });
}

template <auto Member>
std::string read_url(Config& config, std::string_view text) {
    if (!text.empty() && !is_url(text))
        return "expected a URL that begins with https:// or http://";
    config.*Member = text;
    return {};
}

/// "/{mac}.cfg": a path that names the device it is for.
Result<std::string> parse_plain_path(std::string_view text) {
    const bool is_path = text.size() > 1 && text.front() == '/' &&
                         text.find("//") == std::string_view::npos &&
                         text.find("..") == std::string_view::npos &&
                         std::all_of(text.begin(), text.end(), [](char c) {
                             return c > ' ' && c < 0x7F &&
                                    std::string_view("%?#\\\"").find(c) == std::string_view::npos;
                         });
    if (!is_path || base::istarts_with(text, "/p/")) {
        return Fault{FaultKind::invalid_configuration,
                     "\"" + std::string(text) + "\" is no path, as /{mac}.cfg is"};
    }
    return std::string(text);
}

std::string read_listen(Config& config, std::string_view text) {
    if (!text.empty() && !parse_numeric_endpoint(text))
        return "expected an address and port such as 192.0.2.1:8081, or [::]:8081";
    config.provisioning_listen = text;
    return {};
}

constexpr ConfigKey kProvisioningKeys[] = {
    number<&C::provisioning_rate>(
        {"provisioning", "rate",
         "NOTIFYs a job sends in a second where it does not say how many itself.", true},
        {1, 2000}),
    number<&C::provisioning_confirm_above>(
        {"provisioning", "confirm_above",
         "A job for more devices than these must say how many it means.", true},
        {0, 1000000}),
    number<&C::provisioning_retry_for>(
        {"provisioning", "retry_for",
         "How long a job waits for unreachable devices to register, where it does not say so "
         "itself.",
         true},
        {60, 30 * kDay, "s"}),
    number<&C::provisioning_keep>(
        {"provisioning", "keep", "How long what became of a job is kept after its end.", true},
        {60, 40 * kDay, "s"}),
    number<&C::provisioning_max_jobs>(
        {"provisioning", "max_jobs",
         "Most jobs kept; the oldest that is over gives way to a new one. With several shards, in "
         "each.",
         true},
        {1, 10000}),
    number<&C::provisioning_max_devices>(
        {"provisioning", "max_devices",
         "Most devices of all jobs kept; with several shards, in each.", true},
        {1, 10000000}),
    list<&C::provisioning_recipes>(
        {"provisioning", "recipes",
         "How devices are told what to do, by patterns of their User-Agent, before what is built "
         "in: \"reboot: Acme*, Other 7* -> check-sync;reboot=true\"; behind the event, a media "
         "type and a body may follow.",
         true},
        read_element<&C::provisioning_recipes, parse_recipe>,
        show_elements<&C::provisioning_recipes>),
    number<&C::provisioning_max_known>(
        {"provisioning", "max_known",
         "Most devices of which is remembered what they do with orders, what they were offered and "
         "what they fetched; with several shards, in each.",
         true},
        {1, 10000000}),
    list<&C::pnp_interfaces>(
        {"provisioning", "pnp_interfaces",
         "Interfaces on which phones that ask 224.0.1.75 where their configuration is are heard "
         "(multicast PnP), as \"eth0\". Empty: nowhere."},
        read_element<&C::pnp_interfaces, parse_interface>,
        [](const Config& c) { return toml_list(c.pnp_interfaces); }),
    list<&C::pnp_ouis>({"provisioning", "pnp_ouis",
                        "Phones whose MAC address begins with one of these are answered too, as "
                        "\"00:04:13\"; else only those that are known.",
                        true},
                       read_element<&C::pnp_ouis, parse_oui>,
                       [](const Config& c) { return toml_list(c.pnp_ouis); }),
    flag<&C::pnp_any>(
        {"provisioning", "pnp_any", "Whatever phone asks is answered, known or not.", true}),
    text<&C::pnp_url>(
        {"provisioning", "pnp_url",
         "What those phones are told where no public profile with a URL of provisioning.url fits "
         "them best, with {mac}, {MAC}, {vendor}, {model} and {version} put in: "
         "\"https://p.example.com/{mac}.cfg\".",
         true},
        read_url<&C::pnp_url>),
    number<&C::pnp_rate>(
        {"provisioning", "pnp_rate", "Most of them answered in a second, all together.", true},
        {1, 10000}),
    text<&C::provisioning_listen>(
        {"provisioning", "listen",
         "Where phones fetch profiles by HTTP: \"192.0.2.1:8081\". Empty: nowhere."},
        read_listen),
    number<&C::provisioning_max_profiles>(
        {"provisioning", "max_profiles", "Most profiles there may be.", true}, {1, 1000000}),
    number<&C::provisioning_max_profile>(
        {"provisioning", "max_profile", "Most bytes of one profile, all its files together.", true},
        {1024, 67108864, "bytes"}),
    number<&C::provisioning_profile_memory>(
        {"provisioning", "profile_memory", "Most bytes of all profiles together.", true},
        {65536, 68719476736, "bytes"}),
    text<&C::provisioning_url>(
        {"provisioning", "url",
         "What the URLs of profiles begin with, as phones reach provisioning.listen, directly or "
         "through a proxy that speaks TLS: \"https://p.example.com\". Secret profiles are offered "
         "by "
         "https only."},
        read_url<&C::provisioning_url>),
    text<&C::provisioning_certificate>({"provisioning", "certificate",
                                        "PEM file with the certificate profiles are served with, "
                                        "and the chain to its root. Empty: "
                                        "plain HTTP."}),
    text<&C::provisioning_key>({"provisioning", "key", "PEM file with its key."}),
    number<&C::provisioning_url_life>(
        {"provisioning", "url_life", "How long the URL of a profile is good.", true},
        {60, kDay, "s"}),
    list<&C::provisioning_plain_paths>(
        {"provisioning", "plain_paths",
         "Paths without a token, for phones that insist on them: \"/{mac}.cfg\", "
         "\"/{model}/{mac}.xml\"; public profiles, and others to who proves by HTTP digest that "
         "the "
         "device's account is theirs. Empty: none."},
        read_element<&C::provisioning_plain_paths, parse_plain_path>,
        [](const Config& c) { return toml_list(c.provisioning_plain_paths); }),
    number<&C::provisioning_threads>(
        {"provisioning", "threads", "Threads that carry out what waits for a shard."}, {1, 64}),
    number<&C::provisioning_connections>(
        {"provisioning", "connections",
         "Most connections of phones; the one that has waited longest gives way to a new one."},
        {1, 1000000}),
};

}  // namespace

std::span<const ConfigKey> provisioning_keys() noexcept {
    return kProvisioningKeys;
}

}  // namespace herald::server
