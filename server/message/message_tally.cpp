// server/message/message_tally.cpp: answers MESSAGE requests and counts what became of them.
#include "server/message/message_tally.h"

#include <algorithm>

namespace herald::server {

MessageTally::MessageTally(Context& context)
    : context_(context),
      time_(context.metrics.histogram("herald_message_seconds",
                                      "From a MESSAGE to its final answer")) {}

void MessageTally::count(const char* did) {
    const auto known = std::find_if(did_.begin(), did_.end(),
                                    [did](const auto& each) { return each.first == did; });
    if (known != did_.end()) return known->second->add();
    auto& counter = context_.metrics.counter("herald_messages_total",
                                             "MESSAGE requests accepted, by what became of them",
                                             {{"did", did}});
    did_.emplace_back(did, &counter);
    counter.add();
}

void MessageTally::answer(sip::ServerTransactionId transaction, base::Instant arrived,
                          const sip::Answer& answer, const char* did) {
    context_.stack.answer(transaction, answer);
    count(did);
    time_.observe(static_cast<std::uint64_t>((context_.loop.now() - arrived).count()));
}

void MessageTally::refuse(sip::ServerTransactionId transaction, const sip::Answer& answer) {
    auto& counter = refused_[answer.status];
    if (!counter) {
        counter =
            &context_.metrics.counter("herald_messages_refused_total", "MESSAGE requests refused",
                                      {{"status", std::to_string(answer.status)}});
    }
    counter->add();
    context_.stack.answer(transaction, answer);
}

}  // namespace herald::server
