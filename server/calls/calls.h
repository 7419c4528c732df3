// server/calls/calls.h: the calls of one shard's users as others than watchers need them: lamps
// that are lit for suspiciously long, presence of who is on the phone, operators (RFC 4235).
//
//   a dialog changes -> the lamps of its user -> counted, listed
//                                             -> one publication of presence, not stored
//   a registration comes or goes -> one publication of dialog, not stored, where it is wanted
//   the PBX that keeps somebody's calls -> Herald subscribes there (server/subscriber)
//   Presence feeds nothing, and calls no registration, so this goes in no circle.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/text_map.h"
#include "packages/lamps.h"
#include "server/calls/call_shadows.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/publications.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/upstream.h"

namespace herald::server {

/// A call of somebody as an operator sees it.
struct CallInfo {
    std::string aor;
    std::string id;
    pidf::Dialog dialog;  ///< state and event as they are told to watchers
    std::string source;
    std::string publisher;       ///< empty: an operator, a PBX that is subscribed to
    base::WallTime said_at{};    ///< when its source said anything of it last
    std::chrono::seconds age{};  ///< since then
    base::WallTime until{};      ///< when it is taken for over
    bool is_suspicious = false;
};

/// Called on its shard's thread.
class Calls final : public Agent {
public:
    Calls(Context& context, Publications& publications, StateOrders& orders, Upstream& upstream);

    /// The calls somebody has, those that matter most first.
    std::vector<CallInfo> calls_of(const std::string& aor) const;
    /// Users behind `after` in alphabetical order, `most` of them, whose lamp is lit; of those that
    /// are suspicious only, if so wanted.
    std::vector<std::string> lit(std::string_view after, std::size_t most,
                                 bool is_suspicious) const;

    using Done = StateOrders::Done;
    /// An operator's call, until `expires_at` (zero: until it is ended). Faults: malformed,
    /// unavailable, unknown_outcome.
    void put(const std::string& aor, pidf::Dialog dialog, base::WallTime expires_at, Done done);
    /// Ends the call that watchers know as `id`, or all; whoever said that it is there. Faults:
    /// not_found, unavailable, unknown_outcome.
    void end(const std::string& aor, std::optional<std::string> id, Done done);

    /// The PBX that keeps somebody's calls; empty: none.
    packages::DialogKeeper keeper(std::string_view aor) const;
    /// From now on Herald subscribes there for them; without a PBX nowhere. Faults: unavailable,
    /// unknown_outcome.
    void put_keeper(const std::string& aor, const packages::DialogKeeper& keeper, Done done);

    void resume(const Cells& cells) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return lit_.size(); }
    void on_changed(std::uint32_t resource) override;

private:
    /// Of somebody who has a call.
    struct Lit {
        base::TimerId look_again;
        std::uint64_t suspicious = 0, decayed = 0;
    };
    using Orders = std::deque<StateOrder>;

    const packages::DialogSettings& settings() const;
    const Resource* find(std::string_view aor) const;
    std::vector<packages::Lamp> lamps_of(const Resource& resource,
                                         const std::vector<packages::Input>& inputs) const;
    void follow(const std::string& aor);
    void look(const std::string& aor);
    void count(Lit& lit, std::uint64_t suspicious, std::uint64_t decayed);
    void put_out(const std::string& aor);
    base::WallTime suspicious_at(const packages::Lamp& lamp) const;
    std::shared_ptr<Orders> ending_orders(const Resource& resource,
                                          const std::optional<std::string>& id) const;
    void carry_out(std::shared_ptr<Orders> orders, Done done);

    Context& context_;
    CallShadows shadows_;
    StateOrders& orders_;
    Upstream& upstream_;
    const packages::Package& dialog_;
    const packages::Package& registrations_;
    base::TextMap<Lit> lit_;
    base::Counter& lit_count_;
    base::Counter& suspicious_;
    base::Counter& decayed_;
};

}  // namespace herald::server
