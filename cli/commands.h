// cli/commands.h: the table entries of the commands that talk to a running server.
#pragma once

#include "cli/command.h"

namespace herald::cli {

Command watch_command();
Command publish_command();
Command message_command();
Command register_command();
Command mailbox_command();
Command dialogs_command();
Command packages_command();
Command account_command();
Command provision_command();
Command devices_command();
Command profile_command();
Command subscriptions_command();
Command watchers_command();
Command allow_command();
Command block_command();
Command rules_command();
Command lists_command();
Command explain_command();
Command presence_command();
Command events_command();
Command status_command();
Command top_command();
Command reload_command();
Command token_command();
Command trace_command();
Command bench_command();

}  // namespace herald::cli
