// tests/unit/server/config/config_test.cpp: configuration: every kind of mistake, the documented
// example, derived defaults.
#include "server/config/config.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "server/config/config_table.h"
#include "server/config/config_values.h"
#include "tests/support/places.h"

namespace herald::server::config_test {
namespace {

/// The only mistake of `toml` as "line: text"; all of them where there are more.
std::string mistake_of(std::string_view toml) {
    std::string out;
    for (const ConfigMistake& mistake : parse_config(toml).mistakes) {
        if (!out.empty()) out += '\n';
        out += std::to_string(mistake.line) + ": " + mistake.text;
    }
    return out;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("an empty configuration is usable and stays on loopback") {
    const ConfigResult result = parse_config("");

    CHECK(result.mistakes.empty());
    const Config& config = result.config;
    REQUIRE(config.sip_listen.size() == 2);
    CHECK(to_string(config.sip_listen[0]) == "udp:127.0.0.1:5060");
    CHECK(to_string(config.sip_listen[1]) == "tcp:127.0.0.1:5060");
    CHECK(config.auth == AuthMode::unset);
    CHECK(config.domains == std::vector<std::string>{"localhost", "127.0.0.1"});
    CHECK(config.realm == "localhost");
    CHECK(config.http_listen == "127.0.0.1:8080");
}

TEST_CASE("the documented example means the same as an empty file") {
    const ConfigResult example = parse_config(documented_example());

    CHECK(example.mistakes.empty());
    CHECK(changed_keys(parse_config("").config, example.config).empty());
}

TEST_CASE("every key is in the documented example once, with help, under its section") {
    const std::string example = documented_example();
    std::set<std::string> names;
    for (const ConfigKey& key : config_keys()) {
        CAPTURE(full_name(key));
        CHECK(names.insert(full_name(key)).second);
        CHECK_FALSE(key.help.empty());
        CHECK_FALSE(section_help(key.section).empty());
        const auto section = example.find("\n[" + std::string(key.section) + "]\n");
        REQUIRE(section != std::string::npos);
        const auto line = example.find("\n" + std::string(key.name) + " = ", section);
        REQUIRE(line != std::string::npos);
        CHECK(example.find("\n[", section + 1) > line);
    }
}

TEST_CASE("no line of the documented example but values is wider than 100 columns") {
    std::istringstream lines(documented_example());
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 100);
    }
}

TEST_CASE("docs/configuration.md shows the documented example") {
    const std::string page = contents_of(testing::in_clone("docs/configuration.md"));

    CHECK(contains(page, "```toml\n" + documented_example() + "```\n"));
}

TEST_CASE("the functions of every row belong to its type") {
    for (const ConfigKey& key : config_keys()) {
        CAPTURE(full_name(key));
        if (key.setting) continue;
        CHECK((key.set_flag != nullptr) == (key.type == ValueType::flag));
        CHECK((key.set_number != nullptr) == (key.type == ValueType::number));
        CHECK((key.read != nullptr) ==
              (key.type == ValueType::text || key.type == ValueType::list));
        CHECK((key.clear != nullptr) == (key.type == ValueType::list));
        CHECK((key.show != nullptr));
        CHECK((key.copy != nullptr));
    }
}

TEST_CASE("every number takes its least and its greatest value and refuses the next") {
    for (const ConfigKey& key : config_keys()) {
        if (key.type != ValueType::number) continue;
        CAPTURE(full_name(key));
        const std::string prefix =
            "[" + std::string(key.section) + "]\n" + std::string(key.name) + " = ";
        const std::string refusal = "2: " + full_name(key) + ": ";

        CHECK_FALSE(contains(mistake_of(prefix + std::to_string(key.min)), "out of range"));
        CHECK_FALSE(contains(mistake_of(prefix + std::to_string(key.max)), "out of range"));
        CHECK(contains(mistake_of(prefix + std::to_string(key.max + 1)),
                       refusal + std::to_string(key.max + 1) + " is out of range"));
        CHECK(contains(mistake_of(prefix + "-1"), refusal + "-1 is out of range, expected " +
                                                      std::to_string(key.min) + " to "));
        CHECK(key.min < key.max);
    }
}

TEST_CASE("every key refuses a value of another type") {
    for (const ConfigKey& key : config_keys()) {
        CAPTURE(full_name(key));
        const std::string prefix =
            "[" + std::string(key.section) + "]\n" + std::string(key.name) + " = ";
        const std::string refusal = "2: " + full_name(key) + ": expected ";
        const auto is_refused = [&](const char* value, const std::string& what) {
            const std::string text = mistake_of(prefix + value);
            return text.starts_with(refusal) && contains(text, ", not " + what);
        };

        CHECK(is_refused("1.5", "a number with a fraction"));
        CHECK(is_refused("1979-05-27", "a date or time"));
        CHECK(is_refused("{}", "a table"));
        if (key.type != ValueType::number) CHECK(is_refused("1", "a number"));
        if (key.type != ValueType::flag) CHECK(is_refused("true", "true or false"));
        if (key.type != ValueType::list) CHECK(is_refused("[]", "an array"));
        if (key.type == ValueType::flag || key.type == ValueType::number)
            CHECK(is_refused("\"1\"", "a string"));
    }
}

TEST_CASE("every value is read back from what is shown of it") {
    const std::string toml = R"(
[sip]
listen = ["udp:0.0.0.0:5070;advertise=sip.example.com", "tcp:[::1]:5060", "udp:192.0.2.1",
  "tls:192.0.2.1;clients=ask"]
domains = ["Example.COM", "[2001:db8::1]"]
domain_aliases = ["Sip.Example.COM=example.com", "192.0.2.1 = [2001:db8::1]"]
trusted_peers = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]
auth = "digest"
realm = "my realm"
digest_algorithms = ["SHA-512-256", "MD5"]
nonce_life = 60
digest_allow_rfc2069 = true
digest_allow_stuck_nc = true
digest_userhash = false
digest_next_nonce = false
notify_logins = ["herald:se\"cr:@\\et\u0001@a phone", "h:@b"]
notify_without_qop = ["b"]
dns_servers = "192.0.2.53, [2001:db8::53]:5353"
outbound_proxy = "sip:proxy.example.com;lr"
edge_for = ["Elsewhere.example"]
t1_ms = 100
t2_ms = 1000
max_message = 2000
max_body = 3000
max_headers = 64
max_connections = 10
max_connections_per_source = 9
max_unfinished_bytes = 2000000
max_unfinished_bytes_per_source = 70000
max_answered_bytes = 3000000
max_pending_bytes = 4000000
deny_targets = ["10.0.0.0/8", "2001:db8::/32"]
tcp_idle_timeout = 100
tls_certificate = ["a.pem", "b.pem"]
tls_key = ["a.key", "b.key"]
tls_ca = "ca.pem"
tls_handshake_timeout = 7
ws_origins = ["https://phone.example.com"]
tls_clients_ca = "clients.pem"
tls_clients = ["Proxy.example.com=trusted", "*@example.com", "a.test=sip:a@example.com"]
flow_timer = 120
stun = false
overload_control = false
[bearer]
keys = "keys.json"
issuer = "https://id.example.com"
audience = "sip:example.com"
authz_server = "https://id.example.com/login"
claim = "email"
scopes = ["sip=user", "sip.operate=admin"]
clock_skew = 5
[server]
shards = 3
log_level = "warning"
log_format = "json"
trace_memory = 70000
hep = "192.0.2.5:9060"
hep_node = 7
[auth]
guesses_per_source = 5
guesses_per_account = 6
longest_delay = 7
memory = 100000
[store]
url = "sqlite:/var/lib/herald/herald.db"
must_exist = true
queue = 200
[cluster]
node = "bee"
hold = 20
held_requests = 100
held_bytes = 100000
[resources]
unknown = "refuse"
max_aliases = 9
[presence]
from_registrations = true
registration_grace = 4
composition = "union"
sources = ["sip:calendar@example.com", "permanent", "published"]
decay = 600
[subscribe]
min_expires = 10
max_expires = 20
clamp = true
replace_same_device = false
pending_lifetime = 100
per_watcher = 9
per_source = 11
per_resource = 8
per_watcher_resource = 7
memory = 2097152
memory_per_source = 65537
[authz]
default = ["presence * confirm", "reg Example.com polite-block"]
per_scope = 12
scopes = 13
audit = 140
memory = 2097152
[winfo]
waiting_retention = 150
waiting_per_owner = 16
waiting_per_watcher = 17
waiting_total = 1800
waiting_memory = 2097152
[publish]
default_expires = 50
min_expires = 40
max_expires = 60
per_resource = 5
memory = 2097152
memory_per_source = 65537
[register]
default_expires = 70
min_expires = 30
max_expires = 80
max_contacts = 3
memory = 2097152
memory_per_source = 65537
path_needs_support = false
allow_lower_cseq = true
allow_star_without_expires = true
[message]
store = false
keep = 100
per_user = 3
per_user_bytes = 2048
total = 4
total_bytes = 2097152
per_sender_bytes = 65537
in_flight = 2097152
in_flight_per_sender = 65537
max_body = 2048
types = ["Text/*", "message/cpim"]
patience = 3
rate = 7
burst = 8
large_on_udp = false
stored_is_200 = true
foreign = true
[notify]
timeout_max = 4
failures_max = 5
intervals = ["reg 2", "message-summary 0"]
[pbx]
servers = ["asterisk sip:192.0.2.5:5070 herald secret", "fs sip:fs.example.com"]
lists = ["asterisk lamps"]
expires = 120
[mwi]
account = "sip:*97@{host}"
unsolicited = true
unsolicited_state = "active"
message_headers = ["From", "Subject"]
[dialog]
dummy = false
own_calls = false
calls = "confirmed_first"
max_age = 600
max_early_age = 60
suspicious = 300
on_the_phone = false
registration = true
[provisioning]
rate = 5
confirm_above = 7
retry_for = 3600
keep = 7200
max_jobs = 9
max_devices = 1000
recipes = ["reboot: Acme* -> check-sync;reboot=true"]
max_known = 500
pnp_interfaces = ["eth0", "br-lan"]
pnp_ouis = ["00:04:13", "80-5E-C0"]
pnp_any = true
pnp_url = "https://p.example.com/{mac}.cfg"
pnp_rate = 7
listen = "192.0.2.1:8081"
url = "https://p.example.com"
certificate = "p.pem"
key = "p.key"
url_life = 600
plain_paths = ["/{mac}.cfg", "/{model}/{mac}.xml"]
threads = 3
connections = 99
max_profiles = 20
max_profile = 2048
profile_memory = 100000
[ua_profile]
anonymous = true
accept_unknown = true
bootstrap_networks = ["192.0.2.0/24", "2001:db8::/32"]
inline_up_to = 100
[http]
certificate = "api.pem"
key = "api.key"
client_ca = "operators.pem"
clients = ["desk.example.com read", "sip:op@example.com write Example.com"]
hsts = 86400
listen = "[::1]:9090"
insecure = true
token_file = "/run/herald/token"
tokens = ["grafana read 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
  "web write 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A09 Example.com"]
threads = 4
max_body = 4096
request_timeout = 5
head_timeout = 4
connections = 100
buffer = 2000000
hosts = ["herald.example.com"]
trusted_proxies = ["192.0.2.0/24"]
idempotency_memory = 80000
event_streams = 50
event_streams_per_token = 20
cors_origins = ["https://intranet.example.com"]
[events]
memory = 1048576
[hooks]
url = "http://hooks.example.com:8443/herald?x=1"
secret_file = "/run/herald/hook-secret"
ca = "/etc/herald/hook-ca.pem"
kinds = ["pbx.down"]
queue = 50
memory = 1000000
keep = 3600
timeout = 3
)";
    const ConfigResult first = parse_config(toml);
    REQUIRE(mistake_of(toml).empty());

    std::string shown;
    for (const ConfigKey& key : config_keys()) {
        shown += full_name(key) + " = " + herald::server::shown(key, first.config) + "\n";
    }
    CHECK(mistake_of(shown).empty());
    CHECK(changed_keys(first.config, parse_config(shown).config).empty());
    CHECK(changed_keys(parse_config("").config, first.config).size() == config_keys().size());
    CHECK(first.config.domains == std::vector<std::string>{"example.com", "[2001:db8::1]"});
    CHECK(first.config.domain_aliases ==
          std::vector<DomainAlias>{{"sip.example.com", "example.com"},
                                   {"192.0.2.1", "[2001:db8::1]"}});
    CHECK(first.config.authz_defaults.at(1) ==
          AuthorizationDefault{"reg", "example.com", pidf::SubHandling::polite_block});
    CHECK(first.config.notify_intervals.at(0).event == "reg");
    CHECK(first.config.notify_intervals.at(0).seconds == 2);
    CHECK(first.config.dns_servers == "192.0.2.53,[2001:db8::53]:5353");
    CHECK(first.config.http_tokens.at(0).sha256_hex ==
          "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    CHECK(first.config.notify_logins.at(0).username == "herald");
    CHECK(first.config.notify_logins.at(0).password == "se\"cr:@\\et\x01");
    CHECK(first.config.notify_logins.at(0).realm == "a phone");
    CHECK(to_string(first.config.sip_listen.at(2)) == "udp:192.0.2.1:5060");
    CHECK(first.config.bearer_scopes.at(1).role == store::Account::Role::admin);
    CHECK(first.config.http_clients.at(1).limit == "example.com");
}

TEST_CASE("unknown keys and sections are reported with the nearest known one") {
    CHECK(mistake_of("[sip]\nlisten_ = []") ==
          "2: unknown key sip.listen_; did you mean sip.listen?");
    CHECK(mistake_of("[sip]\n\nraelm = 'x'") ==
          "3: unknown key sip.raelm; did you mean sip.realm?");
    CHECK(mistake_of("[publish]\nmin_expire = 1") ==
          "2: unknown key publish.min_expire; did you mean publish.min_expires?");
    CHECK(mistake_of("[sip]\nunknown = 'accept'") ==
          "2: unknown key sip.unknown; there is resources.unknown");
    CHECK(mistake_of("[notify]\nmax_body = 1") ==
          "2: unknown key notify.max_body; there is sip.max_body and message.max_body and "
          "http.max_body");
    CHECK(mistake_of("[sip]\nfrobnicate = 1") == "2: unknown key sip.frobnicate");
    CHECK(mistake_of("[susbcribe]\nclamp = true") ==
          "1: unknown section [susbcribe]; did you mean [subscribe]?");
    CHECK(mistake_of("[weather]\n") == "1: unknown section [weather]");
    CHECK(mistake_of("realm = 'x'") == "1: unknown key realm; there is sip.realm");
    CHECK(mistake_of("sip = 5") == "1: sip is a section: write [sip] with its keys below");
    CHECK(mistake_of("[sip]\n" + std::string(5000, 'a') + " = 1").size() < 200);
}

TEST_CASE("RFC 3842 3.5: headers of messages are named by tokens") {
    CHECK(mistake_of("[mwi]\nmessage_headers = ['From', 'Sub ject']") ==
          "2: mwi.message_headers: \"Sub ject\" is not a header name, expected one like "
          "\"Subject\"");
    CHECK(mistake_of("[mwi]\nmessage_headers = ['From:']") != "");
    std::string many = "[mwi]\nmessage_headers = ['a0'";
    for (int i = 1; i <= 32; ++i) many += ", 'a" + std::to_string(i) + "'";
    CHECK(mistake_of(many + "]") == "2: mwi.message_headers: expected at most 32 names");
}

TEST_CASE("all mistakes are reported at once, in the order of lines") {
    const std::string text = mistake_of(
        "[http]\n"
        "threads = 1\n"
        "lisen = ''\n"
        "[sip]\n"
        "auth = 'basic'\n"
        "trusted_peers = [\n"
        "  '10.0.0.0/8',\n"
        "  '10.0.0.0/33',\n"
        "  7,\n"
        "]\n"
        "nonce_life = 'long'\n");

    CHECK(text ==
          "2: http.threads: 1 is out of range, expected 2 to 256\n"
          "3: unknown key http.lisen; did you mean http.listen?\n"
          "5: sip.auth: \"basic\" is unknown, expected \"digest\" or \"open\"\n"
          "8: sip.trusted_peers: /33 is not a prefix length, expected 0 to 32\n"
          "9: sip.trusted_peers: expected an array of strings, but this element is a number\n"
          "11: sip.nonce_life: expected a whole number, not a string");
}

TEST_CASE("values with a form of their own say what is wrong with them") {
    const auto sip = [](std::string_view line) {
        return mistake_of("[sip]\n" + std::string(line));
    };

    CHECK(contains(sip("listen = ['127.0.0.1:5060']"),
                   "2: sip.listen: \"127.0.0.1:5060\" names no transport"));
    CHECK(contains(sip("listen = ['sctp:127.0.0.1:5061']"), "names no transport"));
    CHECK(contains(sip("listen = ['udp:localhost:5060']"), "is not a numeric address with a port"));
    CHECK(
        contains(sip("listen = ['udp:127.0.0.1:65536']"), "is not a numeric address with a port"));
    CHECK(contains(sip("listen = ['udp:::1:5060']"), "is not a numeric address with a port"));
    CHECK(contains(sip("listen = ['udp:127.0.0.1;advertise=a b']"),
                   "ends in \"advertise=a b\", expected advertise=host"));
    CHECK(contains(sip("domains = ['exa mple.com']"),
                   "\"exa mple.com\" is not a host name or address"));
    CHECK(contains(sip("domains = ['']"), "\"\" is not a host name or address"));
    CHECK(contains(sip("trusted_peers = ['pbx.example.com']"),
                   "\"pbx.example.com\" is not an IP address"));
    CHECK(contains(sip("realm = 'a\"b'"),
                   "quotes, backslashes and control characters cannot be in a realm"));
    CHECK(contains(sip("digest_algorithms = ['SHA-1']"),
                   "\"SHA-1\" is unknown, expected \"MD5\", \"SHA-256\" or \"SHA-512-256\""));
    CHECK(contains(sip("digest_algorithms = ['MD5', 'MD5']"), "\"MD5\" is listed twice"));
    CHECK(contains(sip("dns_servers = '192.0.2.53,dns'"), "\"dns\" is not an IP address"));
    const auto intervals = [](std::string_view list) {
        return mistake_of("[notify]\nintervals = " + std::string(list));
    };
    CHECK(contains(intervals("['dialogue 5']"), "\"dialogue\" is not an event package"));
    CHECK(contains(intervals("['reg']"), "expected an event package and at most 3600 seconds"));
    CHECK(
        contains(intervals("['reg 3601']"), "expected an event package and at most 3600 seconds"));
    CHECK(contains(intervals("['reg 5', 'reg 6']"), "\"reg\" is listed twice"));
    CHECK(contains(mistake_of("[server]\nlog_level = 'loud'"),
                   "\"loud\" is unknown, expected \"debug\""));
    CHECK(contains(mistake_of("[store]\nurl = 'mysql:x'"),
                   "\"mysql:x\" is not a store, expected \"sqlite:<file>\", "
                   "\"postgresql://role@host/database\" or \"memory:\""));
    CHECK(contains(mistake_of("[resources]\nunknown = 'maybe'"),
                   "\"maybe\" is unknown, expected \"accept\" or \"refuse\""));
    CHECK(contains(mistake_of("[http]\nlisten = 'localhost:80'"),
                   "\"localhost:80\" is not an address with a port"));
    CHECK(
        contains(mistake_of("[http]\ntoken_file = \"a\\u0000b\""), "a file name has no NUL in it"));
}

TEST_CASE("a password in the URL of a store is refused without repeating it") {
    for (const char* url :
         {"postgresql://herald:swordfish@db/herald", "postgres://a:swordfish@[::1]:5432/herald",
          "postgresql://db/herald?user=a&password=swordfish"}) {
        const std::string text = mistake_of("[store]\nurl = '" + std::string(url) + "'");
        CHECK(contains(text, "2: store.url: no password belongs here"));
        CHECK_FALSE(contains(text, "swordfish"));
    }
    for (const char* url : {"postgresql://herald@db:5432,other:5433/herald", "postgresql:///herald",
                            "postgresql://[::1]:5432/herald?password_file=/run/secrets/db"}) {
        CHECK(parse_config("[store]\nurl = '" + std::string(url) + "'").mistakes.empty());
    }
}

TEST_CASE("a token line is refused without repeating it, because it may hold the secret itself") {
    const std::string text = mistake_of("[http]\ntokens = ['grafana read swordfish']");

    CHECK(contains(text, "2: http.tokens: a token is \"name role sha256\""));
    CHECK_FALSE(contains(text, "swordfish"));
}

TEST_CASE("a reload takes what is reloadable and names the rest") {
    const Config running = parse_config("").config;
    const Config fresh =
        parse_config(
            "[sip]\nrealm = 'new'\n[server]\nlog_level = 'debug'\n[publish]\nper_resource = 3")
            .config;

    const auto changes = changed_keys(running, fresh);
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].key == "sip.realm");
    CHECK_FALSE(changes[0].is_reloadable);
    CHECK(changes[1].key == "server.log_level");
    CHECK(changes[1].is_reloadable);

    const Config result = reloaded(running, fresh);
    CHECK(result.realm == running.realm);
    CHECK(result.log_level == base::LogLevel::debug);
    CHECK(result.publish_per_resource == 3);
}

TEST_CASE("a configuration file that cannot be read is a Fault, an empty one is not") {
    char folder[] = "/tmp/herald-config-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/herald.toml";

    CHECK(load_config(path).fault().kind == FaultKind::io);
    CHECK(contains(load_config(path).fault().detail, path + ": No such file"));
    CHECK(load_config(folder).fault().kind == FaultKind::io);
    std::ofstream(path).close();
    CHECK(load_config(path).value().mistakes.empty());
    std::ofstream(path) << "[sip]\nrealm = 7\n";
    CHECK(load_config(path).value().mistakes.size() == 1);
    std::ofstream(path) << std::string(2 << 20, '#');
    CHECK(contains(load_config(path).fault().detail, "at most a megabyte long"));

    unlink(path.c_str());
    rmdir(folder);
}

}  // namespace
}  // namespace herald::server::config_test
