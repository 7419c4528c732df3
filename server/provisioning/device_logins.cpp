// server/provisioning/device_logins.cpp: what the devices of an account take orders with.
#include "server/provisioning/device_logins.h"

#include <utility>

#include "server/provisioning/lines.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

constexpr std::string_view kType = "application/vnd.herald.device-login";

store::PutPublication row_of(const std::string& aor, std::uint64_t id, const DeviceLogin& login,
                             base::WallTime now) {
    store::PutPublication put;
    put.row.id = id;
    put.row.package = "provisioning";
    put.row.aor = aor;
    put.row.entity_tag = "login";
    put.row.source = "login";
    put.row.arrived = now;
    put.row.type = kType;
    append_field(put.row.body, login.username);
    append_field(put.row.body, login.password);
    return put;
}

}  // namespace

const DeviceLogin* DeviceLogins::find(std::string_view aor) const {
    const auto found = logins_.find(aor);
    const bool is_there = found != logins_.end() && !found->second.login.username.empty();
    return is_there ? &found->second.login : nullptr;
}

/// One row for each account from the first order on: two orders at once are about the same.
void DeviceLogins::put(const std::string& aor, DeviceLogin login, Done done) {
    const bool is_removal = login.username.empty();
    if (is_removal && logins_.count(aor) == 0) return done({});
    auto& row = logins_[aor].row;
    if (row == 0) row = context_.next_id();
    auto finish = [this, aor, login, done = std::move(done)](store::Outcome outcome) mutable {
        if (auto status = status_of(outcome); !status) return done(status);
        logins_[aor].login = std::move(login);
        if (logins_[aor].login.username.empty()) logins_.erase(aor);
        done({});
    };
    if (is_removal)
        return context_.port.commit(store::RemovePublication{row, {}, {}, {}}, std::move(finish));
    context_.port.commit(row_of(aor, row, login, context_.wall()), std::move(finish));
}

bool DeviceLogins::takes(const store::Publication& row) const {
    return !row.is_removed && row.type == kType;
}

void DeviceLogins::recover(store::Publication row, base::WallTime /*not_before*/) {
    std::string_view line = row.body;
    DeviceLogin login;
    login.username = next_field(line);
    login.password = next_field(line);
    logins_[row.aor] = {row.id, std::move(login)};
}

void DeviceLogins::forget(Cell cell) {
    std::erase_if(logins_,
                  [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
}

}  // namespace herald::server
