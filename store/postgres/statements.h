// store/postgres/statements.h: one statement for all rows of a batch that are changed in the same
// way.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "store/postgres/arrays.h"

namespace herald::store {

/// Within a batch no row is named twice, so the order in which they are carried out does not count.
enum class Operation : std::uint8_t {
    put_publication,
    replace_publication,
    refresh_publication,
    bury_publication,
    erase_publication,
    put_subscription,
    replace_subscription,
    touch_subscription,
    bury_subscription,
    erase_subscription,
    put_confirmation,
    erase_confirmation,
    put_message,
    finish_message,
    erase_message,
    put_account,
    erase_account,
    put_alias,
    erase_alias,
    put_policy,
    erase_policy,
    put_audit,
    forget_audit,
    put_token,
    put_cell,
};
inline constexpr std::size_t kOperations = static_cast<std::size_t>(Operation::put_cell) + 1;

struct ArrayStatement {
    std::string name;
    std::string sql;  ///< its parameters are arrays, a column each
    std::vector<Element> columns;
    bool can_refuse = false;  ///< gives back the ids of the rows it met
};

/// By Operation; all of them.
const std::array<ArrayStatement, kOperations>& array_statements();

}  // namespace herald::store
