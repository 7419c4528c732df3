// server/feed/reporter.h: tells the feed what happens in a shard. It listens; nobody knows that it
// is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_map.h"
#include "packages/registration.h"
#include "server/access/audit.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/watcher_list.h"
#include "server/feed/feed.h"
#include "server/notify/notify_sender.h"
#include "server/register/bindings.h"
#include "server/subscriber/upstream.h"

namespace herald::server {

/// What there is to listen to in one shard; outlives the reporter.
struct Sources {
    WatcherList& watchers;
    NotifySender& sender;
    Bindings& bindings;
    Upstream& upstream;
    Audit& audit;  ///< only the first shard's is told of changes
};

class Reporter final : public Agent {
public:
    Reporter(Context& context, Feed::Inlet& inlet, const Sources& sources);

    /// What recovery brought back is news to nobody.
    void resume(const Cells& /*cells*/) override { has_resumed_ = true; }
    void forget_some(Cell /*cell*/, Forgetting& /*forgetting*/) override {}
    std::size_t held() const noexcept override { return 0; }
    void on_changed(std::uint32_t resource) override;

private:
    bool is_telling() const noexcept { return has_resumed_ && inlet_.is_wanted(); }
    void tell(Event event);
    Event event_of(EventKind kind, const Subscription& record) const;
    void on_move(const Subscription& record, SubscriptionState before);
    void on_waiting(const packages::Package& package, std::string_view aor,
                    const packages::Watcher& watcher);
    std::string_view reason_of(const Subscription& record) const;
    void on_silent(const Subscription& record);
    void on_binding(const std::string& aor, const packages::Binding& binding,
                    packages::Cause cause);
    void on_pbx(const std::string& pbx, bool is_up, std::string_view why);
    void count_pbx(const std::string& pbx, bool is_up, const std::string& why);

    Context& context_;
    Feed::Inlet& inlet_;
    bool has_resumed_ = false;
    std::uint64_t removed_ = 0;  ///< the subscription that is just being removed
    std::string removed_why_;
    /// Shards that miss a PBX, where its name is at home: it goes with the first, and is back with
    /// the last.
    base::TextMap<std::size_t> missing_;
};

}  // namespace herald::server
