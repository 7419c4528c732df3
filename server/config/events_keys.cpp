// server/config/events_keys.cpp: the keys of [events] and [hooks].
#include "server/config/events_keys.h"

#include <algorithm>

#include "base/text.h"
#include "server/config/config_rows.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

std::string read_hook_url(Config& config, std::string_view value) {
    const auto rest = value.starts_with("http://")    ? value.substr(7)
                      : value.starts_with("https://") ? value.substr(8)
                                                      : std::string_view();
    const auto host = rest.substr(0, rest.find_first_of("/?#"));
    if (!value.empty() &&
        (!is_host_port(host) || value.find_first_of(" \t\r\n#") != std::string_view::npos)) {
        return toml_quoted(value) + " is no URL, want one as in \"http://127.0.0.1:8000/herald\"";
    }
    config.hooks_url = value;
    return {};
}

template <auto Member>
std::string read_file_name(Config& config, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) return "a file name has no NUL in it";
    config.*Member = value;
    return {};
}

/// What the feed knows is checked where it is known.
std::string read_hook_kind(Config& config, std::string_view value) {
    const auto is_letter = [](char c) { return base::is_alpha(c) || c == '.'; };
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_letter))
        return toml_quoted(value) + " is no kind of event, want one as in \"watcher.pending\"";
    config.hooks_kinds.emplace_back(value);
    return {};
}

constexpr ConfigKey kEventsKeys[] = {
    budget<&C::events_memory>(
        {"events", "memory",
         "For events that GET /v1/events and hooks have not read yet, and those a reader that "
         "comes back is told again; with more the oldest go, and it is said."},
        262144),
    text<&C::hooks_url>(
        {"hooks", "url",
         "Where events are posted to as JSON, one at a time, each until it is answered with a 2xx. "
         "Empty: nowhere."},
        read_hook_url),
    text<&C::hooks_secret_file>(
        {"hooks", "secret_file",
         "A file with the secret that signs them: Herald-Signature is the HMAC-SHA256 of the body "
         "in hex. Empty: they are not signed."},
        read_file_name<&C::hooks_secret_file>),
    text<&C::hooks_ca>({"hooks", "ca",
                        "A PEM file with who vouches for that program's certificate, where the URL "
                        "begins with https. Empty: those the system trusts."},
                       read_file_name<&C::hooks_ca>),
    list<&C::hooks_kinds>(
        {"hooks", "kinds", "Which kinds of events are posted; see docs/events.md."}, read_hook_kind,
        [](const Config& c) { return toml_list(c.hooks_kinds); }),
    number<&C::hooks_queue>(
        {"hooks", "queue",
         "Most events that wait in the store to be posted; with more the oldest are given up."},
        {10, 1000000}),
    budget<&C::hooks_memory>(
        {"hooks", "memory",
         "For events that wait, in memory as in the store; with more the oldest are given up."},
        65536, Filled::by_users_and_stored),
    number<&C::hooks_keep>(
        {"hooks", "keep", "An event that nobody took is given up after this time."},
        {60, 30 * kDay, "s"}),
    number<&C::hooks_timeout>({"hooks", "timeout", "How long the answer to one is waited for."},
                              {1, 60, "s"}),
};

}  // namespace

std::span<const ConfigKey> events_keys() noexcept {
    return kEventsKeys;
}

}  // namespace herald::server
