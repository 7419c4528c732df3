// server/provisioning/device_logins.h: the name and the password that the devices of an account
// take orders with, whatever realm they challenge in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_map.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"

namespace herald::server {

/// Those of one shard's accounts, on its thread. The password is kept as it is: a phone names the
/// realm, so nothing can be hashed in advance. A login changes in one commit with its account:
/// begin() says which row, then learn() or give_up() what became of it.
class DeviceLogins final : public Agent {
public:
    explicit DeviceLogins(Context& context) : context_(context) {}

    /// nullptr: the account has none.
    const DeviceLogin* find(std::string_view aor) const;
    /// The number of the row that is to become `login`, or to go where that has no name; 0: there
    /// is nothing to do. All orders about one account at a time are about one row.
    std::uint64_t begin(const std::string& aor, const DeviceLogin& login);
    /// It is so, durably.
    void learn(const std::string& aor, const DeviceLogin& login);
    /// It did not become so.
    void give_up(const std::string& aor);
    /// The row as the store keeps it.
    static store::Publication row_of(const std::string& aor, std::uint64_t id,
                                     const DeviceLogin& login, base::WallTime now);

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return logins_.size(); }

private:
    struct Kept {
        std::uint64_t row = 0;  ///< in the store
        DeviceLogin login;
        unsigned under_way = 0;  ///< orders about it
    };
    void end(base::TextMap<Kept>::iterator order);

    Context& context_;
    base::TextMap<Kept> logins_;  ///< by AOR
};

}  // namespace herald::server
