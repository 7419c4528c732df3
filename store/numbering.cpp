// store/numbering.cpp: the rows of a store from before numbers began with buckets (row_number.h),
// and what they become at its first start.
#include "store/numbering.h"

#include <chrono>

#include "base/log.h"
#include "store/row_number.h"
#include "store/rows.h"

namespace herald::store {

std::string NumberedTable::select() const {
    return "SELECT " + std::string(key) + ", id, " + std::string(aor) + ", " +
           (is_counted() ? "''" : std::string(package)) + " FROM " + std::string(name);
}

std::uint64_t new_number(const Home& home, std::uint64_t id, std::string_view aor,
                         std::string_view package) {
    if (!package.empty()) return confirmation_id(home, package, aor);
    return row_number(bucket_of(home.bucket_key, aor), counter_of(id));
}

std::string numbered_sql(std::string_view counter) {
    std::string taken = "SELECT max(next_id) AS taken FROM lanes";
    for (const auto& table : kNumberedTables) {
        if (!table.is_counted()) continue;
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

Status renumber(Renumbering& store) {
    const auto home = store.keys();
    if (!home) return home.fault();
    if (!*home) return {};
    base::log_info("store.renumbering", {{"why", "numbers begin with buckets now"}});
    const auto began = std::chrono::steady_clock::now();
    if (auto begun = store.begin(); !begun) return begun;
    std::uint64_t rows = 0;
    for (const auto& table : kNumberedTables) {
        const auto moved = store.move_rows(table, **home);
        if (!moved) return moved.fault();
        rows += *moved;
    }
    if (auto ended = store.end(); !ended) return ended;
    const auto took = std::chrono::steady_clock::now() - began;
    base::log_info("store.renumbered",
                   {{"rows", rows},
                    {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    return {};
}

Result<std::optional<Home>> home_with(std::string_view bucket_key, std::string_view lasting_key) {
    const auto buckets = key_of(bucket_key), lasting = key_of(lasting_key);
    if (!buckets) return buckets.fault();
    if (!lasting) return lasting.fault();
    Home home;
    home.bucket_key = *buckets;
    home.lasting_key = *lasting;
    return std::optional<Home>(home);
}

}  // namespace herald::store
