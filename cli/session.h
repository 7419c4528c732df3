// cli/session.h: what every command that uses SIP has: its options, a loop, a network and a user
// agent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/client_network.h"
#include "cli/terminal.h"
#include "cli/user_agent.h"

namespace herald::cli {

/// `own` and those all SIP commands take: server, transport, user, password, timeout.
std::vector<Option> with_sip_options(std::vector<Option> own);
/// A paragraph on them for the help.
extern const std::string_view kSipHelp;

class Session {
public:
    /// `username` is who answers a challenge unless --user says otherwise.
    Session(const Arguments& arguments, std::string_view username);

    base::Loop& loop() noexcept { return loop_; }
    UserAgent& agent() noexcept { return *agent_; }
    Progress& progress() noexcept { return progress_; }

    /// Runs the loop until finish(); returns the exit code given there.
    int run();
    void finish(int exit_code);

private:
    UserAgent::Options agent_options(const Arguments& arguments, std::string_view username);

    base::SystemClock clock_;
    base::Loop loop_{clock_};
    base::Metrics metrics_;
    Progress progress_;
    ClientNetwork network_{loop_, metrics_};
    std::optional<UserAgent> agent_;
    int exit_code_ = 0;
};

/// The URI a watcher or publisher says it is: --from, else --user, else the login name, at the host
/// of `resource`. Faults: malformed.
Result<std::string> from_uri(const Arguments& arguments, const std::string& resource);
/// User part of a URI, unescaped.
std::string user_of(const std::string& uri);

}  // namespace herald::cli
