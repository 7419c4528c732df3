// store/sqlite/subscription_table.cpp: the subscriptions that are there, and how they change.
#include "store/sqlite/subscription_table.h"

#include <string>
#include <string_view>

#include "store/sqlite/applied.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_sql.h"

namespace herald::store {
namespace {

constexpr std::string_view kTouchSubscription =
    "UPDATE subscriptions SET state = ?2, expires_at = ?3, granted = ?4, change = ?5,"
    " remote_cseq = ?6, cseq_base = ?7, epoch = ?8,"
    " mark_call_id = iif(?12, mark_call_id, nullif(?9, call_id)),"
    " mark_cseq = iif(?12, mark_cseq, ?10), mark_branch = iif(?12, mark_branch, ?11) WHERE id = ?1";

}  // namespace

Status SubscriptionTable::prepare(Database& database) {
    using Table = tables::Subscriptions;
    return database.prepare({{put_, put_sql<Table>()},
                             {replace_, replace_sql<Table>()},
                             {touch_, std::string(kTouchSubscription)},
                             {erase_, erase_sql<Table>()}});
}

Applied SubscriptionTable::put(const Subscription& row) {
    return apply(bind_row<tables::Subscriptions>(put_, row));
}

Applied SubscriptionTable::replace(const Subscription& row) {
    return apply_to_row(bind_row<tables::Subscriptions>(replace_, row));
}

Applied SubscriptionTable::touch(const TouchSubscription& change) {
    return apply_to_row(touch_.bind(row_key(change.id), static_cast<std::uint8_t>(change.state),
                                    change.expires_at, change.granted, change.change,
                                    change.remote_cseq, change.cseq_base, change.epoch,
                                    change.mark.call_id, change.mark.cseq, change.mark.branch_hash,
                                    std::uint8_t{change.keeps_mark}));
}

Applied SubscriptionTable::bury(const RemoveSubscription& change) {
    const Applied left = tombstones_.leave(change);
    if (left == Outcome::refused) return Outcome::committed;
    return left ? erase(change.id) : left;
}

Applied SubscriptionTable::erase(std::uint64_t id) {
    return apply(erase_.bind(row_key(id)));
}

}  // namespace herald::store
