// server/publish/compositor.h: what happens to a PUBLISH, and to hard state: gather, decide,
// commit, apply (RFC 3903 6).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "server/core/context.h"
#include "server/publish/hard_state.h"
#include "server/publish/publications.h"
#include "server/publish/publish_decision.h"

namespace herald::server {

/// A change of hard state that an operator wants.
struct HardOrder {
    const packages::Package* package = nullptr;
    std::string aor;                             ///< canonical
    std::optional<packages::Document> document;  ///< none: removal
    HardCondition condition;
};

/// The event state compositor of one shard. Changes of one resource happen one after the other, in
/// order of arrival.
class Compositor {
public:
    Compositor(Context& context, Publications& publications);

    /// Answers now, or after the commit. Core checks are passed, the package is known.
    void on_publish(sip::ServerTransactionId transaction, const sip::Message& request,
                    const sip::Flow& flow, const packages::Package& package);

    using Done = base::Task<void(Status)>;
    /// State that no PUBLISH made: one publication of each source.
    struct StateOrder {
        const packages::Package* package = nullptr;
        std::string aor;     ///< canonical
        std::string source;  ///< kHardSource, or a name with a blank in it
        packages::Rank rank = packages::Rank::hard;
        std::optional<packages::Document> document;  ///< none: removal
        base::WallTime expires_at{};                 ///< zero: never
        HardCondition condition;                     ///< of the publication there is
    };
    /// Sets or removes a publication by its source. A document that is the same already only gets
    /// the new expiry. `done` runs after the commit. Faults: malformed, not_found (nothing to
    /// remove), unavailable, unknown_outcome.
    void put_state(StateOrder order, Done done);

    using HardDone = base::Task<void(Result<HardStateChange>)>;
    /// Sets or removes the one hard publication of a resource. `done` runs after the commit.
    /// Faults: unsupported_media, too_large, malformed, precondition_failed, not_found (nothing to
    /// remove), conflict, unavailable, unknown_outcome.
    void change_hard_state(HardOrder order, HardDone done);
    /// nullptr: nothing is set.
    const Publication* hard_state(const packages::Package& package, std::string_view aor) const;

    /// One row of the store, before the first request.
    void recover(store::Publication row, base::WallTime not_before);
    /// Called when no repetition of a request of the last run can come any more.
    void forget_tombstones() { tombstones_.clear(); }
    /// Those of the cell.
    void forget(Cell cell) {
        std::erase_if(tombstones_, [&](const auto& entry) { return entry.second == cell; });
    }
    std::size_t held() const noexcept { return tombstones_.size(); }

private:
    struct Incoming {
        sip::ServerTransactionId transaction;
        const packages::Package* package;
        std::string aor;
        Identity who;
        bool is_ours;
        base::Instant arrived;
        std::uint64_t mark = 0;  ///< of the request
    };
    /// The outcome of a change that was asked for over SIP, until it is durable.
    struct Applied;

    void resume_publish(const Incoming& incoming);
    void carry_out(const Incoming& incoming, const sip::Message& request, std::uint32_t slot,
                   PublishPlan plan);
    store::Change change_of(const Incoming& incoming, const sip::Message& request,
                            PublishPlan& plan, Publication& next);
    void apply(std::uint32_t slot, Applied& applied, store::Outcome outcome);
    void apply_to(std::uint32_t slot, Applied& applied);
    void accept(sip::ServerTransactionId transaction, std::string_view entity_tag,
                std::uint32_t expires);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    ExpiryRules expiry_rules() const;

    /// A StateOrder on its way through the ladder.
    struct StateChange;

    void start(StateOrder order, HardDone done);
    void resume_state(std::unique_ptr<StateChange> change);
    static std::optional<Fault> refusal_of(const StateChange& change, const Publication* earlier);
    void commit_state(std::unique_ptr<StateChange> change, const Publication* earlier);
    store::Change row_of_change(StateChange& change, const Publication* earlier);
    void apply_state(StateChange& change, store::Outcome outcome);

    std::string removal_tag(std::uint64_t mark) const;

    Context& context_;
    Publications& publications_;
    /// Removals made durable just before the last run ended: by mark.
    std::unordered_map<std::uint64_t, Cell> tombstones_;
    base::Counter* done_[6];
    base::Histogram& publish_time_;
};

}  // namespace herald::server
