// store/open.h: the ledger behind a URL, for what needs no lane.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
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

/// As open(), which see.
Result<OpenLedger> open_ledger(std::string_view url, const StoreOptions& options,
                               base::Metrics& metrics, const base::Clock& clock);

}  // namespace herald::store
