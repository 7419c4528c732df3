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

    /// What is there, and its entity-tag.
    struct Tagged {
        std::string body;  ///< empty: nothing is there
        std::string etag;  ///< in its quotes
    };
    /// Faults: as call(), but not_found.
    Result<Tagged> read(const std::string& path) const;
    /// Puts `body` in the place of what read() gave. Faults: as call(); precondition_failed:
    /// something else is there by now.
    Result<std::string> replace(const std::string& path, const Tagged& before,
                                const std::string& body) const;

    /// Calls `line` with each line of a body that does not end, until it returns false or the
    /// server ends it. `last_event` is what the server is to go on behind; empty: from now on.
    /// Faults: as call().
    Status follow(const std::string& path, const std::string& last_event,
                  const std::function<bool(std::string_view line)>& line) const;

private:
    struct Exchange {
        std::string method, path, body, type;
        std::string condition{}, tag{};  ///< a header and its value
    };
    Result<Tagged> carry_out(const Exchange& exchange) const;

    bool is_secure_ = false;
    std::string authorities_;  ///< a file; empty: the system's
    std::string host_;
    std::uint16_t port_ = 0;
    std::string base_path_;
    std::string token_;
};

/// Changes what is at `path` by `change`, which gets what is there, empty for nothing, and returns
/// what is to be; again, where somebody else was faster. Returns what was put. Faults: as
/// ApiClient::call() and `change`.
using Change = std::function<Result<std::string>(const std::string& before)>;
Result<std::string> change_at(const ApiClient& api, const std::string& path, const Change& change);

/// One segment of a path, escaped: `sip%3Aalice%40localhost`.
std::string path_segment(std::string_view text);

/// Prints the fault of a call; its exit code.
int report_api_fault(std::string_view command, const Fault& fault);

}  // namespace herald::cli
