// server/provisioning/device_logins.h: the name and the password that the devices of an account
// take orders with, whatever realm they challenge in.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/task.h"
#include "base/text_map.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"
#include "server/core/settled_commit.h"

namespace herald::server {

/// Those of one shard's accounts, on its thread. The password is kept as it is: a phone names the
/// realm, so nothing can be hashed in advance.
class DeviceLogins final : public Agent {
public:
    using Done = base::Task<void(Status)>;

    explicit DeviceLogins(Context& context)
        : context_(context), changes_(context.loop, context.port) {}

    /// nullptr: the account has none.
    const DeviceLogin* find(std::string_view aor) const;
    /// An empty name removes it. `done` runs after the commit. Faults: those of the store.
    void put(const std::string& aor, DeviceLogin login, Done done);

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override { return logins_.size(); }

private:
    struct Kept {
        std::uint64_t row = 0;  ///< in the store
        DeviceLogin login;
        unsigned under_way = 0;  ///< orders about it
    };
    void apply(const std::string& aor, const DeviceLogin& login, store::Outcome outcome);

    Context& context_;
    base::TextMap<Kept> logins_;  ///< by AOR
    ChangesInTurn changes_;
};

}  // namespace herald::server
