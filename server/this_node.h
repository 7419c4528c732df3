// server/this_node.h: what this process says of itself to a store that several may use.
#pragma once

#include <string>
#include <vector>

#include "sip/transport.h"
#include "store/node.h"

namespace herald::server {

/// `name` is cluster.node; empty: the host's.
store::NodeSetup this_node(const std::string& name,
                           const std::vector<sip::ListenerAddress>& listeners);

}  // namespace herald::server
