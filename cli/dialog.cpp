// cli/dialog.cpp: the dialog a SUBSCRIBE makes, from the subscriber's side.
#include "cli/dialog.h"

#include <algorithm>

#include "base/id.h"
#include "sip/fields.h"

namespace herald::cli {
namespace {

std::vector<std::string> record_routes(const sip::Message& message) {
    const auto values = message.list(sip::Header::record_route);
    return {values.begin(), values.end()};
}

std::string uri_of(std::string_view route) {
    const Result<sip::NameAddress> address = sip::parse_name_address(route);
    return address ? std::string(address->uri) : std::string();
}

bool is_loose(const std::string& route_uri) {
    const Result<sip::Uri> uri = sip::parse_uri(route_uri);
    return uri && uri->parameter("lr").has_value();
}

}  // namespace

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
    if (!is_formed()) return request;

    std::vector<std::string> routes = routes_;
    request.next_hop = routes.empty() ? target_ : uri_of(routes.front());
    if (!routes.empty() && !is_loose(request.next_hop)) {
        // A strict router wants itself in the Request-URI and the target as the last Route (RFC
        // 3261 12.2.1.1).
        request.uri = request.next_hop;
        routes.erase(routes.begin());
        routes.push_back("<" + target_ + ">");
    }
    for (const std::string& route : routes) request.headers += "Route: " + route + "\r\n";
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
    routes_ = record_routes(response);
    std::reverse(routes_.begin(), routes_.end());
}

void Dialog::learn_from_notify(const sip::Message& notify) {
    if (!is_confirmed_) {
        remote_tag_ = notify.from_tag();
        routes_ = record_routes(notify);
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

void Dialog::take_target(const sip::Message& message) {
    const Result<sip::NameAddress> contact = sip::sole_contact(message);
    if (contact) target_ = contact->uri;
}

}  // namespace herald::cli
