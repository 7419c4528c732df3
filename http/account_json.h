// http/account_json.h: accounts as JSON says them.
#pragma once

#include <string>

#include "http/fields.h"
#include "http/json.h"
#include "server/admin/admin_accounts.h"
#include "store/records.h"

namespace herald::http {

/// Asks for all members but the address, and for status() of `fields`. Whether it brought a secret
/// is for has_secret() to say. Faults: malformed.
Result<server::AccountOrder> account_order(Fields& fields, const std::string& aor,
                                           const std::string& realm);
bool has_secret(const store::Account& account);
/// Without its secrets.
Json json_of(const store::Account& account, const std::string& device_username);

}  // namespace herald::http
