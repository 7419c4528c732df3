// server/notify/subscribe_answers.cpp: the answers to SUBSCRIBEs that are granted, or were before.
#include "server/notify/subscribe_answers.h"

#include "server/core/answers.h"

namespace herald::server {

sip::Answer accepted(const Subscription& record, std::uint32_t expires) {
    sip::Answer answer;
    answer.to_tag = record.get(PackedText::Part::local_tag);
    answer.expires = expires;
    answer.with_contact = true;
    // Who proved neither who nor where he is gets no more of it than he needs.
    const bool is_anybody = !record.is_proven && record.get(PackedText::Part::watcher).empty();
    answer.with_record_route = !is_anybody || !record.get(PackedText::Part::route_set).empty();
    return answer;
}

sip::Answer accepted_end() {
    sip::Answer answer;
    answer.expires = 0;
    answer.with_contact = true;
    return answer;
}

std::optional<sip::Answer> answer_out_of_order(const Subscription& record,
                                               const sip::Message& request,
                                               const Context& context) {
    if (request.cseq() > record.remote_cseq) return std::nullopt;
    if (request.cseq() == record.remote_cseq && context.mark_of(request) == record.mark)
        return accepted(record, record.granted);
    return answer(500, "CSeq out of order");
}

}  // namespace herald::server
