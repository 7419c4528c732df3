// http/connection_input.h: what the connections of the HTTP server bring: read and decrypted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/time.h"
#include "http/connection.h"
#include "sip/tls_failures.h"

namespace herald::http {

/// For all of them, on one thread. Closes nothing: it says who is gone.
class ConnectionInput {
public:
    enum class Heard : std::uint8_t {
        more,    ///< or nothing
        begins,  ///< the first of a request, or of a handshake before it
        gone,    ///< nobody is there, or he has nothing more to say
    };

    explicit ConnectionInput(base::Metrics& metrics) : failures_(metrics) {}

    /// Reads once.
    Heard read(Connection& connection, base::Instant now);
    /// Throws away what comes, up to a bound. False: no more does, or it is too much.
    bool discard(Connection& connection);

private:
    ssize_t receive(const Connection& connection);
    Heard hear(Connection& connection, std::string_view plain);
    std::optional<std::string_view> decrypt(Connection& connection, std::string_view wire,
                                            base::Instant now);

    std::unique_ptr<char[]> room_;
    std::string plain_;  ///< what was read, decrypted
    sip::TlsFailures failures_;
};

}  // namespace herald::http
