// tests/support/presence_server.cpp: a small presence server on loopback, with faults on demand.
#include "tests/support/presence_server.h"

#include <poll.h>

#include "base/text.h"
#include "sip/fields.h"

namespace herald::support {
namespace {

/// Long enough for those who talk to it to notice.
constexpr int kDeadMilliseconds = 150;
/// How often it looks whether it shall end.
constexpr int kLookMilliseconds = 20;

}  // namespace

PresenceServer::PresenceServer(Faults faults)
    : faults_(std::move(faults)),
      socket_(std::move(*sip::bind_socket(sip::Protocol::udp, *sip::Endpoint::from("127.0.0.1", 0),
                                          sip::Sharing::alone))),
      own_(sip::local_endpoint(socket_)),
      digest_({.realm = "bench"}, base::random_key(), clock_) {
    sip::set_buffer(socket_, SO_RCVBUF, 1 << 22);
    thread_ = std::thread([this] { serve(); });
}

PresenceServer::~PresenceServer() {
    is_stopping_ = true;
    thread_.join();
}

void PresenceServer::serve() {
    std::vector<char> room(65536);
    while (!is_stopping_) {
        pollfd wanted{socket_.fd(), POLLIN, 0};
        if (poll(&wanted, 1, kLookMilliseconds) <= 0) continue;
        sockaddr_storage from{};
        socklen_t from_size = sizeof from;
        const auto size = recvfrom(socket_.fd(), room.data(), room.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
        if (size < 0) continue;
        peer_ = sip::Endpoint(reinterpret_cast<sockaddr*>(&from));
        const auto parsed =
            sip::parse({room.data(), static_cast<std::size_t>(size)}, sip::Framing::datagram);
        if (parsed.error == sip::ParseOutcome::Error::none) take(parsed.message);
    }
}

void PresenceServer::take(const sip::Message& message) {
    if (!message.is_request()) {
        if (message.status() == 200) ++confirmed_;
        return;
    }
    if (message.method() == sip::Method::options) return answer(message, 200, "");
    if (!is_heard(message) || !is_authentic(message)) return;
    if (message.method() == sip::Method::subscribe) return subscribe(message);
    if (message.method() == sip::Method::register_) return register_contact(message);
    if (message.method() == sip::Method::message) {
        ++messages_;
        return answer(message, 200, "");
    }
    publish(message);
}

/// RFC 3261 10.3 step 7: 500 where the CSeq does not rise.
void PresenceServer::register_contact(const sip::Message& request) {
    auto& last = registrations_[std::string(request.to())];
    if (request.cseq() <= last || !sip::sole_contact(request)) return answer(request, 500, "");
    last = request.cseq();
    answer(request, 200, "");
    const auto to = request.to();
    const std::string aor(to.substr(1, to.find('>') - 1));
    publications_[aor].body = *request.header(sip::Header::contact);
    notify_all(aor);
}

bool PresenceServer::may_watch(const sip::Message& request) {
    if (faults_.owners_event.empty()) return true;
    if (request.header(sip::Header::event) != faults_.owners_event)
        return answer(request, 489, ""), false;
    const std::string owner = "<" + std::string(request.request_uri()) + ">";
    if (!request.to_tag().empty() || request.from().starts_with(owner)) return true;
    return answer(request, 403, ""), false;
}

bool PresenceServer::is_heard(const sip::Message& request) {
    return !faults_.drops_first || !heard_.insert(std::string(request.via().branch)).second;
}

bool PresenceServer::is_authentic(const sip::Message& request) {
    if (faults_.password.empty()) return true;
    const auto credentials = digest_.read(request);
    if (credentials && *credentials) {
        sip::DigestUser user{.secrets = {}, .name = (*credentials)->username};
        for (std::size_t i = 0; i < sip::kDigestAlgorithms; ++i) {
            user.secrets.ha1[i] =
                sip::digest_ha1(static_cast<sip::DigestAlgorithm>(i), (*credentials)->username,
                                "bench", faults_.password);
        }
        const bool is_own = request.from().find((*credentials)->username) != std::string_view::npos;
        const auto verdict = digest_.verify(request, **credentials, user);
        if (is_own && verdict == sip::DigestServer::Verdict::accepted) return true;
    }
    answer(request, 401, digest_.challenge(false));
    return false;
}

void PresenceServer::subscribe(const sip::Message& request) {
    if (!may_watch(request)) return;
    const std::string call_id(request.call_id());
    const bool is_last = request.header(sip::Header::expires) == "0";
    auto& subscription = subscriptions_[call_id];
    if (request.to_tag().empty()) {
        const auto contact = *request.header(sip::Header::contact);
        subscription.target = contact.substr(1, contact.size() - 2);
        subscription.remote = request.from();
        subscription.local = std::string(request.to()) + ";tag=s";
        subscription.presentity = request.request_uri();
        subscription.event = request.header(sip::Header::event).value_or("");
        ports_.insert(request.via().port);
        watcher_ports_ = ports_.size();
    }
    answer(request, 200, "Contact: <sip:" + address() + ">\r\nExpires: 3600\r\n");
    subscription_count_ = subscriptions_.size() - (is_last ? 1 : 0);
    notify(call_id, subscription, is_last);
    if (is_last) subscriptions_.erase(call_id);
}

void PresenceServer::publish(const sip::Message& request) {
    if (faults_.refuse_every > 0 && ++publishes_ % faults_.refuse_every == 0) {
        return answer(request, 503, "Retry-After: 1\r\n");
    }
    const std::string presentity(request.request_uri());
    auto& publication = publications_[presentity];
    const auto condition = request.header(sip::Header::sip_if_match);
    if (condition.value_or("") != publication.entity_tag) return answer(request, 412, "");
    const auto lamp = [](std::string_view body) { return body.substr(0, body.find('\n')); };
    const bool is_mailbox = request.body().starts_with("Messages-Waiting:");
    if (is_mailbox && lamp(publication.body) == lamp(request.body())) ++lamps_left_;
    publication.entity_tag = "e" + std::to_string(++entity_tags_);
    if (!faults_.forgets || publication.body.empty()) publication.body = request.body();
    answer(request, 200, "SIP-ETag: " + publication.entity_tag + "\r\nExpires: 3600\r\n");
    if (++accepted_ == faults_.dies_at) return die_and_return();
    if (!faults_.is_silent) notify_all(presentity);
}

void PresenceServer::notify_all(const std::string& presentity) {
    for (auto& [call_id, subscription] : subscriptions_) {
        if (subscription.presentity == presentity) notify(call_id, subscription, false);
    }
}

void PresenceServer::die_and_return() {
    socket_ = sip::Socket();
    poll(nullptr, 0, kDeadMilliseconds);
    socket_ = std::move(*sip::bind_socket(sip::Protocol::udp, own_, sip::Sharing::alone));
    for (const auto& [presentity, publication] : publications_) notify_all(presentity);
}

void PresenceServer::notify(const std::string& call_id, Subscription& subscription, bool is_last) {
    const auto& body = publications_[subscription.presentity].body;
    const auto at = subscription.target.rfind('@');
    const auto colon = subscription.target.rfind(':');
    peer_ = *sip::Endpoint::from(
        subscription.target.substr(at + 1, colon - at - 1),
        static_cast<std::uint16_t>(*base::to_u64(subscription.target.substr(colon + 1))));
    send(
        "NOTIFY " + subscription.target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + address() +
        ";branch=z9hG4bKn\r\nFrom: " + subscription.local + "\r\nTo: " + subscription.remote +
        "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(++subscription.cseq) +
        " NOTIFY\r\nContact: <sip:" + address() + ">\r\nEvent: " + subscription.event +
        "\r\nSubscription-State: " + (is_last ? "terminated;reason=timeout" : "active;expires=99") +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void PresenceServer::answer(const sip::Message& request, int status, const std::string& headers) {
    std::string to(request.to());
    if (request.to_tag().empty()) to += ";tag=s";
    send("SIP/2.0 " + std::to_string(status) + " Answer\r\nVia: " +
         std::string(request.via().text) + "\r\nFrom: " + std::string(request.from()) +
         "\r\nTo: " + to + "\r\nCall-ID: " + std::string(request.call_id()) +
         "\r\nCSeq: " + std::to_string(request.cseq()) + " " + std::string(request.method_text()) +
         "\r\n" + headers + "Content-Length: 0\r\n\r\n");
}

void PresenceServer::send(const std::string& bytes) {
    sockaddr_storage to{};
    const auto size = peer_.to_sockaddr(to);
    sendto(socket_.fd(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to), size);
}

}  // namespace herald::support
