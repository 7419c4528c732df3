// store/postgres/statements.cpp: one statement for all rows of a batch that are changed in the same
// way.
#include "store/postgres/statements.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "store/postgres/array_shape.h"

namespace herald::store {
namespace {

ArrayShape numbers(std::initializer_list<std::string_view> names) {
    ArrayShape shape;
    for (const std::string_view name : names) shape.add(name, Element::number);
    return shape;
}

/// "a = from.a, b = from.b", without the key, which comes first.
std::string assignments(std::vector<std::string_view> names, std::string_view from) {
    names.erase(names.begin());
    return listed(names, [from](std::string_view name, std::size_t) {
        return std::string(name) + " = " + std::string(from) + '.' + std::string(name);
    });
}

ArrayStatement statement(std::string name, std::string sql, const ArrayShape& shape,
                         bool can_refuse) {
    return {std::move(name), std::move(sql), shape.elements, can_refuse};
}

template <class Table>
ArrayStatement put(std::string name) {
    const auto names = column_names<Table>();
    return statement(std::move(name),
                     insert_sql_of<Table>() + " ON CONFLICT (" + std::string(names.front()) +
                         ") DO UPDATE SET " + assignments(names, "excluded"),
                     shape_of<Table>(), false);
}

template <class Table>
ArrayStatement replace(std::string name, ArrayShape shape, std::string_view condition) {
    return statement(std::move(name),
                     "UPDATE " + std::string(Table::name) + " AS t SET " +
                         assignments(column_names<Table>(), "v") + " FROM " + shape.rows() +
                         " WHERE t.id = v.id" + std::string(condition) + " RETURNING t.id",
                     shape, true);
}

/// Deletes by the key, whatever is there.
ArrayStatement erase(std::string name, std::string_view table, std::string_view key,
                     Element element) {
    const ArrayShape shape = ArrayShape().add(key, element);
    return statement(std::move(name),
                     "DELETE FROM " + std::string(table) + " WHERE " + std::string(key) +
                         " = ANY ($1::" + std::string(array_type(element)) + ")",
                     shape, false);
}

/// Moves rows to the tombstones, with another mark.
template <class Marks, class Live>
ArrayStatement bury(std::string name, const ArrayShape& shape, std::string_view condition) {
    const auto names = column_names<Marks>();
    const auto value = [&](std::string_view column, std::size_t) -> std::string {
        const bool is_new = column == "keep_until" || column == "mark";
        return (is_new ? "v." : "t.") + std::string(column);
    };
    return statement(std::move(name),
                     "WITH gone AS (DELETE FROM " + std::string(Live::name) + " AS t USING " +
                         shape.rows() + " WHERE t.id = v.id" + std::string(condition) +
                         " RETURNING v.sequence, " + listed(names, value) +
                         "), kept AS (INSERT INTO " + std::string(Marks::name) + " (sequence, " +
                         listed(names) + ") SELECT sequence, " + listed(names) +
                         " FROM gone) SELECT id FROM gone",
                     shape, true);
}

ArrayShape mark_shape(std::initializer_list<std::string_view> before) {
    return numbers(before).add("mark", Element::bytes);
}

ArrayStatement refresh_publication() {
    const ArrayShape shape = mark_shape({"id", "expires_at", "granted"})
                                 .add("entity_tag", Element::text)
                                 .add("expected", Element::text);
    return statement("refresh_publication",
                     "UPDATE publications AS t SET entity_tag = v.entity_tag,"
                     " expires_at = v.expires_at, granted = v.granted, mark = v.mark FROM " +
                         shape.rows() +
                         " WHERE t.id = v.id AND t.entity_tag = v.expected RETURNING t.id",
                     shape, true);
}

constexpr std::string_view kIfTagged = " AND (v.expected = '' OR t.entity_tag = v.expected)";

ArrayStatement erase_publication() {
    const ArrayShape shape = numbers({"id"}).add("expected", Element::text);
    return statement("erase_publication",
                     "DELETE FROM publications AS t USING " + shape.rows() + " WHERE t.id = v.id" +
                         std::string(kIfTagged) + " RETURNING t.id",
                     shape, true);
}

ArrayStatement touch_subscription() {
    const ArrayShape shape =
        mark_shape({"id", "state", "expires_at", "granted", "change", "keeps_mark"})
            .add("cseqs", Element::bytes);
    return statement("touch_subscription",
                     "UPDATE subscriptions AS t SET state = v.state, expires_at = v.expires_at,"
                     " granted = v.granted, change = v.change, cseqs = v.cseqs,"
                     " mark = CASE v.keeps_mark WHEN 1 THEN t.mark ELSE v.mark END FROM " +
                         shape.rows() + " WHERE t.id = v.id RETURNING t.id",
                     shape, true);
}

/// A message is never written over.
ArrayStatement put_message() {
    return statement(
        "put_message",
        insert_sql_of<tables::Messages>() + " ON CONFLICT (id) DO NOTHING RETURNING id",
        shape_of<tables::Messages>(), true);
}

ArrayStatement finish_message() {
    const ArrayShape shape = numbers({"id", "keep_until"});
    return statement("finish_message",
                     "UPDATE messages AS t SET is_done = 1, keep_until = v.keep_until,"
                     " headers = '', body = ''::bytea FROM " +
                         shape.rows() + " WHERE t.id = v.id",
                     shape, false);
}

ArrayStatement forget_audit() {
    const ArrayShape shape = numbers({"id"});
    return statement("forget_audit",
                     "DELETE FROM audit AS t USING " + shape.rows() + " WHERE t.id < v.id", shape,
                     false);
}

std::array<ArrayStatement, kOperations> all() {
    using namespace tables;
    const ArrayShape grave = mark_shape({"id", "sequence", "keep_until"});
    return {
        put<Publications>("put_publication"),
        replace<Publications>("replace_publication",
                              shape_of<Publications>().add("expected", Element::text),
                              " AND t.entity_tag = v.expected"),
        refresh_publication(),
        bury<PublicationMarks, Publications>(
            "bury_publication", ArrayShape(grave).add("expected", Element::text), kIfTagged),
        erase_publication(),
        put<Subscriptions>("put_subscription"),
        replace<Subscriptions>("replace_subscription", shape_of<Subscriptions>(), ""),
        touch_subscription(),
        bury<SubscriptionMarks, Subscriptions>("bury_subscription", grave, ""),
        erase("erase_subscription", Subscriptions::name, "id", Element::number),
        put<Confirmations>("put_confirmation"),
        erase("erase_confirmation", Confirmations::name, "id", Element::number),
        put_message(),
        finish_message(),
        erase("erase_message", Messages::name, "id", Element::number),
        put<Accounts>("put_account"),
        erase("erase_account", Accounts::name, "aor", Element::text),
        put<Aliases>("put_alias"),
        erase("erase_alias", Aliases::name, "aor", Element::text),
        put<tables::Policies>("put_policy"),
        erase("erase_policy", tables::Policies::name, "scope", Element::text),
        put<tables::Audit>("put_audit"),
        forget_audit(),
        put<Tokens>("put_token"),
        put<tables::Cells>("put_cell"),
    };
}

}  // namespace

const std::array<ArrayStatement, kOperations>& array_statements() {
    static const auto statements = all();
    return statements;
}

}  // namespace herald::store
