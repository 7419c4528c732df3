// store/sqlite/row_io.h: rows bound to statements and read from them, by the columns of their
// table.
#pragma once

#include <string_view>
#include <type_traits>

#include "store/columns.h"
#include "store/rows.h"
#include "store/sqlite/database.h"
#include "store/sqlite/row_key.h"
#include "store/value_check.h"

namespace herald::store {

/// A table's each() binds with it.
class RowBinder {
public:
    explicit RowBinder(Statement& statement) : statement_(statement) {}

    template <class Value>
    void operator()(std::string_view, const Value& value) {
        if constexpr (std::is_enum_v<Value>) {
            statement_.put(++index_, static_cast<std::uint64_t>(value));
        } else {
            statement_.put(++index_, value);
        }
    }
    template <class Text>
    void operator()(std::string_view, const Bytes<Text>& value) {
        statement_.put(++index_, Blob{value.text});
    }
    template <class Part, class Row>
    void operator()(std::string_view, const Packed<Part, Row>& values) {
        statement_.put_copy(++index_, Blob{pack(values)});
    }
    template <class Number>
    void operator()(std::string_view, const RowId<Number>& id) {
        statement_.put(++index_, row_key(id.value));
    }

private:
    Statement& statement_;
    int index_ = 0;
};

/// Binds all columns, then `more`.
template <class Table, class... Values>
Statement& bind_row(Statement& statement, const typename Table::Record& row,
                    const Values&... more) {
    RowBinder bind(statement);
    Table::each(row, bind);
    (bind({}, more), ...);
    return statement;
}

/// A table's each() reads with it, from the first column on.
class RowReader {
public:
    explicit RowReader(const Statement& statement) : statement_(statement) {}

    void operator()(std::string_view, std::string& value) { statement_.read(column_++, value); }
    void operator()(std::string_view, base::WallTime& value) { value = statement_.time(column_++); }
    template <class Text>
    void operator()(std::string_view, const Bytes<Text>& value) {
        statement_.read(column_++, value.text);
    }
    template <class Text>
    void operator()(std::string_view, const Unless<Text>& value) {
        if (statement_.is_null(column_)) {
            value.text = value.usual;
        } else {
            statement_.read(column_, value.text);
        }
        ++column_;
    }
    template <class Part, class Row>
    void operator()(std::string_view name, const Packed<Part, Row>& values) {
        check_.set(name, values, statement_.bytes(column_++));
    }
    template <class Number>
    void operator()(std::string_view, const RowId<Number>& id) {
        id.value = row_of_key(statement_.number(column_++));
    }
    template <class Value>
    void operator()(std::string_view name, Value& value) {
        check_.set(name, value, statement_.number(column_++));
    }

    /// What cannot be; empty: nothing.
    const std::string& bad() const noexcept { return check_.bad(); }

private:
    const Statement& statement_;
    int column_ = 0;
    ValueCheck check_;
};

/// Faults: malformed, naming the table and row.
template <class Table>
Status read_row(const Statement& from, typename Table::Record& row) {
    RowReader reader(from);
    Table::each(row, reader);
    if (!reader.bad().empty()) return bad_row<Table>(row, reader.bad());
    return {};
}

}  // namespace herald::store
