// server/admin/admin_carrier.h: carries an operator's operations to the shards and back.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/operations.h"
#include "server/core/settled_commit.h"
#include "server/publish/publications.h"
#include "server/shard/shard.h"

namespace herald::server {

/// Called from HTTP threads; holds no state of its own but whether it is closed.
class AdminCarrier {
public:
    /// A shard that takes longer is taken for stuck.
    static constexpr auto kPatience = std::chrono::seconds(5);

    AdminCarrier(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                 Operations& operations);

    /// From now on everything is unavailable; waits for nothing.
    void close() noexcept { is_closed_ = true; }
    bool is_closed() const noexcept { return is_closed_; }

    const Domains& domains() const noexcept { return domains_; }
    const store::Store& store() const noexcept { return store_; }
    const std::vector<Shard*>& shards() const noexcept { return shards_; }
    /// The shard that is asked about what belongs to no single resource: aliases and accounts.
    Shard& first() const noexcept { return *shards_.front(); }
    Shard& owner_of(std::string_view aor) const;

    /// Canonical. Faults: malformed, not_found (not one of our domains).
    Result<std::string> our_aor(std::string_view aor) const;
    /// The AOR a canonical one stands for, as the shard that has it says.
    Result<std::string> resource_of(const std::string& aor) const;
    /// our_aor(), and what that stands for.
    Result<std::string> our_resource(std::string_view aor) const;

    /// A resource as named from outside, found to be one of ours.
    struct Named {
        const packages::Package* package;
        std::string aor;
    };
    /// Faults: unknown_event, and as our_aor().
    Result<Named> named(std::string_view package, std::string_view aor) const;
    /// Faults: unknown_event, with the names there are.
    static Result<const packages::Package*> package(std::string_view name);

    /// Runs `ask(shard, answer)` on the shard's thread and waits for answer(Result<T>). What comes
    /// after the timeout is for `late`, on the thread it comes from, if there is one.
    template <class T>
    using Late = std::function<void(const Result<T>& value)>;
    template <class T, class Ask>
    Result<T> ask(Shard& shard, Ask ask, Late<T> late = nullptr) const;
    /// The same where a Status is answered.
    template <class Ask>
    Status order(Shard& shard, Ask ask) const;
    /// Makes a change durable that is no single resource's and runs `learn(shard)` on every shard's
    /// thread. All learn of such changes in the order the store has them, even of one whose caller
    /// has given up. Faults: unavailable, unknown_outcome and timeout (it may still come).
    template <class Learn>
    Status share(store::Change change, Learn learn) const;

private:
    /// Where an operator's thread waits for a shard's.
    class Awaited {
    public:
        /// False if nobody waits any more.
        bool arrive();
        /// False if it took longer than kPatience.
        bool wait();

    private:
        std::mutex mutex_;
        std::condition_variable arrived_;
        bool has_arrived_ = false;
        bool is_given_up_ = false;
    };
    template <class T>
    struct Answer : Awaited {
        std::optional<Result<T>> value;
    };

    std::vector<Shard*> shards_;
    const Domains& domains_;
    store::Store& store_;
    /// On the first shard's thread, whose loop ends first.
    std::unique_ptr<ChangesInTurn> shared_changes_;
    std::atomic<bool> is_closed_{false};
    Operations& operations_;
};

template <class T, class Ask>
Result<T> AdminCarrier::ask(Shard& shard, Ask ask, Late<T> late) const {
    if (is_closed_) return Fault{FaultKind::unavailable, "The server is stopping"};
    const auto entered = operations_.enter();
    if (!entered) return Fault{FaultKind::unavailable, "State is on its way; try again"};
    auto answer = std::make_shared<Answer<T>>();
    shard.loop().post([&shard, answer, ask = std::move(ask), late = std::move(late)]() mutable {
        ask(shard, [answer, late](Result<T> value) {
            answer->value = std::move(value);
            if (!answer->arrive() && late) late(*answer->value);
        });
    });
    if (answer->wait()) return *std::move(answer->value);
    return Fault{FaultKind::timeout, "The server did not answer in time"};
}

template <class Ask>
Status AdminCarrier::order(Shard& shard, Ask ask) const {
    auto done = this->ask<bool>(shard, [ask = std::move(ask)](Shard& owner, auto answer) mutable {
        ask(owner, [answer](const Status& status) {
            answer(status ? Result<bool>(true) : Result<bool>(status.fault()));
        });
    });
    return done ? Status{} : Status(done.fault());
}

template <class Learn>
Status AdminCarrier::share(store::Change change, Learn learn) const {
    const auto shared = std::make_shared<store::Change>(std::move(change));
    return order(first(), [shared, learn = std::move(learn), shards = shards_,
                           changes = shared_changes_.get()](Shard&, auto answer) {
        const auto done = [learn, shards, answer, is_told = false](store::Outcome outcome) mutable {
            if (auto status = status_of(outcome); !status) {
                is_told = true;
                return answer(status);
            }
            // Outcomes come in the order of the commits, and posts arrive in the order they were
            // made.
            const auto left = std::make_shared<std::atomic<std::size_t>>(shards.size());
            for (Shard* each : shards) {
                each->loop().post([each, learn, left, answer, is_told] {
                    learn(*each);
                    if (left->fetch_sub(1) == 1 && !is_told) answer(Status{});
                });
            }
        };
        changes->commit(std::move(*shared), done);
    });
}

}  // namespace herald::server
