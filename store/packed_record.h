// store/packed_record.h: several values of a row as one column of bytes, which only Herald reads: a
// row of few columns is written and read several times faster than one of many.
//
//   the form          1
//   then each value, in its order:
//   text              its length, its bytes
//   text, or usual    0 for the usual one; else its length + 1, its bytes
//   64 bits, a time   eight bytes, the lowest first
//   other numbers     seven bits a byte, the lowest first, each but the last with its high bit set;
//                     lengths likewise
//
// What ends early, goes on, has another form, a number that its value cannot hold or more bytes for
// one than needed is no record.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/columns.h"

namespace herald::store {

/// A part's each() writes with it.
class RecordWriter {
public:
    RecordWriter();

    void operator()(std::string_view, const std::string& value);
    void operator()(std::string_view, std::uint64_t value);
    void operator()(std::string_view, base::WallTime value);
    template <std::unsigned_integral Number>
    requires(sizeof(Number) < sizeof(std::uint64_t)) void operator()(std::string_view,
                                                                     Number value) {
        put_short(value);
    }
    template <class Text>
    void operator()(std::string_view, const Unless<Text>& value) {
        if (value.text == value.usual) return put_short(0);
        put_short(value.text.size() + 1);
        bytes_ += value.text;
    }

    std::string take() noexcept { return std::move(bytes_); }

private:
    void put_short(std::uint64_t value);

    std::string bytes_;
};

/// A part's each() reads with it, into texts whose memory is used again. Of what is no record some
/// values are read, and some are not.
class RecordReader {
public:
    explicit RecordReader(std::string_view bytes);

    void operator()(std::string_view, std::string& value);
    void operator()(std::string_view, std::uint64_t& value);
    void operator()(std::string_view, base::WallTime& value);
    template <std::unsigned_integral Number>
    requires(sizeof(Number) < sizeof(std::uint64_t)) void operator()(std::string_view,
                                                                     Number& value) {
        value = static_cast<Number>(take_short(std::numeric_limits<Number>::max()));
    }
    template <class Text>
    void operator()(std::string_view, const Unless<Text>& value) {
        const auto size = take_short(rest_.size() + 1);
        if (size == 0) {
            value.text = value.usual;
        } else {
            value.text = take(size - 1);
        }
    }

    /// All was there, and nothing else.
    bool is_whole() const noexcept { return is_good_ && rest_.empty(); }

private:
    /// Empty, and no longer good, where there are not so many.
    std::string_view take(std::uint64_t size);
    /// 0, and no longer good, above `most`.
    std::uint64_t take_short(std::uint64_t most);
    std::uint64_t fail();

    std::string_view rest_;
    bool is_good_ = true;
};

template <class Part, class Row>
std::string pack(const Packed<Part, Row>& values) {
    RecordWriter writer;
    values.each(writer);
    return writer.take();
}

/// False where that is no record; some values may be set all the same.
template <class Part, class Row>
bool unpack(std::string_view bytes, const Packed<Part, Row>& values) {
    RecordReader reader(bytes);
    values.each(reader);
    return reader.is_whole();
}

}  // namespace herald::store
