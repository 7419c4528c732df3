// server/register/registration_orders.h: registrations an operator makes, shortens or removes (RFC
// 3680 5.1).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "server/register/bindings.h"

namespace herald::server {

/// What an operator wants of a registration.
struct RegistrationOrder {
    std::string aor;            ///< canonical
    std::string contact;        ///< URI; for a removal empty: every contact
    std::uint32_t expires = 0;  ///< seconds from now; 0: for ever
    std::string path;           ///< ready Route value of a new contact
    packages::Cause cause = packages::Cause::deactivated;  ///< of a removal
    std::uint32_t retry_after = 0;                         ///< seconds, with Cause::probation
};

/// What operators do to one shard's bindings. Orders and REGISTERs for one AOR are carried out one
/// after the other.
class RegistrationOrders {
public:
    RegistrationOrders(Context& context, Publications& publications, Bindings& bindings)
        : context_(context), publications_(publications), bindings_(bindings) {}

    using Done = base::Task<void(Status)>;
    /// Binds a contact, or changes the expiry of one that is bound. `done` runs after the commit.
    /// Faults: malformed, unavailable, unknown_outcome.
    void put(RegistrationOrder order, Done done);
    /// Faults: not_found, unavailable, unknown_outcome.
    void remove(RegistrationOrder order, Done done);

private:
    struct Order;
    void resume_order(std::unique_ptr<Order> order);
    void remove_ordered(std::uint32_t slot, Order& order);
    void put_ordered(std::uint32_t slot, Order& order);
    Publication ordered(const RegistrationOrder& wanted, const Publication* target) const;

    Context& context_;
    Publications& publications_;
    Bindings& bindings_;
};

}  // namespace herald::server
