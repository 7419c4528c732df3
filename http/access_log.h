// http/access_log.h: a line of the log for each request that was answered over HTTP.
#pragma once

#include "base/time.h"
#include "http/exchange.h"
#include "server/core/line_limit.h"
#include "sip/endpoint.h"

namespace herald::http {

/// On the server's thread.
class AccessLog {
public:
    /// Changes, and what was refused, are told at info, as it is asked later who did what; what was
    /// read is told at debug. Bodies and credentials are never logged.
    void note(const Request& request, const sip::Endpoint& peer, const Answer& answer,
              base::Instant now);

private:
    server::LineLimit refused_;
};

}  // namespace herald::http
