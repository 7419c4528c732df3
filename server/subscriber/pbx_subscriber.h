// server/subscriber/pbx_subscriber.h: Herald as the subscriber of RFC 6665 4.1: when it asks a PBX,
// and what answers and NOTIFYs do to a subscription (upstream_state.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/metrics.h"
#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/lines.h"
#include "server/subscriber/pbx_watch.h"
#include "server/subscriber/subscribe_sender.h"
#include "server/subscriber/told_state.h"
#include "sip/locate.h"

namespace herald::server {

/// Keeps the lines of one shard subscribed, on its thread.
class PbxSubscriber {
public:
    PbxSubscriber(Context& context, PbxLines& lines, PbxWatch& pbxs, StateOrders& orders,
                  sip::Locator& locator);

    /// The next SUBSCRIBE of a line goes out after `delay`, unless one is under way.
    void arm(Line& line, base::Duration delay);
    /// What a NOTIFY in the line's dialog said, once it is answered.
    void hear(Line& line, const Told& told);
    /// A NOTIFY whose CSeq is below one seen before was refused.
    void lose_count(Line& line);
    /// What the line was told of `aor` is no state of it any more.
    void withdraw(Line& line, std::string_view aor);
    /// Unsubscribes at the PBX if there is a dialog; the line is no longer of use.
    void leave(Line& line);
    /// The line is gone, and the PBX is told nothing.
    void erase(Line& line);

private:
    bool step(Line& line, UpstreamInput input);
    void on_timer(std::uint64_t id);
    void begin(Line& line);
    void refresh(Line& line);
    void come_back(Line& line, std::string_view why, base::Duration least = {});
    void wait(Line& line, std::string_view why);

    void on_done(Line& line, const sip::ClientOutcome* outcome);
    void on_accepted(Line& line, const sip::ClientOutcome& outcome);
    void on_trouble(Line& line, PbxWatch::Trouble trouble, std::string_view why,
                    base::Duration least);
    void on_refused(Line& line, int status, base::Duration least);
    void on_terminated(Line& line, const Told& told);
    packages::Sequence take(Line& line, const Told& told);
    packages::Sequence take(Line& list, const ToldList& told);
    packages::Sequence take(const Line& line, packages::Document& known,
                            const packages::Document& told);
    void keep(Line& list, const std::optional<ToldList>& told, bool was_asked_for);

    Context& context_;
    PbxLines& lines_;
    PbxWatch& pbxs_;
    SubscribeSender sender_;
    ToldState told_;
    base::Timers::Owner timer_;
    base::Counter& active_;
    base::Counter& lost_;
};

}  // namespace herald::server
