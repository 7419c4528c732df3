// sip/local_addresses.h: addresses of this machine that datagrams came to, each with a number that
// fits into a Flow.
#pragma once

#include <cstdint>

#include "sip/endpoint.h"

namespace herald::sip {

/// From 1 on, the same for all threads and for as long as the process runs. 0 where `address` is
/// none, and for whatever comes after the 255th: the system chooses then. Any thread.
std::uint32_t number_of_local(const Endpoint& address) noexcept;

/// What number_of_local() has numbered, port 0; none for 0 and for what it never gave out.
Endpoint local_of_number(std::uint32_t number) noexcept;

}  // namespace herald::sip
