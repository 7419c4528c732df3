// tests/support/presence_server.h: a small presence server on loopback, with faults on demand, for
// tests of those who talk to one.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "sip/digest.h"
#include "sip/message.h"
#include "sip/socket.h"

namespace herald::support {

/// Serves in a thread of its own until destroyed.
class PresenceServer {
public:
    struct Faults {
        bool drops_first = false;    ///< hears a request only when it is repeated
        unsigned refuse_every = 0;   ///< each n-th PUBLISH is answered 503
        bool forgets = false;        ///< acknowledges what it does not keep
        unsigned dies_at = 0;        ///< acknowledges the n-th PUBLISH, then is gone for a while;
                                     ///< comes back with all state and tells every watcher
        bool is_silent = false;      ///< sends no NOTIFY for a PUBLISH
        std::string password{};      ///< wanted of everybody, if not empty
        std::string owners_event{};  ///< only owners may watch it; other events are 489
    };

    explicit PresenceServer(Faults faults);
    ~PresenceServer();

    std::string address() const { return own_.to_string(); }
    /// NOTIFYs answered 200.
    std::uint64_t confirmed() const noexcept { return confirmed_; }
    std::uint64_t subscriptions() const noexcept { return subscription_count_; }
    /// PUBLISHes of message-summary that left the lamp as it was (RFC 3842 3.12).
    std::uint64_t lamps_left() const noexcept { return lamps_left_; }
    std::uint64_t messages() const noexcept { return messages_; }
    std::size_t watcher_ports() const noexcept { return watcher_ports_; }

private:
    struct Subscription {
        std::string local, remote, target, presentity, event;
        unsigned cseq = 0;
    };
    struct Publication {
        std::string entity_tag, body;
    };

    void serve();
    void die_and_return();
    void take(const sip::Message& message);
    void notify_all(const std::string& presentity);
    bool is_heard(const sip::Message& request);
    bool is_authentic(const sip::Message& request);
    bool may_watch(const sip::Message& request);
    void subscribe(const sip::Message& request);
    void publish(const sip::Message& request);
    void register_contact(const sip::Message& request);
    void notify(const std::string& call_id, Subscription& subscription, bool is_last);
    void answer(const sip::Message& request, int status, const std::string& headers);
    void send(const std::string& bytes);

    const Faults faults_;
    base::SystemClock clock_;
    sip::Socket socket_;       ///< of the thread alone: it is another one after a death
    const sip::Endpoint own_;  ///< where it is bound
    sip::DigestServer digest_;
    sip::Endpoint peer_;
    std::map<std::string, Subscription> subscriptions_;
    std::map<std::string, Publication> publications_;
    std::map<std::string, std::uint32_t> registrations_;  ///< last CSeq by address-of-record
    std::set<std::string> heard_;
    std::set<std::uint16_t> ports_;
    unsigned publishes_ = 0;
    unsigned accepted_ = 0;
    unsigned entity_tags_ = 0;
    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint64_t> confirmed_{0};
    std::atomic<std::uint64_t> lamps_left_{0};
    std::atomic<std::uint64_t> messages_{0};
    std::atomic<std::uint64_t> subscription_count_{0};
    std::atomic<std::size_t> watcher_ports_{0};
    std::thread thread_;
};

}  // namespace herald::support
