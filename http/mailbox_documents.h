// http/mailbox_documents.h: mailboxes and their settings as JSON.
#pragma once

#include "base/result.h"
#include "http/json.h"
#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "server/admin/admin_mailboxes.h"

namespace herald::http {

/// Faults: malformed, naming the member.
Result<packages::MessageCounts> counts_of_json(const Json& json);
Json json_of(const packages::MessageCounts& counts);

/// Members and PBX are checked for their form only. Faults: malformed, naming the member.
Result<packages::MailboxSettings> mailbox_settings_of_json(const Json& json);
Json json_of(const packages::MailboxSettings& settings);
Json json_of(const server::MailboxSource& source);

}  // namespace herald::http
