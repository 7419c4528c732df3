// store/postgres/repack.cpp: packs the rows of an older database.
#include "store/postgres/repack.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include "store/postgres/array_shape.h"
#include "store/postgres/copy.h"
#include "store/repacking.h"

namespace herald::store {
namespace {

/// Rows in memory.
constexpr std::uint64_t kMovedAtOnce = 10'000;

/// Some rows as arrays, and the key of the last one.
struct Part {
    std::vector<ArrayColumn> columns;
    std::uint64_t rows = 0;
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
};

template <class Table>
Part empty_part() {
    Part part;
    for (const Element element : shape_of<Table>().elements) part.columns.emplace_back(element);
    return part;
}

/// The rows behind that key.
template <class Way>
Result<Part> read_part(Session& session, std::int64_t after) {
    Part part = empty_part<typename Way::To>();
    typename Way::From::Record row{};
    const auto select = select_from<typename Way::From>() + " WHERE " + Way::key() + " > " +
                        std::to_string(after) + " ORDER BY " + Way::key() + " LIMIT " +
                        std::to_string(kMovedAtOnce);
    const auto read = copy_out(session, select, [&](const Fields& fields) {
        auto taken = read_fields<typename Way::From>(fields, row);
        if (!taken) return taken;
        Way::To::each(std::as_const(row), ArrayFiller(part.columns));
        part.last = static_cast<std::int64_t>(read_big_endian(fields.front().bytes));
        ++part.rows;
        return taken;
    });
    if (!read) return read.fault();
    return part;
}

Status write_part(Session& session, const std::string& insert, Part& part) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (ArrayColumn& column : part.columns) {
        values.push_back(column.bytes().data());
        lengths.push_back(static_cast<int>(column.bytes().size()));
    }
    const std::vector<int> formats(values.size(), 1);
    const Answer answer(PQexecParams(session.get(), insert.c_str(), static_cast<int>(values.size()),
                                     nullptr, values.data(), lengths.data(), formats.data(), 0));
    return answer.is_good() ? Status() : Status(fault_of(answer));
}

template <class Way>
Status replace_table(Session& session) {
    return session.execute("DROP TABLE " + Way::name() + "; ALTER TABLE " + Way::coming_name() +
                           " RENAME TO " + Way::name() + "; ALTER INDEX " + Way::coming_name() +
                           "_pkey RENAME TO " + Way::name() + "_pkey");
}

template <class Way>
Status move_rows(Session& session, RepackLog& log) {
    const auto insert = insert_sql_of<typename Way::To>();
    for (std::int64_t last = std::numeric_limits<std::int64_t>::min();;) {
        auto part = read_part<Way>(session, last);
        if (!part) return part.fault();
        if (part->rows == 0) return {};
        if (auto written = write_part(session, insert, *part); !written) return written;
        log.note(part->rows);
        last = part->last;
    }
}

template <class Way>
Result<bool> is_coming(Session& session) {
    const auto count =
        session.number("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname = '" +
                       Way::coming_name() + "' AND relnamespace = current_schema()::regnamespace");
    if (!count) return count.fault();
    return *count > 0;
}

template <class Way>
Status move_table(Session& session, RepackLog& log) {
    const auto is_wanted = is_coming<Way>(session);
    if (!is_wanted) return is_wanted.fault();
    if (!*is_wanted) return {};
    auto moved = move_rows<Way>(session, log);
    return moved ? replace_table<Way>(session) : moved;
}

}  // namespace

Status repack(Session& session) {
    return repack_each(
        [&](auto way, RepackLog& log) { return move_table<decltype(way)>(session, log); });
}

}  // namespace herald::store
