// server/admin/admin_dialogs.cpp: calls as an operator sees, sets and ends them.
#include "server/admin/admin_dialogs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"
#include "server/admin/pbx_setting.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

std::vector<CallInfo> calls_of_shard(const Calls& calls, const CallQuery& query) {
    std::vector<CallInfo> all;
    for (const auto& aor : calls.lit(query.after, query.limit + 1, query.is_suspicious)) {
        auto own = calls.calls_of(aor);
        if (query.is_suspicious)
            std::erase_if(own, [](const CallInfo& call) { return !call.is_suspicious; });
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return all;
}

/// The calls of the first `limit` users.
CallPage first_calls(std::vector<CallInfo> rows, std::size_t limit) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const CallInfo& a, const CallInfo& b) { return a.aor < b.aor; });
    CallPage page;
    std::size_t users = 0;
    for (auto& row : rows) {
        const bool is_next = page.rows.empty() || page.rows.back().aor != row.aor;
        if (is_next && users == limit) {
            page.next = page.rows.back().aor;
            break;
        }
        users += is_next;
        page.rows.push_back(std::move(row));
    }
    return page;
}

class ShardDialogs final : public DialogAdmin {
public:
    explicit ShardDialogs(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<CallPage> page(const CallQuery& asked) override {
        CallQuery query = asked;
        query.limit = page_size(query.limit);
        std::vector<CallInfo> rows;
        for (auto* shard : carrier_.shards()) {
            auto own =
                carrier_.ask<std::vector<CallInfo>>(*shard, [query](Shard& each, auto answer) {
                    answer(calls_of_shard(each.agents().get<Calls>(), query));
                });
            if (!own) return own.fault();
            std::move(own->begin(), own->end(), std::back_inserter(rows));
        }
        return first_calls(std::move(rows), query.limit);
    }

    Result<std::vector<CallInfo>> calls(std::string_view aor) override {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        return carrier_.ask<std::vector<CallInfo>>(
            carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
                answer(shard.agents().get<Calls>().calls_of(aor));
            });
    }

    Status put(std::string_view aor, pidf::Dialog dialog,
               std::optional<std::uint32_t> seconds) override {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        return carrier_.order(carrier_.owner_of(*ours), [aor = *ours, dialog = std::move(dialog),
                                                         seconds](Shard& shard, auto answer) {
            const auto until = seconds ? shard.context().wall() + std::chrono::seconds(*seconds)
                                       : base::WallTime{};
            shard.agents().get<Calls>().put(aor, dialog, until, answer);
        });
    }

    Status end(std::string_view aor, std::optional<std::string> id) override {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        return carrier_.order(carrier_.owner_of(*ours),
                              [aor = *ours, id = std::move(id)](Shard& shard, auto answer) {
                                  shard.agents().get<Calls>().end(aor, id, answer);
                              });
    }

    Result<packages::DialogKeeper> keeper(std::string_view aor) override {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        return carrier_.ask<packages::DialogKeeper>(
            carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
                answer(shard.agents().get<Calls>().keeper(aor));
            });
    }

    Status put_keeper(std::string_view aor, packages::DialogKeeper keeper) override {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        return carrier_.order(carrier_.owner_of(*ours), [aor = *ours, keeper = std::move(keeper)](
                                                            Shard& shard, auto answer) {
            if (auto status = check_pbx(keeper.pbx, keeper.user, shard.context()); !status)
                return answer(status);
            shard.agents().get<Calls>().put_keeper(aor, keeper, answer);
        });
    }

private:
    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<DialogAdmin> dialog_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardDialogs>(carrier);
}

}  // namespace herald::server
