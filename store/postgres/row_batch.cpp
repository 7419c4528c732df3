// store/postgres/row_batch.cpp: the changes of one transaction, as arrays for the statements that
// make them.
#include "store/postgres/row_batch.h"

#include <algorithm>

namespace herald::store {
namespace {

/// A table's each() fills arrays with it, from the first column on.
class ColumnFiller {
public:
    explicit ColumnFiller(std::vector<ArrayColumn>& columns) : columns_(columns) {}

    template <class Value>
    void operator()(std::string_view, const Value& value) {
        add_to(columns_[column_++], value);
    }

private:
    std::vector<ArrayColumn>& columns_;
    std::size_t column_ = 0;
};

}  // namespace

Applied RowBatch::add(const Change& change, std::size_t place) {
    place_ = place;
    return Meaning<RowBatch>(*this, home_).apply(change);
}

void RowBatch::settle(Operation operation, std::vector<std::uint64_t> met,
                      std::vector<Outcome>& outcomes) const {
    std::sort(met.begin(), met.end());
    for (const auto& [id, place] : rows(operation).asked) {
        if (!std::binary_search(met.begin(), met.end(), id)) outcomes[place] = Outcome::refused;
    }
}

RowBatch::Rows& RowBatch::open(Operation operation) {
    Rows& rows = this->rows(operation);
    if (rows.columns.empty()) {
        for (const Element element :
             array_statements()[static_cast<std::size_t>(operation)].columns) {
            rows.columns.emplace_back(element);
        }
    }
    return rows;
}

void RowBatch::ask(Operation operation, std::uint64_t id) {
    rows(operation).asked.emplace_back(id, place_);
}

std::uint64_t RowBatch::number_mark(base::WallTime keep_until) {
    first_end_ = std::min(first_end_, keep_until);
    return next_mark_++;
}

template <class Table, class... More>
Applied RowBatch::add_row(Operation operation, const typename Table::Record& row,
                          const More&... more) {
    ColumnFiller fill(open(operation).columns);
    Table::each(row, fill);
    (fill({}, more), ...);
    return Outcome::committed;
}

template <class... Values>
Applied RowBatch::add_values(Operation operation, const Values&... values) {
    ColumnFiller fill(open(operation).columns);
    (fill({}, values), ...);
    return Outcome::committed;
}

Applied RowBatch::put(const Publication& row) {
    return add_row<tables::Publications>(Operation::put_publication, row);
}

Applied RowBatch::replace(const Publication& row, const std::string& expected_tag) {
    ask(Operation::replace_publication, row.id);
    return add_row<tables::Publications>(Operation::replace_publication, row, expected_tag);
}

Applied RowBatch::refresh(const RefreshPublication& change) {
    ask(Operation::refresh_publication, change.id);
    return add_values(Operation::refresh_publication, change.id, change.expires_at, change.granted,
                      change.mark.call_id, change.mark.cseq, change.mark.branch_hash,
                      change.entity_tag, change.expected_tag);
}

Applied RowBatch::erase(const RemovePublication& change) {
    ask(Operation::erase_publication, change.id);
    return add_values(Operation::erase_publication, change.id, change.expected_tag);
}

/// Nobody asks whether there was one.
Applied RowBatch::erase_publication(std::uint64_t id) {
    return add_values(Operation::erase_publication, id, std::string());
}

Applied RowBatch::bury(const RemovePublication& change) {
    ask(Operation::bury_publication, change.id);
    return add_values(Operation::bury_publication, change.id, number_mark(change.keep_until),
                      change.keep_until, change.mark.call_id, change.mark.cseq,
                      change.mark.branch_hash, change.expected_tag);
}

Applied RowBatch::put(const Subscription& row) {
    return add_row<tables::Subscriptions>(Operation::put_subscription, row);
}

Applied RowBatch::replace(const Subscription& row) {
    ask(Operation::replace_subscription, row.id);
    return add_row<tables::Subscriptions>(Operation::replace_subscription, row);
}

Applied RowBatch::touch(const TouchSubscription& change) {
    ask(Operation::touch_subscription, change.id);
    return add_values(Operation::touch_subscription, change.id, change.state, change.expires_at,
                      change.granted, change.change, change.remote_cseq, change.cseq_base,
                      change.epoch, change.keeps_mark, change.mark.call_id, change.mark.cseq,
                      change.mark.branch_hash);
}

Applied RowBatch::bury(const RemoveSubscription& change) {
    return add_values(Operation::bury_subscription, change.id, number_mark(change.keep_until),
                      change.keep_until, change.mark.call_id, change.mark.cseq,
                      change.mark.branch_hash);
}

Applied RowBatch::erase_subscription(std::uint64_t id) {
    return add_values(Operation::erase_subscription, id);
}

Applied RowBatch::put(const ConfirmationRow& row) {
    return add_row<tables::Confirmations>(Operation::put_confirmation, row);
}

Applied RowBatch::erase_confirmation(std::uint64_t id) {
    return add_values(Operation::erase_confirmation, id);
}

Applied RowBatch::put(const Message& row) {
    ask(Operation::put_message, row.id);
    return add_row<tables::Messages>(Operation::put_message, row);
}

Applied RowBatch::finish(const RemoveMessage& change) {
    return add_values(Operation::finish_message, change.id, change.keep_until);
}

Applied RowBatch::erase_message(std::uint64_t id) {
    return add_values(Operation::erase_message, id);
}

Applied RowBatch::put(const AccountRow& row) {
    return add_row<tables::Accounts>(Operation::put_account, row);
}

Applied RowBatch::erase_account(const std::string& aor) {
    return add_values(Operation::erase_account, aor);
}

Applied RowBatch::put(const Alias& row) {
    return add_row<tables::Aliases>(Operation::put_alias, row);
}

Applied RowBatch::erase_alias(const std::string& aor) {
    return add_values(Operation::erase_alias, aor);
}

Applied RowBatch::put(const Policy& row) {
    return add_row<tables::Policies>(Operation::put_policy, row);
}

Applied RowBatch::erase_policy(const std::string& scope) {
    return add_values(Operation::erase_policy, scope);
}

Applied RowBatch::put(const AuditEntry& row) {
    return add_row<tables::Audit>(Operation::put_audit, row);
}

Applied RowBatch::forget_audit(std::uint64_t before) {
    return add_values(Operation::forget_audit, before);
}

Applied RowBatch::put(const Token& row) {
    return add_row<tables::Tokens>(Operation::put_token, row);
}

Applied RowBatch::put(const CellState& row) {
    return add_row<tables::Cells>(Operation::put_cell, row);
}

}  // namespace herald::store
