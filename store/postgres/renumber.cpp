// store/postgres/renumber.cpp: gives the rows of an older store the numbers of today.
#include "store/postgres/renumber.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "store/numbering.h"
#include "store/postgres/copy.h"
#include "store/row_number.h"

namespace herald::store {
namespace {

/// Rows changed by one statement.
constexpr std::size_t kAtOnce = 10'000;

/// The number a row has, or its key where that is another one, and the number it gets.
struct Move {
    std::uint64_t key = 0;
    std::uint64_t number = 0;
};
using Moves = std::vector<Move>;

constexpr std::string_view kMoves = "unnest($1::bigint[], $2::bigint[]) AS v(key, number)";

/// Of the rows v(key, number).
std::string update_of(const NumberedTable& table) {
    return "UPDATE " + std::string(table.name) + " AS t SET id = v.number FROM " +
           std::string(kMoves) + " WHERE t." + std::string(table.key) + " = v.key";
}

/// Their numbers were hashes of 64 bits. Where two become the same one goes, and its watchers are
/// told once more.
std::string update_of_confirmations() {
    return "WITH gone AS (DELETE FROM confirmations AS t USING " + std::string(kMoves) +
           " WHERE t.id = v.key"
           " RETURNING v.number, t.package, t.aor, t.fingerprint, t.through)"
           " INSERT INTO confirmations (id, package, aor, fingerprint, through)"
           " SELECT number, package, aor, fingerprint, through FROM gone"
           " ON CONFLICT DO NOTHING";
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

Status read_moves(Session& session, const NumberedTable& table, const Home& home, Moves& moves) {
    return copy_out(session, table.select(), [&](const Fields& fields) -> Status {
        Move move;
        std::uint64_t id = 0;
        std::string aor, package;
        FieldReader reader(fields);
        reader("key", move.key);
        reader("id", id);
        reader("aor", aor);
        reader("package", package);
        move.number = new_number(home, id, aor, package);
        if (move.number != id) moves.push_back(move);
        return {};
    });
}

/// All of it in the transaction that is open.
class SessionRenumbering final : public Renumbering {
public:
    explicit SessionRenumbering(Session& session) : session_(session) {}

    Result<std::optional<Home>> keys() override {
        const auto facts = session_.query(
            "SELECT encode(bucket_key, 'hex'), encode(lasting_key, 'hex') FROM facts"
            " WHERE numbering = 0");
        if (!facts.is_good()) return fault_of(facts);
        if (facts.rows() == 0) return std::optional<Home>();
        const auto key = [&](int column) {
            return base::from_hex(facts.text(0, column)).value_or(std::string());
        };
        return home_with(key(0), key(1));
    }
    Status begin() override { return {}; }

    Result<std::uint64_t> move_rows(const NumberedTable& table, const Home& home) override {
        Moves moves;
        if (auto read = read_moves(session_, table, home, moves); !read) return read.fault();
        const auto update = table.is_counted() ? update_of(table) : update_of_confirmations();
        for (std::span<const Move> rest(moves); !rest.empty();) {
            const auto some = rest.first(std::min(kAtOnce, rest.size()));
            const std::array<std::string, 2> arrays{array_of(some, &Move::key),
                                                    array_of(some, &Move::number)};
            const auto made = session_.query(update, arrays);
            if (!made.is_good()) return fault_of(made);
            rest = rest.subspan(some.size());
        }
        return moves.size();
    }

    /// Every row is looked at.
    Status end() override {
        return session_.execute("SET LOCAL enable_seqscan = on; " +
                                numbered_sql("id & " + std::to_string(kCounterMask)));
    }

private:
    Session& session_;
};

}  // namespace

Status renumber(Session& session) {
    SessionRenumbering renumbering(session);
    return renumber(renumbering);
}

}  // namespace herald::store
