// store/columns.h: the columns of each record, spelled once for both databases.
//
// A table's each(row, use) calls use(name, value) for every column in the order in which it is
// bound and read. A value is a number, a time, text, an enumeration, Bytes, Unless, RowId or
// Packed.
//
// What people and conditions ask for has a column of its own, and so has what a refresh writes, as
// far as it writes it apart. What only Herald reads is packed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/records.h"
#include "store/row_number.h"

namespace herald::store {

/// Text that may hold any byte, zero included.
template <class Text>
struct Bytes {
    Text& text;
};
template <class Text>
Bytes(Text&) -> Bytes<Text>;

/// Text that takes no room where it is the `usual` one, which was read before it.
template <class Text>
struct Unless {
    Text& text;
    const std::string& usual;
};
template <class Text>
Unless(Text&, const std::string&) -> Unless<Text>;

/// The number of a row (row_number.h): a database may keep it in an order of its own.
template <class Number>
struct RowId {
    Number& value;
};
template <class Number>
RowId(Number&) -> RowId<Number>;

/// Several values as one column (packed_record.h): the part's each(row, use) names them.
template <class Part, class Row>
struct Packed {
    Row& row;

    template <class Use>
    void each(Use&& use) const {
        Part::each(row, use);
    }
};
template <class Part, class Row>
Packed<Part, Row> packed(Row& row) {
    return {row};
}

/// The highest value a column may hold.
constexpr std::uint64_t last_of(Subscription::State) {
    return static_cast<std::uint64_t>(Subscription::State::put_off);
}
constexpr std::uint64_t last_of(Cell) {
    return kCells - 1;
}
constexpr std::uint64_t last_of(Account::Role) {
    return static_cast<std::uint64_t>(Account::Role::admin);
}

/// A confirmation with the number of its row.
struct ConfirmationRow {
    std::uint64_t id = 0;
    Confirmation row;
};

/// An account whose lists are texts.
struct AccountRow {
    Account account;
    std::string resources, packages, delegates;
};

/// What is packed.
namespace parts {

/// The request that made the last change.
struct Mark {
    template <class Row, class Use>
    static void each(Row& mark, Use&& use) {
        use("mark_call_id", mark.call_id);
        use("mark_cseq", mark.cseq);
        use("mark_branch", mark.branch_hash);
    }
};

struct PublicationRecord {
    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("source", row.source);
        use("publisher", Unless{row.publisher, row.aor});
        use("rank", row.rank);
        use("arrived", row.arrived);
    }
};

/// What only a refresh that moves or changes what was agreed writes.
struct SubscriptionRecord {
    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("call_id", row.call_id);
        use("local_tag", row.local_tag);
        use("remote_tag", row.remote_tag);
        use("local_uri", row.local_uri);
        use("remote_uri", row.remote_uri);
        use("remote_target", row.remote_target);
        use("route_set", row.route_set);
        use("event", row.event);
        use("accept", row.accept);
        use("entity", Unless{row.entity, row.aor});
        use("instance", row.instance);
        use("flow", row.flow);
    }
};

/// Where the numbers of both sides have come to.
struct Cseqs {
    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("remote_cseq", row.remote_cseq);
        use("cseq_base", row.cseq_base);
        use("epoch", row.epoch);
    }
};

}  // namespace parts

namespace tables {

struct Publications {
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
        use("record", packed<parts::PublicationRecord>(row));
        use("mark", packed<parts::Mark>(row.mark));
    }
};

struct PublicationMarks {
    using Record = Publication;
    static constexpr std::string_view name = "publication_marks";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        Publications::shared(row, use);
        use("keep_until", row.expires_at);
    }
};

struct Subscriptions {
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
    /// What tombstones have too.
    template <class Row, class Use>
    static void shared(Row& row, Use&& use) {
        use("change", row.change);
        use("cseqs", packed<parts::Cseqs>(row));
        use("package", row.package);
        use("aor", row.aor);
        use("watcher", row.watcher);
        use("record", packed<parts::SubscriptionRecord>(row));
        use("mark", packed<parts::Mark>(row.mark));
    }
};

struct SubscriptionMarks {
    using Record = Subscription;
    static constexpr std::string_view name = "subscription_marks";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        Subscriptions::shared(row, use);
        use("keep_until", row.expires_at);
    }
};

struct Confirmations {
    using Record = ConfirmationRow;
    static constexpr std::string_view name = "confirmations";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        use("package", row.row.package);
        use("aor", row.row.aor);
        use("fingerprint", row.row.fingerprint);
        use("through", row.row.through);
    }
};

/// Messages as they are read at a start: without headers and bodies.
struct MessageHeads {
    using Record = Message;
    static constexpr std::string_view name = "messages";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", RowId{row.id});
        use("is_done", row.is_done);
        use("keep_until", row.keep_until);
        use("expires_at", row.expires_at);
        use("date", row.date);
        use("size", row.size);
        use("mark_call_id", row.mark.call_id);
        use("mark_cseq", row.mark.cseq);
        use("mark_branch", row.mark.branch_hash);
        use("recipient", row.recipient);
        use("sender", row.sender);
        use("from_value", row.from);
        use("to_value", row.to);
    }
};

struct Messages {
    using Record = Message;
    static constexpr std::string_view name = "messages";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        MessageHeads::each(row, use);
        use("headers", row.headers);
        use("body", Bytes{row.body});
    }
};

struct Accounts {
    using Record = AccountRow;
    static constexpr std::string_view name = "accounts";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("aor", row.account.aor);
        use("username", row.account.username);
        use("realm", row.account.realm);
        use("ha1_md5", row.account.ha1[0]);
        use("ha1_sha256", row.account.ha1[1]);
        use("ha1_sha512_256", row.account.ha1[2]);
        use("role", row.account.role);
        use("resources", row.resources);
        use("packages", row.packages);
        use("delegates", row.delegates);
        use("partial_dialogs", row.account.wants_partial_dialogs);
    }
};

struct Aliases {
    using Record = Alias;
    static constexpr std::string_view name = "aliases";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("aor", row.aor);
        use("resource", row.resource);
    }
};

struct Policies {
    using Record = Policy;
    static constexpr std::string_view name = "policies";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("scope", row.scope);
        use("revision", row.revision);
        use("lists", row.lists);
        use("document", Bytes{row.document});
    }
};

struct Audit {
    using Record = AuditEntry;
    static constexpr std::string_view name = "audit";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("id", row.id);
        use("changed_at", row.at);
        use("actor", row.actor);
        use("resource", row.resource);
        use("action", row.action);
        use("old_text", Bytes{row.before});
        use("new_text", Bytes{row.after});
    }
};

struct Cells {
    using Record = CellState;
    static constexpr std::string_view name = "cells";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("cell", row.cell);
        use("epoch", row.epoch);
        use("is_clean", row.is_clean);
        use("since", row.since);
    }
};

struct Tokens {
    using Record = Token;
    static constexpr std::string_view name = "tokens";

    template <class Row, class Use>
    static void each(Row& row, Use&& use) {
        use("name", row.name);
        use("sha256_hex", row.sha256_hex);
        use("role", row.role);
    }
};

}  // namespace tables

/// The names of a table's columns, in order.
template <class Table>
std::vector<std::string_view> column_names() {
    std::vector<std::string_view> names;
    const typename Table::Record row{};
    Table::each(row, [&names](std::string_view name, const auto&) { names.push_back(name); });
    return names;
}

/// `item(name, place)` of each name, the places counted from 1, with ", " in between.
template <class Item>
std::string listed(const std::vector<std::string_view>& names, Item item) {
    std::string text;
    std::size_t place = 0;
    for (const std::string_view name : names) {
        if (place > 0) text += ", ";
        text += item(name, ++place);
    }
    return text;
}

/// "a, b, c".
inline std::string listed(const std::vector<std::string_view>& names) {
    return listed(names, [](std::string_view name, std::size_t) { return std::string(name); });
}

/// "SELECT a, b, c FROM table".
template <class Table>
std::string select_from() {
    return "SELECT " + listed(column_names<Table>()) + " FROM " + std::string(Table::name);
}

/// Which rows a reader wants: a condition that begins with "id"; empty: all there are.
using RowFilter = std::string;

/// The condition behind what goes before it, such as the name of the table.
inline std::string if_wanted(const RowFilter& wanted, std::string_view before) {
    return wanted.empty() ? std::string() : std::string(before) + wanted;
}

/// "SELECT a, b, c FROM table", of the wanted rows.
template <class Table>
std::string select_from(const RowFilter& wanted) {
    return select_from<Table>() + if_wanted(wanted, " WHERE ");
}

/// "SELECT a, b, c FROM marks": of every row that is gone its tombstones that were kept beyond
/// `until`, newest first: only the last removal of a number counts.
template <class Marks, class Live>
std::string select_marks(const RowFilter& wanted, std::string_view until) {
    return select_from<Marks>() + " AS m WHERE NOT EXISTS (SELECT 1 FROM " +
           std::string(Live::name) + " AS l WHERE l.id = m.id) AND keep_until > " +
           std::string(until) + if_wanted(wanted, " AND m.") + " ORDER BY sequence DESC";
}

}  // namespace herald::store
