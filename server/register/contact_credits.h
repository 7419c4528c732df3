// server/register/contact_credits.h: what may be sent by UDP to each registered contact, before
// somebody there has answered (core/credit.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "packages/registration.h"
#include "server/core/bucket.h"
#include "server/core/context.h"
#include "server/core/credit.h"
#include "server/core/forgetting.h"

namespace herald::server {

/// Those of one shard's users.
class ContactCredits {
public:
    /// Where a binding of `aor` leads; null where an operator made it, who may name any place.
    /// Lives until the binding leaves.
    std::shared_ptr<Credit> of(const std::string& aor, const packages::Binding& binding);
    /// A request of `bytes` of credit renewed it; `source` as in Credit::renew().
    void renew(const std::string& aor, const packages::Binding& binding, std::size_t bytes,
               const sip::Endpoint& source);

    /// The binding leaves.
    void drop(const std::string& aor, const packages::Binding& binding);
    void forget_some(const Context& context, Cell cell, Forgetting& forgetting);
    std::size_t size() const noexcept { return by_aor_.size(); }

private:
    struct ContactCredit {
        std::string contact;
        std::shared_ptr<Credit> credit;
    };

    std::shared_ptr<Credit> find(const std::string& aor, std::string_view contact) const;

    base::TextMap<std::vector<ContactCredit>> by_aor_;
};

}  // namespace herald::server
