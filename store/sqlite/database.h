// store/sqlite/database.h: one connection to an SQLite database and its prepared statements.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace herald::store {

/// What executing a statement came to.
enum class Step : std::uint8_t {
    row,
    done,
    refused,  ///< a constraint or the size limit: this statement alone changed nothing
    failed,   ///< the transaction cannot be kept
};

/// Bytes to bind rather than text.
struct Blob {
    std::string_view bytes;
};

/// A prepared statement. Text bound to it must live until reset(). Times are milliseconds.
class Statement {
public:
    Statement() = default;

    /// Binds the parameters from the first on.
    template <class... Values>
    Statement& bind(const Values&... values) {
        int index = 0;
        (put(++index, values), ...);
        return *this;
    }
    /// Binds one parameter, counted from 1.
    void put(int index, std::int64_t value);
    template <std::unsigned_integral Number>
    void put(int index, Number value) {
        put(index, static_cast<std::int64_t>(value));
    }
    void put(int index, base::WallTime value);
    void put(int index, std::string_view value);
    void put(int index, Blob value);
    /// Of bytes that do not live as long.
    void put_copy(int index, Blob value);

    Step step();
    /// Makes it ready for the next use; the values read from it end here.
    void reset();
    /// Executes and resets: for statements without rows.
    Step run();
    /// Rows it touched just now, where it is an INSERT, UPDATE or DELETE.
    int changed() const noexcept;

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const;
    std::uint32_t number32(int column) const;
    base::WallTime time(int column) const;
    std::string text(int column) const;
    /// Until the next step.
    std::string_view bytes(int column) const;
    /// The same into `to`, whose memory is used again.
    void read(int column, std::string& to) const;
    bool is_null(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection. Used by one thread at a time.
class Database {
public:
    struct Place {
        std::string path;  ///< ":memory:" for none
        std::string vfs;   ///< empty: the default
        bool is_in_memory() const { return path == ":memory:"; }
    };

    /// Faults: io.
    static Result<Database> open(const Place& place);

    /// Runs statements that give no rows. Faults: io.
    Status execute(const char* sql);
    /// Runs a statement with one row of one number. Faults: io.
    Result<std::int64_t> query(const char* sql);
    /// Faults: io.
    Result<Statement> prepare(std::string_view sql);
    /// Those of `all`, in order. Faults: io.
    struct Unprepared {
        Statement& statement;
        std::string sql;
    };
    Status prepare(std::initializer_list<Unprepared> all);

    bool in_transaction() const noexcept;
    /// What went wrong last.
    Fault fault() const;

    /// Copies what it can of the write-ahead log into the database without waiting for anybody.
    struct Checkpoint {
        int frames = 0;  ///< in the log
        int copied = 0;  ///< of them
    };
    Result<Checkpoint> checkpoint();
    /// Waits until the disk has what checkpoint() copied, which it does itself only where nothing
    /// of the log is left. The log stays what counts.
    void sync_copied();
    /// Pages in the write-ahead log after the last commit on this connection.
    int log_frames() const noexcept { return *frames_; }
    /// KiB of pages that may be kept in memory.
    void set_page_cache(int kib);
    /// Gives back the page cache, as far as nobody is using it.
    void release_memory();
    /// Leaves the write-ahead log as it is when the connection closes.
    void keep_log_on_close();

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    explicit Database(sqlite3* database);

    std::unique_ptr<int> frames_;  ///< written by SQLite after each commit
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace herald::store
