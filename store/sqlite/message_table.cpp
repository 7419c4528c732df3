// store/sqlite/message_table.cpp: the messages that wait, and what is left of those that do not.
#include "store/sqlite/message_table.h"

#include <string>
#include <string_view>

#include "store/sqlite/applied.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_sql.h"

namespace herald::store {
namespace {

constexpr std::string_view kFinishMessage =
    "UPDATE messages SET is_done = 1, keep_until = ?2, headers = '', body = x'' WHERE id = ?1";

}  // namespace

Status MessageTable::prepare(Database& database) {
    return database.prepare({{put_, insert_sql<tables::Messages>()},
                             {finish_, std::string(kFinishMessage)},
                             {erase_, erase_sql<tables::Messages>()}});
}

Applied MessageTable::put(const Message& row) {
    return apply(bind_row<tables::Messages>(put_, row));
}

Applied MessageTable::finish(const RemoveMessage& change) {
    return apply(finish_.bind(row_key(change.id), change.keep_until));
}

Applied MessageTable::erase(std::uint64_t id) {
    return apply(erase_.bind(row_key(id)));
}

}  // namespace herald::store
