// server/subscriber/upstream.h: Herald as a subscriber: it asks PBXs for the state they keep of
// resources here (RFC 6665 4.1).
//
//   follow() -> SUBSCRIBE to the PBX -> NOTIFY -> one publication ("pbx <name>"), which lives as
//   long as the subscription was granted for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/lines.h"
#include "server/subscriber/pbx_watch.h"
#include "server/subscriber/subscribe_sender.h"
#include "server/subscriber/told_state.h"
#include "sip/locate.h"

namespace herald::server {

/// Where a resource's state is kept.
struct Source {
    const packages::Package* package = nullptr;
    std::string pbx;   ///< the name it is configured under; empty: none
    std::string user;  ///< the user part there; empty: that of the AOR
};

/// The subscriptions of one shard's resources, on its thread.
class Upstream final : public Agent {
public:
    Upstream(Context& context, StateOrders& orders, sip::Locator& locator);

    /// From now on the state of `aor` is what the source says; what an earlier source said is
    /// dropped. The SUBSCRIBE follows soon: resources are subscribed to 10 ms apart.
    void follow(const std::string& aor, const Source& source);

    void forget(Cell cell) override;
    std::size_t held() const noexcept override { return lines_.held() + pbxs_.held(); }
    bool on_notify(sip::ServerTransactionId transaction, const sip::Message& request) override;

private:
    void leave(Line& line);
    void erase(Line& line);

    bool step(Line& line, UpstreamInput input);
    void arm(Line& line, base::Duration delay);
    void on_timer(std::uint64_t id);
    void begin(Line& line);
    void refresh(Line& line);
    base::Duration next_delay(Line& line);
    void come_back(Line& line, std::string_view why, base::Duration least = {});
    void wait(Line& line, std::string_view why);

    void on_done(Line& line, const sip::ClientOutcome* outcome);
    void on_accepted(Line& line, const sip::ClientOutcome& outcome);
    void on_trouble(Line& line, PbxWatch::Trouble trouble, std::string_view why,
                    base::Duration least);
    void on_refused(Line& line, int status, base::Duration least);
    bool is_login_refused(const Line& line, int status) const;

    void lose_count(Line& line);
    void hear(Line& line, const Told& told);
    void on_terminated(Line& line, const Told& told);

    Context& context_;
    PbxLines lines_;
    PbxWatch pbxs_;
    SubscribeSender sender_;
    ToldState told_;
    base::Timers::Owner timer_;
    base::Instant next_start_{};  ///< when the next new line may subscribe
    base::Counter& active_;
    base::Counter& lost_;
    base::Counter& notified_;
};

}  // namespace herald::server
