// tests/unit/http/fake_admin.h: operations that answer what a test says and remember what they were
// asked.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/admin.h"

namespace herald::http {

class FakeAdmin final : public server::Admin {
public:
    server::Health healthy{true, {}};
    server::SubscriptionPage page;
    std::map<std::string, server::ResourceInfo> resources;  ///< by "package aor"
    std::map<std::string, store::Account> accounts;
    std::map<std::string, std::string> hard_state;  ///< "package aor": "type\nbody"
    std::vector<server::SubscriptionQuery> queries;
    server::RegistrationPage registered;
    server::MessagePage kept;
    int sent = 200;                  ///< what send_message() answers
    std::vector<std::string> asked;  ///< of registrations and messages
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

    Status put_hard_state(std::string_view package, std::string_view aor, std::string_view type,
                          std::string_view body) override {
        if (fault) return *fault;
        hard_state[key(package, aor)] = std::string(type) + "\n" + std::string(body);
        return {};
    }

    Status remove_hard_state(std::string_view package, std::string_view aor) override {
        if (fault) return *fault;
        if (hard_state.erase(key(package, aor)) == 0)
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
