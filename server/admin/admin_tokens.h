// server/admin/admin_tokens.h: tokens of the HTTP API that were made over it, as they are kept.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace herald::server {

class AdminCarrier;

class TokenAdmin {
public:
    virtual ~TokenAdmin() = default;

    /// As the store had them when this run began, revoked ones among them.
    virtual std::vector<store::Token> at_start() const = 0;
    /// In the place of one of its name. Faults: unavailable, timeout.
    virtual Status put(store::Token row) = 0;
};

std::unique_ptr<TokenAdmin> token_admin(const AdminCarrier& carrier);

}  // namespace herald::server
