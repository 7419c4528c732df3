// server/register/bindings.h: who is registered, and where (RFC 3261 10.3, RFC 5627).
//
// A binding is one publication of package reg: its expiry, recovery and NOTIFYs are those of every
// publication.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/listeners.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/publications.h"
#include "server/register/contact_credits.h"
#include "server/register/device_gruus.h"
#include "server/register/register_decision.h"
#include "server/register/removals.h"

namespace herald::server {

/// Bytes of memory a binding takes, about.
std::uint64_t weight_of(const packages::Binding& binding) noexcept;

/// The bindings of one shard's users.
class Bindings final : public Agent {
public:
    Bindings(Context& context, Publications& publications);

    const packages::Package& package() const noexcept { return package_; }
    /// Of this run: which streams are good.
    std::uint32_t epoch() const noexcept { return context_.home.epoch; }
    /// Those of an AOR, in the order they were made; valid until the loop's turn ends.
    std::vector<const packages::Binding*> of(std::string_view aor) const;
    /// Whether `uri`, whose user is `aor`, is a GRUU that names none of the devices there are (RFC
    /// 5627 6.1). One of a user without any may be good again.
    bool is_unknown_gruu(const sip::Uri& uri, std::string_view aor) const;

    const DeviceGruus& gruus() const noexcept { return gruus_; }
    const Removals& removals() const noexcept { return removals_; }
    ContactCredits& credits() noexcept { return credits_; }

    /// The publication a contact of `aor` becomes; `publisher` is an AOR, empty for an operator.
    Publication publication_of(const std::string& aor, const std::string& publisher,
                               const ContactPlan& contact) const;
    /// In memory once it is durable.
    void put(std::uint32_t slot, Publication publication);
    /// Tells the listeners that a device of `aor` came or came back by `flow`, as bindings keep it.
    void tell_registered(const std::string& aor, std::string_view flow) {
        registered_.tell(aor, flow);
    }
    /// Adds a listener, called as Agent::on_registered() is.
    using Registered = base::Task<void(const std::string& aor, std::string_view flow)>;
    void on_registration(Registered listener) { registered_.add(std::move(listener)); }

    /// Adds a listener, called for a binding that is new, before it is there, and for one that
    /// goes.
    using OnBinding = base::Task<void(const std::string& aor, const packages::Binding& binding,
                                      packages::Cause cause)>;
    void on_binding(OnBinding listener) { binding_changed_.add(std::move(listener)); }

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void resume(const Cells& cells) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    /// As PublicationExpiry::on_clock_step(), after it.
    void on_clock_step(base::Duration ahead);
    std::size_t held() const noexcept override {
        return gruus_.size() + removals_.size() + credits_.size();
    }

private:
    void tell_binding(std::uint32_t slot, const Publication& publication, packages::Cause cause);

    Context& context_;
    Publications& publications_;
    const packages::Package& package_;
    DeviceGruus gruus_;
    Removals removals_;
    ContactCredits credits_;
    base::Listeners<const std::string&, std::string_view> registered_;
    base::Listeners<const std::string&, const packages::Binding&, packages::Cause> binding_changed_;
};

}  // namespace herald::server
