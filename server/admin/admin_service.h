// server/admin/admin_service.h: the operator's operations, carried to the shards and back.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "server/admin/admin.h"
#include "server/shard/shard.h"

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
    Result<HardState> hard_state(std::string_view package, std::string_view aor) override;
    Result<HardStateChange> put_hard_state(std::string_view package, std::string_view aor,
                                           std::string_view type, std::string_view body,
                                           const HardCondition& condition) override;
    Status remove_hard_state(std::string_view package, std::string_view aor,
                             const HardCondition& condition) override;
    Result<packages::MailboxSettings> mailbox_settings(std::string_view aor) override;
    Status put_mailbox_settings(std::string_view aor, packages::MailboxSettings settings) override;
    Result<RegistrationPage> registrations(std::string_view aor, std::string_view after,
                                           std::size_t limit) override;
    Status put_registration(std::string_view aor, std::string_view contact, std::uint32_t expires,
                            std::string_view path) override;
    Status remove_registration(std::string_view aor, std::string_view contact,
                               std::string_view event, std::uint32_t retry_after) override;
    Result<store::Alias> alias(std::string_view aor) override;
    Result<AliasPage> aliases(std::string_view resource, std::string_view after,
                              std::size_t limit) override;
    Result<bool> put_alias(std::string_view aor, std::string_view resource) override;
    Status remove_alias(std::string_view aor) override;
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
    /// Canonical. Faults: malformed, not_found (not one of our domains).
    Result<std::string> our_aor(std::string_view aor) const;
    /// The AOR a canonical one stands for.
    Result<std::string> resource_of(const std::string& aor) const;
    /// our_aor(), and what that stands for.
    Result<std::string> our_resource(std::string_view aor) const;
    Status tell_alias(const store::Alias& alias);
    Status check_nothing_stays(const std::string& aor);
    Shard& owner_of(std::string_view aor) const;
    /// Runs `ask(shard, answer)` on the shard's thread and waits for answer(value).
    template <class T, class Ask>
    Result<T> ask(Shard& shard, Ask ask) const;
    Result<HardStateChange> change_hard_state(HardOrder order);
    /// Makes a change durable that is no single resource's.
    Status commit(store::Change change);

    std::vector<Shard*> shards_;
    const Domains& domains_;
    store::Store& store_;
    std::string realm_;
    std::atomic<bool> is_closed_{false};
    /// One alias is changed after the other, so that every shard learns of them in the same order.
    /// Held by threads of HTTP only.
    std::mutex alias_mutex_;
};

}  // namespace herald::server
