// server/subscriber/told_state.h: what a PBX tells of a resource: read from its NOTIFYs, and kept
// as one publication of the source "pbx <name>".
//
//   A NOTIFY, a restart on either side, a second subscription: all of them write that one
//   publication, so nothing counts twice. If the PBX is lost, the publication expires.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/lines.h"
#include "server/subscriber/told_list.h"
#include "server/subscriber/upstream_state.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

/// What a NOTIFY in a dialog of ours says. Durations in seconds.
struct Told {
    std::optional<ToldList> list;  ///< of a list
    bool is_active = false;
    bool is_over = false;
    std::uint32_t granted = 0;
    std::uint32_t retry_after = 0;
    std::string reason;           ///< of a NOTIFY that ends the subscription
    packages::Document document;  ///< with an empty type: there is none
};
/// The checks of RFC 6665 4.1.3 that need no state; `line` says what was asked for.
std::variant<Told, sip::Answer> read_notify(const Line& line, const sip::Message& request,
                                            const packages::Settings* settings);

/// The publications of one shard that PBXs made.
class ToldState {
public:
    ToldState(Context& context, StateOrders& orders, PbxLines& lines);

    /// Keeps what `line` was told last for as long as the subscription was granted, and a little
    /// longer: a refresh moves the end, a change replaces the document, and if the PBX is lost it
    /// expires. Retried while the store is unavailable.
    /// Of a list, what all its members were told.
    void publish(Line& line);
    void publish(Line& list, Member& member);
    /// Whether anything of the line is kept.
    bool has(const Line& line) const;
    bool has(const Line& list, const Member& member) const;
    /// Forgets what was known of the resource, or of all of a list.
    void withdraw(Line& line);
    void withdraw(const Line& list, Member& member);

private:
    void put(const Line& line, const std::string& aor, const packages::Document& document,
             StateOrders::Done done);
    void remove(const Line& line, const std::string& aor);
    bool has(const Line& line, const std::string& aor) const;

    Context& context_;
    StateOrders& orders_;
    PbxLines& lines_;
};

}  // namespace herald::server
