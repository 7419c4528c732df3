// store/sqlite/publication_table.h: the publications that are there, and how they change.
#pragma once

#include <cstdint>
#include <string>

#include "store/meaning.h"
#include "store/sqlite/database.h"
#include "store/sqlite/tombstones.h"

namespace herald::store {

/// What refuses is said in meaning.h. Lives no longer than the tombstones.
class PublicationTable {
public:
    explicit PublicationTable(Tombstones& tombstones) : tombstones_(tombstones) {}
    /// Faults: io.
    Status prepare(Database& database);

    Applied put(const Publication& row);
    Applied replace(const Publication& row, const std::string& expected_tag);
    Applied refresh(const RefreshPublication& change);
    Applied erase(const RemovePublication& change);
    Applied bury(const RemovePublication& change);
    Applied forget(std::uint64_t id);

private:
    Tombstones& tombstones_;
    Statement put_;
    Statement replace_;
    Statement refresh_;
    Statement erase_;
    Statement erase_tagged_;
};

}  // namespace herald::store
