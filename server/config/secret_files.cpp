// server/config/secret_files.cpp: secrets that others on this machine can read.
#include "server/config/secret_files.h"

#include <algorithm>
#include <utility>

#include <sys/stat.h>

namespace herald::server {

namespace {

/// Those of the group are trusted: packages give files to it.
bool is_open_to_all(const std::string& path) {
    struct stat status {};
    return !path.empty() && ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

/// Where a password stands in the configuration itself; empty: nowhere.
std::string key_with_password(const Config& config) {
    const auto has_password = [](const PbxAddress& pbx) {
        return !pbx.password.empty() && pbx.password_file.empty();
    };
    if (std::any_of(config.pbxs.begin(), config.pbxs.end(), has_password)) return "pbx.servers";
    return config.notify_logins.empty() ? "" : "sip.notify_logins";
}

}  // namespace

std::vector<std::string> exposed_secrets(const Config& config, const std::string& file) {
    std::vector<std::pair<std::string, std::string>> files{
        {"http.token_file", config.http_token_file},
        {"http.key", config.http_key},
        {"provisioning.key", config.provisioning_key},
        {"hooks.secret_file", config.hooks_secret_file},
    };
    for (const auto& key : config.tls_keys) files.emplace_back("sip.tls_key", key);
    for (const auto& pbx : config.pbxs) files.emplace_back("pbx.servers", pbx.password_file);
    if (const auto key = key_with_password(config); !key.empty()) files.emplace_back(key, file);
    std::vector<std::string> all;
    for (const auto& [key, path] : files) {
        if (is_open_to_all(path))
            all.push_back(key + ": everybody on this machine can read " + path + ": chmod o-r it");
    }
    return all;
}

}  // namespace herald::server
