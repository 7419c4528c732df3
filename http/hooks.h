// http/hooks.h: events posted to a program of the operator's: each at least once, those of one
// resource in their order, over restarts and crashes.
//
//   the feed --what is wanted--> the queue in the store --POST--> taken, and out of the store
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "server/admin/admin.h"

namespace herald::http {

struct HookOptions {
    std::string url;
    std::string ca{};                ///< PEM file, for https; empty: the system's
    std::string secret_file;         ///< empty: nothing is signed
    std::vector<std::string> kinds;  ///< of events
    std::chrono::seconds keep{};     ///< an event that nobody takes
    std::chrono::seconds timeout{};  ///< for an answer
};

/// Posts from start() until it is destroyed, which ends a request under way.
class Hooks {
public:
    /// `admin`, `metrics` and `clock`, by which events are dated, outlive the hooks. Faults: io,
    /// forbidden, malformed (the secret), invalid_configuration (a kind there is not, a file that
    /// vouches for nobody).
    static Result<std::unique_ptr<Hooks>> start(const HookOptions& options, server::Admin& admin,
                                                base::Metrics& metrics, const base::Clock& clock);
    ~Hooks();
    Hooks(const Hooks&) = delete;
    Hooks& operator=(const Hooks&) = delete;

private:
    struct State;
    explicit Hooks(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Lower-case hex of the HMAC-SHA256 of `body` (RFC 2104).
std::string hmac_sha256_hex(const std::string& secret, const std::string& body);

}  // namespace herald::http
