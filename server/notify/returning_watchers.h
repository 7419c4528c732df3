// server/notify/returning_watchers.h: a device that registers can be reached again: so can the
// subscriptions it has, at whichever shard, whose NOTIFYs it did not get (RFC 5626 4.2).
#pragma once

#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/notify/silent_watchers.h"

namespace herald::server {

/// Holds nothing.
class ReturningWatchers final : public Agent {
public:
    explicit ReturningWatchers(Context& context) : context_(context) {}

    void forget_some(Cell /*cell*/, Forgetting& /*forgetting*/) override {}
    std::size_t held() const noexcept override { return 0; }
    void on_registered(const std::string& aor, std::string_view flow) override;

private:
    Context& context_;
};

}  // namespace herald::server
