// store/postgres/address.h: where a PostgreSQL store is and how its sessions are opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace herald::store {

struct PostgresAddress {
    std::vector<std::pair<std::string, std::string>>
        parameters;                  ///< by libpq's keywords; the password may be one
    std::string shown;               ///< for the log: host, database and role, never the password
    bool must_exist = false;         ///< a database without our tables is none of ours
    bool is_unsafe_allowed = false;  ///< a server that loses commits in a crash will do
};

/// Its servers on a network, with their ports: each host, and each hostaddr, it may be at.
std::vector<std::pair<std::string, std::uint16_t>> hosts_of(const PostgresAddress& address);

/// Whether the URL is one of PostgreSQL.
bool is_postgres(std::string_view url);

/// Reads `url` as libpq does and adds what a store asks of its sessions: a server that can be
/// written to, and that a dead network is noticed within seconds. Two parameters are ours:
/// password_file=FILE (the password alone; else libpq looks for one: PGPASSWORD, PGPASSFILE,
/// ~/.pgpass) and unsafe=true. Faults: invalid_configuration, in a sentence that says what to do.
Result<PostgresAddress> read_address(std::string_view url);

}  // namespace herald::store
