// server/publish/state_orders.h: event state that no PUBLISH made: set by operators, taken from
// elsewhere; gather, decide, commit, apply.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "server/core/context.h"
#include "server/publish/hard_state.h"
#include "server/publish/publications.h"
#include "server/publish/put_right.h"

namespace herald::server {

/// A change of hard state that an operator wants.
struct HardOrder {
    const packages::Package* package = nullptr;
    std::string aor;                             ///< canonical
    std::optional<packages::Document> document;  ///< none: removal
    HardCondition condition;
};

/// State that no PUBLISH made: one publication of each source.
struct StateOrder {
    const packages::Package* package = nullptr;
    std::string aor;     ///< canonical
    std::string source;  ///< kHardSource, or a name with a blank in it
    packages::Rank rank = packages::Rank::hard;
    std::optional<packages::Document> document;  ///< none: removal
    base::WallTime expires_at{};                 ///< zero: never
    HardCondition condition;                     ///< of the publication there is
    /// The document is what an operator has its source say: expiry, entity-tag and publisher stay,
    /// and the source goes on from there.
    bool is_correction = false;
};

/// The orders of one shard. Changes of one resource happen one after the other, those of PUBLISH
/// among them.
class StateOrders {
public:
    StateOrders(Context& context, Publications& publications);

    using Done = base::Task<void(Status)>;
    /// Sets or removes a publication by its source. A document that is the same already only gets
    /// the new expiry. `done` runs after the commit. Faults: malformed, not_found (nothing to
    /// remove), unavailable, unknown_outcome.
    void put(StateOrder order, Done done);

    /// What change() and change_hard_state() end with.
    using HardDone = base::Task<void(Result<HardStateChange>)>;
    /// Sets or removes the one hard publication of a resource. `done` runs after the commit.
    /// Faults: unsupported_media, too_large, malformed, precondition_failed, not_found (nothing to
    /// remove), conflict, unavailable, unknown_outcome.
    void change_hard_state(HardOrder order, HardDone done);
    /// As put(), with the entity-tag of what is there then. Faults: as change_hard_state().
    void change(StateOrder order, HardDone done);
    /// nullptr: nothing is set.
    const Publication* hard_state(const packages::Package& package, std::string_view aor) const;

private:
    /// An order on its way through the ladder.
    struct Change;

    void start(StateOrder order, HardDone done);
    void resume(std::unique_ptr<Change> change);
    static std::optional<Fault> refusal_of(const Change& change, const Publication* earlier);
    Status reconcile(Change& change, const Resource& resource);
    void commit(std::unique_ptr<Change> change, const Publication* earlier);
    store::Change row_of_change(Change& change, const Publication* earlier);
    void apply(Change& change, store::Outcome outcome);

    Context& context_;
    Publications& publications_;
    PutRight put_right_;
};

}  // namespace herald::server
