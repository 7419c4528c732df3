// cli/registration.cpp: one contact of a user at a registrar.
#include "cli/registration.h"

#include <algorithm>

#include "sip/fields.h"

namespace herald::cli {
namespace {

using std::chrono::seconds;

/// Between a refresh that failed and the next.
constexpr std::uint32_t kReregisterAfter = 5;
constexpr std::uint32_t kDefaultExpires = 3600;

/// "sip:example.com": the domain alone (RFC 3261 10.2).
std::string registrar_of(const std::string& aor) {
    const Result<sip::Uri> uri = sip::parse_uri(aor);
    if (!uri) return aor;
    std::string text = "sip:" + sip::canonical_host(uri->host);
    if (uri->port != 0) text += ":" + std::to_string(uri->port);
    return text;
}

bool is_same_contact(const std::string& a, const std::string& b) {
    const Result<sip::Uri> one = sip::parse_uri(a), other = sip::parse_uri(b);
    return one && other && sip::equivalent(*one, *other);
}

}  // namespace

std::vector<ListedContact> listed_contacts(const sip::Message& response) {
    const auto otherwise = response.header(sip::Header::expires);
    std::vector<ListedContact> contacts;
    for (const auto value : response.list(sip::Header::contact)) {
        const auto address = sip::parse_name_address(value);
        if (!address) continue;
        const auto own = address->parameter("expires");
        const auto left = sip::parse_delta_seconds(own ? *own : otherwise.value_or(""));
        contacts.push_back({std::string(address->uri), left.value_or(kDefaultExpires)});
    }
    return contacts;
}

Registration::Registration(UserAgent& agent, Options options, Listener& listener)
    : agent_(agent), options_(std::move(options)), listener_(listener) {}

Registration::~Registration() {
    agent_.forget(exchange_);
    agent_.loop().timers().cancel(timer_);
}

void Registration::set() {
    send(Intent::set);
}

void Registration::fetch() {
    send(Intent::fetch);
}

void Registration::remove_all() {
    send(Intent::remove_all);
}

void Registration::remove() {
    agent_.loop().timers().cancel(timer_);
    is_removal_wanted_ = true;
    // One REGISTER at a time (RFC 3261 10.2): what is under way ends first.
    if (exchange_ == 0) send(Intent::remove);
}

void Registration::send(Intent intent) {
    intent_ = intent;
    OutgoingRequest request;
    request.method = sip::Method::register_;
    request.uri = registrar_of(options_.aor);
    request.from = "<" + options_.sender + ">;tag=" + tag_;
    request.to = "<" + options_.aor + ">";
    request.call_id = call_id_;
    request.cseq = ++cseq_;
    const bool is_own = intent == Intent::set || intent == Intent::remove;
    request.with_contact = is_own && options_.contact.empty();
    request.user_agent = options_.user_agent;
    if (intent == Intent::remove_all) request.headers = "Contact: *\r\n";
    if (is_own && !options_.contact.empty())
        request.headers = "Contact: <" + options_.contact + ">\r\n";
    if (intent != Intent::fetch) {
        const std::uint32_t expires = intent == Intent::set ? options_.expires : 0;
        request.headers += "Expires: " + std::to_string(expires) + "\r\n";
    }
    exchange_ = agent_.send(std::move(request), [this](const Reply& reply) { on_reply(reply); });
}

void Registration::on_reply(const Reply& reply) {
    exchange_ = 0;
    cseq_ = std::max(cseq_, reply.cseq);
    if (reply.status / 100 == 2) return on_accepted(reply);
    on_refused(reply);
}

void Registration::on_accepted(const Reply& reply) {
    const auto contacts = listed_contacts(*reply.message);
    if (intent_ == Intent::remove || intent_ == Intent::remove_all)
        return listener_.on_removed(contacts);
    if (intent_ == Intent::fetch) return listener_.on_listed(contacts, 0, false);
    const auto own = reply.contact.empty() ? options_.contact
                                           : reply.contact.substr(1, reply.contact.size() - 2);
    const auto granted = granted_of(contacts, own);
    const bool is_refresh = std::exchange(is_set_, true);
    listener_.on_listed(contacts, granted, is_refresh);
    if (is_removal_wanted_) return send(Intent::remove);
    if (options_.keep) again(base::Duration(seconds(std::max(granted, 1U))) * 4 / 5);
}

/// A registrar lists everybody's contacts, each with its own time.
std::uint32_t Registration::granted_of(const std::vector<ListedContact>& contacts,
                                       const std::string& own) const {
    const auto found =
        std::find_if(contacts.begin(), contacts.end(),
                     [&](const ListedContact& listed) { return is_same_contact(listed.uri, own); });
    return found == contacts.end() ? options_.expires : found->expires;
}

void Registration::on_refused(const Reply& reply) {
    const auto least = reply.delta_seconds(sip::Header::min_expires);
    const bool is_too_brief = reply.status == 423 && least && *least > options_.expires;
    if (is_removal_wanted_ && intent_ == Intent::set) {
        if (is_set_) return send(Intent::remove);
        return listener_.on_removed({});
    }
    if (intent_ == Intent::set && is_too_brief) {
        options_.expires = *least;
        return send(Intent::set);
    }
    if (intent_ != Intent::set || !is_set_ || !reply.is_passing())
        return listener_.on_failed(reply);
    const auto pause = reply.delta_seconds(sip::Header::retry_after).value_or(kReregisterAfter);
    listener_.on_trouble(reply.why + "; trying again in " + std::to_string(pause) + " s");
    again(seconds(pause));
}

void Registration::again(base::Duration after) {
    agent_.loop().timers().cancel(timer_);
    timer_ = agent_.loop().timers().arm(agent_.loop().clock().now() + after,
                                        [this] { send(Intent::set); });
}

}  // namespace herald::cli
