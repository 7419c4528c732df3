// cli/commands.cpp: the list of the commands that talk to a running server.
#include "cli/commands.h"

namespace herald::cli {

std::vector<Command> commands() {
    return {watch_command(),   publish_command(), message_command(),       register_command(),
            mailbox_command(), account_command(), subscriptions_command(), watchers_command(),
            allow_command(),   block_command(),   rules_command(),         explain_command(),
            bench_command()};
}

}  // namespace herald::cli
