// server/publish/put_right.h: how often published documents had to be put right, and what of them.
#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "packages/package.h"

namespace herald::server {

/// One per part that admits documents of others, on its thread.
class PutRight {
public:
    explicit PutRight(base::Metrics& metrics) : metrics_(metrics) {}

    void count(const packages::Package& package, const packages::Admitted& document);

private:
    base::Metrics& metrics_;
    /// By names that packages gave, which live as long as the program.
    std::map<std::pair<const packages::Package*, std::string_view>, base::Counter*> counters_;
};

}  // namespace herald::server
