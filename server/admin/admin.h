// server/admin/admin.h: the operations an operator has, as the HTTP API offers them, by noun.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace herald::server {

class AccountAdmin;
class AliasAdmin;
class DialogAdmin;
class DeviceAdmin;
class Feed;
class HardStateAdmin;
class HookAdmin;
class JobAdmin;
class MailboxAdmin;
class MessageAdmin;
class PolicyAdmin;
class PresenceAdmin;
class ProfileAdmin;
class RegistrationAdmin;
class RequestAdmin;
class ResourceAdmin;
class SubscriptionAdmin;
class TokenAdmin;
class Trace;

struct Health {
    bool is_ready = false;
    std::string why_not;  ///< one sentence
};

/// Called from HTTP threads, never from a shard's. Each operation of each noun waits for the shards
/// and the store, 5 s at most. Faults of all: unavailable, timeout.
class Admin {
public:
    virtual ~Admin() = default;

    virtual Health health() const = 0;
    /// What happens; outlives whoever asks.
    virtual Feed& feed() noexcept = 0;
    /// SIP messages as they pass; likewise.
    virtual Trace& trace() noexcept = 0;

    // Each noun is declared in a file of its own: admin_accounts.h, admin_aliases.h ...
    virtual AccountAdmin& accounts() noexcept = 0;
    virtual AliasAdmin& aliases() noexcept = 0;
    virtual DialogAdmin& dialogs() noexcept = 0;
    virtual DeviceAdmin& devices() noexcept = 0;
    virtual HardStateAdmin& hard_state() noexcept = 0;
    virtual HookAdmin& hooks() noexcept = 0;
    virtual JobAdmin& jobs() noexcept = 0;
    virtual MailboxAdmin& mailboxes() noexcept = 0;
    virtual MessageAdmin& messages() noexcept = 0;
    virtual PolicyAdmin& policies() noexcept = 0;
    virtual PresenceAdmin& presence() noexcept = 0;
    virtual ProfileAdmin& profiles() noexcept = 0;
    virtual RegistrationAdmin& registrations() noexcept = 0;
    virtual RequestAdmin& requests() noexcept = 0;
    virtual ResourceAdmin& resources() noexcept = 0;
    virtual SubscriptionAdmin& subscriptions() noexcept = 0;
    virtual TokenAdmin& tokens() noexcept = 0;

    /// Gives one of the cells away and takes it back: what moves it between servers, within one.
    /// Every other operation waits meanwhile. Faults: not_found (there is no such cell), conflict
    /// (changes were under way for too long: it was kept), unavailable.
    virtual Status give(std::uint64_t cell) = 0;
};

}  // namespace herald::server
