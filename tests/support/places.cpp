// tests/support/places.cpp: asks the environment first, then looks where the executable is.
#include "tests/support/places.h"

#include <cstdlib>
#include <filesystem>

namespace herald::testing {

namespace {

namespace fs = std::filesystem;

fs::path own_folder() {
    return fs::read_symlink("/proc/self/exe").parent_path();
}

fs::path clone_above(fs::path folder) {
    while (folder.has_relative_path() && !fs::exists(folder / "CMakePresets.json"))
        folder = folder.parent_path();
    return folder;
}

fs::path clone() {
    const char* const given = std::getenv("HERALD_SOURCE_DIR");
    return given ? fs::path(given) : clone_above(own_folder());
}

}  // namespace

std::string in_clone(const std::string& path) {
    return (clone() / path).string();
}

std::string herald_binary() {
    for (const char* const name : {"HERALD_SHIPPED", "HERALD_BINARY"}) {
        if (const char* const given = std::getenv(name)) return given;
    }
    return (own_folder().parent_path() / "herald").string();
}

std::string make_folder(const std::string& purpose) {
    std::string name = fs::temp_directory_path() / ("herald-" + purpose + "-XXXXXX");
    return ::mkdtemp(name.data()) ? name : std::string();
}

}  // namespace herald::testing
