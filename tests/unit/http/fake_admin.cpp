// tests/unit/http/fake_admin.cpp: operations that answer what a test says and remember what they
// were asked.
#include "tests/unit/http/fake_admin.h"

#include <stdexcept>

#include "tests/unit/http/fake_accounts.h"
#include "tests/unit/http/fake_requests.h"

namespace herald::http {

namespace {

class FakeSubscriptions final : public server::SubscriptionAdmin {
public:
    explicit FakeSubscriptions(FakeState& state) : state_(state) {}

    Result<server::SubscriptionPage> page(const server::SubscriptionQuery& query) override {
        const std::lock_guard lock(state_.gate);
        if (state_.throws) throw std::runtime_error("out of luck");
        if (state_.fault) return *state_.fault;
        state_.queries.push_back(query);
        return state_.page;
    }

private:
    FakeState& state_;
};

class FakeResources final : public server::ResourceAdmin {
public:
    explicit FakeResources(FakeState& state) : state_(state) {}

    Result<server::ResourceInfo> find(std::string_view package, std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        const auto found = state_.resources.find(FakeState::key(package, aor));
        if (found == state_.resources.end()) return Fault{FaultKind::not_found, "no such resource"};
        return found->second;
    }

    Result<server::ResourceRows> page(const server::ResourceQuery& query) override {
        if (state_.fault) return *state_.fault;
        server::ResourceRows page;
        for (const auto& [key, info] : state_.resources) {
            if (!query.package.empty() && query.package != info.package) continue;
            page.rows.push_back({info.aor, info.package, info.watchers, info.publications.size()});
        }
        page.total = page.rows.size();
        return page;
    }

private:
    FakeState& state_;
};

class FakeHardState final : public server::HardStateAdmin {
public:
    explicit FakeHardState(FakeState& state) : state_(state) {}

    Result<server::HardState> find(std::string_view package, std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        const auto found = state_.set.find(FakeState::key(package, aor));
        if (found == state_.set.end()) return Fault{FaultKind::not_found, "nothing was set here"};
        const auto end_of_type = found->second.find('\n');
        return server::HardState{
            found->second.substr(0, end_of_type), found->second.substr(end_of_type + 1), "tag", {}};
    }

    Result<server::HardStateChange> put(std::string_view package, std::string_view aor,
                                        std::string_view type, std::string_view body,
                                        const server::HardCondition& condition) override {
        if (state_.fault) return *state_.fault;
        state_.conditions.push_back(condition);
        const auto [place, is_new] = state_.set.insert_or_assign(
            FakeState::key(package, aor), std::string(type) + "\n" + std::string(body));
        return server::HardStateChange{"tag", is_new};
    }

    Status remove(std::string_view package, std::string_view aor,
                  const server::HardCondition& condition) override {
        if (state_.fault) return *state_.fault;
        state_.conditions.push_back(condition);
        if (state_.set.erase(FakeState::key(package, aor)) == 0)
            return Fault{FaultKind::not_found, "nothing was set here"};
        return {};
    }

private:
    FakeState& state_;
};

class FakeHooks final : public server::HookAdmin {
public:
    explicit FakeHooks(FakeState& state) : state_(state) {}

    Status keep(std::vector<server::QueuedEvent> events) override {
        const std::lock_guard lock(state_.gate);
        if (state_.fault) return *state_.fault;
        for (auto& event : events) {
            event.id = ++last_;
            state_.queued[event.id] = event;
        }
        return {};
    }
    Status drop(std::vector<std::uint64_t> ids) override {
        const std::lock_guard lock(state_.gate);
        if (state_.fault) return *state_.fault;
        for (const auto id : ids) state_.queued.erase(id);
        return {};
    }
    Result<std::vector<server::QueuedEvent>> page(std::uint64_t after, std::size_t most) override {
        const std::lock_guard lock(state_.gate);
        std::vector<server::QueuedEvent> events;
        for (const auto& [id, event] : state_.queued) {
            if (id > after && events.size() < most) events.push_back(event);
        }
        return events;
    }

private:
    FakeState& state_;
    std::uint64_t last_ = 100;
};

class FakePresence final : public server::PresenceAdmin {
public:
    explicit FakePresence(FakeState& state) : state_(state) {}

    Result<std::vector<server::PresenceInfo>> find(const std::vector<std::string>& aors) override {
        if (state_.fault) return *state_.fault;
        std::vector<server::PresenceInfo> found;
        for (const auto& aor : aors) found.push_back({aor, body_of(aor)});
        return found;
    }
    Result<server::OwnPresence> own(const std::string& aor, const std::string& source) override {
        if (state_.fault) return *state_.fault;
        if (state_.presence.count(aor) == 0)
            return Fault{FaultKind::not_found, "nothing is set here"};
        state_.asked.push_back("own " + source);
        return server::OwnPresence{body_of(aor), "tag", std::chrono::seconds(60)};
    }
    Result<server::HardStateChange> put(const server::PresenceOrder& order) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("presence " + order.source + " " +
                               std::to_string(order.ttl.count()));
        state_.conditions.push_back(order.condition);
        const auto is_new = state_.presence.insert_or_assign(order.aor, order.body).second;
        return server::HardStateChange{"tag", is_new};
    }
    Status remove(const server::PresenceOrder& order) override {
        if (state_.fault) return *state_.fault;
        state_.conditions.push_back(order.condition);
        if (state_.presence.erase(order.aor) == 0)
            return Fault{FaultKind::not_found, "nothing is set here"};
        return {};
    }

private:
    std::string body_of(const std::string& aor) const {
        const auto found = state_.presence.find(aor);
        return found == state_.presence.end()
                   ? "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"x\"/>"
                   : found->second;
    }

    FakeState& state_;
};

class FakeMailboxes final : public server::MailboxAdmin {
public:
    explicit FakeMailboxes(FakeState& state) : state_(state) {}

    Result<packages::MailboxSettings> settings(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        return state_.mailboxes[std::string(aor)];
    }
    Result<server::MailboxSource> source(std::string_view aor) override {
        const auto found = state_.sources.find(std::string(aor));
        if (found == state_.sources.end()) return Fault{FaultKind::not_found, "no PBX"};
        return found->second;
    }
    Status ask_source(std::string_view aor) override {
        if (auto found = source(aor); !found) return found.fault();
        state_.asked_sources.emplace_back(aor);
        return {};
    }
    Status put_settings(std::string_view aor, packages::MailboxSettings settings) override {
        if (state_.fault) return *state_.fault;
        state_.mailboxes[std::string(aor)] = std::move(settings);
        return {};
    }

private:
    FakeState& state_;
};

class FakeDialogs final : public server::DialogAdmin {
public:
    explicit FakeDialogs(FakeState& state) : state_(state) {}

    Result<server::CallPage> page(const server::CallQuery& query) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("list " + query.after + " " + std::to_string(query.limit) +
                               (query.is_suspicious ? " suspicious" : ""));
        return server::CallPage{state_.calls, "sip:z@example.com"};
    }
    Result<std::vector<server::CallInfo>> calls(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("calls " + std::string(aor));
        return state_.calls;
    }
    Status put(std::string_view aor, pidf::Dialog dialog,
               std::optional<std::uint32_t> seconds) override {
        if (state_.fault) return *state_.fault;
        std::string text;
        append_dialog(text, dialog, pidf::DialogDetail::full);
        state_.asked.push_back("put " + std::string(aor) + " " + text + " " +
                               std::to_string(seconds.value_or(0)));
        return {};
    }
    Status end(std::string_view aor, std::optional<std::string> id) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("end " + std::string(aor) + " " + id.value_or("all"));
        return {};
    }
    Result<packages::DialogKeeper> keeper(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        return packages::DialogKeeper{"pbx", std::string(aor.substr(4, 5))};
    }
    Status put_keeper(std::string_view aor, packages::DialogKeeper keeper) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("keep " + std::string(aor) + " " + to_text(keeper));
        return {};
    }

private:
    FakeState& state_;
};

class FakeRegistrations final : public server::RegistrationAdmin {
public:
    explicit FakeRegistrations(FakeState& state) : state_(state) {}

    Result<server::RegistrationPage> page(std::string_view aor, std::string_view after,
                                          std::size_t limit) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("list " + std::string(aor) + " " + std::string(after) + " " +
                               std::to_string(limit));
        return state_.registered;
    }

    Status put(std::string_view aor, std::string_view contact, std::uint32_t expires,
               std::string_view path) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("put " + std::string(aor) + " " + std::string(contact) + " " +
                               std::to_string(expires) + " " + std::string(path));
        return {};
    }

    Status remove(std::string_view aor, std::string_view contact, std::string_view event,
                  std::uint32_t retry_after) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("remove " + std::string(aor) + " " + std::string(contact) + " " +
                               std::string(event) + " " + std::to_string(retry_after));
        return {};
    }

private:
    FakeState& state_;
};

class FakeAliases final : public server::AliasAdmin {
public:
    explicit FakeAliases(FakeState& state) : state_(state) {}

    Result<store::Alias> find(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("alias " + std::string(aor));
        const auto found = state_.stands_for.find(std::string(aor));
        if (found == state_.stands_for.end()) return Fault{FaultKind::not_found, "no alias"};
        return store::Alias{found->first, found->second};
    }

    Result<server::AliasPage> page(std::string_view resource, std::string_view after,
                                   std::size_t limit) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("list " + std::string(resource) + " " + std::string(after) + " " +
                               std::to_string(limit));
        return state_.alias_page;
    }

    Result<bool> put(std::string_view aor, std::string_view resource) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("put " + std::string(aor) + " " + std::string(resource));
        return state_.asked.size() == 1;
    }

    Status remove(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("remove " + std::string(aor));
        return {};
    }

private:
    FakeState& state_;
};

class FakeMessages final : public server::MessageAdmin {
public:
    explicit FakeMessages(FakeState& state) : state_(state) {}

    Result<int> send(const server::MessageOrder& order, Late late) override {
        if (state_.fault && state_.fault->kind == FaultKind::timeout)
            state_.waiting.push_back(std::move(late));
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("send " + order.from + " " + order.to + " " + order.type + " " +
                               order.subject + " " + std::to_string(order.expires) + " " +
                               order.body);
        return state_.sent;
    }

    Result<server::MessagePage> page(std::string_view aor, std::string_view after,
                                     std::size_t limit, bool with_bodies) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("messages " + std::string(aor) + " " + std::string(after) + " " +
                               std::to_string(limit) + (with_bodies ? " with bodies" : ""));
        return state_.kept;
    }

    Status remove(std::string_view aor, std::string_view id) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("forget " + std::string(aor) + " " + std::string(id));
        return {};
    }

private:
    FakeState& state_;
};

class FakeDevices final : public server::DeviceAdmin {
public:
    explicit FakeDevices(FakeState& state) : state_(state) {}

    Result<server::DevicePage> page(const server::DeviceQuery& query) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("devices " + query.aor + " " + query.domain + " " +
                               query.user_agent + " " + query.after + " " +
                               std::to_string(query.limit));
        if (!query.vendor.empty() || !query.model.empty() || query.is_remembered)
            state_.asked.back() +=
                " " + query.vendor + " " + query.model + (query.is_remembered ? " remembered" : "");
        return state_.device_page;
    }

    Result<std::vector<std::string>> users_of(const std::string& key) override {
        return state_.device_users[key];
    }

    void note_fetch(const std::string& key, const std::string& version) override {
        state_.fetched.push_back(key + " " + version);
    }

    Result<std::string> login_of(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        const auto& login = state_.device_logins[std::string(aor)];
        return login.substr(0, login.find(':'));
    }

private:
    FakeState& state_;
};

class FakeJobs final : public server::JobAdmin {
public:
    explicit FakeJobs(FakeState& state) : state_(state) {}

    Result<std::string> start(const server::JobSelection& selection,
                              server::JobOrder order) override {
        if (state_.fault) return *state_.fault;
        std::string asked = "start " + order.action;
        for (const auto& aor : selection.aors) asked += " " + aor;
        for (const auto& instance : selection.instances) asked += " <" + instance + ">";
        asked += " " + selection.user_agent + " " + selection.domain;
        if (!selection.vendor.empty() || !selection.model.empty())
            asked +=
                " " + selection.vendor + " " + selection.model + " " + selection.firmware_below;
        state_.asked.push_back(asked + (selection.is_all ? " all" : ""));
        state_.ordered.push_back(std::move(order));
        return std::string("7");
    }

    Result<server::JobPage> page(std::string_view after, std::size_t limit) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("jobs " + std::string(after) + " " + std::to_string(limit));
        return state_.job_page;
    }

    Result<server::JobDevicePage> devices(std::string_view id,
                                          std::optional<server::DeviceState> device_state,
                                          std::string_view after, std::size_t limit) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back("job " + std::string(id) + " " +
                               (device_state ? std::string(name_of(*device_state)) : "any") + " " +
                               std::string(after) + " " + std::to_string(limit));
        return state_.job_devices;
    }

    Status change(std::string_view id, server::JobState to) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back(std::string(id) + " " + std::string(name_of(to)));
        return {};
    }

private:
    FakeState& state_;
};

class FakePolicies final : public server::PolicyAdmin {
public:
    explicit FakePolicies(FakeState& state) : state_(state) {}

    Result<std::string> scope_of(std::string_view text) override {
        if (state_.fault) return *state_.fault;
        const bool is_aor = text.find('@') != std::string_view::npos;
        const bool is_bare = is_aor && text.find(':') == std::string_view::npos;
        return is_bare ? "sip:" + std::string(text) : std::string(text);
    }
    Result<server::PolicyPtr> find(const std::string& scope) override {
        if (state_.fault) return *state_.fault;
        const auto found = state_.policies.find(scope);
        return server::policy_of(found == state_.policies.end() ? store::Policy{scope, 0, {}, {}}
                                                                : found->second);
    }
    Result<server::PolicyPtr> change(const server::PolicyEdit& edit) override {
        if (state_.fault) return *state_.fault;
        auto row = (*find(edit.scope))->row();
        const bool fits = edit.tags.empty() || edit.tags[0] == std::to_string(row.revision);
        if (!fits) return Fault{FaultKind::precondition_failed, "another one"};
        if (auto applied = edit.apply(row); !applied) return applied.fault();
        ++row.revision;
        state_.asked.push_back(edit.actor + " " + edit.action + " " + edit.detail);
        state_.policies[edit.scope] = row;
        return server::policy_of(row);
    }
    Result<std::size_t> decide_once(const std::string& aor, const server::ListEntry& entry,
                                    const std::string& actor) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back(actor + " once " + aor + " " + entry.pattern + " " + entry.package);
        return std::size_t{2};
    }
    Status import(const std::vector<server::ListRow>& rows, const std::string& actor) override {
        if (state_.fault) return *state_.fault;
        state_.asked.push_back(actor + " imports " + std::to_string(rows.size()));
        return {};
    }
    Result<std::vector<server::PolicyPtr>> page(const std::string& after,
                                                std::size_t limit) override {
        if (state_.fault) return *state_.fault;
        std::vector<server::PolicyPtr> rows;
        for (auto at = state_.policies.upper_bound(after);
             at != state_.policies.end() && rows.size() < limit; ++at)
            rows.push_back(server::policy_of(at->second));
        return rows;
    }
    Result<server::WatcherPage> watchers(const std::string&, const server::WatcherQuery&) override {
        if (state_.fault) return *state_.fault;
        return state_.watcher_page;
    }
    Result<server::Preview> preview(const std::string& aor, const std::string& watcher,
                                    const std::string& package,
                                    const std::optional<std::string>&) override {
        if (state_.fault) return *state_.fault;
        server::Preview preview;
        preview.resource = aor;
        preview.watcher = watcher;
        preview.package = package;
        preview.decision = "confirm";
        preview.decided_by = "default";
        preview.rules.push_back({"rule a", false, "sphere"});
        return preview;
    }
    Result<std::vector<store::AuditEntry>> audit(const server::AuditQuery&) override {
        if (state_.fault) return *state_.fault;
        return std::vector<store::AuditEntry>{{7, {}, "root", "sip:a@b", "rules.put", "", "x"}};
    }

private:
    FakeState& state_;
};

/// Every noun over one state, which a test sets and reads.

}  // namespace

struct FakeAdmin::Parts {
    explicit Parts(FakeState& asked) : state(asked) {}

    FakeState& state;
    FakeAccounts accounts{state};
    FakeAliases aliases{state};
    FakeDialogs dialogs{state};
    FakeDevices devices{state};
    FakeHardState hard_state{state};
    FakeHooks hooks{state};
    FakeJobs jobs{state};
    FakeMailboxes mailboxes{state};
    FakeMessages messages{state};
    FakePolicies policies{state};
    FakePresence presence{state};
    FakeRegistrations registrations{state};
    FakeRequests requests{state};
    FakeResources resources{state};
    FakeSubscriptions subscriptions{state};
    FakeTokens tokens{state};
};

FakeAdmin::FakeAdmin() : parts_(std::make_unique<Parts>(state)) {}
FakeAdmin::~FakeAdmin() = default;

server::AccountAdmin& FakeAdmin::accounts() noexcept {
    return parts_->accounts;
}
server::TokenAdmin& FakeAdmin::tokens() noexcept {
    return parts_->tokens;
}
server::AliasAdmin& FakeAdmin::aliases() noexcept {
    return parts_->aliases;
}
server::DialogAdmin& FakeAdmin::dialogs() noexcept {
    return parts_->dialogs;
}
server::DeviceAdmin& FakeAdmin::devices() noexcept {
    return parts_->devices;
}
server::HardStateAdmin& FakeAdmin::hard_state() noexcept {
    return parts_->hard_state;
}
server::HookAdmin& FakeAdmin::hooks() noexcept {
    return parts_->hooks;
}
server::JobAdmin& FakeAdmin::jobs() noexcept {
    return parts_->jobs;
}
server::MailboxAdmin& FakeAdmin::mailboxes() noexcept {
    return parts_->mailboxes;
}
server::MessageAdmin& FakeAdmin::messages() noexcept {
    return parts_->messages;
}
server::PolicyAdmin& FakeAdmin::policies() noexcept {
    return parts_->policies;
}
server::PresenceAdmin& FakeAdmin::presence() noexcept {
    return parts_->presence;
}
server::RegistrationAdmin& FakeAdmin::registrations() noexcept {
    return parts_->registrations;
}
server::RequestAdmin& FakeAdmin::requests() noexcept {
    return parts_->requests;
}
server::ResourceAdmin& FakeAdmin::resources() noexcept {
    return parts_->resources;
}
server::SubscriptionAdmin& FakeAdmin::subscriptions() noexcept {
    return parts_->subscriptions;
}

}  // namespace herald::http
