// store/numbering.h: the rows of a store from before numbers began with buckets (row_number.h), and
// what they become at its first start.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace herald::store {

/// A table whose rows are numbered anew.
struct NumberedTable {
    std::string_view name;
    std::string_view key;      ///< in the order of which rows are read
    std::string_view aor;      ///< its column
    std::string_view package;  ///< likewise, where the `id` is no counter but says what it is about

    bool is_counted() const noexcept { return package.empty(); }
    /// "SELECT key, id, AOR, package FROM table"; the package is empty where rows are counted.
    std::string select() const;
};
inline constexpr std::array kNumberedTables{
    NumberedTable{"publications", "id", "aor", ""},
    NumberedTable{"subscriptions", "id", "aor", ""},
    NumberedTable{"messages", "id", "recipient", ""},
    NumberedTable{"publication_marks", "sequence", "aor", ""},
    NumberedTable{"subscription_marks", "sequence", "aor", ""},
    NumberedTable{"confirmations", "id", "aor", "package"},
};

/// What a row read by NumberedTable::select() becomes; the same for one that was numbered already.
std::uint64_t new_number(const Home& home, std::uint64_t id, std::string_view aor,
                         std::string_view package);

/// Notes that all rows are numbered, and what counters are taken: more than the last run said, as
/// it did not say which it gave to changes. `counter` is how SQL says that of an `id`.
std::string numbered_sql(std::string_view counter);

/// A database, as far as its rows are numbered anew.
class Renumbering {
public:
    virtual ~Renumbering() = default;
    /// The keys of a store that is to be numbered; none of another, or of an empty one.
    virtual Result<std::optional<Home>> keys() = 0;
    virtual Status begin() = 0;
    /// Numbers all rows of a table; how many were not numbered yet.
    virtual Result<std::uint64_t> move_rows(const NumberedTable& table, const Home& home) = 0;
    virtual Status end() = 0;
};

/// Numbers a store that is not numbered yet. Faults: io, malformed.
Status renumber(Renumbering& store);

/// The keys of a store that is to be numbered, as facts keep them. Faults: malformed.
Result<std::optional<Home>> home_with(std::string_view bucket_key, std::string_view lasting_key);

}  // namespace herald::store
