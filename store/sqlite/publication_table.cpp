// store/sqlite/publication_table.cpp: the publications that are there, and how they change.
#include "store/sqlite/publication_table.h"

#include <string_view>

#include "store/sqlite/applied.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_sql.h"

namespace herald::store {
namespace {

constexpr std::string_view kRefreshPublication =
    "UPDATE publications SET entity_tag = ?2, expires_at = ?3, granted = ?4, mark = ?5"
    " WHERE id = ?1 AND entity_tag = ?6";

}  // namespace

Status PublicationTable::prepare(Database& database) {
    using Table = tables::Publications;
    const std::string tag = parameter(column_names<Table>().size() + 1);
    return database.prepare({{put_, put_sql<Table>()},
                             {replace_, replace_sql<Table>() + " AND entity_tag = " + tag},
                             {refresh_, std::string(kRefreshPublication)},
                             {erase_, erase_sql<Table>()},
                             {erase_tagged_, erase_sql<Table>() + " AND entity_tag = ?2"}});
}

Applied PublicationTable::put(const Publication& row) {
    return apply(bind_row<tables::Publications>(put_, row));
}

Applied PublicationTable::replace(const Publication& row, const std::string& expected_tag) {
    return apply_to_row(bind_row<tables::Publications>(replace_, row, expected_tag));
}

Applied PublicationTable::refresh(const RefreshPublication& change) {
    const std::string mark = pack(packed<parts::Mark>(change.mark));
    return apply_to_row(refresh_.bind(row_key(change.id), change.entity_tag, change.expires_at,
                                      change.granted, Blob{mark}, change.expected_tag));
}

Applied PublicationTable::erase(const RemovePublication& change) {
    if (change.expected_tag.empty()) return apply_to_row(erase_.bind(row_key(change.id)));
    return apply_to_row(erase_tagged_.bind(row_key(change.id), change.expected_tag));
}

Applied PublicationTable::bury(const RemovePublication& change) {
    const Applied left = tombstones_.leave(change);
    return left == Outcome::committed ? forget(change.id) : left;
}

Applied PublicationTable::forget(std::uint64_t id) {
    return apply(erase_.bind(row_key(id)));
}

}  // namespace herald::store
