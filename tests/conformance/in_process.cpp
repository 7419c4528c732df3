// tests/conformance/in_process.cpp: one server in this process, with a fake wire, a clock of its
// own and a store that can fail.
#include "tests/conformance/in_process.h"

#include <algorithm>
#include <filesystem>

#include "packages/generic.h"
#include "server/message/messaging.h"
#include "server/mwi/mailboxes.h"
#include "server/notify/moved_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/watcher_rights.h"
#include "server/notify/watcher_rules.h"
#include "server/provisioning/awaited_devices.h"
#include "server/provisioning/device_requests.h"
#include "server/provisioning/device_selection.h"
#include "server/provisioning/jobs.h"
#include "server/provisioning/profile_keeper.h"
#include "server/shard/agents.h"
#include "server/shard/recovered_rows.h"
#include "server/shard/recovery.h"
#include "tests/support/places.h"

namespace herald::conformance {

namespace {

constexpr int kMostTurns = 10'000;
/// Of messages and jobs, in seconds.
constexpr std::uint32_t kLongestKept = 7200;

/// With a listener for `protocol`, where there is none yet.
test::FakeTransport& listening(test::FakeTransport& transport, sip::Protocol protocol) {
    constexpr std::uint16_t kSecure = 5061;
    if (protocol > sip::Protocol::tcp)
        transport.listen(protocol, test::endpoint("192.0.2.1", kSecure));
    return transport;
}

/// What an operator is told, who may have gone when he is.
using Told = std::shared_ptr<std::optional<Status>>;
Told nothing_yet() {
    return std::make_shared<std::optional<Status>>();
}
Status what_was(const Told& told) {
    return *told ? **told : Status(Fault{FaultKind::timeout, "the operator waits in vain"});
}

}  // namespace

InProcess::Life::Life(const base::Clock& clock, const server::Config& config,
                      sip::Protocol protocol)
    : loop(clock),
      transport(clock),
      domains(config.domains,
              {listening(transport, protocol).listeners().begin(), transport.listeners().end()},
              config.domain_aliases),
      limits(config) {}

InProcess::InProcess(server::Config config, bool is_durable, sip::Protocol protocol)
    : config_(std::move(config)),
      protocol_(protocol),
      folder_(is_durable ? testing::make_folder("story") : std::string()) {}

InProcess::~InProcess() {
    crash();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

MakeHarness InProcess::maker(sip::Protocol protocol) {
    return [protocol](const std::string& toml, bool is_durable) {
        return made(toml, is_durable, protocol);
    };
}

Result<std::unique_ptr<Harness>> InProcess::made(const std::string& toml, bool is_durable,
                                                 sip::Protocol protocol) {
    auto read = server::parse_config(toml);
    if (!read.mistakes.empty()) {
        return Fault{FaultKind::malformed, "configuration: " + read.mistakes.front().text};
    }
    // A story ends when nothing is kept any more: not a week later.
    for (auto* time : {&read.config.message_keep, &read.config.provisioning_keep,
                       &read.config.provisioning_retry_for})
        *time = std::min(*time, kLongestKept);
    return std::unique_ptr<Harness>(
        std::make_unique<InProcess>(std::move(read.config), is_durable, protocol));
}

Status InProcess::start() {
    packages::install(config_.own_packages);
    auto life = std::make_unique<Life>(clock_, config_, protocol_);
    const auto url = folder_.empty() ? std::string("memory:") : "sqlite:" + folder_ + "/herald.db";
    auto opened = store::open(url, {.is_inline = true}, life->metrics, clock_);
    if (!opened) return opened.fault();
    life->store = std::make_unique<testing::FailingStore>(*std::move(opened));
    life->shards.push_back(std::make_unique<server::Shard>(
        life->loop, life->transport, life->metrics,
        server::ShardSetup{config_, life->domains, *life->store, life->ids, life->limits, 0},
        nullptr));
    life->transport.attach(life->shards.front()->stack());

    server::Recovery recovery(life->shards, life->store->home(), clock_.wall(),
                              store::starts_of(*life->store));
    if (auto done = life->store->recover(recovery); !done) return done;
    life->ids = recovery.next_id();
    life->shards.front()->rows().resume({});
    life->is_serving = true;
    life_ = std::move(life);
    settle();
    return {};
}

void InProcess::crash() {
    if (!life_) return;
    life_->shards.clear();
    life_->store.reset();
    life_.reset();
}

Status InProcess::stop() {
    shard().retire();
    settle();
    last_words_ = life_->transport.take();
    life_->is_serving = false;
    life_->shards.clear();
    auto closed = life_->store->close();
    life_->store.reset();
    life_.reset();
    return closed;
}

void InProcess::settle() {
    // What the end of one turn starts, the next one brings back.
    int idle = 0;
    for (int turn = 0; turn < kMostTurns && idle < 2 && life_; ++turn) {
        idle = life_->loop.turn(base::Duration::zero()) ? 0 : idle + 1;
    }
}

/// From timer to timer.
void InProcess::pass(base::Duration step, const std::function<void()>& after_each) {
    const auto end = clock_.now() + step;
    settle();
    after_each();
    while (clock_.now() < end) {
        clock_.advance(next_stop(end) - clock_.now());
        settle();
        after_each();
    }
}

base::Instant InProcess::next_stop(base::Instant end) const {
    const auto next = life_ ? life_->loop.timers().next() : std::nullopt;
    const auto soonest = clock_.now() + std::chrono::milliseconds(1);
    return next ? std::min(end, std::max(*next, soonest)) : end;
}

std::vector<Sent> InProcess::take() {
    auto all = std::exchange(last_words_, {});
    if (life_) {
        auto more = life_->transport.take();
        std::move(more.begin(), more.end(), std::back_inserter(all));
    }
    std::vector<Sent> sent;
    for (auto& one : all) sent.push_back({one.flow, std::move(one.bytes), one.at});
    return sent;
}

sip::Flow InProcess::udp(const sip::Endpoint& from) const {
    return life_->transport.udp(from.host(), from.port());
}

Result<sip::Flow> InProcess::connect(const sip::Endpoint& from, sip::Protocol protocol) {
    // Of its own, whatever other connections there are.
    if (protocol == sip::Protocol::tcp) return life_->transport.connect(from.host(), from.port());
    return life_->transport.open(protocol, from);
}

bool InProcess::is_open(const sip::Flow& flow) const {
    return life_->transport.is_open(flow);
}

void InProcess::close(const sip::Flow& flow) {
    life_->transport.close(flow);
    settle();
}

void InProcess::abandon(const sip::Endpoint& place) {
    life_->transport.unreachable(place);
    settle();
}

void InProcess::refuse(const sip::Endpoint& place) {
    life_->transport.refuse(place);
}

void InProcess::deliver(std::string_view message, const sip::Flow& flow) {
    life_->transport.receive(message, flow);
    settle();
}

/// The database's clock is looked at each second.
void InProcess::Clock::advance(base::Duration step) {
    constexpr base::Duration kLook = std::chrono::seconds(1);
    while (step > base::Duration::zero()) {
        const auto part = std::min(step, kLook);
        time_.advance(part);
        (void)followed_.follow({.offset = database_ahead_}, time_.now());
        step -= part;
    }
}

void InProcess::set_clock_ahead(std::chrono::seconds step) {
    clock_.set_ahead(step);
    shard().on_clock_step(step);
    settle();
}

Status InProcess::put_account(store::Account account, std::string_view password) {
    auto& context = shard().context();
    account.realm = context.domains.first();
    for (std::size_t i = 0; i < sip::kDigestAlgorithms; ++i) {
        account.ha1[i] = sip::digest_ha1(static_cast<sip::DigestAlgorithm>(i), account.username,
                                         account.realm, password);
    }
    shard().watcher_rights().put(std::make_shared<const store::Account>(account));
    context.port.commit(store::PutAccount{std::move(account)}, nullptr);
    settle();
    return {};
}

Status InProcess::remove_account(const std::string& aor) {
    shard().watcher_rights().remove(aor);
    shard().context().port.commit(store::RemoveAccount{aor}, nullptr);
    settle();
    return {};
}

Status InProcess::put_hard_state(std::string_view package, const std::string& aor,
                                 std::string body) {
    const auto* found = packages::find(package);
    if (!found) return Fault{FaultKind::malformed, "no such package"};
    server::HardOrder order{
        found, std::string(shard().context().aliases.resolve(aor)), std::nullopt, {}};
    if (!body.empty()) {
        order.document = packages::Document{std::string(found->profile().publish_types.front()),
                                            std::move(body)};
    }
    const auto told = nothing_yet();
    shard().orders().change_hard_state(std::move(order),
                                       [told](const Result<server::HardStateChange>& done) {
                                           *told = done ? Status() : Status(done.fault());
                                       });
    settle();
    return what_was(told);
}

Status InProcess::put_alias(const std::string& aor, const std::string& resource) {
    auto& context = shard().context();
    const store::Alias alias{aor, resource};
    if (!resource.empty()) {
        if (auto allowed = context.aliases.check(alias, config_.max_aliases); !allowed)
            return allowed;
    }
    auto change = resource.empty() ? store::Change(store::RemoveAlias{aor})
                                   : store::Change(store::PutAlias{alias});
    Status result = Fault{FaultKind::unavailable, "not written"};
    context.port.commit(std::move(change), [&](store::Outcome outcome) {
        if (outcome != store::Outcome::committed) return;
        result = {};
        const std::string before(context.aliases.resolve(aor));
        if (resource.empty()) {
            context.aliases.remove(aor);
        } else {
            context.aliases.put(alias);
        }
        shard().moved_subscriptions().end_those_of(before);
    });
    settle();
    return result;
}

/// Likewise in every run, whichever the scope's last row was.
Status InProcess::put_policy(store::Policy row) {
    auto& context = shard().context();
    row.revision = context.next_number();
    const auto policy = server::policy_of(row);
    if (policy->is_unreadable()) return Fault{FaultKind::malformed, policy->complaint()};
    Status result = Fault{FaultKind::unavailable, "not written"};
    context.port.commit(store::ChangePolicies{{std::move(row)}, {}, 0},
                        [&](store::Outcome outcome) {
                            if (outcome != store::Outcome::committed) return;
                            result = {};
                            shard().watcher_rules().put(policy);
                        });
    settle();
    return result;
}

Status InProcess::put_rules(const std::string& scope, const std::string& document) {
    const auto before = shard().context().policies.find(scope);
    return put_policy({scope, 0, before ? before->row().lists : std::string(), document});
}

Status InProcess::put_entry(const std::string& scope, const std::string& list,
                            const std::string& watcher) {
    const auto handling = pidf::handling_named(list);
    const auto pattern = server::list_pattern(watcher);
    if (!handling || !pattern) return Fault{FaultKind::malformed, "no such list, or entry"};
    const auto before = shard().context().policies.find(scope);
    auto entries = before ? before->entries() : std::vector<server::ListEntry>();
    entries = server::with_entry(std::move(entries), {*handling, *pattern, "presence"});
    return put_policy(
        {scope, 0, server::to_text(entries), before ? before->row().document : std::string()});
}

Status InProcess::decide_once(const std::string& scope, const std::string& list,
                              const std::string& watcher) {
    const auto handling = pidf::handling_named(list);
    const auto pattern = server::list_pattern(watcher);
    if (!handling || !pattern) return Fault{FaultKind::malformed, "no such list, or entry"};
    Status result = Fault{FaultKind::unavailable, "not decided"};
    shard().watcher_rules().decisions().decide_once(
        scope, {*handling, *pattern, "presence"}, [&](const Result<std::size_t>& decided) {
            result = decided ? Status() : Status(decided.fault());
        });
    settle();
    return result;
}

Status InProcess::put_mailbox_settings(const std::string& aor, packages::MailboxSettings settings) {
    const auto told = nothing_yet();
    shard().agents().get<server::Mailboxes>().put_settings(
        aor, std::move(settings), [told](Status status) { *told = std::move(status); });
    settle();
    return what_was(told);
}

Status InProcess::put_profile(packages::DeviceProfile profile) {
    const auto told = nothing_yet();
    shard().agents().get<server::ProfileKeeper>().put(
        std::move(profile), {}, [told](const Result<packages::ProfilePtr>& done) {
            *told = done ? Status() : Status(done.fault());
        });
    settle();
    return what_was(told);
}

Status InProcess::remove_profile(packages::ProfileType type, const std::string& name) {
    const auto told = nothing_yet();
    shard().agents().get<server::ProfileKeeper>().remove(
        type, name, {}, [told](const Result<packages::ProfilePtr>& done) {
            *told = done ? Status() : Status(done.fault());
        });
    settle();
    return what_was(told);
}

Status InProcess::start_job(const std::string& action, const std::string& whom) {
    auto& context = shard().context();
    server::DeviceSelection selection;
    const bool is_aor = whom.starts_with("sip:");
    if (is_aor) selection.aors.insert(whom);
    if (!is_aor && whom != "all") selection.user_agent = whom;
    server::JobOrder order;
    order.id = context.next_number();
    order.action = action;
    order.devices = server::devices_of(context, selection);
    job_ = server::address_of_job(order.id);
    const auto told = nothing_yet();
    shard().agents().get<server::Jobs>().start(
        std::move(order), [told](Status status) { *told = std::move(status); });
    settle();
    return what_was(told);
}

Status InProcess::change_job(std::string_view state) {
    const auto to = state == "paused"      ? server::JobState::paused
                    : state == "cancelled" ? server::JobState::cancelled
                                           : server::JobState::running;
    const auto told = nothing_yet();
    shard().agents().get<server::Jobs>().change(
        job_, to, [told](Status status) { *told = std::move(status); });
    settle();
    return what_was(told);
}

Result<std::size_t> InProcess::job_devices(std::string_view state) {
    const auto* job = shard().agents().get<server::Jobs>().find(job_);
    if (!job) return Fault{FaultKind::not_found, "there is no such job"};
    if (state == "effective") return std::size_t{job->effective};
    const auto which = server::device_state_of(state);
    if (!which) return which.fault();
    return std::size_t{job->count(*which)};
}

Result<std::size_t> InProcess::subscriptions() {
    return shard().context().subscriptions.size();
}

std::optional<std::string> InProcess::left_over() {
    const auto subscriptions = shard().context().subscriptions.size();
    if (subscriptions != 0) return std::to_string(subscriptions) + " subscriptions";
    if (shard().sender().in_flight() != 0) return "NOTIFYs under way";
    if (shard().messaging().in_flight() != 0) return "MESSAGEs under way";
    if (shard().messaging().stored().queues().count() != 0) return "messages kept for nobody";
    if (shard().agents().get<server::DeviceRequests>().held() != 0) return "devices being told";
    if (shard().agents().get<server::AwaitedDevices>().held() != 0) return "devices awaited";
    if (shard().agents().get<server::Jobs>().held() != 0) return "jobs";
    if (shard().port().waiting() != 0) return "commits under way";
    std::optional<std::string> idle;
    shard().context().resources.for_each([&](std::uint32_t, const server::Resource& resource) {
        const auto& all = resource.publications;
        const bool has_hard_state =
            std::any_of(all.begin(), all.end(), [](const auto& one) { return one.is_permanent(); });
        if (!has_hard_state) idle = "the resource " + resource.aor;
    });
    return idle;
}

}  // namespace herald::conformance
