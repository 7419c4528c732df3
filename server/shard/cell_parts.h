// server/shard/cell_parts.h: the parts of a shard that hold something of cells.
#pragma once

#include "server/core/context.h"

namespace herald::server {

class Agents;
class Compositor;
class EarlierSubscriptions;
class LiveSubscriptions;
class MovedSubscriptions;
class NotifySender;
class Publications;
class WatcherList;
class WatcherRights;
class WatcherRules;

/// All of one shard; outlive what is made from them.
struct CellParts {
    Context& context;
    Agents& agents;
    Publications& publications;
    Compositor& compositor;
    NotifySender& sender;
    WatcherList& watchers;
    LiveSubscriptions& live;
    EarlierSubscriptions& earlier;
    MovedSubscriptions& moved;
    WatcherRules& rules;
    WatcherRights& rights;
};

}  // namespace herald::server
