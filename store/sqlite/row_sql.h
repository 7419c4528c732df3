// store/sqlite/row_sql.h: statements that write rows, spelled from the columns of their table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "store/columns.h"

namespace herald::store {

/// The parameter in this place, counted from 1.
inline std::string parameter(std::size_t place) {
    return "?" + std::to_string(place);
}

/// All columns of a row.
template <class Table>
std::string insert_sql(std::string_view how = "INSERT") {
    const auto names = column_names<Table>();
    return std::string(how) + " INTO " + std::string(Table::name) + " (" + listed(names) +
           ") VALUES (" +
           listed(names, [](std::string_view, std::size_t place) { return parameter(place); }) +
           ")";
}

/// The same over whatever has the row's key.
template <class Table>
std::string put_sql() {
    return insert_sql<Table>("INSERT OR REPLACE");
}

/// All columns of the row with this number.
template <class Table>
std::string replace_sql() {
    auto names = column_names<Table>();
    names.erase(names.begin());
    return "UPDATE " + std::string(Table::name) + " SET " +
           listed(names,
                  [](std::string_view name, std::size_t place) {
                      return std::string(name) + " = " + parameter(place + 1);
                  }) +
           " WHERE id = ?1";
}

/// The row whose key, the first column, is ?1.
template <class Table>
std::string erase_sql() {
    return "DELETE FROM " + std::string(Table::name) + " WHERE " +
           std::string(column_names<Table>().front()) + " = ?1";
}

}  // namespace herald::store
