// server/subscriber/told_state.h: what a PBX tells of a resource: read from its NOTIFYs, and kept
// as one publication of the source "pbx <name>".
//
//   A NOTIFY, a restart here or there, a second subscription: all write that one publication, so
//   nothing counts twice. A PBX that is lost leaves it to its expiry.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/lines.h"
#include "server/subscriber/upstream_state.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

/// What a NOTIFY in a dialog of ours says. Durations in seconds.
struct Told {
    bool is_active = false;
    bool is_over = false;
    std::uint32_t granted = 0;
    std::uint32_t retry_after = 0;
    std::string reason;           ///< where it is over
    packages::Document document;  ///< an empty type: it has none
};
/// The checks of RFC 6665 4.1.3 that need no state; `line` says what was asked for.
std::variant<Told, sip::Answer> read_notify(const Line& line, const sip::Message& request,
                                            const packages::Settings* settings);

/// The publications of one shard that PBXs made.
class ToldState {
public:
    ToldState(Context& context, StateOrders& orders, PbxLines& lines);

    /// What `line` was told last, as long as the subscription was granted for and a little longer:
    /// a refresh moves the end, a change replaces it, a lost PBX leaves it to run out. Written
    /// again where the store was away.
    void publish(Line& line);
    /// Whether there is something of it.
    bool has(const Line& line) const;
    /// Nothing is known of the resource any more.
    void withdraw(Line& line);

private:
    Context& context_;
    StateOrders& orders_;
    PbxLines& lines_;
};

}  // namespace herald::server
