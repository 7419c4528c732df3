// store/repacking.h: where the rows of wide tables (wide_tables.h) go at the first start since
// migration 11.
//
// Each table's rows are moved into one called packed_ and its name, which then takes its place: as
// long as there is a table of that name, not all have moved.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/log.h"
#include "base/result.h"
#include "store/wide_tables.h"

namespace herald::store {

/// A tombstone with its own number, in the order of which they were left.
template <class Row>
struct NumberedRow : Row {
    std::uint64_t sequence = 0;
};

namespace tables {

template <class Table>
struct Numbered {
    using Record = NumberedRow<typename Table::Record>;
    static constexpr std::string_view name = Table::name;

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("sequence", row.sequence);
        Table::each(row, use);
    }
};

struct PackedPublications : Publications {
    static constexpr std::string_view name = "packed_publications";
};
struct PackedPublicationMarks : Numbered<PublicationMarks> {
    static constexpr std::string_view name = "packed_publication_marks";
};
struct PackedSubscriptions : Subscriptions {
    static constexpr std::string_view name = "packed_subscriptions";
};
struct PackedSubscriptionMarks : Numbered<SubscriptionMarks> {
    static constexpr std::string_view name = "packed_subscription_marks";
};

}  // namespace tables

/// From one table into another; the first column of both is their key.
template <class Wide, class Narrow>
struct Way {
    using From = Wide;
    using To = Narrow;
    static_assert(std::is_same_v<typename From::Record, typename To::Record>);

    /// What the new table is called in the end.
    static std::string name() { return std::string(From::name); }
    static std::string coming_name() { return std::string(To::name); }
    static std::string key() { return std::string(column_names<From>().front()); }
};

/// Says in the log that rows are moved, where there are any, and how long that took.
class RepackLog {
public:
    void note(std::uint64_t rows) {
        if (rows_ == 0 && rows > 0)
            base::log_info("store.repacking", {{"why", "a row has fewer columns now"}});
        rows_ += rows;
    }
    void end() const {
        if (rows_ == 0) return;
        const auto took = std::chrono::steady_clock::now() - began_;
        base::log_info(
            "store.repacked",
            {{"rows", rows_},
             {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::uint64_t rows_ = 0;
};

/// Moves all rows: `move(way, log)` moves those of one table, and notes them. Faults: as that.
template <class Move>
Status repack_each(Move move) {
    using namespace tables;
    RepackLog log;
    Status moved;
    const auto also = [&](auto way) {
        if (moved) moved = move(way, log);
    };
    also(Way<WidePublications, PackedPublications>{});
    also(Way<Numbered<WidePublicationMarks>, PackedPublicationMarks>{});
    also(Way<WideSubscriptions, PackedSubscriptions>{});
    also(Way<Numbered<WideSubscriptionMarks>, PackedSubscriptionMarks>{});
    if (moved) log.end();
    return moved;
}

}  // namespace herald::store
