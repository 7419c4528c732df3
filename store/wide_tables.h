// store/wide_tables.h: tables with a column for each value, as they were before migration 11.
#pragma once

#include <string_view>

#include "store/columns.h"

namespace herald::store::tables {

struct WidePublications {
    using Record = Publication;
    static constexpr std::string_view name = "publications";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        shared(row, use);
        use("expires_at", row.expires_at);
        use("granted", row.granted);
        use("type", row.type);
        use("body", Bytes{row.body});
    }
    /// What tombstones have too.
    template <class Row, class Use>
    static void shared(Row& row, Use&& use) {
        use("package", row.package);
        use("aor", row.aor);
        use("entity_tag", row.entity_tag);
        use("source", row.source);
        use("publisher", row.publisher);
        use("rank", row.rank);
        use("arrived", row.arrived);
        use("mark_call_id", row.mark.call_id);
        use("mark_cseq", row.mark.cseq);
        use("mark_branch", row.mark.branch_hash);
    }
};

struct WidePublicationMarks {
    using Record = Publication;
    static constexpr std::string_view name = "publication_marks";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        WidePublications::shared(row, use);
        use("keep_until", row.expires_at);
    }
};

struct WideSubscriptions {
    using Record = Subscription;
    static constexpr std::string_view name = "subscriptions";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        shared(row, use);
        use("state", row.state);
        use("expires_at", row.expires_at);
        use("granted", row.granted);
    }
    /// What tombstones have too. A mark's Call-ID is NULL where it is the dialog's.
    template <class Row, class Use>
    static void shared(Row& row, Use&& use) {
        use("change", row.change);
        use("remote_cseq", row.remote_cseq);
        use("cseq_base", row.cseq_base);
        use("epoch", row.epoch);
        use("package", row.package);
        use("aor", row.aor);
        use("watcher", row.watcher);
        use("call_id", row.call_id);
        use("mark_call_id", Unless{row.mark.call_id, row.call_id});
        use("mark_cseq", row.mark.cseq);
        use("mark_branch", row.mark.branch_hash);
        use("local_tag", row.local_tag);
        use("remote_tag", row.remote_tag);
        use("local_uri", row.local_uri);
        use("remote_uri", row.remote_uri);
        use("remote_target", row.remote_target);
        use("route_set", row.route_set);
        use("event", row.event);
        use("accept", row.accept);
        use("entity", row.entity);
        use("instance", row.instance);
        use("flow", row.flow);
    }
};

struct WideSubscriptionMarks {
    using Record = Subscription;
    static constexpr std::string_view name = "subscription_marks";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        WideSubscriptions::shared(row, use);
        use("keep_until", row.expires_at);
    }
};

}  // namespace herald::store::tables
