// store/rows.h: rows as the databases have them: encoded, numbered, checked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "store/columns.h"
#include "store/store.h"

namespace herald::store {

/// nullopt where a list could not be read back.
std::optional<AccountRow> encode(const Account& account);
Account decode(AccountRow row);

/// The number of a Confirmation's row.
std::uint64_t confirmation_id(const Home& home, std::string_view package, std::string_view aor);

/// The number of the row a change is about; 0 where it has none, or several.
std::uint64_t row_of(const Change& change);
/// The cell that a change is about; nothing: several, or what belongs to none.
std::optional<Cell> cell_of(const Change& change, const Home& home);
/// The highest counter in what a change writes, those that order changes included; 0 for none.
std::uint64_t highest_number(const Change& change);

/// Keys as facts keep them.
std::string bytes_of(const base::HashKey& key);
/// Faults: malformed.
Result<base::HashKey> key_of(std::string_view bytes);

/// How a fault of recovery names a row.
std::string row_name(const AccountRow& row);
std::string row_name(const Alias& row);
std::string row_name(const Policy& row);
std::string row_name(const Token& row);
std::string row_name(const CellState& row);
template <class Row>
std::string row_name(const Row& row) {
    return "row " + std::to_string(row.id);
}

/// What recovery says of a row with a value that cannot be: `what` is ValueCheck's.
template <class Table>
Fault bad_row(const typename Table::Record& row, const std::string& what) {
    return {FaultKind::malformed, std::string(Table::name) + " " + row_name(row) + ": " + what};
}

/// The first changes of `batch`, as many as name no row twice (at least one).
std::span<const Change* const> without_repetition(std::span<const Change* const> batch);
/// Whether changes that are made together name a row twice.
bool names_row_twice(const Change& change);

}  // namespace herald::store
