// store/postgres/renumber.cpp: gives the rows of an older store the numbers of today.
#include "store/postgres/renumber.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "store/numbering.h"
#include "store/postgres/copy.h"
#include "store/rows.h"
#include "store/store.h"

namespace herald::store {
namespace {

using std::chrono::steady_clock;

/// Rows changed by one statement.
constexpr std::size_t kAtOnce = 10'000;

/// The number a row has, or its key where that is another one, and the number it gets.
struct Move {
    std::uint64_t key = 0;
    std::uint64_t number = 0;
};
using Moves = std::vector<Move>;

/// A table, read and changed.
struct Plan {
    std::string select;  ///< key, number, AOR, package
    std::string update;  ///< of the rows v(key, number)
};

constexpr std::string_view kMoves = "unnest($1::bigint[], $2::bigint[]) AS v(key, number)";

Plan plan_of(const CountedTable& table) {
    const std::string name(table.name), key(table.key);
    return {"SELECT " + key + ", id, " + std::string(table.aor) + ", '' FROM " + name,
            "UPDATE " + name + " AS t SET id = v.number FROM " + std::string(kMoves) + " WHERE t." +
                key + " = v.key"};
}

/// Their numbers were hashes of 64 bits. Where two become the same one goes, and its watchers are
/// told once more.
Plan plan_of_confirmations() {
    return {"SELECT id, id, aor, package FROM confirmations",
            "WITH gone AS (DELETE FROM confirmations AS t USING " + std::string(kMoves) +
                " WHERE t.id = v.key"
                " RETURNING v.number, t.package, t.aor, t.fingerprint, t.through)"
                " INSERT INTO confirmations (id, package, aor, fingerprint, through)"
                " SELECT number, package, aor, fingerprint, through FROM gone"
                " ON CONFLICT DO NOTHING"};
}

/// "{1,2,3}": the keys, or the numbers.
std::string array_of(std::span<const Move> moves, std::uint64_t Move::*value) {
    std::string text = "{";
    for (const Move& move : moves) {
        if (text.size() > 1) text += ',';
        text += std::to_string(static_cast<std::int64_t>(move.*value));
    }
    return text + '}';
}

Status read_moves(Session& session, const Plan& plan, const Home& home, Moves& moves) {
    return copy_out(session, plan.select, [&](const Fields& fields) -> Status {
        Move move;
        std::uint64_t number = 0;
        std::string aor, package;
        FieldReader reader(fields);
        reader("key", move.key);
        reader("id", number);
        reader("aor", aor);
        reader("package", package);
        move.number = package.empty() ? with_bucket(number, home.bucket_key, aor)
                                      : confirmation_id(home, package, aor);
        if (move.number != number) moves.push_back(move);
        return {};
    });
}

/// How many rows moved.
Result<std::uint64_t> move_rows(Session& session, const Plan& plan, const Home& home) {
    Moves moves;
    if (auto read = read_moves(session, plan, home, moves); !read) return read.fault();
    for (std::span<const Move> rest(moves); !rest.empty();) {
        const auto some = rest.first(std::min(kAtOnce, rest.size()));
        const std::array<std::string, 2> arrays{array_of(some, &Move::key),
                                                array_of(some, &Move::number)};
        const auto made = session.query(plan.update, arrays);
        if (!made.is_good()) return fault_of(made);
        rest = rest.subspan(some.size());
    }
    return moves.size();
}

/// The keys of a store that is to be numbered; none of another, or of an empty one.
Result<std::optional<Home>> read_keys(Session& session) {
    const auto facts = session.query(
        "SELECT encode(bucket_key, 'hex'), encode(lasting_key, 'hex') FROM facts"
        " WHERE numbering = 0");
    if (!facts.is_good()) return fault_of(facts);
    if (facts.rows() == 0) return std::optional<Home>();
    const auto key = [&](int column) {
        return key_of(base::from_hex(facts.text(0, column)).value_or(std::string()));
    };
    const auto buckets = key(0), lasting = key(1);
    if (!buckets) return buckets.fault();
    if (!lasting) return lasting.fault();
    Home home;
    home.bucket_key = *buckets;
    home.lasting_key = *lasting;
    return std::optional<Home>(home);
}

}  // namespace

Status renumber(Session& session) {
    const auto home = read_keys(session);
    if (!home) return home.fault();
    if (!*home) return {};
    base::log_info("store.renumbering", {{"why", "numbers begin with buckets now"}});
    const auto began = steady_clock::now();
    std::vector<Plan> plans;
    for (const auto& table : kCountedTables) plans.push_back(plan_of(table));
    plans.push_back(plan_of_confirmations());
    std::uint64_t rows = 0;
    for (const auto& plan : plans) {
        const auto moved = move_rows(session, plan, **home);
        if (!moved) return moved.fault();
        rows += *moved;
    }
    // Every row is looked at.
    auto noted = session.execute("SET LOCAL enable_seqscan = on; " +
                                 numbered_sql("id & " + std::to_string(kCounterMask)));
    if (!noted) return noted;
    const auto took = steady_clock::now() - began;
    base::log_info("store.renumbered",
                   {{"rows", rows},
                    {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    return {};
}

}  // namespace herald::store
