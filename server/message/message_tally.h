// server/message/message_tally.h: answers MESSAGE requests and counts what became of them.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "server/core/context.h"
#include "sip/answer.h"

namespace herald::server {

class MessageTally {
public:
    explicit MessageTally(Context& context);

    void answer(sip::ServerTransactionId transaction, base::Instant arrived,
                const sip::Answer& answer, const char* did);
    void refuse(sip::ServerTransactionId transaction, const sip::Answer& answer);
    void count(const char* did);

private:
    Context& context_;
    /// By what was done, static text: some ten words, looked through.
    std::vector<std::pair<std::string_view, base::Counter*>> did_;
    std::unordered_map<int, base::Counter*> refused_;
    base::Histogram& time_;
};

}  // namespace herald::server
