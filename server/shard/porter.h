// server/shard/porter.h: what the stack of a shard asks and tells: who is let in, what came, what
// was refused, which streams ended.
#pragma once

#include <memory>
#include <optional>

#include "server/core/context.h"
#include "server/shard/overload.h"
#include "server/shard/refusal_log.h"
#include "sip/stack.h"

namespace herald::base {
class IdleTrim;
}

namespace herald::server {

class Agents;
class Edge;
class NotifySender;
class Reception;

/// One per shard, on its thread.
class Porter final : public sip::RequestHandler {
public:
    /// To whom it hands on what comes; all outlive it, but for the time before and after messages.
    struct Parts {
        Context& context;
        Agents& agents;
        NotifySender& sender;
        Edge& edge;
        Reception& reception;
    };

    Porter(base::Loop& loop, base::Metrics& metrics);
    ~Porter() override;

    /// Before the first message.
    void begin(const Parts& parts) { parts_.emplace(parts); }

    bool admits(const sip::Message& request, sip::Load load) override;
    sip::Role role_for(const sip::Message& request, const sip::Flow& flow) const override;
    void pass_on(const sip::Message& request, const sip::Flow& flow) override;
    bool pass_back(const sip::Message& answer) override;
    void on_request(sip::ServerTransactionId id, const sip::Message& message,
                    const sip::Flow& flow) override;
    void on_flow_closed(const sip::Flow& flow) override;
    void on_refused(const sip::Message& request, const sip::Flow& flow,
                    const sip::Answer& answer) override;
    void on_sign_of_life(const sip::Flow& flow) override;

private:
    base::Loop& loop_;
    std::optional<Parts> parts_;
    RefusalLog refusals_;
    std::unique_ptr<base::IdleTrim> idle_trim_;
    SourceShares shares_;
    sip::Endpoint asking_;  ///< whose request is looked at: what it was a sign of life of
};

}  // namespace herald::server
