// store/sqlite/message_table.h: the messages that wait, and what is left of those that do not.
#pragma once

#include <cstdint>

#include "store/meaning.h"
#include "store/sqlite/database.h"

namespace herald::store {

class MessageTable {
public:
    /// Faults: io.
    Status prepare(Database& database);

    /// Refused where there is such a message.
    Applied put(const Message& row);
    Applied finish(const RemoveMessage& change);
    Applied erase(std::uint64_t id);

private:
    Statement put_;
    Statement finish_;
    Statement erase_;
};

}  // namespace herald::store
