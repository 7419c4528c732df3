// tests/conformance/live.cpp: a real `herald serve` under a story: sockets, HTTP, kill -9.
#include "tests/conformance/live.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/id.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "http/json.h"
#include "packages/package.h"
#include "pidf/common_policy.h"
#include "store/postgres/session.h"
#include "tests/conformance/draft.h"
#include "tests/support/fake_transport.h"

namespace herald::conformance {

namespace {

constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kSecurePort = 5061;
constexpr std::uint16_t kHttpPort = 8080;
constexpr int kNetworksTried = 50;

http::JsonArray json_of(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

std::string_view name_of(store::Account::Role role) {
    using Role = store::Account::Role;
    switch (role) {
        case Role::publisher:
            return "publisher";
        case Role::monitor:
            return "monitor";
        case Role::admin:
            return "admin";
        case Role::user:
            break;
    }
    return "user";
}

/// In the folder, or a schema of its own on the PostgreSQL of scripts/postgres.
std::string store_url(const std::string& folder) {
    const char* server = std::getenv("HERALD_POSTGRES");
    if (server == nullptr) return "sqlite:" + folder + "/herald.db";
    const std::string schema = "live_" + base::random_token(10);
    const auto address = store::read_address(server);
    auto session = address ? store::Session::open(*address) : address.fault();
    const auto made = session ? session->execute("CREATE SCHEMA " + schema) : session.fault();
    if (!made) throw std::runtime_error(made.fault().detail);
    return server + ("?connect_timeout=60&options=-csearch_path%3D" + schema);
}

}  // namespace

Result<std::string> claim_network() {
    std::string why;
    for (int i = 0; i < kNetworksTried; ++i) {
        const auto random = base::random_u64();
        const auto network = "127." + std::to_string(1 + random % 254) + "." +
                             std::to_string((random >> 8) % 256) + ".";
        const auto first = test::endpoint(network + "1", kSipPort);
        auto udp = sip::bind_socket(sip::Protocol::udp, first, sip::Sharing::alone);
        auto tcp = sip::bind_socket(sip::Protocol::tcp, first, sip::Sharing::alone);
        if (udp && tcp) return network;
        why = (udp ? tcp.fault() : udp.fault()).detail;
    }
    return Fault{FaultKind::io, "no free loopback address: " + why};
}

MakeHarness Live::maker(std::string binary, std::string network, Security security) {
    return [binary = std::move(binary), network = std::move(network), security](
               const std::string& toml, bool) -> Result<std::unique_ptr<Harness>> {
        return std::unique_ptr<Harness>(std::make_unique<Live>(binary, network, toml, security));
    };
}

Live::Live(const std::string& binary, const std::string& network, const std::string& toml,
           Security security)
    : sip_(test::endpoint(network + "1", kSipPort)),
      http_(test::endpoint(network + "1", kHttpPort)),
      process_(binary),
      wire_(sip_, clock_) {
    // Two shards: what a story says must not depend on who owns what.
    const auto secure = security == Security::tls ? secured(network + "1") : std::string();
    const auto secure_listener = secure.empty() ? "" : ", \"tls:" + network + "1:5061\"";
    toml_ = "sip.listen = [\"udp:" + sip_.to_string() + "\", \"tcp:" + sip_.to_string() + "\"" +
            secure_listener + "]\n" + secure +
            "server.shards = 2\nserver.log_level = \"warning\"\nstore.url = \"" +
            store_url(process_.folder()) + "\"\nhttp.listen = \"" + http_.to_string() +
            "\"\nhttp.token_file = \"" + process_.folder() + "/token\"\n" + toml;
}

Live::~Live() = default;

/// Makes a certificate for `host`; the lines that name it.
std::string Live::secured(const std::string& host) {
    authority_ = std::make_unique<test::Authority>();
    const auto pair = authority_->issue({.names = "IP:" + host});
    auto context = sip::TlsContext::load({.pairs = {}, .peers_ca = authority_->file()});
    if (!context) throw std::runtime_error(context.fault().detail);
    wire_.secure(test::endpoint(host, kSecurePort), *std::move(context));
    return "sip.tls_certificate = [\"" + pair.certificate + "\"]\nsip.tls_key = [\"" + pair.key +
           "\"]\n";
}

Status Live::start() {
    if (auto started = process_.start(toml_); !started) return started;
    moment_ = clock_.now();
    std::string token;
    std::getline(std::ifstream(process_.folder() + "/token"), token);
    const cli::Syntax syntax{.operands = {}, .options = cli::with_api_options({})};
    const auto url = "http://" + http_.to_string();
    const auto arguments = cli::Arguments::parse(syntax, {"--api", url, "--token", token});
    if (!arguments) return arguments.fault();
    auto api = cli::ApiClient::from(*arguments);
    if (!api) return api.fault();
    api_ = *std::move(api);
    return {};
}

void Live::crash() {
    process_.kill();
    wire_.read();
    wire_.take();
}

Status Live::stop() {
    auto stopped = process_.stop();
    wire_.read();
    return stopped;
}

bool Live::hear_more(base::Duration patience) {
    const auto end = clock_.now() + patience;
    do {
        if (!wire_.wait(end - clock_.now(), process_.is_running() ? process_.output() : -1)) break;
        if (wire_.read()) return true;
        if (process_.is_running() && !process_.read_output()) return false;
    } while (clock_.now() < end);
    return wire_.read();
}

void Live::pass(base::Duration step, const std::function<void()>& after_each) {
    moment_ += step;
    while (clock_.now() < moment_) {
        hear_more(moment_ - clock_.now());
        after_each();
    }
}

/// Datagrams and streams are read in turns of the shards; an answer of the API comes after a turn
/// of each of them, and what one hands to another is there a turn later.
void Live::settle() {
    const auto end = clock_.now() + patience();
    while (is_up() && !wire_.is_drained() && clock_.now() < end) {
        hear_more(std::chrono::milliseconds(1));
    }
    for (int turn = 0; turn < 2 && is_up(); ++turn) static_cast<void>(subscriptions());
}

Result<sip::Flow> Live::connect(const sip::Endpoint& from, sip::Protocol protocol) {
    if (protocol != sip::Protocol::tcp && protocol != sip::Protocol::tls)
        return Fault{FaultKind::unreachable, "only UDP, TCP and TLS are told live"};
    return wire_.connect(from, protocol, patience());
}

void Live::close(const sip::Flow& flow) {
    wire_.close(flow, patience());
    settle();
}

void Live::deliver(std::string_view message, const sip::Flow& flow) {
    moment_ = clock_.now();
    wire_.send(test::wire(message), flow);
}

std::vector<Sent> Live::take() {
    wire_.read();
    return wire_.take();
}

Result<std::string> Live::call(const std::string& method, const std::string& path,
                               const std::string& body, const std::string& type) {
    if (method != "GET") moment_ = clock_.now();
    if (!api_) return Fault{FaultKind::unavailable, "the server was not started"};
    return api_->call(method, path, body, type);
}

Status Live::put_account(store::Account account, std::string_view password) {
    http::JsonArray delegates;
    for (const auto& delegate : account.delegates) {
        delegates.push_back(http::JsonObject{{"aor", delegate.aor}, {"package", delegate.package}});
    }
    const http::JsonObject json{
        {"password", password},
        {"username", account.username},
        {"role", name_of(account.role)},
        {"resources", json_of(account.resources)},
        {"packages", json_of(account.packages)},
        {"partial_dialogs", account.wants_partial_dialogs},
        {"delegates", std::move(delegates)},
    };
    const auto put =
        call("PUT", "/v1/accounts/" + cli::path_segment(account.aor), http::to_text(json));
    return put ? Status() : Status(put.fault());
}

Status Live::remove_account(const std::string& aor) {
    const auto done = call("DELETE", "/v1/accounts/" + cli::path_segment(aor));
    return done ? Status() : Status(done.fault());
}

Status Live::put_hard_state(std::string_view package, const std::string& aor, std::string body) {
    const auto path = "/v1/resources/" + cli::path_segment(package) + "/" + cli::path_segment(aor) +
                      "/hard-state";
    const auto* found = packages::find(package);
    if (!found) return Fault{FaultKind::malformed, "no such package"};
    const auto done =
        body.empty() ? call("DELETE", path)
                     : call("PUT", path, body, std::string(found->profile().publish_types.front()));
    return done ? Status() : Status(done.fault());
}

Status Live::put_profile(packages::DeviceProfile profile) {
    const auto path = "/v1/profiles/" + std::string(name_of(profile.type)) + "/" + profile.name;
    http::JsonObject json{{"content_type", profile.body.content_type},
                          {"body", profile.body.text},
                          {"public", profile.is_public},
                          {"secret", profile.is_secret},
                          {"for", profile.target},
                          {"vendor", profile.vendor},
                          {"model", profile.model},
                          {"version", profile.version},
                          {"account", profile.account},
                          {"management_url", profile.management_url}};
    if (profile.effective_by) json.emplace_back("effective_by", *profile.effective_by);
    http::JsonArray files;
    for (const auto& file : profile.files)
        files.push_back(http::JsonObject{
            {"name", file.name}, {"content_type", file.content_type}, {"body", file.text}});
    json.emplace_back("files", std::move(files));
    const auto done = call("PUT", path, http::to_text(json));
    return done ? Status() : Status(done.fault());
}

Status Live::remove_profile(packages::ProfileType type, const std::string& name) {
    const auto done = call("DELETE", "/v1/profiles/" + std::string(name_of(type)) + "/" + name);
    return done ? Status() : Status(done.fault());
}

Status Live::put_alias(const std::string& aor, const std::string& resource) {
    const auto path = "/v1/aliases/" + cli::path_segment(aor);
    const auto done =
        resource.empty()
            ? call("DELETE", path)
            : call("PUT", path, http::to_text(http::JsonObject{{"resource", resource}}));
    return done ? Status() : Status(done.fault());
}

Status Live::put_rules(const std::string& scope, const std::string& document) {
    const auto path = "/v1/rules/" + cli::path_segment(scope);
    const auto done = document.empty()
                          ? call("DELETE", path)
                          : call("PUT", path, document, std::string(pidf::kAuthPolicyType));
    return done ? Status() : Status(done.fault());
}

Status Live::put_entry(const std::string& scope, const std::string& list,
                       const std::string& watcher) {
    const auto path = "/v1/lists/" + cli::path_segment(scope) + "/" + list + "/entries";
    const auto done = call("POST", path, http::to_text(http::JsonObject{{"watcher", watcher}}));
    return done ? Status() : Status(done.fault());
}

Status Live::decide_once(const std::string& scope, const std::string& list,
                         const std::string& watcher) {
    const auto path = "/v1/watchers/" + cli::path_segment(scope) + "/decisions";
    const auto done = call("POST", path,
                           http::to_text(http::JsonObject{
                               {"watcher", watcher}, {"decision", list}, {"remember", false}}));
    return done ? Status() : Status(done.fault());
}

Status Live::put_mailbox_settings(const std::string& aor, packages::MailboxSettings settings) {
    moment_ = clock_.now();
    http::JsonArray members;
    for (const auto& member : settings.members) members.push_back(member);
    http::JsonObject json{{"members", std::move(members)}};
    if (settings.unsolicited) json.emplace_back("unsolicited", *settings.unsolicited);
    if (!settings.pbx.empty()) json.emplace_back("source", http::JsonObject{{"pbx", settings.pbx}});
    const auto put =
        call("PUT", "/v1/mailboxes/" + cli::path_segment(aor) + "/settings", http::to_text(json));
    return put ? Status() : Status(put.fault());
}

Status Live::start_job(const std::string& action, const std::string& whom) {
    http::JsonObject select;
    if (whom == "all") {
        select.emplace_back("all", true);
    } else if (whom.starts_with("sip:")) {
        select.emplace_back("aors", http::JsonArray{whom});
    } else {
        select.emplace_back("user_agent", whom);
    }
    const http::JsonObject json{{"select", std::move(select)}, {"action", action}};
    const auto answer = call("POST", "/v1/provisioning/jobs", http::to_text(json));
    if (!answer) return answer.fault();
    const auto read = http::parse_json(*answer);
    const auto* id = read ? read->find("id") : nullptr;
    if (!id || !id->as<std::string>()) return Fault{FaultKind::malformed, "no id: " + *answer};
    job_ = *id->as<std::string>();
    return {};
}

Status Live::change_job(std::string_view state) {
    const auto* verb = state == "paused" ? "pause" : state == "cancelled" ? "cancel" : "resume";
    const auto done = call("POST", "/v1/provisioning/jobs/" + job_ + "/" + verb);
    return done ? Status() : Status(done.fault());
}

Result<std::size_t> Live::job_devices(std::string_view state) {
    const auto answer = call("GET", "/v1/provisioning/jobs/" + job_ + "?limit=1");
    if (!answer) return answer.fault();
    const auto json = http::parse_json(*answer);
    const auto* job = json ? json->find("job") : nullptr;
    const auto* devices = job ? job->find("devices") : nullptr;
    const auto* count = devices ? devices->find(state) : nullptr;
    const auto* number = count ? count->as<std::int64_t>() : nullptr;
    if (!number) return Fault{FaultKind::malformed, "no count: " + *answer};
    return static_cast<std::size_t>(*number);
}

Result<std::size_t> Live::subscriptions() {
    const auto answer = call("GET", "/v1/subscriptions?limit=1");
    if (!answer) return answer.fault();
    const auto json = http::parse_json(*answer);
    if (!json) return json.fault();
    const auto* total = json->find("total");
    const auto* number = total ? total->as<std::int64_t>() : nullptr;
    if (!number) return Fault{FaultKind::malformed, "no total: " + *answer};
    return static_cast<std::size_t>(*number);
}

}  // namespace herald::conformance
