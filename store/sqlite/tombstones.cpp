// store/sqlite/tombstones.cpp: what is left of publications and subscriptions for a while, so that
// the request that ended them is recognised when it comes again.
#include "store/sqlite/tombstones.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "store/columns.h"
#include "store/packed_record.h"
#include "store/sqlite/applied.h"
#include "store/sqlite/row_key.h"

namespace herald::store {
namespace {

// The oldest by number: numbers rise with time, so no index is needed to find them.
constexpr std::string_view kSweepPublications =
    "DELETE FROM publication_marks WHERE keep_until <= ?1 AND sequence <"
    " (SELECT min(sequence) FROM publication_marks) + ?2";
constexpr std::string_view kSweepSubscriptions =
    "DELETE FROM subscription_marks WHERE keep_until <= ?1 AND sequence <"
    " (SELECT min(sequence) FROM subscription_marks) + ?2";
constexpr std::string_view kNextSweep =
    "SELECT min(keep_until) FROM"
    " (SELECT keep_until FROM (SELECT keep_until FROM publication_marks ORDER BY sequence LIMIT ?1)"
    " UNION ALL"
    " SELECT keep_until FROM (SELECT keep_until FROM subscription_marks ORDER BY sequence LIMIT "
    "?1))";
constexpr const char* kLastNumber =
    "SELECT max(coalesce((SELECT max(sequence) FROM publication_marks), 0),"
    " coalesce((SELECT max(sequence) FROM subscription_marks), 0))";

// Tombstones looked at by one sweep, besides twice the number written since the last one.
constexpr std::uint64_t kSweep = 1000;
constexpr auto kSweepPause = std::chrono::seconds(1);

/// A tombstone of the row ?1: its sequence, keep_until and mark.
template <class Marks, class Live>
std::string bury_sql() {
    const auto names = column_names<Marks>();
    const auto value = [&](std::string_view name, std::size_t) -> std::string {
        if (name == "keep_until") return "?3";
        if (name == "mark") return "?4";
        return std::string(name);
    };
    return "INSERT INTO " + std::string(Marks::name) + " (sequence, " + listed(names) +
           ") SELECT ?2, " + listed(names, value) + " FROM " + std::string(Live::name) +
           " WHERE id = ?1";
}

}  // namespace

Status Tombstones::prepare(Database& database) {
    auto prepared = database.prepare(
        {{mark_publication_, bury_sql<tables::PublicationMarks, tables::Publications>() +
                                 " AND (?5 = '' OR entity_tag = ?5)"},
         {mark_subscription_, bury_sql<tables::SubscriptionMarks, tables::Subscriptions>()},
         {sweep_publications_, std::string(kSweepPublications)},
         {sweep_subscriptions_, std::string(kSweepSubscriptions)},
         {next_sweep_, std::string(kNextSweep)}});
    if (!prepared) return prepared;
    const auto last = database.query(kLastNumber);
    if (!last) return last.fault();
    next_ = static_cast<std::uint64_t>(*last) + 1;
    return {};
}

Applied Tombstones::leave(const RemovePublication& change) {
    const std::string mark = pack(packed<parts::Mark>(change.mark));
    return leave(mark_publication_.bind(row_key(change.id), next_, change.keep_until, Blob{mark},
                                        change.expected_tag),
                 change.keep_until);
}

Applied Tombstones::leave(const RemoveSubscription& change) {
    const std::string mark = pack(packed<parts::Mark>(change.mark));
    return leave(mark_subscription_.bind(row_key(change.id), next_, change.keep_until, Blob{mark}),
                 change.keep_until);
}

Applied Tombstones::leave(Statement& mark, base::WallTime keep_until) {
    const Applied marked = apply_to_row(mark);
    if (marked != Outcome::committed) return marked;
    ++next_;
    ++written_;
    sweep_at_ = std::min(sweep_at_, keep_until);
    return marked;
}

bool Tombstones::sweep(base::WallTime now) {
    const std::uint64_t limit = kSweep + 2 * written_;
    if (sweep_publications_.bind(now, limit).run() != Step::done) return false;
    if (sweep_subscriptions_.bind(now, limit).run() != Step::done) return false;
    const bool has_row = next_sweep_.bind(limit).step() == Step::row;
    const bool has_marks = has_row && !next_sweep_.is_null(0);
    const base::WallTime next = has_marks ? next_sweep_.time(0) : base::WallTime::max();
    next_sweep_.reset();
    if (!has_row) return false;
    sweep_at_ = has_marks ? std::max(next, now + kSweepPause) : next;
    written_ = 0;
    return true;
}

}  // namespace herald::store
