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
    auto& kept = logins_[aor];
    if (kept.row == 0) kept.row = context_.next_id();
    ++kept.under_way;
    auto change = is_removal ? store::Change(store::RemovePublication{kept.row, {}, {}, {}})
                             : store::Change(row_of(aor, kept.row, login, context_.wall()));
    changes_.commit(std::move(change), [this, aor, login, is_removal,
                                        done = std::move(done)](store::Outcome outcome) mutable {
        // Of two removals the second finds nothing.
        if (is_removal && outcome == store::Outcome::refused) outcome = store::Outcome::committed;
        apply(aor, login, outcome);
        if (auto told = std::exchange(done, nullptr)) told(status_of(outcome));
    });
}

void DeviceLogins::apply(const std::string& aor, const DeviceLogin& login, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return;
    const auto found = logins_.find(aor);
    if (found == logins_.end()) return;
    auto& kept = found->second;
    if (outcome == store::Outcome::committed) kept.login = login;
    if (--kept.under_way == 0 && kept.login.username.empty()) logins_.erase(found);
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
