// server/admin/admin_mailboxes.h: settings of mailboxes as an operator reads and sets them.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "packages/mailbox.h"

namespace herald::server {

class AdminCarrier;

class MailboxAdmin {
public:
    virtual ~MailboxAdmin() = default;

    /// Faults: malformed, not_found (not one of our domains).
    virtual Result<packages::MailboxSettings> settings(std::string_view aor) = 0;
    /// Replaces them; settings that say nothing are removed. Durable on return. Faults: malformed
    /// (a member that is no AOR of ours, a PBX that is not configured), too_large, not_found.
    virtual Status put_settings(std::string_view aor, packages::MailboxSettings settings) = 0;
};

std::unique_ptr<MailboxAdmin> mailbox_admin(const AdminCarrier& carrier);

}  // namespace herald::server
