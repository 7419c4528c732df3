// cli/api_client.h: requests to the HTTP API of a running server.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"

namespace herald::cli {

/// `own` and those all API commands take: api, ca, token, token-file.
std::vector<Option> with_api_options(std::vector<Option> own);
/// A paragraph on them for the help.
extern const std::string_view kApiHelp;

class ApiClient {
public:
    /// Where --api and HERALD_API say, else http://127.0.0.1:8080; a server of https must be
    /// vouched for by the file of --ca and HERALD_CA, else by the system; the token from --token,
    /// --token-file, HERALD_TOKEN, ./var/token or the file of an installed server. Faults:
    /// malformed (no URL, no token in the file that is named).
    static Result<ApiClient> from(const Arguments& arguments);

    /// The body of a 2xx answer. `body` is of media type `type`, empty for none. Faults:
    /// unreachable, timeout; for other answers unauthenticated, forbidden, not_found or conflict by
    /// status, else unavailable, with the server's own sentence.
    Result<std::string> call(const std::string& method, const std::string& path,
                             const std::string& body = {},
                             const std::string& type = "application/json") const;

    /// Calls `line` with each line of a body that does not end, until it returns false or the
    /// server ends it. `last_event` is what the server is to go on behind; empty: from now on.
    /// Faults: as call().
    Status follow(const std::string& path, const std::string& last_event,
                  const std::function<bool(std::string_view line)>& line) const;

private:
    bool is_secure_ = false;
    std::string authorities_;  ///< a file; empty: the system's
    std::string host_;
    std::uint16_t port_ = 0;
    std::string base_path_;
    std::string token_;
};

/// One segment of a path, escaped: `sip%3Aalice%40localhost`.
std::string path_segment(std::string_view text);

/// Prints the fault of a call; its exit code.
int report_api_fault(std::string_view command, const Fault& fault);

}  // namespace herald::cli
