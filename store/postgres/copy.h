// store/postgres/copy.h: rows streamed out of PostgreSQL in its binary form, read by their columns.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "store/postgres/arrays.h"
#include "store/postgres/escape.h"
#include "store/postgres/session.h"
#include "store/rows.h"
#include "store/value_check.h"

namespace herald::store {

/// One column of one row.
struct Field {
    std::string_view bytes;
    bool is_null = false;
};
using Fields = std::vector<Field>;

/// A table's each() reads with it, from the first field on.
class FieldReader {
public:
    explicit FieldReader(const Fields& fields) : fields_(fields) {}

    void operator()(std::string_view name, std::string& value) { unescape(next(name), value); }
    void operator()(std::string_view name, base::WallTime& value) {
        value = base::WallTime(
            std::chrono::milliseconds(static_cast<std::int64_t>(read_big_endian(next(name)))));
    }
    template <class Text>
    void operator()(std::string_view name, const Bytes<Text>& value) {
        value.text = next(name);
    }
    template <class Text>
    void operator()(std::string_view name, const Unless<Text>& value) {
        if (field_ < fields_.size() && fields_[field_].is_null) {
            ++field_;
            value.text = value.usual;
        } else {
            unescape(next(name), value.text);
        }
    }
    template <class Part, class Row>
    void operator()(std::string_view name, const Packed<Part, Row>& values) {
        check_.set(name, values, next(name));
    }
    template <class Number>
    void operator()(std::string_view name, const RowId<Number>& id) {
        id.value = read_big_endian(next(name));
    }
    template <class Value>
    void operator()(std::string_view name, Value& value) {
        check_.set(name, value, read_big_endian(next(name)));
    }

    /// What cannot be; empty: nothing.
    const std::string& bad() const noexcept { return check_.bad(); }

private:
    std::string_view next(std::string_view name) {
        if (field_ < fields_.size()) return fields_[field_++].bytes;
        check_.miss(name);
        return {};
    }

    const Fields& fields_;
    std::size_t field_ = 0;
    ValueCheck check_;
};

/// Faults: malformed, naming the table and row.
template <class Table>
Status read_fields(const Fields& from, typename Table::Record& row) {
    FieldReader reader(from);
    Table::each(row, reader);
    if (!reader.bad().empty()) return bad_row<Table>(row, reader.bad());
    return {};
}

/// Calls `take` for each row of a SELECT until it returns a fault. The fields live as long as the
/// call. Faults: io, malformed.
Status copy_out(Session& session, const std::string& select,
                const std::function<Status(const Fields&)>& take);

}  // namespace herald::store
