// server/register/registrar.h: what happens to a REGISTER: gather, decide, commit, apply (RFC
// 3261 10.3).
//
// A binding is one publication of package reg: its expiry, recovery and NOTIFYs are those of every
// publication.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/listeners.h"
#include "base/metrics.h"
#include "base/task.h"
#include "server/address/gruu.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/publications.h"
#include "server/register/register_decision.h"

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

/// The registrar of one shard. REGISTERs of one AOR are decided one after the other, in order of
/// arrival.
class Registrar final : public Agent {
public:
    Registrar(Context& context, Publications& publications, const packages::Package& package);

    /// Answers now, or after the commit. Core checks are passed.
    void on_register(sip::ServerTransactionId transaction, const sip::Message& request,
                     const sip::Flow& flow);

    using Done = base::Task<void(Status)>;
    /// Binds a contact, or gives one there is another time. `done` runs after the commit. Faults:
    /// malformed, unavailable, unknown_outcome.
    void put(RegistrationOrder order, Done done);
    /// Faults: not_found, unavailable, unknown_outcome.
    void remove(RegistrationOrder order, Done done);

    /// Bindings are its own.
    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override { return by_subject_.size(); }

    /// The bindings of an AOR, in the order they were made; valid until the loop's turn ends.
    std::vector<const packages::Binding*> bindings(std::string_view aor) const;
    /// The binding a temporary GRUU stands for; nullptr: none any more.
    const packages::Binding* binding(const TemporaryGruu& gruu) const;

    /// Adds a listener, called as Agent::on_registered() is.
    using Registered = base::Task<void(const std::string& aor, std::string_view flow)>;
    void on_registration(Registered listener) { registered_.add(std::move(listener)); }

private:
    struct Incoming {
        sip::ServerTransactionId transaction;
        std::string aor;
        sip::Flow flow;
        Identity who;
        base::Instant arrived;
        bool is_ours = false;
    };
    /// What becomes of memory once the change is durable.
    struct Change {
        std::vector<Publication> made;
        std::vector<std::uint64_t> removed;  ///< ids
        std::string flow;  ///< of those made, as bindings keep it; a device's own stream first
        bool has_outbound = false;
    };
    struct Place {
        std::uint32_t slot;
        std::uint64_t id;  ///< of the publication
    };

    void resume_register(const Incoming& incoming);
    std::vector<std::uint64_t> dead_bindings(const Resource* registration) const;
    RegisterFacts facts_of(const Incoming& incoming, const sip::Message& request,
                           const Resource* registration, std::span<const std::uint64_t> dead) const;
    void carry_out(const Incoming& incoming, const sip::Message& request, std::uint32_t slot,
                   const RegisterPlan& plan);
    store::ChangePublications rows_of(const Incoming& incoming, const sip::Message& request,
                                      const RegisterPlan& plan, Change& change);
    Publication publication_of(const std::string& publisher, const ContactPlan& contact) const;
    void apply(const Incoming& incoming, std::uint32_t slot, Change& change,
               store::Outcome outcome);
    void apply_to(std::uint32_t slot, Change& change);
    void accept(const Incoming& incoming, bool has_outbound);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    void append_contact(std::string& headers, const packages::Binding& binding,
                        bool with_gruus) const;
    void name_device(std::string_view aor, packages::Binding& binding) const;
    std::uint64_t subject_of(std::uint32_t slot, const packages::Binding& binding) const;
    void note_gruus(std::uint32_t slot, const Publication& publication);
    void forget_gruus(std::uint32_t slot, const Publication& publication);
    RegisterRules rules() const;

    struct Order;
    void resume_order(std::unique_ptr<Order> order);
    void remove_ordered(std::uint32_t slot, Order& order);
    void put_ordered(std::uint32_t slot, Order& order);
    Publication ordered(const RegistrationOrder& wanted, const Publication* target) const;

    Context& context_;
    Publications& publications_;
    const packages::Package& package_;
    Gruus gruus_;
    base::Listeners<const std::string&, std::string_view> registered_;
    /// Devices temporary GRUUs may stand for.
    std::unordered_multimap<std::uint64_t, Place> by_subject_;
    base::Counter& queried_;
    base::Counter& repeated_;
    base::Counter& changed_;
    base::Histogram& time_;
};

}  // namespace herald::server
