// server/feed/journal.h: what happens to phones, as lines of the log: who registered, who went,
// whose NOTIFYs go unanswered.
#pragma once

#include <cstddef>

#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/line_limit.h"
#include "server/notify/notify_sender.h"
#include "server/register/bindings.h"

namespace herald::server {

/// Listens, as the reporter does; nobody knows that it is there.
class Journal final : public Agent {
public:
    /// All outlive it.
    Journal(Context& context, NotifySender& sender, Bindings& bindings);

    /// What recovery brought back is news to nobody.
    void resume(const Cells& /*cells*/) override { has_resumed_ = true; }
    void forget_some(Cell, Forgetting&) override {}
    std::size_t held() const noexcept override { return 0; }

private:
    void on_binding(const std::string& aor, const packages::Binding& binding,
                    packages::Cause cause);
    void on_silent(const Subscription& record);

    Context& context_;
    bool has_resumed_ = false;
    LineLimit registrations_;
    LineLimit silences_;
};

}  // namespace herald::server
