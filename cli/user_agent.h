// cli/user_agent.h: a user agent for the shell: requests that find their way, and those that arrive
// for who awaits them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "cli/exchanges.h"
#include "sip/message.h"
#include "sip/stack.h"

namespace herald::cli {

/// Takes the requests of one method.
class RequestReceiver {
public:
    virtual ~RequestReceiver() = default;
    virtual sip::Method method() const noexcept = 0;
    /// The answer, or nullopt for a request that is not this one's.
    virtual std::optional<sip::Answer> on_request(const sip::Message& request) = 0;
};

/// A UAC and UAS core (RFC 3261 8) on one loop and one transport.
class UserAgent final : private sip::RequestHandler {
public:
    using Options = UserAgentOptions;
    using Done = Exchanges::Done;
    using ExchangeId = Exchanges::Id;

    UserAgent(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics, Options options);
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    /// As Exchanges::send() and forget().
    ExchangeId send(OutgoingRequest request, Done done) {
        return exchanges_.send(std::move(request), std::move(done));
    }
    void forget(ExchangeId id) { exchanges_.forget(id); }

    /// `receiver` must be removed before it goes.
    void add(RequestReceiver& receiver);
    void remove(RequestReceiver& receiver);

    /// For the transport: it hands in what arrives.
    sip::TransportSink& sink() noexcept { return stack_; }
    base::Loop& loop() noexcept { return loop_; }
    const Options& options() const noexcept { return options_; }

private:
    void on_request(sip::ServerTransactionId id, const sip::Message& request,
                    const sip::Flow& flow) override;
    void on_flow_closed(const sip::Flow&) override {}
    void on_sign_of_life(const sip::Flow&) override {}

    sip::Answer answer_to(const sip::Message& request);
    std::string allow() const;

    base::Loop& loop_;
    Options options_;
    sip::Stack stack_;
    Exchanges exchanges_;
    std::vector<RequestReceiver*> receivers_;
};

/// `sip:alice@localhost` of what a user typed: a scheme is added where there is none. Faults:
/// malformed.
Result<std::string> resource_uri(std::string_view typed);

}  // namespace herald::cli
