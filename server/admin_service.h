// server/admin_service.h: the operator's operations, carried to the shards and back.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "server/admin.h"
#include "server/shard.h"

namespace herald::server {

/// Posts each operation to the shard that owns what it is about, and waits for the answer.
class AdminService final : public Admin {
public:
    AdminService(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                 std::string realm);

    /// From now on everything is unavailable; waits for nothing.
    void close() noexcept { is_closed_ = true; }

    Health health() const override;
    Result<SubscriptionPage> subscriptions(const SubscriptionQuery& query) override;
    Result<ResourceInfo> resource(std::string_view package, std::string_view aor) override;
    Status put_hard_state(std::string_view package, std::string_view aor, std::string_view type,
                          std::string_view body) override;
    Status remove_hard_state(std::string_view package, std::string_view aor) override;
    Result<RegistrationPage> registrations(std::string_view aor, std::string_view after,
                                           std::size_t limit) override;
    Status put_registration(std::string_view aor, std::string_view contact, std::uint32_t expires,
                            std::string_view path) override;
    Status remove_registration(std::string_view aor, std::string_view contact,
                               std::string_view event, std::uint32_t retry_after) override;
    Result<int> send_message(const MessageOrder& order) override;
    Result<MessagePage> messages(std::string_view aor, std::string_view after, std::size_t limit,
                                 bool with_bodies) override;
    Status remove_messages(std::string_view aor, std::string_view id) override;
    Result<store::Account> account(std::string_view aor) override;
    Result<bool> put_account(store::Account account) override;
    Status remove_account(std::string_view aor) override;

private:
    /// A resource as named from outside, found to be one of ours.
    struct Named {
        const packages::Package* package;
        std::string aor;
    };
    Result<Named> named(std::string_view package, std::string_view aor) const;
    Result<std::string> our_aor(std::string_view aor) const;
    Shard& owner_of(std::string_view aor) const;
    /// Runs `ask(shard, answer)` on the shard's thread and waits for answer(value).
    template <class T, class Ask>
    Result<T> ask(Shard& shard, Ask ask) const;
    Status commit_account(store::Change change);

    std::vector<Shard*> shards_;
    const Domains& domains_;
    store::Store& store_;
    std::string realm_;
    std::atomic<bool> is_closed_{false};
};

}  // namespace herald::server
