// server/register/bindings.h: who is registered, and where (RFC 3261 10.3, RFC 5627).
//
// A binding is one publication of package reg: its expiry, recovery and NOTIFYs are those of every
// publication.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/listeners.h"
#include "base/task.h"
#include "base/text_map.h"
#include "server/address/gruu.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/credit.h"
#include "server/publish/publications.h"
#include "server/register/register_decision.h"

namespace herald::server {

/// What the removal of a binding leaves behind: the REGISTER that removes it, so that its copies
/// remove nothing more, and where that is of another Call-ID (another device's, or `by` is none: an
/// operator's), the one that made the binding, so that its copies do not bring it back.
store::RequestMark removal_mark(const packages::Binding& binding, store::RequestMark by = {});

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
    /// What a temporary GRUU stands for; nullptr: nothing any more.
    const packages::Binding* find(const TemporaryGruu& gruu) const;
    /// Whether `uri`, whose user is `aor`, is a GRUU that names none of the devices there are (RFC
    /// 5627 6.1). One of a user without any may be good again.
    bool is_unknown_gruu(const sip::Uri& uri, std::string_view aor) const;

    /// Gives a binding of `aor` its GRUUs (RFC 5627 5.1).
    void name_device(std::string_view aor, packages::Binding& binding) const;
    /// The publication a contact of `aor` becomes; `publisher` is an AOR, empty for an operator.
    Publication publication_of(const std::string& aor, const std::string& publisher,
                               const ContactPlan& contact) const;
    /// In memory once it is durable.
    void put(std::uint32_t slot, Publication publication);
    /// Tells the listeners that a device of `aor` came or came back by `flow`, as bindings keep it.
    void tell_registered(const std::string& aor, std::string_view flow) {
        registered_.tell(aor, flow);
    }
    /// What may be sent to where a binding of `aor` leads, before somebody there answered; null
    /// where an operator made it, who may name any place. Lives until the binding leaves.
    std::shared_ptr<Credit> credit_of(const std::string& aor, const packages::Binding& binding);
    /// A request of `bytes` of credit renewed it; `source` as in Credit::renew().
    void renew_credit(const std::string& aor, const packages::Binding& binding, std::size_t bytes,
                      const sip::Endpoint& source);
    /// Adds a listener, called as Agent::on_registered() is.
    using Registered = base::Task<void(const std::string& aor, std::string_view flow)>;
    void on_registration(Registered listener) { registered_.add(std::move(listener)); }

    /// Adds a listener, called for a binding that is new, before it is there, and for one that
    /// goes.
    using OnBinding = base::Task<void(const std::string& aor, const packages::Binding& binding,
                                      packages::Cause cause)>;
    void on_binding(OnBinding listener) { binding_changed_.add(std::move(listener)); }

    bool takes(const store::Publication& row) const override;
    /// Requests after which contacts of `aor` were removed, in the last run or early in this one:
    /// until no copy of one before them can come that this run never saw.
    std::span<const store::RequestMark> removals_of(std::string_view aor) const;
    /// Whether the request of `mark` is one of those: its copy removes nothing more.
    bool was_removed_by(std::string_view aor, std::uint64_t mark) const;

    void recover(store::Publication row, base::WallTime not_before) override;
    void resume(const Cells& cells) override;
    void forget(Cell cell) override;
    /// As Publications::on_clock_step(), after it.
    void on_clock_step(base::Duration ahead);
    std::size_t held() const noexcept override {
        return by_subject_.size() + removals_.size() + credits_.size();
    }

private:
    struct Place {
        std::uint32_t slot;
        std::uint64_t id;  ///< of the publication
    };

    void note_removals(const std::string& aor, store::RequestMark mark);
    /// Of one contact.
    struct ContactCredit {
        std::string contact;
        std::shared_ptr<Credit> credit;
    };

    std::shared_ptr<Credit> find_credit(const std::string& aor, std::string_view contact) const;
    void weigh(Publication& publication) const;
    void forget_credit(std::uint32_t slot, const Publication& publication);
    void note_former(const std::string& aor, const packages::Binding& binding);
    void note_removal(const std::string& aor, store::RequestMark mark);
    void note_successor(std::uint32_t slot, const Publication& publication);
    void tell_binding(std::uint32_t slot, const Publication& publication, packages::Cause cause);
    void note_departure(std::uint32_t slot, const Publication& publication, packages::Cause cause);
    std::uint64_t subject_of(std::uint32_t slot, const packages::Binding& binding) const;
    void note_gruus(std::uint32_t slot, const Publication& publication);
    void forget_gruus(std::uint32_t slot, const Publication& publication);

    Context& context_;
    Publications& publications_;
    const packages::Package& package_;
    Gruus gruus_;
    base::Listeners<const std::string&, std::string_view> registered_;
    base::Listeners<const std::string&, const packages::Binding&, packages::Cause> binding_changed_;
    /// Devices temporary GRUUs may stand for.
    std::unordered_multimap<std::uint64_t, Place> by_subject_;
    base::TextMap<std::vector<store::RequestMark>> removals_;  ///< by AOR
    base::TextMap<std::vector<ContactCredit>> credits_;        ///< by AOR
    bool expects_copies_ = false;                              ///< of requests of the last run
    base::TimerId copies_end_;
};

}  // namespace herald::server
