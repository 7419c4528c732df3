// server/config/server_keys.cpp: the keys of [server], [store] and [cluster]: the program, what
// survives it, and where its parts are.
#include "server/config/server_keys.h"

#include <algorithm>

#include "server/config/config_readers.h"
#include "server/config/config_rows.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

std::string read_log_format(Config& config, std::string_view value) {
    if (value != "logfmt" && value != "json") {
        std::string why = "\"";
        return (why += value) += "\" is unknown, expected \"logfmt\" or \"json\"";
    }
    config.log_format = value == "json" ? base::LogFormat::json : base::LogFormat::logfmt;
    return {};
}
std::string show_log_format(const Config& config) {
    return config.log_format == base::LogFormat::json ? "\"json\"" : "\"logfmt\"";
}

constexpr ConfigKey kServerKeys[] = {
    number<&C::shards>({"server", "shards", "Threads that serve SIP. 0: one for each processor."},
                       {0, 256}),
    text<&C::log_level>(
        {"server", "log_level", "\"debug\", \"info\", \"warning\", \"error\" or \"off\".", true},
        read_log_level, show_log_level),
    text<&C::log_format>(
        {"server", "log_format",
         "\"logfmt\": time=... level=... event=... key=value; \"json\": an object a line.", true},
        read_log_format, show_log_format),
    budget<&C::trace_memory>({"server", "trace_memory",
                              "For the SIP messages of the traces that are under way; with more "
                              "the oldest are forgotten."},
                             65536, Filled::by_users),
    text<&C::hep>(
        {"server", "hep",
         "\"192.0.2.5:9060\": where the messages of a trace go that wants it (herald trace "
         "--hep), in clear, as HEP version 3 by UDP. Empty: nowhere."},
        read_hep),
    number<&C::hep_node>({"server", "hep_node", "What this server is called there."},
                         {0, UINT32_MAX}),
};

constexpr ConfigKey kStoreKeys[] = {
    text<&C::store_url>(
        {"store", "url",
         "\"sqlite:<file>\", relative to the working directory or absolute; or "
         "\"postgresql://role@host/database?password_file=<file>\", see docs/postgresql.md. "
         "\"memory:\" forgets everything at a restart."},
        read_store_url),
    flag<&C::store_must_exist>(
        {"store", "must_exist",
         "Do not start with a store that was not there before: against a mistyped url, or a disk "
         "that is not mounted. Set it once the first start has made the store."}),
    number<&C::store_queue>(
        {"store", "queue",
         "Changes waiting for the disk; with more, new requests are answered 503 and Retry-After."},
        {100, 1000000}),
};

std::string read_node_name(Config& config, std::string_view value) {
    constexpr std::size_t kLongest = 253;  // as that of a host
    const auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };
    if (value.size() > kLongest || !std::all_of(value.begin(), value.end(), is_graphic))
        return "a name has no spaces, is of ASCII, and no longer than 253 characters";
    config.cluster_node = value;
    return {};
}

constexpr ConfigKey kClusterKeys[] = {
    text<&C::cluster_node>(
        {"cluster", "node",
         "What this server is called where its store is PostgreSQL: another name for each server. "
         "Empty: as its host."},
        read_node_name),
    number<&C::cluster_hold>(
        {"cluster", "hold",
         "How long requests wait for a cell, a sixty-fourth of all users, that is on its way; then "
         "they are answered 503."},
        {1, 30, "s"}),
    number<&C::cluster_held_requests>(
        {"cluster", "held_requests",
         "Most requests that wait for one cell. With more, datagrams are dropped, as their copies "
         "come again, and streams are answered 503. Once half is used a source that is no trusted "
         "peer has an eighth."},
        {1, 1000000}),
    number<&C::cluster_held_bytes>(
        {"cluster", "held_bytes", "Likewise, in bytes; part of sip.max_pending_bytes."},
        {65536, kMostMemory, "bytes"}),
};

}  // namespace

std::span<const ConfigKey> server_keys() noexcept {
    return kServerKeys;
}

std::span<const ConfigKey> store_keys() noexcept {
    return kStoreKeys;
}

std::span<const ConfigKey> cluster_keys() noexcept {
    return kClusterKeys;
}

}  // namespace herald::server
