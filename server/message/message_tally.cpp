// server/message/message_tally.cpp: answers MESSAGE requests and counts what became of them.
#include "server/message/message_tally.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/core/answers.h"

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

void MessageTally::accept(const IncomingMessage& incoming, sip::Answer answer, const char* did) {
    answer.headers += incoming.who.success_lines;
    context_.stack.answer(incoming.transaction, answer);
    count(did);
    time_.observe(static_cast<std::uint64_t>((context_.loop.now() - incoming.arrived).count()));
}

void MessageTally::accept_relayed(const IncomingMessage& incoming, sip::Answer answer,
                                  const char* did) {
    if (const auto* request = context_.stack.request(incoming.transaction))
        shorten(answer, *request);
    accept(incoming, std::move(answer), did);
}

void MessageTally::refuse(const IncomingMessage& incoming, const sip::Answer& answer) {
    auto& counter = refused_[answer.status];
    if (!counter) {
        counter =
            &context_.metrics.counter("herald_messages_refused_total", "MESSAGE requests refused",
                                      {{"status", std::to_string(answer.status)}});
    }
    counter->add();
    context_.stack.answer(incoming.transaction, answer);
}

}  // namespace herald::server
