// server/notify/notify_verdict.cpp: what the answer to a NOTIFY means for its subscription (RFC
// 6665 4.2.2, RFC 5057).
#include "server/notify/notify_verdict.h"

#include "sip/message.h"

namespace herald::server {

NotifyVerdict verdict_of(int status, bool has_retry_after) noexcept {
    if (status < 300) return NotifyVerdict::delivered;
    switch (status) {
        case 404:
        case 405:
        case 410:
        case 416:
        case 480:
        case 481:
        case 482:
        case 483:
        case 484:
        case 485:
        case 489:
        case 501:
        case 502:
        case 604:
            return NotifyVerdict::remove;
        case 408:
            return NotifyVerdict::suspect;
        case 430:
            return NotifyVerdict::flow_gone;
        case 401:
        case 407:
            return NotifyVerdict::authenticate;
        case 406:
        case 413:
        case 415:
        case 488:
            return NotifyVerdict::other_body;
        case 500:
        case 503:
        case 504:
            return has_retry_after ? NotifyVerdict::wait : NotifyVerdict::keep;
        default:
            return NotifyVerdict::keep;
    }
}

NotifyVerdict verdict_of(const sip::ClientOutcome& outcome) noexcept {
    switch (outcome.how) {
        case sip::ClientOutcome::How::timeout:
            return NotifyVerdict::suspect;
        case sip::ClientOutcome::How::transport_error:
            return NotifyVerdict::unreachable;
        case sip::ClientOutcome::How::response:
            break;
    }
    const bool has_retry_after =
        outcome.message && outcome.message->header(sip::Header::retry_after).has_value();
    return verdict_of(outcome.status, has_retry_after);
}

}  // namespace herald::server
