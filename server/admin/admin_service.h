// server/admin/admin_service.h: the operator's operations of a running server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/admin/admin.h"
#include "server/admin/admin_carrier.h"

namespace herald::server {

class Operations;
class OwnCells;

/// Each noun posts its operations to the shard that owns what they are about, and waits.
class AdminService final : public Admin {
public:
    AdminService(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                 Feed& feed, Trace& trace, OwnCells& cells, Operations& operations,
                 std::string realm);
    ~AdminService() override;

    /// From now on everything is unavailable; waits for nothing.
    void close() noexcept { carrier_.close(); }

    Health health() const override;
    Feed& feed() noexcept override { return feed_; }
    Trace& trace() noexcept override { return trace_; }
    AccountAdmin& accounts() noexcept override { return *accounts_; }
    AliasAdmin& aliases() noexcept override { return *aliases_; }
    DialogAdmin& dialogs() noexcept override { return *dialogs_; }
    DeviceAdmin& devices() noexcept override { return *devices_; }
    HardStateAdmin& hard_state() noexcept override { return *hard_state_; }
    HookAdmin& hooks() noexcept override { return *hooks_; }
    JobAdmin& jobs() noexcept override { return *jobs_; }
    MailboxAdmin& mailboxes() noexcept override { return *mailboxes_; }
    MessageAdmin& messages() noexcept override { return *messages_; }
    PolicyAdmin& policies() noexcept override { return *policies_; }
    PresenceAdmin& presence() noexcept override { return *presence_; }
    ProfileAdmin& profiles() noexcept override { return *profiles_; }
    RegistrationAdmin& registrations() noexcept override { return *registrations_; }
    RequestAdmin& requests() noexcept override { return *requests_; }
    ResourceAdmin& resources() noexcept override { return *resources_; }
    SubscriptionAdmin& subscriptions() noexcept override { return *subscriptions_; }
    TokenAdmin& tokens() noexcept override { return *tokens_; }
    Status give(std::uint64_t cell) override;

private:
    AdminCarrier carrier_;
    Feed& feed_;
    Trace& trace_;
    OwnCells& cells_;
    std::unique_ptr<AccountAdmin> accounts_;
    std::unique_ptr<AliasAdmin> aliases_;
    std::unique_ptr<DialogAdmin> dialogs_;
    std::unique_ptr<DeviceAdmin> devices_;
    std::unique_ptr<HardStateAdmin> hard_state_;
    std::unique_ptr<HookAdmin> hooks_;
    std::unique_ptr<JobAdmin> jobs_;
    std::unique_ptr<MailboxAdmin> mailboxes_;
    std::unique_ptr<MessageAdmin> messages_;
    std::unique_ptr<PolicyAdmin> policies_;
    std::unique_ptr<PresenceAdmin> presence_;
    std::unique_ptr<ProfileAdmin> profiles_;
    std::unique_ptr<RegistrationAdmin> registrations_;
    std::unique_ptr<RequestAdmin> requests_;
    std::unique_ptr<ResourceAdmin> resources_;
    std::unique_ptr<SubscriptionAdmin> subscriptions_;
    std::unique_ptr<TokenAdmin> tokens_;
};

}  // namespace herald::server
