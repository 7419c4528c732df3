// cli/commands.cpp: the list of the commands that talk to a running server.
#include "cli/commands.h"

namespace herald::cli {

std::vector<Command> client_commands() {
    return {watch_command(),    publish_command(), message_command(),   register_command(),
            mailbox_command(),  dialogs_command(), packages_command(),  account_command(),
            devices_command(),  profile_command(), provision_command(), subscriptions_command(),
            watchers_command(), allow_command(),   block_command(),     rules_command(),
            lists_command(),    explain_command(), presence_command(),  events_command(),
            status_command(),   top_command(),     reload_command(),    token_command(),
            trace_command()};
}

std::vector<Command> commands() {
    auto all = client_commands();
    all.push_back(bench_command());
    return all;
}

}  // namespace herald::cli
