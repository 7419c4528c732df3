// server/provisioning/enrolments.h: devices that took a NOTIFY with their profile (RFC 6080), told
// to where devices are remembered.
#pragma once

#include "packages/enrolment.h"
#include "packages/ua_profile.h"
#include "server/core/agent.h"
#include "server/core/context.h"

namespace herald::server {

/// One a shard, on its thread. Nothing is kept here: enrolments are subscriptions.
class Enrolments final : public Agent {
public:
    explicit Enrolments(Context& context) : context_(context) {}

    /// A NOTIFY was answered with 2xx: to who enrols, refreshes that, fetches, or has been told of
    /// a change. `told` is null where it had no body.
    void on_delivered(const Subscription& record, const packages::Composed* told);

    void forget_some(Cell, Forgetting&) override {}
    std::size_t held() const noexcept override { return 0; }

private:
    bool is_vouched_for(const packages::Enrolment& enrolment,
                        const packages::ProfileShelf* shelf) const;

    Context& context_;
};

}  // namespace herald::server
