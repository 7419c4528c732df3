// server/publish/publications.h: the publications of a shard's resources, and one durable change of
// a resource at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/listeners.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "server/core/context.h"
#include "server/publish/publication_expiry.h"
#include "store/store.h"

namespace herald::server {

/// Random bytes of an entity-tag.
inline constexpr std::size_t kEntityTagBytes = 16;

/// Bytes of memory that a publication takes whose document is `size` bytes long, about: its text,
/// and what is made of it.
constexpr std::uint64_t weight_of(std::size_t size) noexcept {
    return 600 + 3 * std::uint64_t{size};
}

/// Until when copies of the last request of a publication that runs out at `now` may come; zero:
/// none can come any more. Of those alone that a PUBLISH made.
base::WallTime copies_until(const Publication& publication, base::WallTime now) noexcept;

/// What all parts that change event state share: the gate of a resource, and the publications in
/// memory. One per shard, on its thread.
class Publications {
public:
    explicit Publications(Context& context) : context_(context), expiry_(context, *this) {}
    Publications(const Publications&) = delete;
    Publications& operator=(const Publications&) = delete;

    PublicationExpiry& expiry() noexcept { return expiry_; }

    /// Keeps `work` until the change under way on the resource is done; false where too much waits.
    bool wait(std::uint32_t slot, base::Task<void()>&& work);
    /// Makes a change durable; `apply` runs with the outcome, then what waited goes on.
    void commit(std::uint32_t slot, store::Change change, base::Task<void(store::Outcome)> apply);

    /// Adds a listener, called before a publication leaves memory, or is replaced
    /// (Cause::refreshed). Forgetting calls nobody.
    using Leaving =
        base::Task<void(std::uint32_t slot, const Publication& publication, packages::Cause cause)>;
    void on_leaving(Leaving listener) { leaving_.add(std::move(listener)); }

    /// How a publication ends: it goes, or what its package remembers of it takes its place.
    struct Ending {
        std::uint64_t id = 0;
        packages::Cause cause = packages::Cause::removed;
        std::string entity_tag{};  ///< the one a removing PUBLISH is answered with
        std::optional<Publication> remains{};
    };
    /// The change that ends a publication of the resource; `removal` is what it is where nothing
    /// is remembered. `ending` is for end(), once it is durable.
    store::Change ending_of(std::uint32_t slot, store::RemovePublication removal, Ending& ending);
    void end(std::uint32_t slot, Ending ending);

    /// Puts a publication in the place of the one with its id, or beside the others; one that is
    /// not stored has its source for an id.
    void put(std::uint32_t slot, Publication publication);
    /// What the store had, before anybody is told; `not_before` as for expiry().arm().
    void restore(std::uint32_t slot, Publication publication, base::WallTime not_before);
    /// Gives one that has no share of the memory for publications its own, which is never refused:
    /// it is there already, or it is an operator's.
    void weigh(Publication& publication) const;
    /// One that is not stored is known by its source.
    void take_out_unstored(std::uint32_t slot, std::string_view source, packages::Cause cause);
    /// `retry_after` in seconds, with Cause::probation.
    void take_out(std::uint32_t slot, std::uint64_t id, packages::Cause cause,
                  std::uint32_t retry_after = 0);
    /// A resource leaves memory, and nobody is told. No change of it is under way, nobody watches
    /// it.
    void forget(std::uint32_t slot);

private:
    Publication& add(std::uint32_t slot, Publication publication);
    template <class Matches>
    void take_out_if(std::uint32_t slot, Matches matches, packages::Cause cause,
                     std::uint32_t retry_after);
    void void_confirmation(std::uint32_t slot);
    void open_gate(std::uint32_t slot);

    Context& context_;
    base::Listeners<std::uint32_t, const Publication&, packages::Cause> leaving_;
    PublicationExpiry expiry_;
};

/// What an operator is told of the change he asked for. Faults: conflict, unavailable,
/// unknown_outcome.
Status status_of(store::Outcome outcome);

}  // namespace herald::server
