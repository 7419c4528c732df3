// server/provisioning/device_logins.cpp: what the devices of an account take orders with.
#include "server/provisioning/device_logins.h"

#include <utility>

#include "server/provisioning/lines.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

constexpr std::string_view kLoginType = "application/vnd.herald.device-login";

}  // namespace

const DeviceLogin* DeviceLogins::find(std::string_view aor) const {
    const auto found = logins_.find(aor);
    const bool is_there = found != logins_.end() && !found->second.login.username.empty();
    return is_there ? &found->second.login : nullptr;
}

store::Publication DeviceLogins::row_of(const std::string& aor, std::uint64_t id,
                                        const DeviceLogin& login, base::WallTime now) {
    store::Publication row;
    row.id = id;
    row.package = "provisioning";
    row.aor = aor;
    row.entity_tag = "login";
    row.source = "login";
    row.arrived = now;
    row.type = kLoginType;
    append_field(row.body, login.username);
    append_field(row.body, login.password);
    return row;
}

std::uint64_t DeviceLogins::begin(const std::string& aor, const DeviceLogin& login) {
    if (login.username.empty() && logins_.count(aor) == 0) return 0;
    auto& kept = logins_[aor];
    if (kept.row == 0) kept.row = context_.new_row(aor);
    ++kept.under_way;
    return kept.row;
}

void DeviceLogins::learn(const std::string& aor, const DeviceLogin& login) {
    const auto found = logins_.find(aor);
    if (found == logins_.end()) return;
    found->second.login = login;
    end(found);
}

void DeviceLogins::give_up(const std::string& aor) {
    if (const auto found = logins_.find(aor); found != logins_.end()) end(found);
}

void DeviceLogins::end(base::TextMap<Kept>::iterator order) {
    auto& kept = order->second;
    if (--kept.under_way == 0 && kept.login.username.empty()) logins_.erase(order);
}

bool DeviceLogins::takes(const store::Publication& row) const {
    return !row.is_removed && row.type == kLoginType;
}

void DeviceLogins::recover(store::Publication row, base::WallTime /*not_before*/) {
    std::string_view line = row.body;
    DeviceLogin login;
    login.username = next_field(line);
    login.password = next_field(line);
    logins_[row.aor] = {row.id, std::move(login)};
}

void DeviceLogins::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(logins_,
                     [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
}

}  // namespace herald::server
