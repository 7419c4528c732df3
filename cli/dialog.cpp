// cli/dialog.cpp: the dialog a SUBSCRIBE makes, from the subscriber's side.
#include "cli/dialog.h"

#include <algorithm>

#include "base/id.h"
#include "sip/fields.h"

namespace herald::cli {

Dialog::Dialog(std::string local, std::string remote)
    : local_(std::move(local)),
      remote_(std::move(remote)),
      call_id_(base::random_token(16)),
      local_tag_(base::random_token(8)),
      target_(remote_) {}

OutgoingRequest Dialog::request(sip::Method method) {
    OutgoingRequest request;
    request.method = method;
    request.from = "<" + local_ + ">;tag=" + local_tag_;
    request.to = "<" + remote_ + ">" + (remote_tag_.empty() ? "" : ";tag=" + remote_tag_);
    request.call_id = call_id_;
    request.cseq = ++cseq_;
    request.uri = target_;
    request.routes = routes_;
    request.is_in_dialog = is_formed();
    return request;
}

void Dialog::spent(std::uint32_t cseq) noexcept {
    cseq_ = std::max(cseq_, cseq);
}

void Dialog::learn_from_answer(const sip::Message& response) {
    if (is_confirmed_) {
        // Only the target may change once the dialog stands.
        if (response.to_tag() == remote_tag_) take_target(response);
        return;
    }
    remote_tag_ = response.to_tag();
    take_target(response);
    take_routes(response, sip::RouteOrder::reversed);
}

void Dialog::learn_from_notify(const sip::Message& notify) {
    if (!is_confirmed_) {
        remote_tag_ = notify.from_tag();
        take_routes(notify, sip::RouteOrder::as_written);
        is_confirmed_ = true;
    }
    remote_cseq_ = notify.cseq();
    take_target(notify);
}

bool Dialog::accepts(const sip::Message& notify) const noexcept {
    if (notify.call_id() != call_id_ || notify.to_tag() != local_tag_) return false;
    return !is_confirmed_ || notify.from_tag() == remote_tag_;
}

bool Dialog::is_late(const sip::Message& notify) const noexcept {
    return is_confirmed_ && notify.cseq() <= remote_cseq_;
}

/// A peer whose Record-Route cannot be read is answered at its target.
void Dialog::take_routes(const sip::Message& message, sip::RouteOrder order) {
    routes_ = sip::read_routes(message, sip::Header::record_route, order).value_or("");
}

void Dialog::take_target(const sip::Message& message) {
    const Result<sip::NameAddress> contact = sip::sole_contact(message);
    if (contact) target_ = contact->uri;
}

}  // namespace herald::cli
