// server/main.cpp: the program: every command, and the server itself put together.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "http/file_server.h"
#include "http/hooks.h"
#include "http/server.h"
#include "http/tokens.h"
#include "server/access/bearer.h"
#include "server/certificates.h"
#include "server/config/config.h"
#include "server/config/config_values.h"
#include "server/config/exposure.h"
#include "server/config/reloads.h"
#include "server/config/secret_files.h"
#include "server/provisioning/profiles.h"
#include "server/server.h"
#include "server/supervisor.h"
#include "server/welcome.h"
#include "store/dump.h"
#include "store/transfer.h"

namespace {

using namespace herald;

/// How often shards and certificates are looked at, where no service manager wants more.
constexpr std::chrono::microseconds kUsualBeat = std::chrono::seconds(10);

int fail(const std::string& sentence) {
    std::fprintf(stderr, "herald: %s\n", sentence.c_str());
    return cli::kFailed;
}

int print_mistakes(const std::string& file, const std::vector<server::ConfigMistake>& mistakes) {
    for (const auto& mistake : mistakes) {
        if (mistake.line > 0) {
            std::fprintf(stderr, "%s:%u: %s\n", file.c_str(), mistake.line, mistake.text.c_str());
        } else {
            std::fprintf(stderr, "%s: %s\n", file.c_str(), mistake.text.c_str());
        }
    }
    return cli::kFailed;
}

/// The configuration of `--config`, or the built-in one.
Result<server::ConfigResult> configuration(const cli::Arguments& arguments) {
    const auto file = arguments.text("config");
    return file ? server::load_config(std::string(*file))
                : Result<server::ConfigResult>(server::parse_config(""));
}

/// By a person at a terminal, now; what goes to a journal stays there, for others to read.
bool is_looked_on() {
    return ::isatty(STDOUT_FILENO) == 1;
}

void tell_new_token(const std::string& file, const std::string& token) {
    const bool is_seen = is_looked_on();
    std::printf("  made an HTTP token, kept in %s%s%s\n", file.c_str(),
                is_seen ? ", shown only now: " : "", is_seen ? token.c_str() : "");
}

/// Who may use the API, and by which names.
void set_doors(http::Options& options, const server::Config& config, const std::string& token) {
    options.hosts = config.http_hosts;
    options.origins = config.http_cors_origins;
    options.clients = config.http_clients;
    options.trusted_proxies = config.http_trusted_proxies;
    options.tokens = config.http_tokens;
    options.tokens.push_back({"operator", token, "admin"});
}

/// As a reload finds it: the token in the file is the operator's, whatever it was before.
Result<http::Options> doors_now(const server::Config& config) {
    auto token = http::ensure_token(config.http_token_file, {});
    if (!token) return token.fault();
    http::Options options;
    set_doors(options, config, token->sha256_hex);
    return options;
}

Result<std::unique_ptr<http::Server>> start_http(const server::Config& config,
                                                 server::Server& sip_server,
                                                 server::Certificates& certificates,
                                                 server::Reloads& reloads, base::Metrics& metrics) {
    http::Options options;
    auto context = certificates.load(server::http_certificates(config));
    if (!context) return context.fault();
    options.tls = *std::move(context);
    const auto listen = server::parse_numeric_endpoint(config.http_listen);
    if (!listen)
        return Fault{FaultKind::invalid_configuration,
                     "http.listen is no address: " + config.http_listen};
    options.listen = *listen;
    options.threads = config.http_threads;
    options.limits = {.connections = config.http_connections,
                      .event_streams = config.http_event_streams,
                      .event_streams_per_token = config.http_event_streams_per_token,
                      .buffer = config.http_buffer,
                      .max_body = config.http_max_body,
                      .head_timeout = std::chrono::seconds(config.http_head_timeout),
                      .request_timeout = std::chrono::seconds(config.http_request_timeout)};
    options.reload = [&reloads] { return reloads.request(); };
    options.asks_for_certificates = !config.http_client_ca.empty();
    options.hsts = config.http_hsts;
    options.realm = sip_server.realm();
    options.version = cli::version();
    auto token = http::ensure_token(config.http_token_file, {});
    if (!token) return token.fault();
    set_doors(options, config, token->sha256_hex);
    if (!token->text.empty()) tell_new_token(config.http_token_file, token->text);
    return http::Server::start(options, sip_server.admin(), metrics);
}

/// Null: no profiles are served.
Result<std::unique_ptr<http::FileServer>> start_files(const server::Config& config,
                                                      server::Server& sip_server,
                                                      server::Certificates& certificates,
                                                      base::Metrics& metrics) {
    if (config.provisioning_listen.empty()) return std::unique_ptr<http::FileServer>();
    auto context = certificates.load(server::file_certificates(config));
    if (!context) return context.fault();
    const auto listen = server::parse_numeric_endpoint(config.provisioning_listen);
    if (!listen)
        return Fault{FaultKind::invalid_configuration,
                     "provisioning.listen is no address: " + config.provisioning_listen};
    const http::Limits limits{.connections = config.provisioning_connections,
                              .event_streams = 0,
                              .buffer = config.http_buffer,
                              .max_body = 0,
                              .head_timeout = std::chrono::seconds(config.http_head_timeout),
                              .request_timeout = std::chrono::seconds(config.http_request_timeout)};
    return http::FileServer::start(
        {*listen, config.provisioning_threads, limits, *context},
        {.profiles = sip_server.profiles(),
         .key = server::link_key(sip_server.home()),
         .plain_paths = config.provisioning_plain_paths,
         .is_secure = *context != nullptr || config.provisioning_url.starts_with("https://"),
         .realm = sip_server.realm(),
         .run = sip_server.home().epoch},
        sip_server.admin(), metrics, sip_server.clock());
}

Result<std::unique_ptr<http::Hooks>> start_hooks(const server::Config& config,
                                                 server::Server& sip_server,
                                                 base::Metrics& metrics) {
    if (config.hooks_url.empty()) return std::unique_ptr<http::Hooks>();
    return http::Hooks::start({.url = config.hooks_url,
                               .ca = config.hooks_ca,
                               .secret_file = config.hooks_secret_file,
                               .kinds = config.hooks_kinds,
                               .keep = std::chrono::seconds(config.hooks_keep),
                               .timeout = std::chrono::seconds(config.hooks_timeout)},
                              sip_server.admin(), metrics, sip_server.clock());
}

void print_welcome(const server::Config& config, const server::Server& sip_server,
                   const http::Server* http_server) {
    const server::Welcome welcome{
        .program = cli::program(),
        .version = cli::version(),
        .config = config,
        .listeners = sip_server.listeners(),
        .http = http_server ? http_server->address().to_string() : std::string(),
        .recovered = sip_server.recovered_subscriptions(),
        .has_new_store = sip_server.has_new_store()};
    std::fputs(server::to_text(welcome).c_str(), stdout);
    if (is_looked_on()) std::fputs(server::first_steps(welcome).c_str(), stdout);
    std::fflush(stdout);
}

/// A server that serves, and what its configuration is read from again.
struct Running {
    const cli::Arguments& arguments;
    server::Config& config;
    server::Server& sip_server;
    http::Server* http_server;  ///< null: none
    server::Certificates& http_certificates;
    http::FileServer* file_server;  ///< null: none
    server::Certificates& file_certificates;
    base::Metrics& metrics;
    server::Reloads& reloads;
};

/// Whoever renews certificates need not tell us.
void look_at_certificates(Running& running) {
    auto fresh = running.http_certificates.look();
    if (fresh && running.http_server != nullptr) running.http_server->secure(std::move(fresh));
    fresh = running.file_certificates.look();
    if (fresh && running.file_server != nullptr) running.file_server->secure(std::move(fresh));
}

void count_reload(base::Metrics& metrics, const char* result) {
    metrics
        .counter("herald_config_reloads_total", "Times the configuration was read again",
                 {{"result", result}})
        .add();
}

server::ReloadReport refuse_reload(base::Metrics& metrics,
                                   std::vector<server::ConfigMistake> mistakes) {
    for (const auto& mistake : mistakes) {
        base::log_error("config.mistake", {{"line", mistake.line}, {"why", mistake.text}});
    }
    count_reload(metrics, "refused");
    return {.applied = {}, .needs_restart = {}, .mistakes = std::move(mistakes)};
}

/// One line for all of it, whatever changed.
void tell_reload(const server::ReloadReport& report) {
    for (const auto& key : report.applied) base::log_info("config.reloaded", {{"key", key}});
    for (const auto& key : report.needs_restart)
        base::log_warning("config.needs_restart", {{"key", key}});
    base::log_info("config.read", {{"applied", std::uint64_t{report.applied.size()}},
                                   {"needs_restart", std::uint64_t{report.needs_restart.size()}}});
}

server::ReloadReport report_of(const std::vector<server::ConfigChange>& changes) {
    server::ReloadReport report;
    for (const auto& change : changes)
        (change.is_reloadable ? report.applied : report.needs_restart).push_back(change.key);
    return report;
}

/// Reads the file again and takes over what may change in running; of what may not it says so.
/// Nothing of a file with a mistake is taken over.
server::ReloadReport reload(Running& running) {
    auto read = configuration(running.arguments);
    if (!read) return refuse_reload(running.metrics, {{0, read.fault().detail}});
    if (!read->mistakes.empty()) return refuse_reload(running.metrics, std::move(read->mistakes));
    const auto report = report_of(server::changed_keys(running.config, read->config));
    auto fresh = server::reloaded(running.config, read->config);
    auto doors = running.http_server != nullptr ? doors_now(fresh) : http::Options();
    if (!doors) return refuse_reload(running.metrics, {{0, doors.fault().detail}});
    running.sip_server.reload(read->config);
    if (running.http_server != nullptr) running.http_server->reopen(*doors);
    look_at_certificates(running);
    running.config = std::move(fresh);
    base::log_start(running.config.log_level, running.config.log_format);
    tell_reload(report);
    count_reload(running.metrics, "done");
    running.metrics
        .gauge("herald_config_needs_restart", "Changed keys that count from the next start on")
        .set(report.needs_restart.size());
    return report;
}

sigset_t handled_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

/// Waits for a signal. Meanwhile a service manager that wants it is told that every shard turns,
/// for as long as that is true.
int next_signal(const sigset_t& signals, Running& running) {
    using std::chrono::microseconds;
    const auto beat = server::supervisor::beat().value_or(kUsualBeat);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(beat);
    const timespec patience{seconds.count(),
                            std::chrono::nanoseconds(microseconds(beat) - seconds).count()};
    while (true) {
        const int signal = sigtimedwait(&signals, nullptr, &patience);
        if (signal > 0) return signal;
        if (errno == EAGAIN && running.sip_server.collect_turns()) server::supervisor::tell_alive();
        look_at_certificates(running);
    }
}

/// Until somebody wants it to end.
void stay(Running running, const sigset_t& signals) {
    server::supervisor::tell_ready("Serving");
    while (next_signal(signals, running) == SIGHUP) {
        server::supervisor::tell_reloading();
        running.reloads.finish(reload(running));
        server::supervisor::tell_ready("Serving");
    }
    server::supervisor::tell_stopping();
}

/// What was acknowledged is in the store; to go on with half a change would be worse than to end.
void end_out_of_memory() {
    constexpr std::string_view kSentence =
        "herald: out of memory, the server ends; what was acknowledged is stored\n";
    static_cast<void>(::write(STDERR_FILENO, kSentence.data(), kSentence.size()) < 0);
    std::abort();
}

int serve(const cli::Arguments& arguments) {
    const auto signals = handled_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    // A file at the limit of its size is a write that fails, and told as one.
    std::signal(SIGXFSZ, SIG_IGN);
    std::set_new_handler(end_out_of_memory);

    auto read = configuration(arguments);
    if (!read) return fail(read.fault().detail);
    if (!read->mistakes.empty())
        return print_mistakes(std::string(arguments.text_or("config", "herald")), read->mistakes);
    auto& config = read->config;
    base::log_start(config.log_level, config.log_format);

    base::Metrics metrics;
    auto sip_server = server::Server::start(config, metrics);
    if (!sip_server) return fail(sip_server.fault().detail);
    std::unique_ptr<http::Server> http_server;
    server::Certificates http_certificates(metrics, "http");
    server::Reloads reloads;
    if (!config.http_listen.empty()) {
        auto started = start_http(config, **sip_server, http_certificates, reloads, metrics);
        if (!started) return fail(started.fault().detail);
        http_server = *std::move(started);
    }
    server::Certificates file_certificates(metrics, "provisioning");
    auto file_server = start_files(config, **sip_server, file_certificates, metrics);
    if (!file_server) return fail(file_server.fault().detail);
    auto hooks = start_hooks(config, **sip_server, metrics);
    if (!hooks) return fail(hooks.fault().detail);
    print_welcome(config, **sip_server, http_server.get());
    const auto config_file = std::string(arguments.text_or("config", ""));
    for (const auto& sentence : server::exposed_secrets(config, config_file))
        base::log_warning("config.exposed", {{"why", sentence}});

    stay({arguments, config, **sip_server, http_server.get(), http_certificates, file_server->get(),
          file_certificates, metrics, reloads},
         signals);
    std::printf("\nStopping.\n");
    http_server.reset();
    file_server->reset();
    (*sip_server)->retire();
    hooks->reset();
    const auto stopped = (*sip_server)->stop();
    base::log_flush();
    return stopped ? cli::kOk : fail(stopped.fault().detail);
}

/// Files that are named can be read here, and fit.
Status check_certificates(const server::Config& config) {
    for (const auto& files : {server::sip_certificates(config), server::http_certificates(config),
                              server::file_certificates(config)}) {
        if (auto context = sip::TlsContext::load(files); !context) return context.fault();
    }
    if (config.bearer_keys.empty()) return {};
    if (auto keys = server::BearerKeys::load(config.bearer_keys); !keys) return keys.fault();
    return {};
}

int config(const cli::Arguments& arguments) {
    const auto file = arguments.text("check");
    if (!file)
        return std::fputs(server::documented_example().c_str(), stdout) < 0 ? cli::kFailed
                                                                            : cli::kOk;
    const auto read = server::load_config(std::string(*file));
    if (!read) return fail(read.fault().detail);
    if (!read->mistakes.empty()) return print_mistakes(std::string(*file), read->mistakes);
    if (auto usable = check_certificates(read->config); !usable) return fail(usable.fault().detail);
    for (const auto& sentence : server::exposures(read->config))
        std::printf("%s: note: %s\n", std::string(*file).c_str(), sentence.c_str());
    for (const auto& sentence : server::exposed_secrets(read->config, std::string(*file)))
        std::printf("%s: note: %s\n", std::string(*file).c_str(), sentence.c_str());
    std::printf("%s: good. %s\n", std::string(*file).c_str(),
                server::to_text(server::worst_case(read->config)).c_str());
    return cli::kOk;
}

int copy_store(const cli::Arguments& arguments) {
    const auto& urls = arguments.operands();
    const bool is_watched = cli::can_redraw(STDERR_FILENO);
    const auto tell = [is_watched](std::uint64_t rows) {
        if (is_watched) std::fprintf(stderr, "\r%llu rows", static_cast<unsigned long long>(rows));
    };
    const base::SystemClock clock;
    const auto rows = store::copy_store(urls[1], urls[2], {.is_inline = true}, clock, tell);
    if (is_watched) std::fputs("\n", stderr);
    if (!rows) return fail(rows.fault().detail);
    std::printf("%llu rows copied\n", static_cast<unsigned long long>(*rows));
    return cli::kOk;
}

int dump_store(const cli::Arguments& arguments) {
    bool is_written = true;
    const auto line = [&is_written](std::string_view text) {
        is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                     std::fputc('\n', stdout) != EOF && is_written;
    };
    const base::SystemClock clock;
    const auto dumped =
        store::dump_store(arguments.operands()[1], {.is_inline = true}, clock, line);
    if (!dumped) return fail(dumped.fault().detail);
    return is_written && std::fflush(stdout) == 0 ? cli::kOk : fail("cannot write the dump");
}

int store_command(const cli::Arguments& arguments) {
    const auto& words = arguments.operands();
    if (words[0] == "copy" && words.size() == 3) return copy_store(arguments);
    if (words[0] == "dump" && words.size() == 2) return dump_store(arguments);
    std::fputs("herald store: expected copy FROM TO, or dump URL\n", stderr);
    return cli::kMisuse;
}

std::vector<cli::Command> server_commands() {
    using Kind = cli::Option::Kind;
    return {
        {"serve",
         "run the server",
         {.options = {{"config", Kind::text, "FILE", "read the configuration from FILE"}}},
         "Without a configuration the server listens for SIP on 127.0.0.1:5060 (UDP and TCP) and "
         "for HTTP on\n"
         "127.0.0.1:8080, trusts everybody on this machine, and keeps its state in ./var.\n\n"
         "SIGHUP reads the file again; SIGTERM and Ctrl-C stop cleanly.\n",
         serve},
        {"config",
         "print the documented configuration, or check one",
         {.options = {{"check", Kind::text, "FILE", "say everything that is wrong with FILE"}}},
         "  herald config > herald.toml\n  herald config --check herald.toml\n",
         config},
        {"store",
         "copy a store to another place, or write it out",
         {.operands = "copy|dump URL [URL]",
          .least_operands = 2,
          .most_operands = 3,
          .options = {}},
         "A store is named as store.url names it; no server may use it meanwhile.\n\n"
         "  herald store copy sqlite:var/herald.db postgresql://herald@db/herald\n"
         "  herald store dump sqlite:var/herald.db > herald.jsonl\n\n"
         "What is copied to must be empty. A dump is one line of JSON for each row, without "
         "passwords.\n",
         store_command},
    };
}

}  // namespace

int main(int argc, char** argv) {
    auto commands = server_commands();
    for (auto& command : cli::commands()) commands.push_back(std::move(command));
    return cli::run(commands, argc, argv);
}
