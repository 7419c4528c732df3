// server/notify/owed_documents.h: what a NOTIFY tells its watcher: the document of its class, or
// what it lacks of it, one part after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/core/context.h"
#include "server/notify/told_parts.h"

namespace herald::server {

/// What one NOTIFY tells, and what is to be known to take it back.
struct Portion {
    std::shared_ptr<const packages::Composed> composed;  ///< null: no body
    std::uint64_t fingerprint = 0;                       ///< of the whole; 0: there is more to come
    std::uint64_t told = 0;           ///< Subscription::told before it, or that of its part
    std::optional<std::string> part;  ///< name of the part that it tells
    bool has_more = false;            ///< another part is to follow
};

/// One per shard, on its thread.
class OwedDocuments {
public:
    using Id = SubscriptionTable::Id;

    explicit OwedDocuments(Context& context) : context_(context) {}

    /// Whether a NOTIFY would tell the watcher something, or is owed in any case.
    bool has_news(Id id, const Subscription& record);
    /// Whether what would be told is urgent. Only asked about watchers that would have to wait.
    bool is_alert(Id id, const Subscription& record);

    /// The next NOTIFY tells the whole state, in one for each part where it has several, and no
    /// items.
    void owe_all(Id id, Subscription& record);
    /// What the NOTIFY that leaves now tells: noted as told.
    Portion take(Id id, Subscription& record);
    /// The NOTIFY did not get through: what it told is news again.
    void take_back(Id id, Subscription& record, const Portion& portion);
    /// The watcher has the current document from an earlier run of the server.
    void note_told(Id id, Subscription& record);
    void forget(Id id) { told_parts_.erase(pack(id)); }
    /// Stops looking at the resource again when its document changes by itself.
    void forget_resource(std::uint32_t slot);

private:
    ViewState& composed_view(const Subscription& record, Resource& resource);
    void look_again_at(std::uint32_t slot, base::WallTime stale_at);
    Portion take_part(Id id, Subscription& record, Resource& resource, ViewState& view);

    Context& context_;
    /// Of those whose state comes in several documents, by packed Id.
    std::unordered_map<std::uint64_t, ToldParts> told_parts_;
    /// Of resources whose document changes by itself, by slot: when they are looked at again.
    std::unordered_map<std::uint32_t, base::TimerId> looks_;
};

}  // namespace herald::server
