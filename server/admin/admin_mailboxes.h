// server/admin/admin_mailboxes.h: settings of mailboxes as an operator reads and sets them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "packages/mailbox.h"

namespace herald::server {

class AdminCarrier;

struct MailboxSource {
    std::string pbx, uri;
    bool is_subscribed = false;
    std::string why;         ///< it is not, or the next refresh may fail; empty: no trouble
    std::uint64_t next = 0;  ///< seconds until it is asked again; 0: it is being asked, or now
};

class MailboxAdmin {
public:
    virtual ~MailboxAdmin() = default;

    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<packages::MailboxSettings> settings(std::string_view aor) = 0;
    /// Replaces them; settings that say nothing are removed. Durable on return. Faults: malformed
    /// (a member that is no AOR of ours, a PBX that is not configured), too_large, not_found.
    virtual Status put_settings(std::string_view aor, packages::MailboxSettings settings) = 0;
    /// How the PBX that keeps the messages is doing. Faults: malformed, not_found (also where the
    /// settings name none).
    virtual Result<MailboxSource> source(std::string_view aor) = 0;
    /// Has that PBX asked now, whatever was to be waited for; what becomes of it is source()'s to
    /// tell. Faults: as source().
    virtual Status ask_source(std::string_view aor) = 0;
};

std::unique_ptr<MailboxAdmin> mailbox_admin(const AdminCarrier& carrier);

}  // namespace herald::server
