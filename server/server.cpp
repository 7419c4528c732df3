// server/server.cpp: the whole SIP side of one process: store, shards, threads: start, run, stop.
#include "server/server.h"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <netdb.h>
#include <pthread.h>
#include <sys/resource.h>

#include "base/id.h"
#include "base/log.h"
#include "server/admin/admin_service.h"
#include "server/bearer_file.h"
#include "server/certificates.h"
#include "server/config/config_values.h"
#include "server/feed/feed.h"
#include "server/feed/trace.h"
#include "server/followed_clock.h"
#include "server/provisioning/pnp.h"
#include "server/provisioning/profiles.h"
#include "server/shard/agents.h"
#include "server/shard/inbox.h"
#include "server/shard/link.h"
#include "server/shard/own_cells.h"
#include "server/shard/recovered_rows.h"
#include "server/shard/recovery.h"
#include "server/shard/shard.h"
#include "server/this_node.h"
#include "store/open.h"

namespace herald::server {

namespace {

constexpr auto kDrainTurn = std::chrono::milliseconds(20);
/// A watcher that takes no TCP must not wait longer for its NOTIFY.
constexpr auto kConnectTimeout = std::chrono::seconds(2);
constexpr auto kDrainLimit = std::chrono::seconds(5);

std::vector<ListenAddress> listen_addresses(const Config& config) {
    if (!config.sip_listen.empty()) return config.sip_listen;
    const auto loopback = *sip::Endpoint::from("127.0.0.1", 5060);
    return {{.protocol = sip::Protocol::udp, .bind = loopback},
            {.protocol = sip::Protocol::tcp, .bind = loopback}};
}

unsigned shard_count(const Config& config) {
    return config.shards ? config.shards : std::max(1U, std::thread::hardware_concurrency());
}

sip::NetworkOptions network_options(const Config& config, unsigned shard, unsigned shards) {
    sip::NetworkOptions options;
    options.shard = shard;
    options.reuse_port = shards > 1;
    options.limits.message = config.max_message;
    options.limits.body = config.max_body;
    options.limits.headers = config.max_headers;
    options.connect_timeout = kConnectTimeout;
    options.idle_timeout = std::chrono::seconds(config.tcp_idle_timeout);
    options.stun = config.stun;
    options.web.origins = config.ws_origins;
    options.handshake_timeout = std::chrono::seconds(config.tls_handshake_timeout);
    return options;
}

/// Of a name that the operator gave. What DNS does not know now is not ours: whoever is to be told
/// nothing lives on the same machines as a rule, which sip.deny_targets can say.
void add_addresses(const std::string& host, std::uint16_t port, std::vector<sip::Endpoint>& all) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, freeaddrinfo);
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        sip::Endpoint endpoint(each->ai_addr);
        endpoint.set_port(port);
        if (endpoint.is_valid()) all.push_back(endpoint);
    }
}

/// Of phones that ask by multicast; none where they are not heard.
Result<sip::Socket> pnp_socket(const Config& config) {
    if (config.pnp_interfaces.empty()) return sip::Socket();
    return sip::join_group(*sip::Endpoint::from(kPnpGroup, kPnpPort), config.pnp_interfaces);
}

/// What no peer may name: this server's own addresses, and what the operator denies.
sip::TargetRules target_rules(const Config& config,
                              const std::vector<sip::ListenerAddress>& listeners) {
    sip::TargetRules::Setup setup;
    setup.denied = config.deny_targets;
    setup.local = sip::local_addresses();
    for (const auto& listener : listeners) setup.own.push_back(listener.bound);
    if (const auto http = parse_numeric_endpoint(config.http_listen)) setup.own.push_back(*http);
    for (const auto& server : store::servers_of(config.store_url))
        add_addresses(server.host, server.port, setup.own);
    return sip::TargetRules(std::move(setup));
}

/// Files that stay free of SIP connections: those of HTTP, the store and the log.
constexpr std::size_t kReservedFiles = 256;

/// As many files as the system lets us open, from the start: connections should not be what finds
/// the limit.
std::size_t raise_file_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
    if (files.rlim_cur < files.rlim_max) {
        rlimit raised = files;
        raised.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
    }
    return static_cast<std::size_t>(files.rlim_cur);
}

sip::StreamLimits::Most most_streams(const Config& config) {
    const auto files = raise_file_limit();
    const auto room = files > 2 * kReservedFiles ? files - kReservedFiles : files / 2;
    if (room < config.max_connections) {
        base::log_warning(
            "server.few_files",
            {{"limit", files}, {"connections", room}, {"wanted", config.max_connections}});
    }
    return {.connections = std::min<std::size_t>(room, config.max_connections),
            .connections_per_source = config.max_connections_per_source,
            .bytes = config.max_unfinished_bytes,
            .bytes_per_source = config.max_unfinished_bytes_per_source};
}

/// What clocks follow is looked at so often.
constexpr auto kClockLook = std::chrono::seconds(1);
/// So are the files of certificates.
constexpr auto kCertificateLook = std::chrono::seconds(10);

}  // namespace

/// One shard with its thread, sockets and clock.
struct Unit {
    base::FollowingClock clock;
    base::Loop loop;
    sip::Network network;
    std::unique_ptr<Link> link;
    std::unique_ptr<Inbox> inbox;
    std::atomic<bool> has_turned{true};  ///< since it was last asked to

    Unit(base::Metrics& metrics, const sip::NetworkOptions& options)
        : loop(clock), network(loop, metrics, options) {}
};

struct Server::State {
    State(const Config& given, base::Metrics& registry)
        : config(given), metrics(registry), trace(given.trace_memory, clock, registry) {
        limits.show_in(metrics);
    }

    const Config config;
    base::Metrics& metrics;
    FollowedClock followed{metrics};
    base::FollowingClock clock;  ///< the store's
    Certificates certificates{metrics, "sip"};
    Trace trace;
    BearerFile bearer_file;
    BearerFile::Keys bearer_keys;  ///< as of the start
    std::unique_ptr<store::Store> store;
    std::vector<std::unique_ptr<Unit>> units;
    Links links;
    std::optional<Peers> peers;
    std::unique_ptr<Feed> feed;
    Profiles profiles;
    std::vector<sip::ListenerAddress> listeners;
    sip::Socket pnp;  ///< until the first shard has it
    std::optional<Domains> domains;
    std::atomic<std::uint64_t> ids{1};
    Limits limits{config};
    std::optional<Loads> loads;
    std::optional<CellEpochs> epochs;
    std::shared_ptr<sip::StreamLimits> streams =
        std::make_shared<sip::StreamLimits>(most_streams(config));
    std::vector<std::unique_ptr<Shard>> shards;
    std::vector<std::thread> threads;
    Operations operations;
    std::unique_ptr<OwnCells> cells;
    std::unique_ptr<AdminService> admin;
    std::string realm;
    std::size_t recovered = 0;
    bool is_running = false;
    bool is_retired = false;

    Status open_store();
    void tell_node(const std::string& name);
    void on_database_clock(const store::DatabaseTime& time);
    bool is_new_store() const { return store->home().epoch == 1; }
    Status bind();
    void make_shards();
    Status recover();
    void run();
    void watch_clock(unsigned index);
    void watch_certificates();
    void reload_certificates(const Config& fresh);
    void secure(const std::shared_ptr<const sip::TlsContext>& context);
    void take_tokens_of(const BearerFile::Keys& keys);
    void on_every_shard(const std::function<void(Shard&)>& work);
    bool is_drained();
};

Status Server::State::open_store() {
    store::StoreOptions options;
    options.must_exist = config.store_must_exist;
    options.queue_limit = config.store_queue;
    options.refresh_queue_limit = config.store_queue * 3 / 2;
    options.node = this_node(config.cluster_node, listeners);
    auto opened = store::open(config.store_url, options, metrics, clock,
                              [this](const auto& time) { on_database_clock(time); });
    if (!opened) return opened.fault();
    store = *std::move(opened);
    tell_node(options.node.name);
    if (is_new_store() && config.store_url != "memory:") {
        base::log_warning("store.made", {{"store", whole_store_url(config)},
                                         {"why", "there was none: everybody registers anew"}});
    }
    // A machine without a clock of its own may think it is 1970 until somebody tells it.
    clock.start_no_earlier(store->home().last_alive);
    for (auto& unit : units) unit->clock.start_no_earlier(store->home().last_alive);
    return {};
}

void Server::State::tell_node(const std::string& name) {
    const auto node = store->node();
    if (node.run == 0) return;
    base::log_info("store.node", {{"name", name}, {"number", node.number}, {"run", node.run}});
}

/// The first time no other thread runs yet.
void Server::State::on_database_clock(const store::DatabaseTime& time) {
    const auto start = followed.on_database_clock(time, base::read_system_clock());
    if (!start) return;
    clock.start_at(*start);
    for (auto& unit : units) unit->clock.start_at(*start);
}

/// The first shard looks whether a port is free at all; the others share what it got.
Status Server::State::bind() {
    const auto wanted = listen_addresses(config);
    const auto count = shard_count(config);
    const auto context = certificates.load(sip_certificates(config));
    if (!context) return context.fault();
    auto keys = bearer_file.load(config.bearer_keys);
    if (!keys) return keys.fault();
    bearer_keys = *std::move(keys);
    for (unsigned shard = 0; shard < count; ++shard) {
        auto options = network_options(config, shard, count);
        options.streams = streams;
        options.clients = limits.clients;
        options.tls = *context;
        units.push_back(std::make_unique<Unit>(metrics, options));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto at = wanted[i].bind;
            if (shard > 0) at.set_port(listeners[i].bound.port());
            auto bound = units[shard]->network.listen(wanted[i].protocol, at, wanted[i].advertised,
                                                      shard == 0, wanted[i].clients);
            if (!bound) return bound.fault();
            if (shard == 0) listeners.push_back(*bound);
        }
    }
    if (const auto collector = parse_numeric_endpoint(config.hep)) {
        auto sender = HepSender::open(*collector, config.hep_node, metrics);
        if (!sender) return sender.fault();
        trace.use_collector(*std::move(sender));
    }
    auto group = pnp_socket(config);
    if (!group) return group.fault();
    pnp = *std::move(group);
    domains.emplace(config.domains, listeners, config.domain_aliases);
    realm = config.realm.empty() ? domains->first() : config.realm;
    limits.targets = std::make_shared<sip::TargetRules>(target_rules(config, listeners));
    return {};
}

void Server::State::make_shards() {
    loads.emplace(units.size());
    epochs.emplace(store->home().epoch);
    for (auto& unit : units) {
        auto end = std::make_unique<Links::End>();
        end->loop = &unit->loop;
        end->network = &unit->network;
        links.shards.push_back(std::move(end));
    }
    peers.emplace(store->home().bucket_key, units.size());
    feed = std::make_unique<Feed>(Feed::Setup{.bytes = config.events_memory,
                                              .run = store->home().epoch,
                                              .shards = static_cast<unsigned>(units.size()),
                                              .is_wanted = !config.hooks_url.empty()},
                                  metrics);
    for (unsigned i = 0; i < units.size(); ++i) {
        auto& unit = *units[i];
        unit.link = std::make_unique<Link>(i, links, *domains, store->home(), metrics);
        const bool is_alone = units.size() == 1;
        sip::Transport& transport =
            is_alone ? static_cast<sip::Transport&>(unit.network) : *unit.link;
        shards.push_back(
            std::make_unique<Shard>(unit.loop, transport, metrics,
                                    ShardSetup{config, *domains, *store, ids, limits, i,
                                               static_cast<unsigned>(units.size()), &*peers,
                                               &*loads, feed.get(), &profiles, &*epochs},
                                    is_alone ? nullptr : unit.link.get()));
        shards[i]->context().authenticator.use(bearer_keys);
        unit.link->resolve_with(shards[i]->context().aliases);
        links.shards[i]->stack = &shards[i]->stack();
        unit.inbox = std::make_unique<Inbox>(i, links);
        unit.network.watch(trace);
        unit.network.attach(is_alone ? static_cast<sip::TransportSink&>(shards[i]->stack())
                                     : *unit.inbox);
    }
}

Status Server::State::recover() {
    Recovery recovery(shards, store->home(), clock.wall(), store::starts_of(*store));
    if (auto done = store->recover(recovery); !done) return done;
    ids = recovery.next_id();
    recovered = recovery.subscriptions();
    for (auto& shard : shards) shard->rows().resume({});
    if (pnp) shards.front()->agents().get<Pnp>().listen(std::move(pnp));
    return {};
}

/// Somebody set the system's clock, or it was set late: what lives in the shard is told.
void Server::State::watch_clock(unsigned index) {
    auto& loop = units[index]->loop;
    loop.timers().arm(loop.now() + kClockLook, [this, index] {
        const auto system = base::read_system_clock();
        const auto step = followed.follow(units[index]->clock, system);
        if (step != base::Duration::zero()) shards[index]->on_clock_step(step);
        if (index == 0) static_cast<void>(followed.follow(clock, system));
        watch_clock(index);
    });
}

/// Connections that begin from now on have the new certificates, on every shard.
void Server::State::secure(const std::shared_ptr<const sip::TlsContext>& context) {
    for (auto& unit : units) {
        unit->loop.post([network = &unit->network, context] { network->secure(context); });
    }
}

/// Tokens that come from now on are held against these, on every shard.
void Server::State::take_tokens_of(const BearerFile::Keys& keys) {
    for (auto& shard : shards) {
        shard->loop().post(
            [shard = shard.get(), keys] { shard->context().authenticator.use(keys); });
    }
}

/// Whoever renews certificates need not tell us.
void Server::State::watch_certificates() {
    auto& loop = units.front()->loop;
    loop.timers().arm(loop.now() + kCertificateLook, [this] {
        if (auto fresh = certificates.look()) secure(fresh);
        if (const auto keys = bearer_file.look()) take_tokens_of(keys);
        watch_certificates();
    });
}

void Server::State::run() {
    for (unsigned i = 0; i < units.size(); ++i) watch_clock(i);
    watch_certificates();
    std::vector<Shard*> all;
    for (auto& shard : shards) all.push_back(shard.get());
    cells = std::make_unique<OwnCells>(all, *epochs, operations);
    admin = std::make_unique<AdminService>(std::move(all), *domains, *store, *feed, trace, *cells,
                                           operations, realm);
    for (auto& unit : units) {
        auto& thread = threads.emplace_back([loop = &unit->loop] { loop->run(); });
        // What top -H and ps -L show.
        const auto name = "shard " + std::to_string(threads.size() - 1);
        pthread_setname_np(thread.native_handle(), name.c_str());
    }
    is_running = true;
}

/// On the thread that looks at them otherwise.
void Server::State::reload_certificates(const Config& fresh) {
    units.front()->loop.post([this, files = sip_certificates(fresh)] {
        const auto read = certificates.load(files);
        if (!read) return base::log_error("tls.unreadable", {{"why", read.fault().detail}});
        if (*read) secure(*read);
    });
    units.front()->loop.post([this, file = fresh.bearer_keys] {
        const auto read = bearer_file.load(file);
        if (!read) return base::log_error("bearer.unreadable", {{"why", read.fault().detail}});
        take_tokens_of(*read);
    });
}

void Server::State::on_every_shard(const std::function<void(Shard&)>& work) {
    for (auto& shard : shards) {
        std::promise<void> done;
        shard->loop().post([&] {
            work(*shard);
            done.set_value();
        });
        done.get_future().wait();
    }
}

bool Server::State::is_drained() {
    bool is_drained = true;
    on_every_shard([&](Shard& shard) { is_drained = is_drained && shard.is_drained(); });
    return is_drained;
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
    if (state_->is_running) static_cast<void>(stop());
}

Result<std::unique_ptr<Server>> Server::start(const Config& config, base::Metrics& metrics) {
    packages::install(config.own_packages);
    auto state = std::make_unique<State>(config, metrics);
    if (auto done = state->bind(); !done) return done.fault();
    if (auto done = state->open_store(); !done) return done.fault();
    state->make_shards();
    if (auto done = state->recover(); !done) return done.fault();
    state->run();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Admin& Server::admin() noexcept {
    return *state_->admin;
}
const std::vector<sip::ListenerAddress>& Server::listeners() const noexcept {
    return state_->listeners;
}
const std::string& Server::realm() const noexcept {
    return state_->realm;
}
std::vector<store::Token> Server::tokens() const {
    return state_->store->tokens();
}
bool Server::has_new_store() const noexcept {
    return state_->is_new_store();
}
std::size_t Server::recovered_subscriptions() const noexcept {
    return state_->recovered;
}

const Profiles& Server::profiles() const noexcept {
    return state_->profiles;
}
const base::Clock& Server::clock() const noexcept {
    return state_->clock;
}
const store::Home& Server::home() const noexcept {
    return state_->store->home();
}

void Server::reload(const Config& fresh) {
    state_->reload_certificates(fresh);
    state_->on_every_shard([&](Shard& shard) { shard.reload(fresh); });
}

bool Server::collect_turns() {
    const auto has_turned = [](const auto& unit) { return unit->has_turned.load(); };
    auto& units = state_->units;
    if (!std::all_of(units.begin(), units.end(), has_turned)) return false;
    for (auto& unit : units) {
        unit->has_turned = false;
        unit->loop.post([&turned = unit->has_turned] { turned = true; });
    }
    return true;
}

void Server::retire() {
    auto& state = *state_;
    if (std::exchange(state.is_retired, true)) return;
    state.cells->stop();
    for (std::size_t i = 0; i < state.shards.size(); ++i) {
        std::promise<void> done;
        state.units[i]->loop.post([&] {
            state.units[i]->network.stop_input();
            state.shards[i]->retire();
            done.set_value();
        });
        done.get_future().wait();
    }
    const auto limit = std::chrono::steady_clock::now() + kDrainLimit;
    while (!state.is_drained() && std::chrono::steady_clock::now() < limit)
        std::this_thread::sleep_for(kDrainTurn);
}

Status Server::stop() {
    auto& state = *state_;
    if (!std::exchange(state.is_running, false)) return {};
    state.admin->close();
    retire();
    for (auto& unit : state.units) unit->loop.stop();
    for (auto& thread : state.threads) thread.join();
    state.threads.clear();
    auto closed = state.store->close();
    state.admin.reset();
    return closed;
}

}  // namespace herald::server
