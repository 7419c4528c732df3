// server/address/instance.h: which device a Contact names through restarts (RFC 5626 4.1).
#pragma once

#include <string>
#include <string_view>

#include "sip/fields.h"

namespace herald::server {

/// The instance in a value of +sip.instance: `urn:uuid:...` without the quotes and angle brackets
/// around it, which some devices leave out.
std::string instance_in(std::string_view value);
/// That of a Contact; empty: it names none.
std::string instance_of(const sip::NameAddress& contact);
/// The UUID of an instance may be written in either case (RFC 4122 3).
bool is_same_instance(std::string_view a, std::string_view b) noexcept;

}  // namespace herald::server
