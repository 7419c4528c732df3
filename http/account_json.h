// http/account_json.h: accounts as JSON says them.
#pragma once

#include <optional>
#include <string>

#include "http/fields.h"
#include "http/json.h"
#include "server/admin/admin_devices.h"
#include "store/records.h"

namespace herald::http {

/// What a request says of an account.
struct AccountOrder {
    store::Account account;
    std::optional<server::DeviceLogin> device_login;  ///< nullopt: it does not say
};

/// Asks for all members but the address, and for status() of `fields`. Whether it brought a secret
/// is for has_secret() to say. Faults: malformed.
Result<AccountOrder> account_order(Fields& fields, const std::string& aor,
                                   const std::string& realm);
bool has_secret(const store::Account& account);
/// Without its secrets.
Json json_of(const store::Account& account, const std::string& device_username);

}  // namespace herald::http
