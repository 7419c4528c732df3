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
    "UPDATE subscriptions SET state = ?2, expires_at = ?3, granted = ?4, change = ?5, cseqs = ?6,"
    " mark = iif(?8, mark, ?7) WHERE id = ?1";

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
    const std::string cseqs = pack(packed<parts::Cseqs>(change));
    const std::string mark = pack(packed<parts::Mark>(change.mark));
    return apply_to_row(touch_.bind(row_key(change.id), static_cast<std::uint8_t>(change.state),
                                    change.expires_at, change.granted, change.change, Blob{cseqs},
                                    Blob{mark}, std::uint8_t{change.keeps_mark}));
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
