// server/admin/admin_accounts.h: accounts as an operator reads, sets and removes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/records.h"

namespace herald::server {

class AdminCarrier;

class AccountAdmin {
public:
    virtual ~AccountAdmin() = default;

    /// Faults: malformed, not_found.
    virtual Result<store::Account> find(std::string_view aor) = 0;
    /// True: it is new. Faults: malformed, not_found (not one of our domains).
    virtual Result<bool> put(store::Account account) = 0;
    /// Faults: as find().
    virtual Status remove(std::string_view aor) = 0;
};

/// Accounts that name no realm get `realm`.
std::unique_ptr<AccountAdmin> account_admin(const AdminCarrier& carrier, std::string realm);

}  // namespace herald::server
