// store/postgres/arrays.h: arrays as binary parameters: one column of all rows of a statement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/columns.h"
#include "store/packed_record.h"

namespace herald::store {

/// What an array holds.
enum class Element : std::uint8_t { number, text, bytes };

/// How SQL calls an array of it.
std::string_view array_type(Element element);

class ArrayColumn {
public:
    explicit ArrayColumn(Element element);

    void add_number(std::uint64_t value);
    void add_text(std::string_view value);
    void add_bytes(std::string_view value);

    /// The parameter; not without an element.
    const std::string& bytes();

private:
    void add_size(std::uint32_t size);

    std::string bytes_;
    std::uint32_t count_ = 0;
};

/// The kind of element for each value a table's each() names.
template <class Value>
constexpr Element element_of(const Value&) {
    return Element::number;
}
inline Element element_of(const std::string&) {
    return Element::text;
}
template <class Text>
constexpr Element element_of(const Bytes<Text>&) {
    return Element::bytes;
}
template <class Part, class Row>
constexpr Element element_of(const Packed<Part, Row>&) {
    return Element::bytes;
}

template <class Value>
void add_to(ArrayColumn& column, const Value& value) {
    column.add_number(static_cast<std::uint64_t>(value));
}
template <class Number>
void add_to(ArrayColumn& column, const RowId<Number>& id) {
    column.add_number(id.value);
}
inline void add_to(ArrayColumn& column, const base::WallTime& value) {
    column.add_number(static_cast<std::uint64_t>(value.time_since_epoch().count()));
}
inline void add_to(ArrayColumn& column, const std::string& value) {
    column.add_text(value);
}
template <class Text>
void add_to(ArrayColumn& column, const Bytes<Text>& value) {
    column.add_bytes(value.text);
}
template <class Part, class Row>
void add_to(ArrayColumn& column, const Packed<Part, Row>& values) {
    column.add_bytes(pack(values));
}

/// A table's each() fills arrays with it, from the first column on.
class ArrayFiller {
public:
    explicit ArrayFiller(std::vector<ArrayColumn>& columns) : columns_(columns) {}

    template <class Value>
    void operator()(std::string_view, const Value& value) {
        add_to(columns_[column_++], value);
    }

private:
    std::vector<ArrayColumn>& columns_;
    std::size_t column_ = 0;
};

/// A number as PostgreSQL sends it: its most significant byte first.
void append_big_endian(std::string& out, std::uint64_t value, int bytes);
std::uint64_t read_big_endian(std::string_view bytes);

}  // namespace herald::store
