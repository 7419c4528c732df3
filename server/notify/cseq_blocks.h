// server/notify/cseq_blocks.h: the numbers of NOTIFYs: each durable write of a subscription makes
// room for a block of them (docs/architecture.md: What a 200 means).
#pragma once

#include <utility>

#include "base/listeners.h"
#include "server/core/context.h"

namespace herald::server {

/// One per shard, on its thread.
class CseqBlocks {
public:
    using Id = SubscriptionTable::Id;

    enum class Taken {
        yes,        ///< Subscription::cseq is the one to use
        later,      ///< room is being made: a listener of on_renewed() hears of it
        busy,       ///< another change of the dialog is under way
        exhausted,  ///< RFC 3261 8.1.1.5: below 2^31
    };

    explicit CseqBlocks(Context& context) : context_(context) {}

    Taken take(Id id, Subscription& record);

    /// Adds a listener: called when the change that made room is committed or has failed, even if
    /// the subscription is gone by then.
    void on_renewed(base::Task<void(Id, bool is_committed)> listener) {
        renewed_.add(std::move(listener));
    }

private:
    void renew(Id id, Subscription& record);

    Context& context_;
    base::Listeners<Id, bool> renewed_;
};

}  // namespace herald::server
