// sip/parts.h: the readers that parser and fields share; each returns the fault it found, nullptr
// for none.
#pragma once

#include <array>
#include <string_view>

#include "sip/fields.h"
#include "sip/message.h"

namespace herald::sip {

/// Collects the parameter names of one value to find one given twice (RFC 3261 7.3.1).
class ParameterNames {
public:
    /// Text of the fault where `name` was there before or there is no room for more.
    const char* add(std::string_view name) noexcept;

private:
    static constexpr std::size_t kMost = 32;
    std::array<std::string_view, kMost> names_;
    std::size_t count_ = 0;
};

/// The first Via of `row`, which may go on after a comma. Where there is a fault `via` holds what
/// came before it; it is good enough to answer by if its host is set.
const char* read_via(std::string_view row, Via& via) noexcept;

/// name-addr or addr-spec; its header parameters are found, not looked at.
const char* read_name_address(std::string_view value, NameAddress& address) noexcept;

/// Walks all `parameters`: each well-formed, none twice.
const char* parameters_fault(std::string_view parameters) noexcept;

}  // namespace herald::sip
