// server/register/registrar.h: what happens to a REGISTER: gather, decide, commit, apply (RFC
// 3261 10.3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "server/core/context.h"
#include "server/core/request.h"
#include "server/publish/publications.h"
#include "server/register/bindings.h"
#include "server/register/register_decision.h"

namespace herald::server {

/// The registrar of one shard. REGISTERs of one AOR are decided one after the other, in order of
/// arrival.
class Registrar {
public:
    Registrar(Context& context, Publications& publications, Bindings& bindings);

    /// Answers now, or after the commit. Core checks are passed.
    void on_register(const Request& request);

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
        std::vector<base::Budget::Share> shares;       ///< of those made
        std::vector<packages::DocumentPtr> documents;  ///< of those made, once they are in memory
        std::vector<std::uint64_t> removed;            ///< ids
        std::string flow;  ///< of those made, as bindings keep it; a device's own stream first
        bool has_outbound = false;
    };

    void resume_register(const Incoming& incoming);
    std::vector<std::uint64_t> dead_bindings(const Resource* registration) const;
    RegisterFacts facts_of(const Incoming& incoming, const sip::Message& request,
                           const Resource* registration, std::span<const std::uint64_t> dead) const;
    void carry_out(const Incoming& incoming, const sip::Message& request, std::uint32_t slot,
                   const RegisterPlan& plan);
    store::ChangePublications rows_of(const Incoming& incoming, const sip::Message& request,
                                      const RegisterPlan& plan, Change& change);
    void apply(const Incoming& incoming, std::uint32_t slot, Change& change,
               store::Outcome outcome);
    void apply_to(std::uint32_t slot, Change& change);
    bool find_room(const Incoming& incoming, const RegisterPlan& plan, Change& change) const;
    void renew_credit(const Incoming& incoming, const Change& change);
    void accept(const Incoming& incoming, bool has_outbound);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    void append_contacts(std::string& headers, std::string_view aor,
                         const sip::Message& request) const;
    void append_contact(std::string& headers, const Publication& publication,
                        bool with_gruus) const;
    RegisterRules rules() const;

    Context& context_;
    Publications& publications_;
    Bindings& bindings_;
    base::Counter& queried_;
    base::Counter& repeated_;
    base::Counter& changed_;
    base::Histogram& time_;
};

}  // namespace herald::server
