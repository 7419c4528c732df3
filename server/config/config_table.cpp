// server/config/config_table.cpp: every configuration key with its default, unit, range and line of
// help.
#include "server/config/config_table.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "server/config/config_readers.h"
#include "server/config/config_rows.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"
#include "server/config/events_keys.h"
#include "server/config/message_keys.h"
#include "server/config/pbx_keys.h"
#include "server/config/provisioning_keys.h"
#include "server/config/server_keys.h"
#include "server/config/tls_keys.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

constexpr std::uint64_t kMaxExpires = std::numeric_limits<std::uint32_t>::max();

using namespace rows;

using C = Config;

constexpr ConfigKey kSipKeys[] = {
    list<&C::sip_listen>(
        {"sip", "listen",
         "Where SIP is served: transport:address:port, numeric; transports are udp, tcp, tls, "
         "and ws and wss for browsers. Add "
         ";advertise=host[:port] where other machines reach Herald under another name or address."},
        read_element<&C::sip_listen, parse_listen_address>, show_elements<&C::sip_listen>),
    list<&C::domains>(
        {"sip", "domains",
         "Domains whose users live here. Empty: localhost and the listening addresses."},
        read_domain, [](const Config& c) { return toml_list(c.domains); }),
    list<&C::domain_aliases>(
        {"sip", "domain_aliases",
         "Other names of domains, host=domain: for phones that take the server's address for their "
         "domain. Users, rules and state are those of the domain."},
        read_element<&C::domain_aliases, parse_domain_alias>, show_elements<&C::domain_aliases>),
    list<&C::trusted_peers>({"sip", "trusted_peers",
                             "Addresses and ranges whose P-Asserted-Identity is believed (RFC "
                             "3325); from all others it is dropped."},
                            read_element<&C::trusted_peers, parse_address_range>,
                            show_elements<&C::trusted_peers>),
    text<&C::auth>({"sip", "auth",
                    "\"digest\": users must authenticate. \"open\": From is believed. Empty: open, "
                    "and only loopback may be listened on."},
                   read_auth, show_auth),
    text<&C::realm>({"sip", "realm",
                     "The realm of digest authentication; changing it invalidates every stored "
                     "password. Empty: the first domain."},
                    read_realm),
    list<&C::digest_algorithms>(
        {"sip", "digest_algorithms",
         "What is offered, preferred first (RFC 8760): MD5, SHA-256, SHA-512-256."},
        read_algorithm, show_algorithms),
    number<&C::nonce_life>(
        {"sip", "nonce_life",
         "How long a nonce is good for; afterwards the client is told stale=true and tries again."},
        {10, kDay, "s"}),
    flag<&C::digest_allow_rfc2069>(
        {"sip", "digest_allow_rfc2069",
         "Accept credentials without qop, which can be replayed, from very old phones."}),
    flag<&C::digest_allow_stuck_nc>(
        {"sip", "digest_allow_stuck_nc",
         "Accept nc=00000001 again if the cnonce is new: for phones that never count."}),
    list<&C::notify_logins>(
        {"sip", "notify_logins",
         "What Herald answers where a phone challenges a NOTIFY: username:password@realm, one for "
         "each realm. Challenges of other realms are not answered."},
        read_element<&C::notify_logins, parse_realm_login>, show_elements<&C::notify_logins>),
    list<&C::notify_without_qop>(
        {"sip", "notify_without_qop",
         "Realms whose phones know RFC 2069 only: answers to challenges without qop can be used "
         "again by who hears them."},
        read_realm_without_qop, [](const Config& c) { return toml_list(c.notify_without_qop); }),
    text<&C::dns_servers>(
        {"sip", "dns_servers", "DNS servers, separated by commas. Empty: those of the system."},
        read_dns_servers),
    text<&C::outbound_proxy>(
        {"sip", "outbound_proxy",
         "SIP URI of the proxy that requests to other domains go through. Empty: the servers of "
         "that domain are looked up (RFC 3263)."},
        read_outbound_proxy),
    number<&C::t1_ms>({"sip", "t1_ms",
                       "Timer T1 (RFC 3261 17.1.1.1): the estimated round trip; requests are given "
                       "up after 64 of it."},
                      {10, 10000, "ms"}),
    number<&C::t2_ms>({"sip", "t2_ms", "Timer T2: the longest pause between retransmissions."},
                      {10, 60000, "ms"}),
    number<&C::max_message>(
        {"sip", "max_message",
         "Longest head of a message, and longest datagram; more is answered 513."},
        {1300, 1048576, "bytes"}),
    number<&C::max_body>({"sip", "max_body",
                          "Longest body of a message; more is answered 413. A published document "
                          "may have 65536 bytes, however much is allowed here."},
                         {1024, 16777216, "bytes"}),
    number<&C::max_headers>({"sip", "max_headers", "Most header fields of a message."}, {16, 1024}),
    number<&C::max_connections>(
        {"sip", "max_connections",
         "Most connections (TCP, TLS, WebSocket) at once, of the process. Fewer "
         "where the operating system allows "
         "fewer open files: some are kept for HTTP and the store."},
        {1, 1000000}),
    number<&C::max_connections_per_source>(
        {"sip", "max_connections_per_source",
         "Most of them with one address (an IPv6 /64 is one). One that has sent no whole message "
         "in 32 s is closed."},
        {1, 1000000}),
    budget<&C::max_unfinished_bytes>(
        {"sip", "max_unfinished_bytes",
         "For messages on streams that have not come whole, for handshakes, and for more than 64 "
         "KiB that a peer has not read; a connection that would need more is closed."},
        1048576),
    number<&C::max_unfinished_bytes_per_source>(
        {"sip", "max_unfinished_bytes_per_source", "Of these for one address."},
        {65536, kMostMemory, "bytes"}),
    budget<&C::max_answered_bytes>(
        {"sip", "max_answered_bytes",
         "For answers kept until copies of their requests come no more (32 s); with too many the "
         "oldest are forgotten. Once half is used a source that is no trusted peer has an eighth."},
        1048576),
    budget<&C::max_pending_bytes>(
        {"sip", "max_pending_bytes",
         "For requests that wait for their answer; with more, new ones are answered 503. Once half "
         "is used a source that is no trusted peer has an eighth."},
        1048576),
    list<&C::deny_targets>(
        {"sip", "deny_targets",
         "Networks that no Via, Contact, Route or Path of a peer can make Herald send to, like "
         "10.0.0.0/8. Groups, broadcasts and its own listeners never are; loopback and link-local "
         "addresses only for peers that are there."},
        read_element<&C::deny_targets, parse_address_range>, show_elements<&C::deny_targets>),
    number<&C::tcp_idle_timeout>(
        {"sip", "tcp_idle_timeout", "A connection without traffic is closed after this time."},
        {32, 7 * kDay, "s"}),
};

constexpr ConfigKey kAuthKeys[] = {
    number<&C::auth_guesses_per_source>(
        {"auth", "guesses_per_source",
         "Wrong passwords from one address (an IPv6 /64 is one) before each further one makes it "
         "wait twice as long. Accounts that have logged in from there do not wait for others. "
         "Forgotten by halves in ten minutes.",
         true},
        {1, 4000}),
    number<&C::auth_guesses_per_account>(
        {"auth", "guesses_per_account",
         "Wrong passwords for one account before addresses it never logged in from wait.", true},
        {1, 4000}),
    number<&C::auth_longest_delay>({"auth", "longest_delay",
                                    "The longest such wait; meanwhile the answer is 480 with "
                                    "Retry-After, and no password is looked at.",
                                    true},
                                   {1, 3600, "s"}),
    budget<&C::auth_memory>(
        {"auth", "memory",
         "For nonces in use, wrong passwords and logins remembered. With too many the oldest are "
         "forgotten, and their clients are told stale=true."},
        65536),
};

constexpr ConfigKey kResourcesKeys[] = {
    text<&C::accept_unknown_resources>(
        {"resources", "unknown",
         "\"accept\": any user of a served domain may be watched. "
         "\"refuse\": only accounts, aliases and registered users, else 404.",
         true},
        read_unknown, show_unknown),
    number<&C::max_aliases>({"resources", "max_aliases",
                             "Most aliases; more are refused by the HTTP API with 429.", true},
                            {1, 1000000}),
};

constexpr ConfigKey kSubscribeKeys[] = {
    number<&C::subscribe_min_expires>(
        {"subscribe", "min_expires",
         "Shortest subscription; see clamp. 0 as an expiry always means \"end it\" or \"once\".",
         true},
        {0, kDay, "s"}),
    number<&C::subscribe_max_expires>(
        {"subscribe", "max_expires",
         "Longest subscription; longer ones are shortened. 0: as each event package says.", true},
        {0, kMaxExpires, "s"}),
    flag<&C::subscribe_clamp>(
        {"subscribe", "clamp",
         "Below the minimum: true grants the minimum, false answers 423 (RFC 6665 4.2.1.1).",
         true}),
    flag<&C::subscribe_replace_same_device>({"subscribe", "replace_same_device",
                                             "A new subscription of the same device "
                                             "(+sip.instance, else Contact) ends its earlier one.",
                                             true}),
    number<&C::subscribe_pending_lifetime>(
        {"subscribe", "pending_lifetime",
         "How long a watcher waits for the owner's decision at most (RFC 3857 4.7.1).", true},
        {60, 49 * kDay, "s"}),
    number<&C::subscribe_per_watcher>(
        {"subscribe", "per_watcher", "Most subscriptions of one watcher.", true}, {1, 10000000}),
    number<&C::subscribe_per_source>({"subscribe", "per_source",
                                      "Most subscriptions from one address (IPv6: one /64), those "
                                      "of sip.trusted_peers excepted; "
                                      "who asked counts, wherever the NOTIFYs go.",
                                      true},
                                     {1, 10000000}),
    number<&C::subscribe_per_resource>(
        {"subscribe", "per_resource", "Most subscriptions to one resource.", true}, {1, 10000000}),
    number<&C::subscribe_per_watcher_resource>(
        {"subscribe", "per_watcher_resource", "Most subscriptions of one watcher to one resource.",
         true},
        {1, 10000}),
    budget<&C::subscribe_memory>(
        {"subscribe", "memory", "For subscriptions, of the process; more are refused.", true},
        1048576, Filled::by_users),
    number<&C::subscribe_memory_per_source>(
        {"subscribe", "memory_per_source",
         "Of it for one address (IPv6: one /64), those of sip.trusted_peers excepted.", true},
        {65536, kMostMemory, "bytes"}),
};

constexpr ConfigKey kPublishKeys[] = {
    number<&C::publish_default_expires>(
        {"publish", "default_expires", "Granted where a PUBLISH asks for nothing (RFC 3903 6).",
         true},
        {1, kMaxExpires, "s"}),
    number<&C::publish_min_expires>(
        {"publish", "min_expires", "Below this a PUBLISH is answered 423.", true}, {0, kDay, "s"}),
    number<&C::publish_max_expires>(
        {"publish", "max_expires", "Longer expiries are shortened to this.", true},
        {1, kMaxExpires, "s"}),
    number<&C::publish_per_resource>(
        {"publish", "per_resource", "Most publications of one resource at a time.", true},
        {1, 1024}),
    budget<&C::publish_memory>(
        {"publish", "memory",
         "For publications, of the process, about three times their bytes each; more are refused.",
         true},
        1048576, Filled::by_users),
    number<&C::publish_memory_per_source>(
        {"publish", "memory_per_source",
         "Of it for one account, or for one address (IPv6: one /64) where nobody has to prove who "
         "he is.",
         true},
        {65536, kMostMemory, "bytes"}),
};

constexpr ConfigKey kAuthzKeys[] = {
    list<&C::authz_defaults>(
        {"authz", "default",
         "What becomes of watchers whom neither the owner nor his domain say anything about, by "
         "event package and domain or *: \"<package> * confirm\", \"<package> example.com block\"; "
         "block, confirm, polite-block or allow. Without: as the package has it; most are for "
         "owners and delegates, others are shown to the owner's domain as long as he has no rules, "
         "and everybody else waits for him.",
         true},
        read_element<&C::authz_defaults, parse_authorization_default>,
        show_elements<&C::authz_defaults>),
    number<&C::authz_per_scope>(
        {"authz", "per_scope", "Most list entries, and most rules, of one owner or domain.", true},
        {1, 10000}),
    number<&C::authz_scopes>(
        {"authz", "scopes", "Most owners and domains with lists or rules; more are refused.", true},
        {1, 10000000}),
    number<&C::authz_audit>(
        {"authz", "audit", "Changes of lists and rules that are remembered, the latest.", true},
        {100, 1000000}),
    budget<&C::authz_memory>(
        {"authz", "memory", "For lists and rules, as they are written; more are refused.", true},
        1048576, Filled::by_users),
};

constexpr ConfigKey kWinfoKeys[] = {
    number<&C::winfo_waiting_retention>(
        {"winfo", "waiting_retention",
         "How long a watcher is remembered whose subscription ended before the owner decided (RFC "
         "3857 4.7.1).",
         true},
        {60, 365 * kDay, "s"}),
    number<&C::winfo_waiting_per_owner>(
        {"winfo", "waiting_per_owner",
         "Most such watchers of one owner; with more, whoever has waited longest is forgotten.",
         true},
        {1, 100000}),
    number<&C::winfo_waiting_per_watcher>(
        {"winfo", "waiting_per_watcher", "Most owners one watcher waits for; likewise.", true},
        {1, 100000}),
    number<&C::winfo_waiting_total>(
        {"winfo", "waiting_total", "Most such watchers in all; likewise.", true}, {1000, 10000000}),
    budget<&C::winfo_waiting_memory>(
        {"winfo", "waiting_memory", "For such watchers, in all; likewise.", true}, 1048576,
        Filled::by_users),
};

constexpr ConfigKey kRegisterKeys[] = {
    number<&C::register_default_expires>(
        {"register", "default_expires", "Granted where a contact asks for nothing.", true},
        {1, kMaxExpires, "s"}),
    number<&C::register_min_expires>(
        {"register", "min_expires", "Below this a REGISTER is answered 423 (RFC 3261 10.3).", true},
        {0, 3600, "s"}),
    number<&C::register_max_expires>(
        {"register", "max_expires", "Longer expiries are shortened to this.", true},
        {60, kMaxExpires, "s"}),
    number<&C::register_max_contacts>(
        {"register", "max_contacts", "Most contacts of one user; more are answered 403.", true},
        {1, 1000}),
    budget<&C::register_memory>(
        {"register", "memory", "For contacts, of the process; more are refused.", true}, 1048576,
        Filled::by_users),
    number<&C::register_memory_per_source>(
        {"register", "memory_per_source",
         "Of it for one account, or for one address (IPv6: one /64) where nobody has to prove who "
         "he is.",
         true},
        {65536, kMostMemory, "bytes"}),
    flag<&C::register_needs_path_support>(
        {"register", "path_needs_support",
         "true: a Path the device did not say it supports is answered 420 (RFC 3327 5.3).", true}),
    flag<&C::register_allows_lower_cseq>(
        {"register", "allow_lower_cseq",
         "For devices that start again with their old Call-ID and CSeq 1.", true}),
    flag<&C::register_allows_star_alone>(
        {"register", "allow_star_without_expires",
         "For devices that send \"Contact: *\" without \"Expires: 0\".", true}),
};

constexpr ConfigKey kNotifyKeys[] = {
    number<&C::notify_timeout_max>(
        {"notify", "timeout_max",
         "Unanswered NOTIFYs in a row after which a subscription is ended.", true},
        {1, 1000}),
    number<&C::notify_failures_max>(
        {"notify", "failures_max",
         "Refused NOTIFYs in a row after which a subscription is ended; 481 ends it at once.",
         true},
        {1, 1000}),
    list<&C::notify_intervals>(
        {"notify", "intervals",
         "How many seconds the NOTIFYs of a subscription are apart at least, by event package: "
         "\"<package> 5\"; 0: not at all. What is not listed has the interval of its package.",
         true},
        read_notify_interval, show_elements<&C::notify_intervals>),
};

constexpr ConfigKey kHttpKeys[] = {
    text<&C::http_listen>(
        {"http", "listen", "Where the HTTP API is served: address:port, numeric. Empty: no HTTP."},
        read_http_listen),
    flag<&C::http_insecure>({"http", "insecure",
                             "Allow plain HTTP beyond loopback, where tokens can be read on the "
                             "way: for a network that encrypts by itself, or a container."}),
    text<&C::http_certificate>(
        {"http", "certificate",
         "PEM file with the certificate the API is served with (HTTPS), and the chain to its root. "
         "Read again on SIGHUP, and when it changes. Empty: plain HTTP."}),
    text<&C::http_key>({"http", "key", "PEM file with its key."}),
    text<&C::http_client_ca>(
        {"http", "client_ca",
         "PEM file with the certificates that vouch for clients, which are asked for theirs then. "
         "Read again as the certificate is. Empty: nobody is asked."}),
    list<&C::http_clients>(
        {"http", "clients",
         "Who needs no token: \"name role\", with a DNS name or URI of the client's certificate "
         "and "
         "role read, write or admin. A user or a domain behind it: good for what is theirs only.",
         true},
        read_element<&C::http_clients, parse_http_client>, show_elements<&C::http_clients>),
    number<&C::http_hsts>(
        {"http", "hsts",
         "Browsers are told to use HTTPS only, for so long (RFC 6797). 0: they are told nothing."},
        {0, 2 * 366 * kDay, "s"}),
    text<&C::http_token_file>({"http", "token_file",
                               "The admin token; made at the first start, readable for the owner "
                               "only. Empty: only http.tokens count."},
                              read_token_file),
    list<&C::http_tokens>({"http", "tokens",
                           "More tokens: \"name role sha256\", role read, write or admin; the hash "
                           "is what `printf %s \"$token\" | sha256sum` prints. A user or a domain "
                           "behind it: good for what is theirs only.",
                           true},
                          read_element<&C::http_tokens, parse_token>,
                          show_elements<&C::http_tokens>),
    number<&C::http_threads>({"http", "threads", "Requests answered at once; more wait."},
                             {2, 256}),
    number<&C::http_max_body>({"http", "max_body", "Longest request body; more is answered 413."},
                              {1024, 67108864, "bytes"}),
    number<&C::http_request_timeout>(
        {"http", "request_timeout",
         "The body of a request must have arrived within this time, and every 64 KiB of an answer "
         "been taken."},
        {1, 600, "s"}),
    number<&C::http_head_timeout>(
        {"http", "head_timeout", "The head of a request must have arrived within this time."},
        {1, 60, "s"}),
    number<&C::http_connections>(
        {"http", "connections",
         "Most connections at once; above it the one that has waited longest for a request gives "
         "way."},
        {8, 1000000}),
    budget<&C::http_buffer>(
        {"http", "buffer",
         "Most memory for requests and answers on their way, all connections together; what comes "
         "above it is answered 503."},
        1048576),
    number<&C::http_event_streams>(
        {"http", "event_streams",
         "Most readers of GET /v1/events at once, beside the other connections; more are answered "
         "503."},
        {1, 1000000}),
    number<&C::http_event_streams_per_token>(
        {"http", "event_streams_per_token",
         "Of them, those with the same token; more are answered 429."},
        {1, 1000000}),
    list<&C::http_cors_origins>(
        {"http", "cors_origins",
         "Pages of these origins may use the API from a browser (CORS), as in "
         "\"https://intranet.example.com\"; they still need a token.",
         true},
        read_element<&C::http_cors_origins, parse_origin>,
        [](const Config& c) { return toml_list(c.http_cors_origins); }),
    list<&C::http_hosts>(
        {"http", "hosts",
         "Names this server is called by in a Host header, beside localhost and numeric addresses; "
         "other names are answered 421, so that no page in a browser can ask by a name of its own. "
         "\"*\": any name.",
         true},
        read_http_host, [](const Config& c) { return toml_list(c.http_hosts); }),
    list<&C::http_trusted_proxies>(
        {"http", "trusted_proxies",
         "Addresses and ranges of proxies in front of the API: the client they name in "
         "X-Forwarded-For is the one that is logged.",
         true},
        read_element<&C::http_trusted_proxies, parse_address_range>,
        show_elements<&C::http_trusted_proxies>),
    budget<&C::http_idempotency_memory>(
        {"http", "idempotency_memory",
         "For requests with an Idempotency-Key, and their answers, given again to who repeats one "
         "within 24 hours, over restarts too. With too many the oldest answers are forgotten."},
        65536, Filled::by_users_and_stored),
};

ValueType type_of(const packages::Value& value) {
    constexpr ValueType kTypes[] = {ValueType::flag, ValueType::number, ValueType::text,
                                    ValueType::list};
    return kTypes[value.index()];
}

/// The keys of one entry of Config::package_settings.
void add_keys_of(const PackageSettings& all, std::size_t entry, std::vector<ConfigKey>& keys) {
    const auto settings = all[entry].package->keys();
    for (std::size_t index = 0; index < settings.size(); ++index) {
        const packages::SettingKey& setting = settings[index];
        ConfigKey key = row({all[entry].package->profile().section, setting.name, setting.help,
                             setting.is_reloadable},
                            type_of(setting.standard));
        key.min = setting.min;
        key.max = setting.max;
        key.unit = setting.unit;
        key.setting = &setting;
        key.package = entry;
        key.index = index;
        keys.push_back(key);
    }
}

void add_package_keys(std::vector<ConfigKey>& keys) {
    const PackageSettings defaults;
    for (std::size_t entry = 0; entry < defaults.size(); ++entry)
        add_keys_of(defaults, entry, keys);
}

std::vector<ConfigKey> joined() {
    std::vector<ConfigKey> all;
    const auto add = [&all](const auto& keys) {
        all.insert(all.end(), std::begin(keys), std::end(keys));
    };
    add(kSipKeys);
    add(tls_keys());
    add(kAuthKeys);
    add(bearer_keys());
    add(server_keys());
    add(store_keys());
    add(cluster_keys());
    add(kResourcesKeys);
    add(kSubscribeKeys);
    add(kAuthzKeys);
    add(kWinfoKeys);
    add(kPublishKeys);
    add(kRegisterKeys);
    add(message_keys());
    add(provisioning_keys());
    add(kNotifyKeys);
    add(pbx_keys());
    add_package_keys(all);
    add(kHttpKeys);
    add(events_keys());
    return all;
}

}  // namespace

void set_flag(const ConfigKey& key, Config& config, bool value) {
    if (!key.setting) return key.set_flag(config, value);
    config.package_settings.value(key.package, key.index) = value;
}

void set_number(const ConfigKey& key, Config& config, std::uint64_t value) {
    if (!key.setting) return key.set_number(config, value);
    config.package_settings.value(key.package, key.index) = value;
}

std::string read_text(const ConfigKey& key, Config& config, std::string_view value) {
    if (!key.setting) return key.read(config, value);
    auto& place = config.package_settings.value(key.package, key.index);
    auto* list = std::get_if<std::vector<std::string>>(&place);
    const auto earlier =
        list ? std::span<const std::string>(*list) : std::span<const std::string>();
    if (key.setting->check) {
        if (auto mistake = key.setting->check(value, earlier); !mistake.empty()) return mistake;
    }
    if (list) {
        list->emplace_back(value);
    } else {
        place = std::string(value);
    }
    return {};
}

void clear(const ConfigKey& key, Config& config) {
    if (!key.setting) return key.clear(config);
    config.package_settings.value(key.package, key.index) = std::vector<std::string>();
}

std::string shown(const ConfigKey& key, const Config& config) {
    if (!key.setting) return key.show(config);
    const auto& value = config.package_settings.value(key.package, key.index);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return toml_quoted(*text);
    return toml_list(std::get<std::vector<std::string>>(value));
}

void copy(const ConfigKey& key, const Config& from, Config& to) {
    if (!key.setting) return key.copy(from, to);
    to.package_settings.value(key.package, key.index) =
        from.package_settings.value(key.package, key.index);
}

std::span<const ConfigKey> config_keys() noexcept {
    static const std::vector<ConfigKey> all = joined();
    return all;
}

std::string section_help(std::string_view section) noexcept {
    if (section == "sip") return "SIP: addresses, domains, authentication, timers, limits.";
    if (section == "auth") return "Guesses at passwords.";
    if (section == "bearer") return "Bearer tokens (RFC 8898).";
    if (section == "server") return "The program.";
    if (section == "store") return "What survives a restart.";
    if (section == "cluster")
        return "What this server is called, and users whose state is on its way.";
    if (section == "resources") return "Who exists.";
    if (section == "subscribe") return "Subscriptions (RFC 6665).";
    if (section == "authz") return "Who may see what (RFC 5025).";
    if (section == "winfo") return "Who watches (RFC 3857).";
    if (section == "publish") return "Publications (RFC 3903).";
    if (section == "register") return "Registrations (RFC 3261 10).";
    if (section == "message") return "Messages (RFC 3428).";
    if (section == "provisioning") return "Devices told to fetch their configuration.";
    if (section == "notify") return "Notifications.";
    if (section == "pbx") return "PBXs that Herald subscribes to (RFC 6665 4.1).";
    if (section == "http") return "The HTTP API, metrics and health.";
    if (section == "events") return "What happens, for programs that want to know.";
    if (section == "hooks") return "Events posted to a program.";
    for (const auto* package : packages::all()) {
        const auto& profile = package->profile();
        if (package->keys().empty() || profile.section != section) continue;
        return std::string(profile.title) + " (" + std::string(profile.reference) + ").";
    }
    return {};
}

std::string full_name(const ConfigKey& key) {
    return std::string(key.section) + "." + std::string(key.name);
}

}  // namespace herald::server
