// store/postgres/address.cpp: where a PostgreSQL store is and how its sessions are opened.
#include "store/postgres/address.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <libpq-fe.h>

#include "base/text.h"

namespace herald::store {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

constexpr std::uint16_t kUsualPort = 5432;

Fault mistake(std::string what) {
    return {FaultKind::invalid_configuration, std::move(what)};
}

Result<Parameters> parse(const std::string& url) {
    char* error = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        PQconninfoParse(url.c_str(), &error));
    const std::unique_ptr<char, decltype(&PQfreemem)> message(error, &PQfreemem);
    if (!options) {
        const std::string why = error != nullptr ? std::string(base::trim(error)) : "out of memory";
        return mistake("this is no PostgreSQL URL (" + why +
                       "); it looks like postgresql://herald@db.example.com/herald");
    }
    Parameters found;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) found.emplace_back(option->keyword, option->val);
    }
    return found;
}

std::string value_of(const Parameters& parameters, std::string_view keyword,
                     std::string_view otherwise) {
    for (const auto& [name, value] : parameters) {
        if (name == keyword) return value;
    }
    return std::string(otherwise);
}

void add_default(Parameters& parameters, const char* keyword, const char* value) {
    if (value_of(parameters, keyword, "").empty()) parameters.emplace_back(keyword, value);
}

Result<std::string> first_line(const std::string& file) {
    std::ifstream from(file);
    std::string line;
    if (!from || !std::getline(from, line) || base::trim(line).empty()) {
        return mistake("password_file: cannot read a password from " + file);
    }
    return std::string(base::trim(line));
}

/// Takes one of our own parameters out of the query of a URL.
std::string take(std::string& url, std::string_view name) {
    const std::string wanted = std::string(name) + '=';
    auto at = url.find('?');
    while (at != std::string::npos && url.compare(at + 1, wanted.size(), wanted) != 0) {
        at = url.find('&', at + 1);
    }
    if (at == std::string::npos) return {};
    const auto end = std::min(url.find('&', at + 1), url.size());
    const auto begin = at + 1 + wanted.size();
    std::string value = base::percent_decode(std::string_view(url).substr(begin, end - begin));
    // What follows begins with '&'; the first parameter follows a '?'.
    if (end < url.size()) {
        url.erase(at + 1, end - at);
    } else {
        url.erase(at);
    }
    return value;
}

/// What libpq looks for where the URL does not say.
std::string environment(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr ? value : "";
}

/// Never empty.
std::vector<std::string> parts_of(std::string_view list) {
    std::vector<std::string> parts;
    for (base::Split split{{}, list, true}; split.found;) {
        split = base::split_once(split.after, ',');
        parts.emplace_back(split.before);
    }
    return parts;
}

std::string shown(const Parameters& parameters) {
    const auto user = value_of(parameters, "user", "");
    return "postgresql://" + (user.empty() ? "" : user + '@') +
           value_of(parameters, "host", value_of(parameters, "hostaddr", "")) + '/' +
           value_of(parameters, "dbname", user);
}

}  // namespace

std::vector<std::pair<std::string, std::uint16_t>> hosts_of(const PostgresAddress& address) {
    const auto ports = parts_of(value_of(address.parameters, "port", environment("PGPORT")));
    std::vector<std::pair<std::string, std::uint16_t>> found;
    for (const auto& [keyword, variable] :
         {std::pair{"host", "PGHOST"}, {"hostaddr", "PGHOSTADDR"}}) {
        const auto hosts = parts_of(value_of(address.parameters, keyword, environment(variable)));
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            // A path is that of a local socket.
            if (hosts[i].empty() || hosts[i].front() == '/') continue;
            // One port stands for all hosts.
            const auto port =
                base::to_u64(ports[ports.size() == 1 ? 0 : std::min(i, ports.size() - 1)]);
            found.emplace_back(hosts[i], static_cast<std::uint16_t>(port.value_or(kUsualPort)));
        }
    }
    return found;
}

bool is_postgres(std::string_view url) {
    return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

Result<PostgresAddress> read_address(std::string_view url) {
    std::string rest(url);
    const std::string password_file = take(rest, "password_file");
    const std::string unsafe = take(rest, "unsafe");
    auto parameters = parse(rest);
    if (!parameters) return parameters.fault();
    if (!value_of(*parameters, "password", "").empty()) {
        return mistake(
            "a password in store.url would be shown by whoever prints the configuration: put it "
            "alone into a file and add ?password_file=<file>, or into PGPASSWORD");
    }
    if (!unsafe.empty() && unsafe != "true" && unsafe != "false") {
        return mistake("unsafe is true or false");
    }
    PostgresAddress address{.shown = shown(*parameters), .is_unsafe_allowed = unsafe == "true"};
    if (!password_file.empty()) {
        auto password = first_line(password_file);
        if (!password) return password.fault();
        parameters->emplace_back("password", *std::move(password));
    }
    add_default(*parameters, "target_session_attrs", "read-write");
    add_default(*parameters, "connect_timeout", "2");
    add_default(*parameters, "tcp_user_timeout", "2000");
    add_default(*parameters, "keepalives_idle", "5");
    add_default(*parameters, "keepalives_interval", "2");
    add_default(*parameters, "keepalives_count", "3");
    add_default(*parameters, "application_name", "herald");
    parameters->emplace_back("client_encoding", "UTF8");
    address.parameters = *std::move(parameters);
    return address;
}

}  // namespace herald::store
