// cli/user_agent.h: a user agent for the shell: requests that find their way, and those that arrive
// for who awaits them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/alive.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task.h"
#include "sip/digest.h"
#include "sip/locate.h"
#include "sip/message.h"
#include "sip/stack.h"

namespace herald::cli {

/// A request without what the user agent adds: Via, Max-Forwards, Contact, credentials, User-Agent,
/// Content-Length.
struct OutgoingRequest {
    sip::Method method = sip::Method::unknown;
    std::string uri;            ///< Request-URI, or the remote target of a dialog
    std::string routes;         ///< of the dialog, as sip::read_routes() gives them
    bool is_in_dialog = false;  ///< sent to its route or target, past any outbound proxy
    std::string from, to;       ///< whole values, tags included
    std::string call_id;
    std::uint32_t cseq = 1;  ///< each answered challenge takes one more
    bool with_contact = false;
    std::string headers;  ///< further complete lines, each ended by CRLF
    std::string content_type, body;
};

/// What became of a request.
struct Reply {
    int status = 0;                         ///< 408 for no answer, 503 where it could not be sent
    bool is_answered = false;               ///< a peer said so, and `message` is what it said
    const sip::Message* message = nullptr;  ///< valid during the call
    std::uint32_t cseq =
        0;                ///< of the last attempt; the next request of a dialog takes the next one
    std::string why;      ///< one sentence for the user where it is no 2xx
    std::string contact;  ///< what Contact said, in <>, where the request had one of ours
};

/// Takes the requests of one method.
class RequestReceiver {
public:
    virtual ~RequestReceiver() = default;
    virtual sip::Method method() const noexcept = 0;
    /// The answer, or nullopt for a request that is not this one's.
    virtual std::optional<sip::Answer> on_request(const sip::Message& request) = 0;
};

/// A UAC and UAS core (RFC 3261 8) on one loop and one transport.
class UserAgent final : private sip::RequestHandler, private sip::RequestSource {
public:
    struct Options {
        std::string server;  ///< host[:port] of an outbound proxy; empty: the URI's own host
        std::optional<sip::Protocol> protocol;  ///< nullopt: as the URI and DNS say
        std::string username, password;         ///< for 401 and 407
        /// Asked once, at the first challenge, where there is no password; nullopt gives up.
        base::Task<std::optional<std::string>()> ask_password;
        base::Duration patience = std::chrono::seconds(10);  ///< for an answer, per address tried
        sip::TransactionTimers timers;
        sip::LocatorOptions locator;
    };
    using Done = base::Task<void(const Reply&)>;
    using ExchangeId = std::uint64_t;  ///< 0 names none

    UserAgent(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics, Options options);
    ~UserAgent() override;
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    /// Sends `request` to the addresses of its next hop in turn (RFC 3263 4.3), answering
    /// challenges. `done` runs once, later, never from within.
    ExchangeId send(OutgoingRequest request, Done done);
    /// Ends an exchange without `done`.
    void forget(ExchangeId id);

    /// `receiver` must be removed before it goes.
    void add(RequestReceiver& receiver);
    void remove(RequestReceiver& receiver);

    /// For the transport: it hands in what arrives.
    sip::TransportSink& sink() noexcept { return stack_; }
    base::Loop& loop() noexcept { return loop_; }
    const Options& options() const noexcept { return options_; }

private:
    struct Exchange {
        OutgoingRequest request;
        Done done;
        std::vector<sip::Target> targets;
        std::size_t target = 0;  ///< the one being tried
        std::string credentials;
        std::string contact;
        sip::ClientTransactionId transaction;
        base::TimerId patience;
    };

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;
    void on_request(sip::ServerTransactionId id, const sip::Message& request,
                    const sip::Flow& flow) override;
    void on_flow_closed(const sip::Flow&) override {}
    void on_sign_of_life(const sip::Flow&) override {}

    std::string next_hop(const OutgoingRequest& request) const;
    void on_located(ExchangeId id, Result<std::vector<sip::Target>> targets);
    void prefer_streams(Exchange& exchange) const;
    void attempt(ExchangeId id);
    void attempt_next(ExchangeId id, int status);
    void on_patience_lost(ExchangeId id);
    void on_response(ExchangeId id, const sip::Message& response);
    bool answer_challenge(Exchange& exchange, const sip::Message& response);
    sip::DigestClient* digest();
    void finish(ExchangeId id, Reply reply);
    sip::Answer answer_to(const sip::Message& request);
    std::string allow() const;
    std::string contact(const sip::Flow& flow) const;

    base::Loop& loop_;
    sip::Transport& transport_;
    Options options_;
    sip::Stack stack_;
    sip::Locator locator_;
    const std::string contact_user_;
    std::unique_ptr<sip::DigestClient> digest_;
    bool has_asked_password_ = false;
    ExchangeId last_id_ = 0;
    std::unordered_map<ExchangeId, std::unique_ptr<Exchange>> exchanges_;
    std::vector<RequestReceiver*> receivers_;
    base::Alive<UserAgent> alive_{*this};
};

/// `sip:alice@localhost` of what a user typed: a scheme is added where there is none. Faults:
/// malformed.
Result<std::string> resource_uri(std::string_view typed);

}  // namespace herald::cli
