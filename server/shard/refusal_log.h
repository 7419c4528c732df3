// server/shard/refusal_log.h: requests that were refused: a line of the log, and a count by method
// and status.
#pragma once

#include <map>
#include <utility>

#include "base/metrics.h"
#include "base/time.h"
#include "server/core/line_limit.h"
#include "sip/answer.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::server {

/// Of one shard, on its thread.
class RefusalLog {
public:
    /// Both outlive it.
    RefusalLog(base::Metrics& metrics, const base::Clock& clock)
        : metrics_(metrics), clock_(clock) {}

    /// Challenges are counted, and told at level debug: each login begins with one.
    void note(const sip::Message& request, const sip::Flow& flow, const sip::Answer& answer);

private:
    void count(sip::Method method, int status);

    base::Metrics& metrics_;
    const base::Clock& clock_;
    LineLimit lines_;
    std::map<std::pair<sip::Method, int>, base::Counter*> counted_;
};

}  // namespace herald::server
