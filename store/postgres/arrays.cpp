// store/postgres/arrays.cpp: arrays as binary parameters: one column of all rows of a statement.
//
// The form: dimensions, whether there are NULLs, the type of the elements, their number, the first
// index; then each element's size and bytes. All numbers are 32 bits wide. There are no NULLs.
#include "store/postgres/arrays.h"

#include "store/postgres/escape.h"

namespace herald::store {
namespace {

// The numbers of PostgreSQL's types (pg_type.dat); they never change.
constexpr std::uint32_t kInt8 = 20, kText = 25, kBytea = 17;
constexpr std::size_t kCountAt = 12;

std::uint32_t type_of(Element element) {
    if (element == Element::number) return kInt8;
    return element == Element::text ? kText : kBytea;
}

void put_at(std::string& bytes, std::size_t at, std::uint32_t value) {
    std::string number;
    append_big_endian(number, value, 4);
    bytes.replace(at, number.size(), number);
}

}  // namespace

std::string_view array_type(Element element) {
    if (element == Element::number) return "bigint[]";
    return element == Element::text ? "text[]" : "bytea[]";
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(value >> shift);
    }
}

std::uint64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

ArrayColumn::ArrayColumn(Element element) {
    for (const std::uint32_t number : {1U, 0U, type_of(element), 0U, 1U}) {
        append_big_endian(bytes_, number, 4);
    }
}

void ArrayColumn::add_size(std::uint32_t size) {
    append_big_endian(bytes_, size, 4);
    ++count_;
}

void ArrayColumn::add_number(std::uint64_t value) {
    add_size(sizeof value);
    append_big_endian(bytes_, value, sizeof value);
}

void ArrayColumn::add_text(std::string_view value) {
    if (needs_escape(value)) {
        add_bytes(escaped(value));
    } else {
        add_bytes(value);
    }
}

void ArrayColumn::add_bytes(std::string_view value) {
    add_size(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
}

const std::string& ArrayColumn::bytes() {
    put_at(bytes_, kCountAt, count_);
    return bytes_;
}

}  // namespace herald::store
