// server/message/passage.h: sends requests on without a transaction, and their answers back (RFC
// 3261 16.11): INVITE, its ACK and CANCEL, and methods nobody knows.
//
//   request   Via: us;branch=z9hG4bK<token: the way back, which request>   ahead of its own
//   answer    its topmost Via is read and taken off; the rest goes the way it names
//
// A branch is the same for each copy, for the CANCEL and for the ACK of a refusal. Of what was sent
// nothing is kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/slab.h"
#include "server/core/context.h"
#include "server/core/flow_token.h"
#include "sip/locate.h"
#include "sip/path.h"

namespace herald::server {

/// How one request is sent on.
struct PassageOrder {
    std::string request_uri;
    std::string routes;          ///< as sip::read_routes() gives them
    std::string text;            ///< from behind the topmost Via to the end of the body
    std::string via_parameter;   ///< ";name=value" for our Via; empty: none
    std::vector<sip::Leg> legs;  ///< the first that can be sent to is taken
};

/// One per shard.
class Passage {
public:
    Passage(Context& context, sip::Locator& locator, const FlowTokens& tokens);

    /// `request` came by `flow`. Where no way is found it is answered 500 (RFC 3261 16.7 step 6).
    void send(const sip::Message& request, const sip::Flow& flow, PassageOrder order);
    /// False: `answer` is to nothing that was sent from here.
    bool send_back(const sip::Message& answer);

private:
    /// One whose names are looked up.
    struct Waiting {
        std::string method;
        PassageOrder order;
        std::string branch;
        sip::Path path;
        sip::Flow flow;
        std::unique_ptr<const sip::OwnedMessage> request;
        base::Budget::Share share;
    };
    /// What was answered to one request of late.
    struct Copies {
        std::uint64_t branch = 0;  ///< hash
        std::uint32_t count = 0;
        std::uint32_t bytes = 0;  ///< of the request
    };

    std::string branch_of(const sip::Message& request, const sip::Flow& flow) const;
    void follow(base::SlotId id, sip::Path::Step step, const sip::Message& request);
    void on_found(base::SlotId id, sip::Path::Step step);
    bool write(const Waiting& waiting);
    void wait(base::SlotId id, const sip::Message& request);
    void refuse(base::SlotId id, const sip::Message& request, int status);
    Copies& copies_of(std::string_view branch);
    bool may_answer(const FlowToken& token, const sip::Message& answer);

    Context& context_;
    sip::Locator& locator_;
    const FlowTokens& tokens_;
    base::Slab<Waiting> waiting_;
    std::array<Copies, 1024> copies_{};
    std::string out_;  ///< what is being sent
    base::Counter& requests_;
    base::Counter& answers_;
};

}  // namespace herald::server
