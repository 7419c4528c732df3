// server/message/message_tally.h: answers MESSAGE requests and counts what became of them.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "server/core/context.h"
#include "server/message/incoming_message.h"
#include "sip/answer.h"

namespace herald::server {

class MessageTally {
public:
    explicit MessageTally(Context& context);

    /// `did` says what was done, in static text.
    void accept(const IncomingMessage& incoming, sip::Answer answer, const char* did);
    /// With the answer of a device, which may be in league with who wrote in another's name.
    void accept_relayed(const IncomingMessage& incoming, sip::Answer answer, const char* did);
    void refuse(const IncomingMessage& incoming, const sip::Answer& answer);
    void count(const char* did);

private:
    Context& context_;
    /// By what was done, static text: some ten words, looked through.
    std::vector<std::pair<std::string_view, base::Counter*>> did_;
    std::unordered_map<int, base::Counter*> refused_;
    base::Histogram& time_;
};

}  // namespace herald::server
