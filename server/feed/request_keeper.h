// server/feed/request_keeper.h: requests of programs that may come twice, in the store: a
// repetition is known over restarts too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/feed/kept_requests.h"

namespace herald::server {

/// One a shard; that which owns kRequestAddress has them all. On its thread.
class RequestKeeper final : public Agent {
public:
    explicit RequestKeeper(Context& context);

    using Begun = base::Task<void(Result<RequestStanding>)>;
    using Done = base::Task<void(Status)>;

    /// Says what is known of a request; a fresh one is durably begun when `done` runs, and settle()
    /// or leave() is to follow. Faults: unavailable; limit_reached (http.idempotency_memory).
    void begin(const std::string& name, const std::string& body, Begun done);
    /// What it was answered; nothing: it was not carried out, and is forgotten. A secret's body is
    /// kept in memory only. `done` runs after the commit. Faults: unavailable, unknown_outcome.
    struct Outcome {
        std::optional<GivenAnswer> answer;
        bool is_secret = false;
    };
    void settle(const std::string& name, Outcome outcome, Done done);
    /// Nobody waits for what becomes of it any more; settle() may still come.
    void leave(const std::string& name);

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return kept_.size(); }

private:
    void drop_rows(const std::vector<std::uint64_t>& rows);
    void show();

    Context& context_;
    KeptRequests kept_;
    base::Counter& gauge_;
};

/// The address in whose name they are kept.
extern const std::string_view kRequestAddress;

}  // namespace herald::server
