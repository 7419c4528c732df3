// cli/subscriber.h: keeps one subscription alive and hands out its NOTIFYs (RFC 6665 4.1).
//
//              2xx, NOTIFY              refresh due                 leave()
//   trying -----------------> active <-------------> (a refresh) ----------> leaving
//     ^  \ refused                |  481, terminated, lapsed                    | NOTIFY, 481, 2 s
//     |   ----------------------- | --------------------> ended <---------------
//     |      time has come        v   reason says no more
//     +----------------------- waiting
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/dialog.h"
#include "cli/user_agent.h"

namespace herald::cli {

/// One NOTIFY. Views are valid during the call.
struct Notification {
    std::string_view state;   ///< active, pending, terminated or an extension
    std::string_view reason;  ///< of a terminated one; empty: none
    std::optional<std::uint32_t> expires;
    std::string_view content_type;  ///< lower case, without parameters; empty: no body
    std::string_view body;
    const sip::Message& message;
};

/// Why a subscription is over for good.
struct Ending {
    enum class Why : std::uint8_t { fetched, left, refused, terminated, no_answer };
    Why why;
    std::string sentence;  ///< for the user; empty for fetched and left
};

class Subscriber final : private RequestReceiver {
public:
    struct Options {
        std::string resource;  ///< URI
        std::string watcher;   ///< URI for From
        std::string event;     ///< header value
        std::string accept;    ///< header value; empty: no such header
        std::uint32_t expires = 3600;
        bool is_fetch = false;  ///< one look, RFC 6665 4.4.3
    };
    /// Called with what happens. Must not destroy the Subscriber from within a call; on_ended() may
    /// be called from within leave().
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void on_notification(const Notification& notification) = 0;
        /// The subscription is lost for now; it is tried again by itself.
        virtual void on_trouble(const std::string& sentence) = 0;
        /// Last call.
        virtual void on_ended(const Ending& ending) = 0;
    };

    /// All references must outlive this.
    Subscriber(UserAgent& agent, Options options, Listener& listener);
    ~Subscriber() override;
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    void start();
    /// Unsubscribes and waits for the last NOTIFY, two seconds at most. on_ended() follows in any
    /// case.
    void leave();

    const Options& options() const noexcept { return options_; }

private:
    enum class State : std::uint8_t { idle, trying, active, waiting, leaving, ended };

    sip::Method method() const noexcept override { return sip::Method::notify; }
    std::optional<sip::Answer> on_request(const sip::Message& notify) override;
    void deliver(const sip::Message& notify);
    void on_terminated(std::string_view reason, std::optional<std::uint32_t> retry_after);

    void subscribe_anew();
    void send_subscribe(std::uint32_t expires);
    void on_reply(const Reply& reply);
    void on_granted(const Reply& reply);
    void on_refused(const Reply& reply);
    void on_refresh_failed(const Reply& reply);
    void raise_expires(const Reply& reply);

    void hold_for(std::uint32_t seconds);
    void adopt_expires(std::uint32_t remaining);
    void on_lapsed(const std::string& sentence);
    void retry(const std::string& sentence, std::optional<std::uint32_t> after);
    base::Duration back_off();
    void end(Ending::Why why, std::string sentence);
    void cancel_timers() noexcept;
    base::TimerId arm(base::Duration after, void (Subscriber::*action)());
    void on_refresh_due();
    void on_no_notify();
    void on_expired();

    UserAgent& agent_;
    Options options_;
    Listener& listener_;
    State state_ = State::idle;
    std::unique_ptr<Dialog> dialog_;
    UserAgent::ExchangeId exchange_ = 0;  ///< the SUBSCRIBE under way
    std::uint32_t asked_ = 0;             ///< its Expires
    base::Instant active_since_{};
    base::Instant held_until_{};  ///< what was granted ends
    unsigned losses_ = 0;         ///< in a row, without a quiet time in between
    bool was_ever_active_ = false;
    base::TimerId refresh_, expiry_, timer_n_, pause_;
};

}  // namespace herald::cli
