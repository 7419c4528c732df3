// store/node.h: a process that has a store, by its name and number (cl:W-1).
#pragma once

#include <cstdint>
#include <string>

namespace herald::store {

/// What a process says of itself.
struct NodeSetup {
    std::string name;       ///< one of each store's; empty: it is not noted
    std::string boot;       ///< another one with each boot of the machine; empty: unknown
    std::string listeners;  ///< "udp:192.0.2.1:5060 tls:192.0.2.1:5061"
    std::string version;
};

/// What it is called in the store.
struct Node {
    std::uint64_t number = 0;  ///< 1 to 255, the same for a name; zero: it is not noted
    std::uint64_t run = 0;     ///< another one with each start, higher
};

}  // namespace herald::store
