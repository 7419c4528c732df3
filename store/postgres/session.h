// store/postgres/session.h: one connection to PostgreSQL and what it answers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/address.h"

struct pg_conn;
struct pg_result;

namespace herald::store {

/// What to do about an error.
enum class Trouble : std::uint8_t {
    none,
    again,        ///< a conflict with somebody else's transaction: at once
    fenced,       ///< another process has taken over
    culprit,      ///< some row of the batch cannot be stored
    unavailable,  ///< disk full, read-only, no rights: nothing was applied
    lost,         ///< the connection is gone, and with it the answer
};
Trouble trouble_of(std::string_view sqlstate);

class Answer {
public:
    explicit Answer(pg_result* result) : result_(result) {}

    bool is_good() const;
    std::string sqlstate() const;
    /// What went wrong, in one line.
    std::string reason() const;
    std::size_t rows() const;
    std::string text(std::size_t row, int column) const;
    std::uint64_t number(std::size_t row, int column) const;
    /// Rows touched by an INSERT, UPDATE or DELETE.
    std::uint64_t touched() const;
    pg_result* get() const noexcept { return result_.get(); }

private:
    struct Clear {
        void operator()(pg_result* result) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

/// Used by one thread at a time.
class Session {
public:
    /// Faults: io, with what every host said.
    static Result<Session> open(const PostgresAddress& address);

    /// Parameters and answers are text.
    Answer query(const char* sql, std::span<const std::string> parameters = {});
    Answer query(const std::string& sql, std::span<const std::string> parameters = {}) {
        return query(sql.c_str(), parameters);
    }
    /// Several statements at once, without parameters. Faults: io.
    Status execute(const std::string& sql);
    /// One row of one number. Faults: io.
    Result<std::uint64_t> number(const std::string& sql,
                                 std::span<const std::string> parameters = {});
    bool is_lost() const;
    /// The process that serves this connection, as the server named it at the beginning.
    std::uint64_t backend() const;
    /// What went wrong on the connection last.
    std::string reason() const;
    pg_conn* get() const noexcept { return connection_.get(); }

private:
    struct Finish {
        void operator()(pg_conn* connection) const noexcept;
    };
    explicit Session(pg_conn* connection) : connection_(connection) {}

    std::unique_ptr<pg_conn, Finish> connection_;
};

/// An answer that is an error, as a Fault that says what to do.
Fault fault_of(const Answer& answer);

}  // namespace herald::store
