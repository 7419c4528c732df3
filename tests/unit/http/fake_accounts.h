// tests/unit/http/fake_accounts.h: accounts and tokens that a test sees put.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/admin/admin_accounts.h"
#include "server/admin/admin_tokens.h"
#include "tests/unit/http/fake_admin.h"

namespace herald::http {

class FakeAccounts final : public server::AccountAdmin {
public:
    explicit FakeAccounts(FakeState& state) : state_(state) {}

    Result<store::Account> find(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        const auto found = state_.accounts.find(std::string(aor));
        if (found == state_.accounts.end()) return Fault{FaultKind::not_found, "no such account"};
        return found->second;
    }

    Result<bool> put(server::AccountOrder order) override {
        if (state_.fault) return *state_.fault;
        const auto aor = order.account.aor;
        set_login(aor, order.device_login);
        return state_.accounts.insert_or_assign(aor, std::move(order.account)).second;
    }

    Result<Put> put_all(Batch batch) override {
        if (state_.fault) return *state_.fault;
        Put put;
        for (std::size_t i = 0; i < batch.orders.size(); ++i) {
            const bool is_there = state_.accounts.count(batch.orders[i].account.aor) > 0;
            if (is_there && !batch.may_replace)
                put.refused.push_back({i, {FaultKind::conflict, "it is there"}});
            ++(is_there ? put.replaced : put.added);
        }
        if (!put.refused.empty() || batch.is_trial) return put;
        for (auto& [account, login] : batch.orders) {
            set_login(account.aor, login);
            state_.accounts.insert_or_assign(account.aor, account);
        }
        return put;
    }

    Result<server::AccountPage> page(const server::AccountQuery& query) override {
        if (state_.fault) return *state_.fault;
        server::AccountPage page;
        for (const auto& [aor, account] : state_.accounts) {
            if (!query.role.empty() && server::name_of(account.role) != query.role) continue;
            ++page.total;
            if (aor <= query.after) continue;
            if (page.rows.size() == query.limit) {
                page.next = page.rows.back().aor;
                break;
            }
            page.rows.push_back(account);
        }
        return page;
    }

    Status remove(std::string_view aor) override {
        if (state_.fault) return *state_.fault;
        if (state_.accounts.erase(std::string(aor)) == 0)
            return Fault{FaultKind::not_found, "no such account"};
        set_login(std::string(aor), server::DeviceLogin{});
        return {};
    }

private:
    void set_login(const std::string& aor, const std::optional<server::DeviceLogin>& login) {
        if (login) state_.device_logins[aor] = login->username + ":" + login->password;
    }

    FakeState& state_;
};

class FakeTokens final : public server::TokenAdmin {
public:
    explicit FakeTokens(FakeState& state) : state_(state) {}

    std::vector<store::Token> at_start() const override { return {}; }
    Status put(store::Token row) override {
        if (state_.fault) return *state_.fault;
        state_.kept_tokens.push_back(std::move(row));
        return {};
    }

private:
    FakeState& state_;
};

}  // namespace herald::http
