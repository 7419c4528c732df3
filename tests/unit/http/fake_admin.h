// tests/unit/http/fake_admin.h: operations that answer what a test says and remember what they were
// asked.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/admin/admin.h"

namespace herald::http {

class FakeAdmin final : public server::Admin {
public:
    server::Health healthy{true, {}};
    server::SubscriptionPage page;
    std::map<std::string, server::ResourceInfo> resources;  ///< by "package aor"
    std::map<std::string, store::Account> accounts;
    std::map<std::string, std::string> set;         ///< hard state by "package aor": "type\nbody"
    std::vector<server::HardCondition> conditions;  ///< of its changes
    std::vector<server::SubscriptionQuery> queries;
    server::RegistrationPage registered;
    server::AliasPage alias_page;
    server::MessagePage kept;
    int sent = 200;                  ///< what send_message() answers
    std::vector<std::string> asked;  ///< of registrations, aliases and messages
    std::optional<Fault> fault;      ///< what every operation answers, if set
    bool throws = false;

    server::Health health() const override { return healthy; }

    Result<server::SubscriptionPage> subscriptions(
        const server::SubscriptionQuery& query) override {
        const std::lock_guard lock(mutex_);
        if (throws) throw std::runtime_error("out of luck");
        if (fault) return *fault;
        queries.push_back(query);
        return page;
    }

    Result<server::ResourceInfo> resource(std::string_view package, std::string_view aor) override {
        if (fault) return *fault;
        const auto found = resources.find(key(package, aor));
        if (found == resources.end()) return Fault{FaultKind::not_found, "no such resource"};
        return found->second;
    }

    Result<server::HardState> hard_state(std::string_view package, std::string_view aor) override {
        if (fault) return *fault;
        const auto found = set.find(key(package, aor));
        if (found == set.end()) return Fault{FaultKind::not_found, "nothing was set here"};
        const auto end_of_type = found->second.find('\n');
        return server::HardState{
            found->second.substr(0, end_of_type), found->second.substr(end_of_type + 1), "tag", {}};
    }

    std::map<std::string, packages::MailboxSettings> mailboxes;  ///< settings, by AOR
    Result<packages::MailboxSettings> mailbox_settings(std::string_view aor) override {
        if (fault) return *fault;
        return mailboxes[std::string(aor)];
    }
    Status put_mailbox_settings(std::string_view aor, packages::MailboxSettings settings) override {
        if (fault) return *fault;
        mailboxes[std::string(aor)] = std::move(settings);
        return {};
    }

    Result<server::HardStateChange> put_hard_state(
        std::string_view package, std::string_view aor, std::string_view type,
        std::string_view body, const server::HardCondition& condition) override {
        if (fault) return *fault;
        conditions.push_back(condition);
        const auto [place, is_new] =
            set.insert_or_assign(key(package, aor), std::string(type) + "\n" + std::string(body));
        return server::HardStateChange{"tag", is_new};
    }

    Status remove_hard_state(std::string_view package, std::string_view aor,
                             const server::HardCondition& condition) override {
        if (fault) return *fault;
        conditions.push_back(condition);
        if (set.erase(key(package, aor)) == 0)
            return Fault{FaultKind::not_found, "nothing was set here"};
        return {};
    }

    Result<server::RegistrationPage> registrations(std::string_view aor, std::string_view after,
                                                   std::size_t limit) override {
        if (fault) return *fault;
        asked.push_back("list " + std::string(aor) + " " + std::string(after) + " " +
                        std::to_string(limit));
        return registered;
    }

    Status put_registration(std::string_view aor, std::string_view contact, std::uint32_t expires,
                            std::string_view path) override {
        if (fault) return *fault;
        asked.push_back("put " + std::string(aor) + " " + std::string(contact) + " " +
                        std::to_string(expires) + " " + std::string(path));
        return {};
    }

    Status remove_registration(std::string_view aor, std::string_view contact,
                               std::string_view event, std::uint32_t retry_after) override {
        if (fault) return *fault;
        asked.push_back("remove " + std::string(aor) + " " + std::string(contact) + " " +
                        std::string(event) + " " + std::to_string(retry_after));
        return {};
    }

    Result<store::Alias> alias(std::string_view aor) override {
        if (fault) return *fault;
        asked.push_back("alias " + std::string(aor));
        return store::Alias{std::string(aor), "sip:alice@example.com"};
    }

    Result<server::AliasPage> aliases(std::string_view resource, std::string_view after,
                                      std::size_t limit) override {
        if (fault) return *fault;
        asked.push_back("list " + std::string(resource) + " " + std::string(after) + " " +
                        std::to_string(limit));
        return alias_page;
    }

    Result<bool> put_alias(std::string_view aor, std::string_view resource) override {
        if (fault) return *fault;
        asked.push_back("put " + std::string(aor) + " " + std::string(resource));
        return asked.size() == 1;
    }

    Status remove_alias(std::string_view aor) override {
        if (fault) return *fault;
        asked.push_back("remove " + std::string(aor));
        return {};
    }

    Result<int> send_message(const server::MessageOrder& order) override {
        if (fault) return *fault;
        asked.push_back("send " + order.from + " " + order.to + " " + order.type + " " +
                        order.subject + " " + std::to_string(order.expires) + " " + order.body);
        return sent;
    }

    Result<server::MessagePage> messages(std::string_view aor, std::string_view after,
                                         std::size_t limit, bool with_bodies) override {
        if (fault) return *fault;
        asked.push_back("messages " + std::string(aor) + " " + std::string(after) + " " +
                        std::to_string(limit) + (with_bodies ? " with bodies" : ""));
        return kept;
    }

    Status remove_messages(std::string_view aor, std::string_view id) override {
        if (fault) return *fault;
        asked.push_back("forget " + std::string(aor) + " " + std::string(id));
        return {};
    }

    Result<store::Account> account(std::string_view aor) override {
        if (fault) return *fault;
        const auto found = accounts.find(std::string(aor));
        if (found == accounts.end()) return Fault{FaultKind::not_found, "no such account"};
        return found->second;
    }

    Result<bool> put_account(store::Account account) override {
        if (fault) return *fault;
        const auto aor = account.aor;
        return accounts.insert_or_assign(aor, std::move(account)).second;
    }

    Status remove_account(std::string_view aor) override {
        if (fault) return *fault;
        if (accounts.erase(std::string(aor)) == 0)
            return Fault{FaultKind::not_found, "no such account"};
        return {};
    }

private:
    static std::string key(std::string_view package, std::string_view aor) {
        return std::string(package) + " " + std::string(aor);
    }
    std::mutex mutex_;
};

}  // namespace herald::http
