// store/open.h: the ledger behind a URL, for what needs no lane.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "store/database_time.h"
#include "store/ledger.h"

namespace herald::store {

/// A ledger and what it is called, without secrets.
struct OpenLedger {
    std::string place;
    std::unique_ptr<Ledger> ledger;
};

/// A database server, as its URL names it.
struct ServerPlace {
    std::string host;  ///< a name, or numeric
    std::uint16_t port = 0;
    friend bool operator==(const ServerPlace&, const ServerPlace&) = default;
};
/// Where a store's servers listen on a network; none for files and local sockets.
std::vector<ServerPlace> servers_of(std::string_view url);

/// Is told what the database's clock shows (cl:T-1): within open(), before anything is judged by
/// time, so that the clock given to it can be set; then about once a second by the lane's thread,
/// as long as the database answers. Never where a store has no clock of its own.
using OnDatabaseClock = std::function<void(const DatabaseTime&)>;

/// As open(), which see.
Result<OpenLedger> open_ledger(std::string_view url, const StoreOptions& options,
                               base::Metrics& metrics, const base::Clock& clock,
                               OnDatabaseClock on_clock = {});
Result<std::unique_ptr<Store>> open(std::string_view url, const StoreOptions& options,
                                    base::Metrics& metrics, const base::Clock& clock,
                                    OnDatabaseClock on_clock);

}  // namespace herald::store
