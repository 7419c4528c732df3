// server/register/removals.h: contacts that were removed lately: copies of a REGISTER from before
// that bring none of them back, and copies of the one that did it remove nothing more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "base/timers.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/register/register_decision.h"
#include "store/records.h"

namespace herald::server {

/// What the removal of a binding leaves behind: the REGISTER that removes it, so that its copies
/// remove nothing more, and where that is of another Call-ID (another device's, or `by` is none: an
/// operator's), the one that made the binding, so that its copies do not bring it back.
store::RequestMark removal_mark(const packages::Binding& binding, store::RequestMark by = {});

/// Those of one shard's users, in the last run or early in this one: until no copy of a request
/// before them can come that this run never saw.
class Removals {
public:
    explicit Removals(Context& context) : context_(context) {}

    /// From now on such copies may come, for a while.
    void expect_copies();
    /// Requests after which contacts of `aor` were removed.
    std::span<const store::RequestMark> of(std::string_view aor) const;
    /// Whether the request of `mark` is one of those: its copy removes nothing more.
    bool has(std::string_view aor, std::uint64_t mark) const;

    /// What a removal left in the store, as removal_mark() has it.
    void restore(const std::string& aor, store::RequestMark mark);
    /// Copies of what a binding was registered by before may still be on their way.
    void note_former(const std::string& aor, const packages::Binding& binding);
    /// A publication is about to leave its resource.
    void note_departure(std::uint32_t slot, const Publication& publication, packages::Cause cause);
    /// ... or to take the place of the one with its id: a device that starts anew takes its binding
    /// over, within another Call-ID.
    void note_successor(std::uint32_t slot, const Publication& publication);

    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t size() const noexcept { return by_aor_.size(); }

private:
    void note(const std::string& aor, store::RequestMark mark);

    Context& context_;
    base::TextMap<std::vector<store::RequestMark>> by_aor_;
    bool expects_copies_ = false;  ///< of requests of the last run
    base::TimerId copies_end_;
};

}  // namespace herald::server
