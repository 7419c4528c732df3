// server/admin/admin_accounts.h: accounts as an operator reads, sets and removes them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/core/notify_logins.h"
#include "store/records.h"

namespace herald::server {

class AdminCarrier;

struct AccountQuery {
    std::string domain;  ///< empty: any
    std::string role;    ///< user, publisher, monitor, admin; empty: any
    std::string text;    ///< in the AOR or the username; empty: any
    std::string after;   ///< AOR of the last row of the previous page
    std::size_t limit = 100;
};
struct AccountPage {
    std::vector<store::Account> rows;  ///< by AOR
    std::string next;                  ///< `after` for the next page; empty: no more
    std::size_t total = 0;             ///< matching the filters
};

/// "user"
std::string_view name_of(store::Account::Role role) noexcept;

/// What becomes of an account.
struct AccountOrder {
    store::Account account;
    /// What its devices take orders with; an empty name: nothing. nullopt: as it is.
    std::optional<DeviceLogin> device_login;
};

class AccountAdmin {
public:
    virtual ~AccountAdmin() = default;

    /// Faults: malformed, not_found.
    virtual Result<store::Account> find(std::string_view aor) = 0;
    /// True: it is new. Faults: malformed, not_found (not one of our domains).
    virtual Result<bool> put(AccountOrder order) = 0;
    /// Several at once, in one commit: all, or none, whenever the process ends. What one of them
    /// could not be put for refuses them all: the index of it goes with the fault's detail. Returns
    /// how many are new. With `is_trial` nothing is put. Faults: as put(), conflict.
    struct Refused {
        std::size_t index = 0;
        Fault fault;
    };
    struct Batch {
        std::vector<AccountOrder> orders;
        bool is_trial = false;
        bool may_replace = false;  ///< else what exists is a conflict
    };
    struct Put {
        std::size_t added = 0, replaced = 0;
        std::vector<Refused> refused;  ///< not empty: nothing was put
    };
    virtual Result<Put> put_all(Batch batch) = 0;
    /// Faults: malformed.
    virtual Result<AccountPage> page(const AccountQuery& query) = 0;
    /// With its devices' login. Faults: as find().
    virtual Status remove(std::string_view aor) = 0;
};

/// Accounts that name no realm get `realm`.
std::unique_ptr<AccountAdmin> account_admin(const AdminCarrier& carrier, std::string realm);

}  // namespace herald::server
