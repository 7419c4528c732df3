// server/admin/admin.h: the operations an operator has, as the HTTP API offers them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "packages/mailbox.h"
#include "server/publish/hard_state.h"
#include "store/records.h"

namespace herald::server {

/// One watcher as an operator sees it.
struct SubscriptionInfo {
    std::string id;  ///< opaque, for paging
    std::string package, resource, watcher;
    std::string state;  ///< pending, active, suspect, flow_lost, terminated
    std::string call_id, remote_target, flow;
    base::WallTime expires_at{};
    std::optional<base::WallTime> last_notify;
    int last_answer = 0;  ///< status of the last NOTIFY's answer, 408 for none; 0: none yet
    std::optional<base::WallTime> next_retry;
    std::uint32_t failures = 0;  ///< in a row
};

struct SubscriptionQuery {
    std::string package, resource, watcher, state;  ///< empty: any
    std::string after;                              ///< id of the last row of the previous page
    std::size_t limit = 100;                        ///< at most 1000
};

struct SubscriptionPage {
    std::vector<SubscriptionInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filters
};

struct PublicationInfo {
    std::string source, publisher, entity_tag_prefix, type, rank;
    base::WallTime arrived{};
    std::optional<base::WallTime> expires_at;
    std::size_t size = 0;
    std::string body;
};

struct ResourceInfo {
    std::string package, aor;
    std::string type, body;  ///< the composed document an unrestricted watcher gets
    std::vector<PublicationInfo> publications;
    std::size_t watchers = 0;
};

/// One contact of a user as an operator sees it.
struct RegistrationInfo {
    std::string id;  ///< opaque, for paging
    std::string aor, contact, display_name, instance, path, flow, user_agent, call_id, publisher;
    std::uint32_t reg_id = 0;  ///< 0: none
    std::uint32_t cseq = 0;
    base::WallTime created{};
    std::optional<base::WallTime> expires_at;  ///< none: never
    std::vector<std::string> parameters;
    std::string public_gruu;
};

struct RegistrationPage {
    std::vector<RegistrationInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

struct AliasPage {
    std::vector<store::Alias> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

/// A message an operator sends.
struct MessageOrder {
    std::string from, to;  ///< addresses-of-record
    std::string type, body;
    std::string subject;        ///< empty: none
    std::uint32_t expires = 0;  ///< seconds; 0: kept as long as the configuration says
};

/// A message kept for somebody who is not there.
struct MessageInfo {
    std::string id;  ///< for paging and removal
    std::string aor, from, subject, type;
    std::uint64_t size = 0;  ///< bytes
    base::WallTime date{};
    base::WallTime kept_until{};
    std::string body;  ///< empty unless asked for
};

struct MessagePage {
    std::vector<MessageInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

struct Health {
    bool is_ready = false;
    std::string why_not;  ///< one sentence
};

/// Called from HTTP threads, never from a shard's; each call waits for the shards and the store, 5
/// s at most. Faults of all: unavailable, timeout.
class Admin {
public:
    virtual ~Admin() = default;

    virtual Health health() const = 0;
    /// Faults: malformed (a bad `after`).
    virtual Result<SubscriptionPage> subscriptions(const SubscriptionQuery& query) = 0;
    /// Faults: unknown_event, malformed (not an AOR), not_found (not one of our domains).
    virtual Result<ResourceInfo> resource(std::string_view package, std::string_view aor) = 0;

    /// Faults: as resource(), not_found where nothing is set.
    virtual Result<HardState> hard_state(std::string_view package, std::string_view aor) = 0;
    /// Sets hard state of a resource: one document, replacing the earlier one, without expiry.
    /// Durable on return; watchers are told. Faults: as resource(), unsupported_media, too_large,
    /// malformed, precondition_failed, conflict.
    virtual Result<HardStateChange> put_hard_state(std::string_view package, std::string_view aor,
                                                   std::string_view type, std::string_view body,
                                                   const HardCondition& condition) = 0;
    /// Faults: as resource(), precondition_failed, conflict, not_found where nothing is set.
    virtual Status remove_hard_state(std::string_view package, std::string_view aor,
                                     const HardCondition& condition) = 0;

    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<packages::MailboxSettings> mailbox_settings(std::string_view aor) = 0;
    /// Replaces them; settings that say nothing are removed. Durable on return. Faults: malformed
    /// (a member that is no AOR of ours, a PBX that is not configured), too_large, not_found.
    virtual Status put_mailbox_settings(std::string_view aor,
                                        packages::MailboxSettings settings) = 0;

    /// Contacts of `aor`, or of everybody where it is empty, after the row `after`; at most `limit`
    /// (1 to 1000). Faults: malformed, not_found (not one of our domains).
    virtual Result<RegistrationPage> registrations(std::string_view aor, std::string_view after,
                                                   std::size_t limit) = 0;
    /// Binds a contact, or gives one there is another time; `expires` 0: for ever. Durable on
    /// return; watchers are told. Faults: malformed, not_found (not one of our domains).
    virtual Status put_registration(std::string_view aor, std::string_view contact,
                                    std::uint32_t expires, std::string_view path) = 0;
    /// `contact` empty: all of them. `event` as in RFC 3680: deactivated, probation, rejected,
    /// unregistered or expired. Faults: malformed, not_found.
    virtual Status remove_registration(std::string_view aor, std::string_view contact,
                                       std::string_view event, std::uint32_t retry_after) = 0;

    /// Faults: malformed, not_found (no alias, or not one of our domains).
    virtual Result<store::Alias> alias(std::string_view aor) = 0;
    /// In order of their AORs, those after `after`; of `resource`, or all where it is empty; at
    /// most `limit` (1 to 1000). Faults: malformed, not_found (not one of our domains).
    virtual Result<AliasPage> aliases(std::string_view resource, std::string_view after,
                                      std::size_t limit) = 0;
    /// From now on `aor` means `resource`. Durable on return; who watches through it is told to
    /// subscribe again. True: it is new. Faults: malformed, not_found (not one of our domains),
    /// conflict (a chain, or state of its own that stays), limit_reached.
    virtual Result<bool> put_alias(std::string_view aor, std::string_view resource) = 0;
    /// Faults: as alias().
    virtual Status remove_alias(std::string_view aor) = 0;
    /// 200: a device took it; 202: it is kept. Faults: malformed, not_found (no such user),
    /// limit_reached (no room), unavailable, conflict (the device refused it).
    virtual Result<int> send_message(const MessageOrder& order) = 0;
    /// What is kept for `aor`, or for everybody where it is empty; as registrations().
    virtual Result<MessagePage> messages(std::string_view aor, std::string_view after,
                                         std::size_t limit, bool with_bodies) = 0;
    /// `id` empty: all messages of the user. Nobody is told. Faults: malformed, not_found.
    virtual Status remove_messages(std::string_view aor, std::string_view id) = 0;

    /// Faults: malformed, not_found.
    virtual Result<store::Account> account(std::string_view aor) = 0;
    /// True: it is new. Faults: malformed, not_found (not one of our domains).
    virtual Result<bool> put_account(store::Account account) = 0;
    virtual Status remove_account(std::string_view aor) = 0;
};

}  // namespace herald::server
