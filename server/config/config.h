// server/config/config.h: the one configuration file: every key in one table, with default, unit
// and a line of help.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "packages/generic.h"
#include "pidf/common_policy.h"
#include "server/config/package_settings.h"
#include "server/config/pbx_address.h"
#include "server/config/recipes.h"
#include "sip/address_range.h"
#include "sip/digest.h"
#include "sip/endpoint.h"
#include "sip/tls.h"
#include "store/records.h"

namespace herald::server {

/// `sip.listen` entry: "udp:127.0.0.1:5060", "tcp:[::1]:5060", "tls:0.0.0.0:5061",
/// "udp:0.0.0.0:5060;advertise=sip.example.com:5060".
struct ListenAddress {
    sip::Protocol protocol = sip::Protocol::udp;
    sip::Endpoint bind;
    std::string advertised{};  ///< host[:port] peers are told; empty: the bound one
    /// Whether clients of a listener with TLS show a certificate.
    sip::ClientCertificates clients = sip::ClientCertificates::none;
};

enum class AuthMode : std::uint8_t { unset, open, digest };

/// "192.0.2.0/24" or one address.
using AddressRange = sip::AddressRange;
Result<AddressRange> parse_address_range(std::string_view text);

/// How far apart the NOTIFYs of a subscription are at least (RFC 6665 4.2.2), for one package.
struct NotifyInterval {
    std::string event;
    std::uint32_t seconds = 0;
};

/// What becomes of watchers nobody said anything about, for one package and one domain or "*".
struct AuthorizationDefault {
    std::string package, domain;
    pidf::SubHandling handling = pidf::SubHandling::confirm;
    friend bool operator==(const AuthorizationDefault&, const AuthorizationDefault&) = default;
};

/// Credentials for one realm: "herald:secret@example.net".
struct RealmLogin {
    std::string realm;
    std::string username, password;
};
Result<RealmLogin> parse_realm_login(std::string_view text);

/// Another name of a domain: "192.0.2.1=example.com".
using DomainAlias = std::pair<std::string, std::string>;
Result<DomainAlias> parse_domain_alias(std::string_view text);

/// Who holds a client certificate: "proxy.example.com=trusted",
/// "door.example.com=sip:door@example.com",
/// "*@example.com".
struct CertificateEntry {
    std::string name;  ///< a host, a canonical AOR, or "*@domain"
    std::string
        account;  ///< the account's AOR; empty with "*@domain": the one the certificate names
    bool is_trusted = false;  ///< a peer like those of trusted_peers
};

/// What a scope of a bearer token allows: "sip.admin=admin".
struct ScopeRole {
    std::string scope;
    store::Account::Role role = store::Account::Role::user;
};

/// Who may use the HTTP API by a client certificate.
struct HttpClient {
    std::string name;     ///< a DNS name or URI in the certificate, as it is there
    std::string role;     ///< read, write, admin
    std::string limit{};  ///< as of HttpToken
};

/// Who may use the HTTP API: only the SHA-256 of his token is kept.
struct HttpToken {
    std::string name;
    std::string sha256_hex;
    std::string role;     ///< read, write, admin
    std::string limit{};  ///< a canonical AOR or a domain it is good for; empty: everybody
};

/// Every knob. Defaults here are the defaults. Times in seconds unless the name says otherwise.
struct Config {
    // [sip]
    std::vector<ListenAddress>
        sip_listen;                    ///< default: udp and tcp on 127.0.0.1:5060 and nothing else
    std::vector<std::string> domains;  ///< default: localhost and the listening addresses
    std::vector<DomainAlias> domain_aliases;
    std::vector<AddressRange> trusted_peers;
    AuthMode auth =
        AuthMode::unset;  ///< unset means open on loopback and refuses to start elsewhere
    std::string realm;    ///< default: the first domain
    std::vector<sip::DigestAlgorithm> digest_algorithms{sip::DigestAlgorithm::sha256,
                                                        sip::DigestAlgorithm::md5};
    std::uint32_t nonce_life = 300;
    bool digest_allow_rfc2069 = false;
    bool digest_allow_stuck_nc = false;
    bool digest_userhash = true, digest_next_nonce = true;
    std::vector<RealmLogin> notify_logins;        ///< what Herald answers a challenged NOTIFY with
    std::vector<std::string> notify_without_qop;  ///< realms whose challenges may be RFC 2069's
    std::string dns_servers;                      ///< empty: the system's
    std::string outbound_proxy;                   ///< SIP URI for other domains; empty: RFC 3263
    std::vector<std::string> edge_for;            ///< domains of others whose devices come by here
    std::uint32_t t1_ms = 500, t2_ms = 4000;
    std::size_t max_message = 65535, max_body = 262144, max_headers = 128, max_connections = 100000,
                max_connections_per_source = 1000;
    std::size_t max_unfinished_bytes = 67108864, max_unfinished_bytes_per_source = 8388608;
    std::size_t max_answered_bytes = 268435456, max_pending_bytes = 67108864;
    std::vector<AddressRange> deny_targets;  ///< where peers may not make Herald send
    std::uint32_t tcp_idle_timeout = 3600;
    // [auth]
    std::uint32_t auth_guesses_per_source = 20, auth_guesses_per_account = 100;
    std::uint32_t auth_longest_delay = 60;
    std::size_t auth_memory = 16777216;
    // [server]
    unsigned shards = 0;  ///< 0: one per core
    base::LogLevel log_level = base::LogLevel::info;
    base::LogFormat log_format = base::LogFormat::logfmt;
    std::size_t trace_memory = 4194304;
    std::string hep;  ///< address of a collector of traced messages; empty: there is none
    std::uint32_t hep_node = 2001;
    // [store]
    std::string store_url = "sqlite:var/herald.db";
    bool store_must_exist = false;  ///< a new one is not made
    std::size_t store_queue = 4000;
    // [cluster]
    std::string cluster_node;  ///< empty: the host's name
    std::uint32_t cluster_hold = 15;
    std::size_t cluster_held_requests = 2000, cluster_held_bytes = 4194304;
    // [resources]
    bool accept_unknown_resources = true;
    std::uint32_t max_aliases = 100000;
    // [subscribe], [publish]
    std::uint32_t subscribe_min_expires = 60, subscribe_max_expires = 0 /* 0: the package's */;
    bool subscribe_clamp = false;  ///< below the minimum: raise silently instead of 423
    bool subscribe_replace_same_device = true;
    std::uint32_t subscribe_pending_lifetime = 86400;
    std::uint32_t subscribe_per_watcher = 1000, subscribe_per_source = 200000,
                  subscribe_per_resource = 200000, subscribe_per_watcher_resource = 10;
    std::size_t subscribe_memory = 1073741824, subscribe_memory_per_source = 268435456;
    std::uint32_t publish_default_expires = 3600, publish_min_expires = 60,
                  publish_max_expires = 7200;
    std::uint32_t publish_per_resource = 16;
    std::size_t publish_memory = 1073741824, publish_memory_per_source = 536870912;
    // [authz]
    std::vector<AuthorizationDefault> authz_defaults;
    std::uint32_t authz_per_scope = 10000, authz_scopes = 100000;
    std::uint32_t authz_audit = 10000;
    std::size_t authz_memory = 268435456;
    // [winfo]
    std::uint32_t winfo_waiting_retention = 14 * 86400;
    std::uint32_t winfo_waiting_per_owner = 500, winfo_waiting_per_watcher = 20;
    std::uint32_t winfo_waiting_total = 100000;
    std::size_t winfo_waiting_memory = 67108864;
    // [register]
    std::uint32_t register_default_expires = 3600, register_min_expires = 60,
                  register_max_expires = 7200;
    std::uint32_t register_max_contacts = 10;
    std::size_t register_memory = 536870912, register_memory_per_source = 134217728;
    bool register_needs_path_support = true;
    bool register_allows_lower_cseq = false;
    bool register_allows_star_alone = false;
    // [message]
    bool message_store = true;            ///< for users who are not there
    std::uint32_t message_keep = 604800;  ///< at most
    std::uint32_t message_per_user = 1000;
    std::uint64_t message_per_user_bytes = 4194304;
    std::uint32_t message_total = 1000000;
    std::uint64_t message_total_bytes = 1073741824, message_per_sender_bytes = 67108864;
    std::size_t message_in_flight = 67108864, message_in_flight_per_sender = 8388608;
    std::size_t message_max_body = 65536;
    std::vector<std::string> message_types;  ///< "text/plain", "text/*"; empty: any
    std::uint32_t message_patience = 8;  ///< until a device that does not answer counts as absent
    std::uint32_t message_rate = 20;     ///< of one sender, a second; 0: any
    std::uint32_t message_burst = 100;
    bool message_large_on_udp = true;    ///< more than 1300 bytes by UDP, without a stream
    bool message_stored_is_200 = false;  ///< for clients that take 202 for a failure
    bool message_foreign = false;        ///< accounts may write to other domains
    // [provisioning]
    std::uint32_t provisioning_rate = 10;  ///< NOTIFYs of one job a second
    std::uint32_t provisioning_confirm_above = 100;
    std::uint32_t provisioning_retry_for = 86400;
    std::uint32_t provisioning_keep = 604800;
    std::uint32_t provisioning_max_jobs = 100, provisioning_max_devices = 100000;  ///< per shard
    std::vector<Recipe> provisioning_recipes;       ///< before the built-in ones
    std::uint32_t provisioning_max_known = 100000;  ///< devices remembered, per shard
    std::vector<std::string> pnp_interfaces;        ///< "eth0"; empty: no PnP
    std::vector<std::string> pnp_ouis;              ///< "000413": six hex digits, lower case
    bool pnp_any = false;                           ///< whoever asks is told
    std::string pnp_url;                            ///< with {mac}, {vendor}, {model}
    std::uint32_t pnp_rate = 50;                    ///< answered in a second
    std::string provisioning_listen;                ///< of the file server; empty: none
    std::string provisioning_url;                   ///< its URLs begin with
    std::string provisioning_certificate, provisioning_key;  ///< PEM files; empty: plain HTTP
    std::uint32_t provisioning_url_life = 3600;
    std::vector<std::string> provisioning_plain_paths;  ///< "/{mac}.cfg"; empty: tokens only
    std::uint32_t provisioning_threads = 2;
    std::size_t provisioning_connections = 1024;
    std::uint32_t provisioning_max_profiles = 10000;
    std::size_t provisioning_max_profile = 1048576;       ///< bytes of one, with its files
    std::size_t provisioning_profile_memory = 268435456;  ///< bytes of all
    // [notify]
    std::uint32_t notify_timeout_max = 3, notify_failures_max = 3;
    std::vector<NotifyInterval> notify_intervals;        ///< instead of the packages' own
    std::vector<packages::GenericProfile> own_packages;  ///< [[package]]
    // [pbx]
    std::vector<PbxAddress> pbxs;     ///< by unique names
    std::uint32_t pbx_expires = 600;  ///< asked of a PBX
    std::vector<PbxList> pbx_lists;   ///< one of a PBX at most
    // the packages'
    PackageSettings package_settings;  ///< a section for each package that has keys
    // [http]
    std::string http_listen = "127.0.0.1:8080";  ///< empty: no HTTP
    bool http_insecure = false;                  ///< allow plain HTTP beyond loopback
    std::string http_token_file = "var/token";
    std::uint32_t http_threads = 8;
    std::size_t http_max_body = 1048576;
    std::uint32_t http_request_timeout = 15;
    std::uint32_t http_head_timeout = 5;
    std::size_t http_connections = 1024;
    std::size_t http_buffer = 64 << 20;
    std::size_t http_event_streams = 4000;
    std::size_t http_event_streams_per_token = 1000;
    std::vector<AddressRange> http_trusted_proxies;  ///< whose Forwarded is believed
    std::size_t http_idempotency_memory = 4194304;
    std::vector<std::string> http_hosts;         ///< beside localhost and addresses; "*": any
    std::vector<std::string> http_cors_origins;  ///< "https://example.com"; empty: none
    std::vector<HttpToken> http_tokens;  ///< beside the one in http_token_file, which is an admin's
    // [events], [hooks]
    std::size_t events_memory = 16 << 20;
    std::string hooks_url;  ///< empty: no hooks
    std::string hooks_secret_file;
    std::string hooks_ca;  ///< PEM file, for https; empty: the system's
    std::vector<std::string> hooks_kinds{"watcher.pending", "rule.changed", "subscription.lost",
                                         "pbx.up", "pbx.down"};
    std::uint32_t hooks_queue = 10000;
    std::uint64_t hooks_memory = 16 << 20;
    std::uint32_t hooks_keep = 3 * 86400;
    std::uint32_t hooks_timeout = 10;
    std::string http_certificate, http_key;  ///< PEM files; empty: plain HTTP
    // [sip], of TLS and WebSocket
    std::vector<std::string> tls_certificates, tls_keys;  ///< PEM files, in pairs
    std::string tls_ca;  ///< PEM file, of those Herald connects to; empty: the system's
    std::uint32_t tls_handshake_timeout = 10;
    std::vector<std::string> ws_origins;  ///< of pages that may open a WebSocket; empty: any
    std::string tls_clients_ca;           ///< PEM file, of those who connect with a certificate
    std::vector<CertificateEntry> tls_clients;  ///< whom their certificates make them
    std::uint32_t flow_timer = 0;  ///< seconds between keep-alives of RFC 5626; 0: not said
    bool stun = true;              ///< keep-alives by UDP are answered
    bool overload_control = true;  ///< RFC 7339
    // [bearer]
    std::string bearer_keys;  ///< PEM or JWKS file; empty: no tokens
    std::string bearer_issuer, bearer_audience, bearer_server;
    std::string bearer_claim = "sub";      ///< names the user
    std::vector<ScopeRole> bearer_scopes;  ///< empty: none is asked for
    std::uint32_t bearer_clock_skew = 30;
    // [http], of TLS
    std::string http_client_ca;            ///< PEM file; empty: no client certificates
    std::vector<HttpClient> http_clients;  ///< whom theirs make them
    std::uint32_t http_hsts = 0;           ///< seconds; 0: not said
};

/// One mistake in a configuration.
struct ConfigMistake {
    unsigned line = 0;  ///< 0: no line of the file
    std::string text;
};

struct ConfigResult {
    Config config;
    std::vector<ConfigMistake> mistakes;  ///< empty: usable
};

/// Reads TOML text. All mistakes are reported together: unknown keys (with the nearest known one),
/// wrong types, ranges, combinations (a listener beyond loopback without auth, HTTP beyond loopback
/// without TLS or http.insecure).
ConfigResult parse_config(std::string_view toml);
/// parse_config() of a file. Faults: io.
Result<ConfigResult> load_config(const std::string& path);
/// The worst case: what others can make Herald hold, all budgets together, in bytes.
struct WorstCase {
    std::uint64_t unknown = 0;  ///< of memory, before it knows who they are
    std::uint64_t known = 0;    ///< of memory, after that
    std::uint64_t stored = 0;   ///< of the store
};
WorstCase worst_case(const Config& config);
/// In a sentence.
std::string to_text(const WorstCase& worst);
/// The whole table as a commented TOML file with every key at its default.
std::string documented_example();

/// A key whose value differs between two configurations.
struct ConfigChange {
    std::string key;             ///< "sip.realm"
    bool is_reloadable = false;  ///< false: it takes a restart
};
/// What differs between the running configuration and one just read, in the order of the table.
std::vector<ConfigChange> changed_keys(const Config& running, const Config& fresh);
/// `running` with the reloadable keys of `fresh`.
Config reloaded(Config running, const Config& fresh);

}  // namespace herald::server
