// server/subscriber/upstream.h: Herald as a subscriber: it asks PBXs for the state they keep of
// resources here (RFC 6665 4.1).
//
//   follow() -> SUBSCRIBE to the PBX -> NOTIFY -> one publication ("pbx <name>"), which lives as
//   long as the subscription was granted for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/lines.h"
#include "server/subscriber/pbx_subscriber.h"
#include "server/subscriber/pbx_watch.h"
#include "sip/locate.h"

namespace herald::server {

/// Where a resource's state is kept.
struct Source {
    const packages::Package* package = nullptr;
    std::string pbx;             ///< the name it is configured under; empty: none
    std::string user;            ///< the user part there; empty: that of the AOR
    bool may_be_listed = false;  ///< it may come with others, where its PBX has a list of them
};

/// How the subscription for a resource stands.
struct SourceStatus {
    std::string pbx;
    std::string uri;  ///< the resource there
    bool is_subscribed = false;
    std::string why;        ///< why it is not, or why the next refresh may fail; empty: no trouble
    base::Duration next{};  ///< until it is asked again; zero: it is being asked
};

/// The subscriptions of one shard's resources, on its thread.
class Upstream final : public Agent {
public:
    Upstream(Context& context, StateOrders& orders, sip::Locator& locator);

    /// From now on the state of `aor` is what the source says; what an earlier source said is
    /// dropped. The SUBSCRIBE follows soon: resources are subscribed to 10 ms apart, those of a
    /// list together.
    void follow(const std::string& aor, const Source& source);
    /// nullopt: nobody is asked for it.
    std::optional<SourceStatus> status(const packages::Package& package,
                                       std::string_view aor) const;
    /// Asks now, whatever was to be waited for. False: nobody is asked for it.
    bool hasten(const packages::Package& package, std::string_view aor);

    /// Which PBXs are away.
    PbxWatch& pbxs() noexcept { return pbxs_; }

    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return lines_.held() + pbxs_.held(); }
    bool on_notify(sip::ServerTransactionId transaction, const sip::Message& request) override;

private:
    void start(std::unique_ptr<Line> line);
    void join(std::unique_ptr<Line> list);
    void leave(Line& line, const std::string& aor, const Line* wanted);

    Context& context_;
    PbxLines lines_;
    PbxWatch pbxs_;
    PbxSubscriber subscriber_;
    base::Instant next_start_{};  ///< when the next new line may subscribe
    base::Counter& notified_;
};

}  // namespace herald::server
