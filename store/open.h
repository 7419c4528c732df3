// store/open.h: the ledger behind a URL, for what needs no lane.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "store/ledger.h"

namespace herald::store {

/// A ledger and what it is called, without secrets.
struct OpenLedger {
    std::string place;
    std::unique_ptr<Ledger> ledger;
};

/// As open(), which see.
Result<OpenLedger> open_ledger(std::string_view url, const StoreOptions& options,
                               base::Metrics& metrics, const base::Clock& clock);

}  // namespace herald::store
