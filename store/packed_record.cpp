// store/packed_record.cpp: several values of a row as one column of bytes, which only Herald reads.
#include "store/packed_record.h"

#include <chrono>

namespace herald::store {
namespace {

constexpr char kForm = 1;
constexpr unsigned kBitsOfByte = 8, kBitsOfShort = 7;
constexpr unsigned kMostBits = 5 * kBitsOfShort;  ///< no length and no such number has more
constexpr std::uint64_t kMore = 0x80;             ///< another byte follows

}  // namespace

RecordWriter::RecordWriter() : bytes_(1, kForm) {}

void RecordWriter::operator()(std::string_view, const std::string& value) {
    put_short(value.size());
    bytes_ += value;
}

void RecordWriter::operator()(std::string_view, std::uint64_t value) {
    for (std::size_t byte = 0; byte < sizeof value; ++byte) {
        bytes_ += static_cast<char>(value >> byte * kBitsOfByte);
    }
}

void RecordWriter::operator()(std::string_view name, base::WallTime value) {
    (*this)(name, static_cast<std::uint64_t>(value.time_since_epoch().count()));
}

void RecordWriter::put_short(std::uint64_t value) {
    for (; value >= kMore; value >>= kBitsOfShort) {
        bytes_ += static_cast<char>(value % kMore | kMore);
    }
    bytes_ += static_cast<char>(value);
}

RecordReader::RecordReader(std::string_view bytes) : rest_(bytes) {
    if (take(1) != std::string_view(&kForm, 1)) fail();
}

void RecordReader::operator()(std::string_view, std::string& value) {
    value = take(take_short(rest_.size()));
}

void RecordReader::operator()(std::string_view, std::uint64_t& value) {
    value = 0;
    const auto bytes = take(sizeof value);
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        value = value << kBitsOfByte | static_cast<unsigned char>(*byte);
    }
}

void RecordReader::operator()(std::string_view name, base::WallTime& value) {
    std::uint64_t milliseconds = 0;
    (*this)(name, milliseconds);
    value = base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

std::string_view RecordReader::take(std::uint64_t size) {
    if (size > rest_.size()) {
        fail();
        return {};
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
}

std::uint64_t RecordReader::take_short(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < kMostBits; shift += kBitsOfShort) {
        if (rest_.empty()) return fail();
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        if (byte == 0 && shift > 0) return fail();
        value |= std::uint64_t{byte % kMore} << shift;
        if (byte < kMore) return value <= most ? value : fail();
    }
    return fail();
}

std::uint64_t RecordReader::fail() {
    is_good_ = false;
    rest_ = {};
    return 0;
}

}  // namespace herald::store
