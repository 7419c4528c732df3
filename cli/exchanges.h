// cli/exchanges.h: requests for the shell that find their way, and what becomes of them: one
// address after the other (sip/path.h), challenges answered.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/alive.h"
#include "base/loop.h"
#include "base/task.h"
#include "sip/digest.h"
#include "sip/locate.h"
#include "sip/message.h"
#include "sip/path.h"
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
    std::string user_agent;  ///< empty: this program
    std::string headers;     ///< further complete lines, each ended by CRLF
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

    /// Seconds in a header of `message`; nullopt where there are none.
    std::optional<std::uint32_t> delta_seconds(sip::Header header) const;
    /// Worth trying again without change.
    bool is_passing() const noexcept;
};

struct UserAgentOptions {
    std::string server;  ///< host[:port] of an outbound proxy; empty: the URI's own host
    std::optional<sip::Protocol> protocol;  ///< nullopt: as the URI and DNS say
    std::string username, password;         ///< for 401 and 407
    /// Asked once, at the first challenge, where there is no password; nullopt gives up.
    base::Task<std::optional<std::string>()> ask_password;
    base::Duration patience = std::chrono::seconds(10);  ///< for an answer, per address tried
    sip::TransactionTimers timers;
    sip::LocatorOptions locator;
};

/// The UAC core (RFC 3261 8.1) on one loop and one transport.
class Exchanges final : private sip::RequestSource {
public:
    using Id = std::uint64_t;  ///< 0 names none
    using Done = base::Task<void(const Reply&)>;

    /// All outlive it.
    Exchanges(base::Loop& loop, sip::Transport& transport, sip::Stack& stack,
              UserAgentOptions& options);
    ~Exchanges() override;
    Exchanges(const Exchanges&) = delete;
    Exchanges& operator=(const Exchanges&) = delete;

    /// Sends `request` to the addresses of its next hop in turn (RFC 3263 4.3), answering
    /// challenges. `done` runs once, later, never from within.
    Id send(OutgoingRequest request, Done done);
    /// Ends an exchange without `done`.
    void forget(Id id);

private:
    struct Exchange {
        OutgoingRequest request;
        Done done;
        std::string next_hop;  ///< URI
        sip::Path path;
        sip::Flow flow;    ///< of the last attempt; no peer: there was none
        int status = 503;  ///< what came of it
        std::string credentials;
        std::string contact;
        sip::ClientTransactionId transaction;
        base::TimerId patience;
    };

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

    void abandon(Exchange& exchange);
    void take_next_way(Id id);
    void follow(Id id, sip::Path::Step step);
    void attempt(Id id, const sip::Flow& flow);
    static bool is_switched(const Exchange& exchange);
    void try_elsewhere(Id id, int status);
    void give_up(Id id);
    void on_patience_lost(Id id);
    void on_response(Id id, const sip::Message& response);
    bool answer_challenge(Exchange& exchange, const sip::Message& response);
    sip::DigestClient* digest();
    void finish(Id id, Reply reply);

    base::Loop& loop_;
    sip::Transport& transport_;
    sip::Stack& stack_;
    UserAgentOptions& options_;
    sip::Locator locator_;
    sip::LargeRequests large_;
    const std::string contact_user_;
    std::unique_ptr<sip::DigestClient> digest_;
    bool has_asked_password_ = false;
    Id last_id_ = 0;
    std::unordered_map<Id, std::unique_ptr<Exchange>> exchanges_;
    base::Alive<Exchanges> alive_{*this};
};

}  // namespace herald::cli
