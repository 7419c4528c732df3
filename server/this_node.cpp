// server/this_node.cpp: what this process says of itself to a store that several may use.
#include "server/this_node.h"

#include <array>
#include <fstream>

#include <unistd.h>

namespace herald::server {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

/// Linux makes another one with each boot.
std::string boot_id() {
    std::string id;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
    return id;
}

}  // namespace

store::NodeSetup this_node(const std::string& name,
                           const std::vector<sip::ListenerAddress>& listeners) {
    store::NodeSetup node{.name = name.empty() ? host_name() : name,
                          .boot = boot_id(),
                          .listeners = {},
                          .version = HERALD_VERSION};
    for (const auto& listener : listeners) {
        if (!node.listeners.empty()) node.listeners += ' ';
        node.listeners +=
            std::string(sip::uri_name(listener.protocol)) + ':' + listener.bound.to_string();
    }
    return node;
}

}  // namespace herald::server
