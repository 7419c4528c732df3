// server/publish/compositor.h: what happens to a PUBLISH: gather, decide, commit, apply (RFC 3903
// 6).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/core/request.h"
#include "server/publish/publications.h"
#include "server/publish/publish_decision.h"
#include "server/publish/put_right.h"

namespace herald::server {

/// The event state compositor of one shard. Changes of one resource happen one after the other, in
/// order of arrival.
class Compositor {
public:
    Compositor(Context& context, Publications& publications);

    /// Answers now, or after the commit. Core checks are passed, the package is known.
    void on_publish(const Request& request);

    /// One row of the store, before the first request.
    void recover(store::Publication row, base::WallTime not_before);
    /// Called when no repetition of a request of the last run can come any more.
    void forget_tombstones() {
        tombstones_.clear();
        expects_copies_ = false;
    }
    /// Those of the cell.
    void forget_some(Cell cell, Forgetting& forgetting) {
        forgetting.erase(tombstones_, [&](const auto& entry) { return entry.second == cell; });
    }
    std::size_t held() const noexcept { return tombstones_.size(); }

private:
    struct Incoming {
        sip::ServerTransactionId transaction;
        const packages::Package* package;
        std::string aor;
        Identity who;
        bool is_ours;
        bool is_nobody;  ///< a GRUU of no device there is
        base::Instant arrived;
        std::uint64_t mark = 0;    ///< of the request
        std::uint64_t holder = 0;  ///< Limits::holder() of the publisher
    };
    /// The outcome of a change that was asked for over SIP, until it is durable.
    struct Applied;

    void resume_publish(const Incoming& incoming);
    void carry_out(const Incoming& incoming, const sip::Message& request, std::uint32_t slot,
                   PublishPlan plan);
    base::Budget::Share share_of(const Incoming& incoming, const PublishPlan& plan) const;
    store::Change change_of(const Incoming& incoming, const sip::Message& request,
                            std::uint32_t slot, PublishPlan& plan, Applied& applied);
    void apply(std::uint32_t slot, Applied& applied, store::Outcome outcome);
    void apply_to(std::uint32_t slot, Applied& applied);
    void accept(sip::ServerTransactionId transaction, std::string_view success_lines,
                std::string_view entity_tag, std::uint32_t expires);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    std::size_t most_publications(const Incoming& incoming) const;
    ExpiryRules expiry_rules() const;

    void note_removal(std::uint32_t slot, const Publication& publication, packages::Cause cause);
    std::string removal_tag(std::uint64_t mark) const;

    Context& context_;
    Publications& publications_;
    /// Removals made durable just before the last run ended: by mark.
    std::unordered_map<std::uint64_t, Cell> tombstones_;
    bool expects_copies_ = true;  ///< of requests of the last run, which this one never saw
    PutRight put_right_;
    base::Histogram& publish_time_;
};

}  // namespace herald::server
