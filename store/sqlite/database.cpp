// store/sqlite/database.cpp: one connection to an SQLite database and its prepared statements.
#include "store/sqlite/database.h"

#include <cassert>
#include <utility>

#include <sqlite3.h>

namespace herald::store {
namespace {

// Another process that looks at the file (a backup, the sqlite3 shell) may hold it this long.
constexpr int kPatienceMs = 1000;

int note_frames(void* frames, sqlite3*, const char*, int count) {
    *static_cast<int*>(frames) = count;
    return SQLITE_OK;
}

Step step_of(int code) noexcept {
    switch (code & 0xff) {
        case SQLITE_ROW:
            return Step::row;
        case SQLITE_OK:
        case SQLITE_DONE:
            return Step::done;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
            return Step::refused;
        default:
            return Step::failed;
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Step Statement::step() {
    return step_of(sqlite3_step(statement_.get()));
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

Step Statement::run() {
    const Step step = step_of(sqlite3_step(statement_.get()));
    sqlite3_reset(statement_.get());
    return step;
}

int Statement::changed() const noexcept {
    return sqlite3_changes(sqlite3_db_handle(statement_.get()));
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(integer(column));
}

std::uint32_t Statement::number32(int column) const {
    return static_cast<std::uint32_t>(integer(column));
}

base::WallTime Statement::time(int column) const {
    return base::WallTime(std::chrono::milliseconds(integer(column)));
}

std::string Statement::text(int column) const {
    std::string value;
    read(column, value);
    return value;
}

std::string_view Statement::bytes(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::read(int column, std::string& to) const {
    to = bytes(column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::put(int index, std::int64_t value) {
    [[maybe_unused]] const int code = sqlite3_bind_int64(statement_.get(), index, value);
    assert(code == SQLITE_OK);
}

void Statement::put(int index, base::WallTime value) {
    put(index, std::int64_t{value.time_since_epoch().count()});
}

void Statement::put(int index, std::string_view value) {
    // A view of nothing may have no address, which SQLite would read as NULL.
    const char* bytes = value.empty() ? "" : value.data();
    sqlite3_bind_text64(statement_.get(), index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::put(int index, Blob value) {
    const char* bytes = value.bytes.empty() ? "" : value.bytes.data();
    sqlite3_bind_blob64(statement_.get(), index, bytes, value.bytes.size(), SQLITE_STATIC);
}

void Statement::put_copy(int index, Blob value) {
    const char* bytes = value.bytes.empty() ? "" : value.bytes.data();
    sqlite3_bind_blob64(statement_.get(), index, bytes, value.bytes.size(), SQLITE_TRANSIENT);
}

void Database::Close::operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
}

Database::Database(sqlite3* database) : frames_(std::make_unique<int>(0)), database_(database) {}

Result<Database> Database::open(const Place& place) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const char* vfs = place.vfs.empty() ? nullptr : place.vfs.c_str();
    const int code = sqlite3_open_v2(place.path.c_str(), &handle, flags, vfs);
    Database database(handle);
    if (code != SQLITE_OK) {
        if (handle == nullptr) return Fault{FaultKind::io, "out of memory"};
        return Fault{FaultKind::io, place.path + ": " + sqlite3_errmsg(handle)};
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kPatienceMs);
    // Takes the place of the hook that would copy the log back inside a commit every 1,000 pages.
    sqlite3_wal_hook(handle, note_frames, database.frames_.get());
    return database;
}

Status Database::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fault();
    return {};
}

Result<std::int64_t> Database::query(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.fault();
    if (statement->step() != Step::row) return fault();
    return statement->integer(0);
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    Statement statement;
    statement.statement_.reset(handle);
    if (code != SQLITE_OK) return fault();
    return statement;
}

Status Database::prepare(std::initializer_list<Unprepared> all) {
    for (const auto& [statement, sql] : all) {
        auto prepared = prepare(std::string_view(sql));
        if (!prepared) return prepared.fault();
        statement = *std::move(prepared);
    }
    return {};
}

bool Database::in_transaction() const noexcept {
    return sqlite3_get_autocommit(database_.get()) == 0;
}

Fault Database::fault() const {
    return {FaultKind::io, std::string(sqlite3_errmsg(database_.get())) + " (SQLite " +
                               std::to_string(sqlite3_extended_errcode(database_.get())) + ')'};
}

Result<Database::Checkpoint> Database::checkpoint() {
    Checkpoint reached;
    const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                               &reached.frames, &reached.copied);
    if (code != SQLITE_OK && code != SQLITE_BUSY) return fault();
    return reached;
}

void Database::sync_copied() {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file == nullptr || file->pMethods == nullptr) return;
    // Not needed for what is kept, so a failure is left to the sync that is.
    (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

void Database::set_page_cache(int kib) {
    // A negative size counts KiB.
    (void)execute(("PRAGMA cache_size = -" + std::to_string(kib)).c_str());
}

void Database::release_memory() {
    sqlite3_db_release_memory(database_.get());
}

void Database::keep_log_on_close() {
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace herald::store
