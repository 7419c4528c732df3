// server/notify/confirmations.h: which resources' watchers all have the latest document, written
// lazily (docs/architecture.md: Restart).
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "server/core/context.h"

namespace herald::server {

/// Keeps Resource::unconfirmed true and writes a Confirmation once it has been zero for a while
/// without a change, when the store has little else to do. A confirmation that is written late, or
/// never, costs a repeated NOTIFY after a crash, but none is ever missed: it is about the change
/// that the watchers were told last, and is void in the store before anything else is told. A
/// change's own commit sees to that (Publications), and for changes without one withdraw().
class Confirmations {
public:
    explicit Confirmations(Context& context);

    /// The one place where a notify_state changes.
    void advance(Subscription& record, NotifyInput input);
    /// A record that counts as unconfirmed was added to, or is being taken from, its resource.
    void added(const Subscription& record);
    void leaving(const Subscription& record);
    /// The resource has no watchers here any more: nothing is written about it.
    void forget(std::uint32_t resource);
    /// Makes the confirmation of a resource void; `done` runs after the commit, whatever its
    /// outcome.
    void withdraw(std::uint32_t resource, base::Task<void(store::Outcome)> done);
    /// Writes all that is settled, whatever else waits: at a clean stop. Watchers known to miss the
    /// latest document get a newer change number, so that they are told after the start.
    void flush();
    /// The same of some resources, of a cell that is at rest: before it is given away.
    void flush(const std::vector<std::uint32_t>& resources);
    /// Whether the store knows what each watcher has, so that whoever reads it tells nobody twice
    /// and leaves nobody out.
    bool is_kept(const Resource& resource, const Subscription& watcher) const;

private:
    struct Settled {
        std::uint32_t slot;
        base::Instant since;
    };

    void note(const Subscription& record, bool was_told);
    void settle(std::uint32_t slot);
    /// All watchers of `resource` have the latest document.
    void observe(Resource& resource);
    void schedule(base::Instant when);
    void write_some();
    /// Whether the first of the queue was left alone for long enough.
    bool has_due() const;
    void write_first();
    void put(Resource& resource, std::uint64_t fingerprint, std::uint64_t through);
    void except_unconfirmed(Resource& resource);
    void write_all(const std::vector<std::uint32_t>& slots);
    bool is_moving(const Resource& resource) const;
    void write(std::uint32_t slot, Resource& resource);

    Context& context_;
    base::Histogram& told_time_;
    std::deque<Settled> settled_;  ///< in order of `since`
    base::TimerId timer_;
};

}  // namespace herald::server
