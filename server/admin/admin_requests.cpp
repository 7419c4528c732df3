// server/admin/admin_requests.cpp: requests that may come twice, carried to the shard that has
// them.
#include "server/admin/admin_requests.h"

#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/feed/request_keeper.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

RequestKeeper& keeper_of(Shard& shard) {
    return shard.agents().get<RequestKeeper>();
}

class ShardRequests final : public RequestAdmin {
public:
    explicit ShardRequests(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<RequestStanding> begin(const std::string& name, const std::string& body) override {
        auto found =
            carrier_.ask<RequestStanding>(owner(), [name, body](Shard& shard, auto answer) {
                keeper_of(shard).begin(name, body, answer);
            });
        // What is begun late nobody carries out.
        if (!found && found.fault().kind == FaultKind::timeout) not_done(name);
        return found;
    }
    void answered(const std::string& name, GivenAnswer answer, bool is_secret) override {
        settle(name, {std::move(answer), is_secret});
    }
    void not_done(const std::string& name) override { settle(name, {}); }
    void leave(const std::string& name) override {
        post([name](Shard& shard) { keeper_of(shard).leave(name); });
    }
    void settle_late(const std::string& name, std::optional<GivenAnswer> answer) override {
        post([name, answer = std::move(answer)](Shard& shard) {
            keeper_of(shard).settle(name, {answer, false}, [](const Status&) {});
        });
    }

private:
    Shard& owner() const { return carrier_.owner_of(kRequestAddress); }

    /// What cannot be written is known until the end of this run.
    void settle(const std::string& name, RequestKeeper::Outcome outcome) const {
        (void)carrier_.order(owner(),
                             [name, outcome = std::move(outcome)](Shard& shard, auto answer) {
                                 keeper_of(shard).settle(name, outcome, answer);
                             });
    }
    template <class Work>
    void post(Work work) const {
        if (carrier_.is_closed()) return;
        auto& shard = owner();
        shard.loop().post([&shard, work = std::move(work)] { work(shard); });
    }

    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<RequestAdmin> request_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardRequests>(carrier);
}

}  // namespace herald::server
