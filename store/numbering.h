// store/numbering.h: the rows of a store from before numbers began with buckets (row_number.h), and
// what they become at its first start.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/row_number.h"

namespace herald::store {

/// Rows whose `id` is a bare counter. Beside these there are the confirmations, numbered by what
/// they are about.
struct CountedTable {
    std::string_view name;
    std::string_view key;  ///< a counter too, in the order of which rows are read
    std::string_view aor;
};
inline constexpr std::array kCountedTables{
    CountedTable{"publications", "id", "aor"},
    CountedTable{"subscriptions", "id", "aor"},
    CountedTable{"messages", "id", "recipient"},
    CountedTable{"publication_marks", "sequence", "aor"},
    CountedTable{"subscription_marks", "sequence", "aor"},
};

/// The same for a number that begins with its bucket already.
inline std::uint64_t with_bucket(std::uint64_t id, const base::HashKey& bucket_key,
                                 std::string_view aor) noexcept {
    return row_number(bucket_of(bucket_key, aor), counter_of(id));
}

/// Notes that all rows are numbered, and what counters are taken: more than the last run said, as
/// it did not say which it gave to changes. `counter` is how SQL says that of an `id`.
inline std::string numbered_sql(std::string_view counter) {
    std::string taken = "SELECT max(next_id) AS taken FROM lanes";
    for (const auto& table : kCountedTables) {
        taken.append(" UNION ALL SELECT max(").append(counter).append(") + 1 FROM ");
        taken.append(table.name);
    }
    return "UPDATE lanes SET next_id = (SELECT max(taken) FROM (" + taken +
           " UNION ALL SELECT max(change) + 1 FROM subscriptions"
           " UNION ALL SELECT max(change) + 1 FROM subscription_marks"
           " UNION ALL SELECT max(through) + 1 FROM confirmations"
           " UNION ALL SELECT max(revision) + 1 FROM policies"
           " UNION ALL SELECT max(id) + 1 FROM audit) AS counters);"
           " UPDATE facts SET numbering = 1";
}

}  // namespace herald::store
