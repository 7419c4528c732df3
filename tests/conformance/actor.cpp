// tests/conformance/actor.cpp: a user agent of a story.
#include "tests/conformance/actor.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "sip/fields.h"

namespace herald::conformance {

namespace {

std::string new_branch() {
    return "z9hG4bK" + base::random_token(9);
}

std::string method_of(const Draft& draft) {
    return std::string(base::split_once(draft.start_line, ' ').before);
}

/// Complete header lines.
void add_lines(Draft& draft, std::string_view lines) {
    while (!lines.empty()) {
        const auto line = base::split_once(lines, '\n');
        const auto field = base::split_once(base::trim(line.before), ':');
        draft.add(field.before, base::trim(field.after));
        lines = line.after;
    }
}

}  // namespace

Actor::Actor(std::string its_name, std::string host) : name(std::move(its_name)) {
    aor = "sip:" + base::lower(name) + "@localhost";
    username = base::lower(name);
    at = sip::Endpoint::from(host, 5060).value_or(sip::Endpoint());
}

std::string Actor::via() const {
    return "SIP/2.0/" + std::string(sip::via_name(protocol)) + " " + at.to_string() +
           ";branch=" + new_branch() + ";rport";
}

std::string Actor::contact() const {
    const auto user = base::split_once(base::split_once(aor, ':').after, '@').before;
    std::string uri = "<sip:" + std::string(user) + "@" + at.to_string();
    if (protocol != sip::Protocol::udp) uri += ";transport=" + std::string(sip::uri_name(protocol));
    return uri + ">";
}

void Actor::add_basics(Draft& draft, const std::string& from, const std::string& to,
                       const std::string& call_id, std::uint32_t cseq, std::string_view method) {
    draft.add("Via", via());
    draft.add("From", from);
    draft.add("To", to);
    draft.add("Call-ID", call_id);
    draft.add("CSeq", std::to_string(cseq) + " " + std::string(method));
    draft.add("Max-Forwards", "70");
    if (method == "SUBSCRIBE") draft.add("Contact", contact());
}

Draft Actor::request(std::string_view method, std::string_view uri) {
    Draft draft;
    draft.start_line = std::string(method) + " " + std::string(uri) + " SIP/2.0";
    add_basics(draft, "<" + aor + ">;tag=" + base::random_token(6), "<" + std::string(uri) + ">",
               base::random_token(9), 1, method);
    return draft;
}

Result<Draft> Actor::in_dialog(std::string_view method) {
    if (dialogs_.empty()) return Fault{FaultKind::not_found, name + " is in no dialog"};
    auto& dialog = dialogs_.back();
    Draft draft;
    draft.start_line = std::string(method) + " " + dialog.remote_target + " SIP/2.0";
    const auto tag = dialog.remote_tag.empty() ? std::string() : ";tag=" + dialog.remote_tag;
    add_basics(draft, dialog.local, dialog.remote + tag, dialog.call_id, ++dialog.cseq, method);
    for (const auto& route : dialog.routes) draft.add("Route", route);
    if (method == "SUBSCRIBE") draft.add("Event", dialog.event);
    return draft;
}

Result<Draft> Actor::authenticated() {
    if (!last_response_) return Fault{FaultKind::not_found, name + " was not challenged"};
    if (!digest_) digest_ = std::make_unique<sip::DigestClient>(username, password);
    if (!last_) return Fault{FaultKind::not_found, name + " sent nothing yet"};
    Draft draft = *last_;
    const auto method = method_of(draft);
    const auto uri = base::split_once(base::split_once(draft.start_line, ' ').after, ' ').before;
    auto lines = digest_->answer(**last_response_, method, uri, draft.body);
    if (!lines) return Fault{FaultKind::unauthenticated, name + " cannot answer this challenge"};
    draft.set("Via", via());
    const auto cseq = base::to_u64(base::split_once(draft.value("CSeq"), ' ').before).value_or(0);
    draft.set("CSeq", std::to_string(cseq + 1) + " " + method);
    draft.remove("Authorization");
    add_lines(draft, *lines);
    return draft;
}

Status Actor::sign(Draft& draft) {
    const auto uri = base::split_once(base::split_once(draft.start_line, ' ').after, ' ').before;
    const auto lines = digest_ ? digest_->next(method_of(draft), uri, draft.body) : std::nullopt;
    if (!lines) return Fault{FaultKind::unauthenticated, name + " was not challenged"};
    draft.remove("Authorization");
    add_lines(draft, *lines);
    return {};
}

std::string Actor::by_another_way() {
    Draft draft = last_.value_or(Draft());
    draft.set("Via", via());
    return last_bytes_ = draft.text();
}

void Actor::sent(const Draft& draft, std::string bytes) {
    last_ = draft;
    sent_raw(std::move(bytes));
}

void Actor::sent_raw(std::string bytes) {
    last_bytes_ = bytes;
    const auto parsed = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
    const auto& request = parsed.message;
    const bool is_readable = parsed.error == sip::ParseOutcome::Error::none;
    if (!is_readable || request.method() != sip::Method::subscribe) return;
    const auto known = std::find_if(dialogs_.begin(), dialogs_.end(), [&](const Dialog& dialog) {
        return dialog.call_id == request.call_id() && dialog.local_tag == request.from_tag();
    });
    if (!request.to_tag().empty()) {
        if (known != dialogs_.end()) known->cseq = std::max(known->cseq, request.cseq());
        return;
    }
    auto& dialog = known == dialogs_.end() ? dialogs_.emplace_back() : *known;
    dialog = {};
    dialog.call_id = request.call_id();
    dialog.local_tag = request.from_tag();
    dialog.local = request.from();
    dialog.remote = request.to();
    dialog.event = request.header(sip::Header::event).value_or("");
    dialog.remote_target = request.request_uri();
    dialog.cseq = request.cseq();
}

bool Actor::is_new(const Received& message) {
    if (!message->is_request()) return true;
    // The CANCEL of a request, and the ACK of its refusal, have its branch.
    if (branches_.emplace(std::string(message->via().branch).append(message->method_text()))
            .second) {
        copies_ = 1;
        return true;
    }
    ++copies_;
    return false;
}

void Actor::take_response(const Received& received) {
    last_response_ = received;
    const auto& response = *received;
    if (digest_ && response.status() != 401) digest_->learn(response);
    if (response.status() >= 300 || response.method() != sip::Method::subscribe) return;
    for (auto& dialog : dialogs_) {
        if (dialog.call_id != response.call_id() || dialog.local_tag != response.from_tag())
            continue;
        if (const auto contact = sip::sole_contact(response)) dialog.remote_target = contact->uri;
        if (!dialog.remote_tag.empty()) return;
        dialog.remote_tag = response.to_tag();
        const auto routes = response.list(sip::Header::record_route);
        dialog.routes.assign(routes.rbegin(), routes.rend());
    }
}

namespace {

/// What every MESSAGE must have, whatever a story says about it (RFC 3428 9, RFC 3261 8.1.1).
std::string complaint_about_message(const sip::Message& request) {
    if (request.from_tag().empty()) return "From has no tag";
    if (!request.to_tag().empty()) return "To has a tag";
    if (request.count(sip::Header::max_forwards) != 1) return "no Max-Forwards";
    if (request.header(sip::Header::record_route)) return "a Record-Route";
    const auto length = request.header(sip::Header::content_length);
    if (!length || base::to_u64(*length) != request.body().size()) return "wrong Content-Length";
    return {};
}

}  // namespace

Actor::Dialog* Actor::dialog_of(const sip::Message& request) {
    const auto found = std::find_if(dialogs_.begin(), dialogs_.end(), [&](const Dialog& dialog) {
        return dialog.call_id == request.call_id() && dialog.local_tag == request.to_tag();
    });
    if (found != dialogs_.end()) return &*found;
    return stands_for ? stands_for->dialog_of(request) : nullptr;
}

std::string Actor::take_request(const Received& message) {
    unanswered_ = message;
    const auto& request = *message;
    if (request.method() == sip::Method::message) return complaint_about_message(request);
    // What an edge only carries is between its ends.
    if (request.list(sip::Header::via).size() > 1) return {};
    if (request.method() != sip::Method::notify)
        return "a request that is neither NOTIFY nor MESSAGE";
    // Sent to a contact that was registered: the story says whether it was to come.
    if (request.to_tag().empty() && request.to().find(aor) != std::string_view::npos)
        return complaint_about(request);
    auto* dialog = dialog_of(request);
    return dialog ? complaint_about(request, *dialog) : "a NOTIFY in no dialog of " + name;
}

/// What every NOTIFY must have, whatever a story says about it (RFC 6665 4.2.2, RFC 3261 12.2.1.1).
std::string Actor::complaint_about(const sip::Message& notify, Dialog& dialog) {
    if (!dialog.remote_tag.empty() && dialog.remote_tag != notify.from_tag()) {
        return "From has another tag than the dialog";
    }
    if (notify.cseq() <= dialog.notify_cseq) return "CSeq did not rise";
    dialog.notify_cseq = notify.cseq();
    return complaint_about(notify);
}

/// Without a dialog, too.
std::string Actor::complaint_about(const sip::Message& notify) {
    if (!sip::sole_contact(notify)) return "no usable Contact";
    if (notify.count(sip::Header::max_forwards) != 1) return "no Max-Forwards";
    if (notify.count(sip::Header::event) != 1) return "not one Event";
    const auto length = notify.header(sip::Header::content_length);
    if (!length || base::to_u64(*length) != notify.body().size()) return "wrong Content-Length";
    if (notify.body().empty() == notify.header(sip::Header::content_type).has_value()) {
        return "Content-Type without body, or the reverse";
    }
    const auto value = notify.header(sip::Header::subscription_state);
    const auto state = sip::parse_subscription_state(value.value_or(""));
    if (!state) return "no Subscription-State";
    if (state->state == "terminated" ? state->expires.has_value() : !state->expires) {
        return "expires belongs on active and pending, and nowhere else";
    }
    return {};
}

Draft Actor::answer(std::string_view status) {
    Draft draft;
    draft.start_line = "SIP/2.0 " + std::string(status);
    if (status.find(' ') == std::string_view::npos) draft.start_line += " Whatever";
    for (const auto& field : (*unanswered_)->fields()) {
        const bool is_copied = field.id == sip::Header::via || field.id == sip::Header::from ||
                               field.id == sip::Header::to || field.id == sip::Header::call_id ||
                               field.id == sip::Header::cseq;
        if (is_copied) draft.add(field.name, field.value);
    }
    if (!status.starts_with('1')) unanswered_.reset();
    return draft;
}

}  // namespace herald::conformance
