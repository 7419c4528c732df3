// tests/unit/http/fake_admin.h: operations that answer what a test says and remember what they were
// asked.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/admin/admin.h"
#include "server/admin/admin_accounts.h"
#include "server/admin/admin_aliases.h"
#include "server/admin/admin_devices.h"
#include "server/admin/admin_dialogs.h"
#include "server/admin/admin_hard_state.h"
#include "server/admin/admin_hooks.h"
#include "server/admin/admin_jobs.h"
#include "server/admin/admin_mailboxes.h"
#include "server/admin/admin_messages.h"
#include "server/admin/admin_policies.h"
#include "server/admin/admin_presence.h"
#include "server/admin/admin_registrations.h"
#include "server/admin/admin_resources.h"
#include "server/admin/admin_subscriptions.h"
#include "server/admin/admin_tokens.h"
#include "server/feed/feed.h"
#include "server/feed/trace.h"
#include "tests/unit/http/fake_profiles.h"

namespace herald::http {

/// What a test says, and what it was asked.
struct FakeState {
    server::Health healthy{true, {}};
    server::SubscriptionPage page;
    std::map<std::string, server::ResourceInfo> resources;  ///< by "package aor"
    std::map<std::string, store::Account> accounts;
    std::vector<store::Token> kept_tokens;          ///< as put
    std::map<std::string, std::string> set;         ///< hard state by "package aor": "type\nbody"
    std::map<std::string, std::string> presence;    ///< by AOR
    std::vector<server::HardCondition> conditions;  ///< of changes of both
    std::map<std::string, packages::MailboxSettings> mailboxes;  ///< settings, by AOR
    std::map<std::string, server::MailboxSource> sources;        ///< of mailboxes, by AOR
    std::vector<std::string> asked_sources;
    std::vector<server::SubscriptionQuery> queries;
    std::vector<server::CallInfo> calls;
    server::RegistrationPage registered;
    server::AliasPage alias_page;
    std::map<std::string, std::string> stands_for{{"sip:101@example.com", "sip:alice@example.com"}};
    std::map<std::string, store::Policy> policies;  ///< by scope
    server::WatcherPage watcher_page;
    server::MessagePage kept;
    server::DevicePage device_page;
    std::map<std::string, std::vector<std::string>> device_users;  ///< by key of the device
    std::vector<std::string> fetched;
    std::map<std::string, std::string> device_logins;  ///< "name:password" by AOR
    server::JobPage job_page;
    server::JobDevicePage job_devices = [] {
        server::JobDevicePage running;
        running.job.state = "running";
        return running;
    }();
    std::vector<server::JobOrder> ordered;
    int sent = 200;                  ///< what send() answers
    std::vector<std::string> asked;  ///< of registrations, aliases, calls, messages
    /// What became of it after a timeout: given to tell().
    std::vector<server::MessageAdmin::Late> waiting;
    std::optional<Fault> fault;          ///< what every operation answers, if set
    std::optional<Fault> request_fault;  ///< what begin() of a request answers
    int secrets = 0;                     ///< answers that were said to be
    bool throws = false;
    std::map<std::uint64_t, server::QueuedEvent> queued;  ///< of hooks, by id
    std::mutex gate;                                      ///< held: subscriptions and hooks wait

    static std::string key(std::string_view package, std::string_view aor) {
        return std::string(package) + " " + std::string(aor);
    }
};

/// All of them on one state.
class FakeAdmin final : public server::Admin {
public:
    FakeState state;
    FakeProfiles kept_profiles{state.asked, state.fault};

    FakeAdmin();
    ~FakeAdmin() override;

    server::Health health() const override { return state.healthy; }
    server::Feed& feed() noexcept override { return feed_; }
    server::Trace& trace() noexcept override { return trace_; }
    server::AccountAdmin& accounts() noexcept override;
    server::AliasAdmin& aliases() noexcept override;
    server::DialogAdmin& dialogs() noexcept override;
    server::DeviceAdmin& devices() noexcept override;
    server::HardStateAdmin& hard_state() noexcept override;
    server::HookAdmin& hooks() noexcept override;
    server::JobAdmin& jobs() noexcept override;
    server::MailboxAdmin& mailboxes() noexcept override;
    server::MessageAdmin& messages() noexcept override;
    server::PolicyAdmin& policies() noexcept override;
    server::PresenceAdmin& presence() noexcept override;
    server::ProfileAdmin& profiles() noexcept override { return kept_profiles; }
    server::RegistrationAdmin& registrations() noexcept override;
    server::RequestAdmin& requests() noexcept override;
    server::ResourceAdmin& resources() noexcept override;
    server::SubscriptionAdmin& subscriptions() noexcept override;
    server::TokenAdmin& tokens() noexcept override;
    Status give(std::uint64_t) override { return {}; }

private:
    struct Parts;

    base::Metrics metrics_;
    base::ManualClock clock_;
    server::Trace trace_{65536, clock_, metrics_};
    server::Feed feed_{{.bytes = 400'000, .run = 7}, metrics_};
    std::unique_ptr<Parts> parts_;
};

}  // namespace herald::http
