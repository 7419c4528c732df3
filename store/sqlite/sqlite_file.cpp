// store/sqlite/sqlite_file.cpp: the file of a store: claimed, opened with its settings, known to be
// ours.
#include "store/sqlite/sqlite_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace herald::store {
namespace {

constexpr std::int64_t kApplicationId = 0x48455241;  // "HERA"

// Nothing may reach the log before COMMIT (cache_spill), so a failed statement is known not to be
// applied.
constexpr const char* kSettings =
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = -1;"
    "PRAGMA cache_spill = OFF;"
    "PRAGMA temp_store = MEMORY";

std::filesystem::path folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

Fault system_fault(const std::string& name) {
    return {FaultKind::io, name + ": " + std::strerror(errno)};
}

/// Where SQLite finds the file, and keeps its log beside it.
std::string real_path(const std::string& path) {
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(path, error);
    return error || real.empty() ? path : real.string();
}

std::uint64_t size_of(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error ? 0 : size;
}

/// SQLite would take an empty file for a new database and drop the log that holds the other one's
/// state.
Status check_whole(const std::string& path) {
    if (size_of(path) > 0 || size_of(path + "-wal") == 0) return {};
    return Fault{FaultKind::io, path + " is missing or empty, but there is a log of it, " + path +
                                    "-wal: put the database back, or move the log away to start "
                                    "with nothing"};
}

StoreFiles::File file_at(const std::string& name) {
    struct stat status {};
    StoreFiles::File file{name};
    if (::stat(name.c_str(), &status) != 0) return file;
    file.device = status.st_dev;
    file.number = status.st_ino;
    return file;
}

}  // namespace

Result<FileLock> claim_file(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(folder_of(path), error);
    if (error) return Fault{FaultKind::io, folder_of(path).string() + ": " + error.message()};
    const std::string real = real_path(path);
    if (auto whole = check_whole(real); !whole) return whole.fault();
    return FileLock::take(real);
}

StoreFiles StoreFiles::of(const std::string& path) {
    StoreFiles files;
    files.database_ = file_at(real_path(path));
    files.log_ = file_at(files.database_.name + "-wal");
    return files;
}

std::string StoreFiles::what_is_lost() const {
    for (const File* file : {&database_, &log_}) {
        if (file->number == 0 || file_at(file->name).is_same(*file)) continue;
        return file->name +
               " was removed or replaced while in use: put it back, or stop the server and restore "
               "the store";
    }
    return {};
}

Status sync_folder_of(const std::string& path) {
    const std::string name = folder_of(path).string();
    const int folder = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return system_fault(name);
    // Some file systems cannot sync a folder and need not.
    const bool is_synced = ::fsync(folder) == 0 || errno == EINVAL;
    Status synced = is_synced ? Status() : Status(system_fault(name));
    ::close(folder);
    return synced;
}

Result<Database> open_configured(const Database::Place& place) {
    auto database = Database::open(place);
    if (!database) return database;
    if (!place.is_in_memory()) {
        auto mode = database->prepare("PRAGMA journal_mode = WAL");
        if (!mode) return mode.fault();
        if (mode->step() != Step::row) return database->fault();
        if (mode->text(0) != "wal") {
            return Fault{FaultKind::io, place.path +
                                            ": its file system cannot keep a write-ahead "
                                            "log; choose a local disk"};
        }
    }
    if (auto set = database->execute(kSettings); !set) return set.fault();
    database->set_page_cache(kPageCache);
    return database;
}

Status check_ours(Database& database, const std::string& path) {
    const auto tables = database.query("SELECT count(*) FROM sqlite_master");
    if (!tables) return tables.fault();
    if (*tables == 0) {
        const auto set = "PRAGMA application_id = " + std::to_string(kApplicationId);
        return database.execute(set.c_str());
    }
    const auto found = database.query("PRAGMA application_id");
    if (!found) return found.fault();
    if (*found == kApplicationId) return {};
    return Fault{FaultKind::invalid_configuration,
                 path + " is a database of some other program: choose another file"};
}

}  // namespace herald::store
