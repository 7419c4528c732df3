// store/value_check.h: what was read of a row becomes its values, as far as they can be right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "store/columns.h"
#include "store/packed_record.h"

namespace herald::store {

/// Of one row.
class ValueCheck {
public:
    /// An enumeration holds what it names, and nothing else.
    template <class Value>
    void set(std::string_view column, Value& value, std::uint64_t number) {
        if constexpr (std::is_enum_v<Value>) {
            if (number > last_of(value)) bad_ = "no such " + std::string(column);
        }
        value = static_cast<Value>(number);
    }
    template <class Part, class Row>
    void set(std::string_view column, const Packed<Part, Row>& values, std::string_view bytes) {
        if (!unpack(bytes, values)) bad_ = "its " + std::string(column) + " cannot be read";
    }
    void miss(std::string_view column) { bad_ = "no " + std::string(column); }

    /// What cannot be; empty: nothing.
    const std::string& bad() const noexcept { return bad_; }

private:
    std::string bad_;
};

}  // namespace herald::store
