// server/subscriber/subscribe_sender.h: Herald's own SUBSCRIBEs on their way: addresses one after
// the other, challenges and 423 met (RFC 3263 4.3, RFC 3261 22.2, RFC 6665 4.1.2.1).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "server/core/context.h"
#include "server/subscriber/lines.h"
#include "sip/locate.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// One of a shard; a line has one SUBSCRIBE under way at a time.
class SubscribeSender final : public sip::RequestSource {
public:
    /// What became of a SUBSCRIBE; `how` is meant where `outcome` is null: no address was left.
    using Done = std::function<void(Line&, const sip::ClientOutcome* outcome)>;
    /// `started` is called each time the request sets out.
    SubscribeSender(Context& context, PbxLines& lines, sip::Locator& locator,
                    std::function<void(Line&)> started, Done done);

    /// Sends one for `expires` seconds, in the line's dialog where it has one.
    void send(Line& line, std::uint32_t expires);
    /// Nothing more is heard of the one under way.
    void abandon(Line& line);

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    void send(Line& line, std::uint32_t expires, std::string authorization);
    void take_next_way(Line& line);
    void follow(Line& line, sip::Path::Step step);
    bool try_again(Line& line, const sip::Message& message);
    bool ask_for_longer(Line& line, const sip::Message& message);
    bool sign(Line& line, const sip::Message& message);

    Context& context_;
    PbxLines& lines_;
    sip::Locator& locator_;
    std::function<void(Line&)> started_;
    Done done_;
};

}  // namespace herald::server
