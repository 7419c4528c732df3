// store/postgres/row_batch.cpp: the changes of one transaction, as arrays for the statements that
// make them.
#include "store/postgres/row_batch.h"

#include <algorithm>
#include <string>

namespace herald::store {
namespace {

/// Where the rows of one change go.
struct Place {
    RowArrays& arrays;
    std::size_t number;

    template <class Table, class... More>
    Applied add_row(Operation operation, const typename Table::Record& row,
                    const More&... more) const {
        arrays.add_row<Table>(operation, row, more...);
        return Outcome::committed;
    }
    template <class... Values>
    Applied add_values(Operation operation, const Values&... values) const {
        arrays.add_values(operation, values...);
        return Outcome::committed;
    }
    void ask(Operation operation, std::uint64_t id) const { arrays.ask(operation, id, number); }
};

class PublicationRows {
public:
    explicit PublicationRows(const Place& place) : place_(place) {}

    Applied put(const Publication& row) const {
        return place_.add_row<tables::Publications>(Operation::put_publication, row);
    }
    Applied replace(const Publication& row, const std::string& expected_tag) const {
        place_.ask(Operation::replace_publication, row.id);
        return place_.add_row<tables::Publications>(Operation::replace_publication, row,
                                                    expected_tag);
    }
    Applied refresh(const RefreshPublication& change) const {
        place_.ask(Operation::refresh_publication, change.id);
        return place_.add_values(Operation::refresh_publication, change.id, change.expires_at,
                                 change.granted, change.mark.call_id, change.mark.cseq,
                                 change.mark.branch_hash, change.entity_tag, change.expected_tag);
    }
    Applied erase(const RemovePublication& change) const {
        place_.ask(Operation::erase_publication, change.id);
        return place_.add_values(Operation::erase_publication, change.id, change.expected_tag);
    }
    /// Nobody asks whether there was one.
    Applied erase_publication(std::uint64_t id) const {
        return place_.add_values(Operation::erase_publication, id, std::string());
    }
    Applied bury(const RemovePublication& change) const {
        place_.ask(Operation::bury_publication, change.id);
        return place_.add_values(Operation::bury_publication, change.id,
                                 place_.arrays.number_mark(change.keep_until), change.keep_until,
                                 change.mark.call_id, change.mark.cseq, change.mark.branch_hash,
                                 change.expected_tag);
    }

private:
    const Place place_;
};

class SubscriptionRows {
public:
    explicit SubscriptionRows(const Place& place) : place_(place) {}

    Applied put(const Subscription& row) const {
        return place_.add_row<tables::Subscriptions>(Operation::put_subscription, row);
    }
    Applied replace(const Subscription& row) const {
        place_.ask(Operation::replace_subscription, row.id);
        return place_.add_row<tables::Subscriptions>(Operation::replace_subscription, row);
    }
    Applied touch(const TouchSubscription& change) const {
        place_.ask(Operation::touch_subscription, change.id);
        return place_.add_values(
            Operation::touch_subscription, change.id, change.state, change.expires_at,
            change.granted, change.change, change.remote_cseq, change.cseq_base, change.epoch,
            change.keeps_mark, change.mark.call_id, change.mark.cseq, change.mark.branch_hash);
    }
    Applied bury(const RemoveSubscription& change) const {
        return place_.add_values(Operation::bury_subscription, change.id,
                                 place_.arrays.number_mark(change.keep_until), change.keep_until,
                                 change.mark.call_id, change.mark.cseq, change.mark.branch_hash);
    }
    Applied erase_subscription(std::uint64_t id) const {
        return place_.add_values(Operation::erase_subscription, id);
    }
    Applied put(const ConfirmationRow& row) const {
        return place_.add_row<tables::Confirmations>(Operation::put_confirmation, row);
    }
    Applied erase_confirmation(std::uint64_t id) const {
        return place_.add_values(Operation::erase_confirmation, id);
    }

private:
    const Place place_;
};

class MessageRows {
public:
    explicit MessageRows(const Place& place) : place_(place) {}

    Applied put(const Message& row) const {
        place_.ask(Operation::put_message, row.id);
        return place_.add_row<tables::Messages>(Operation::put_message, row);
    }
    Applied finish(const RemoveMessage& change) const {
        return place_.add_values(Operation::finish_message, change.id, change.keep_until);
    }
    Applied erase_message(std::uint64_t id) const {
        return place_.add_values(Operation::erase_message, id);
    }

private:
    const Place place_;
};

/// Accounts, aliases, rules and what became of them, tokens, cells.
class OperatorsRows {
public:
    explicit OperatorsRows(const Place& place) : place_(place) {}

    Applied put(const AccountRow& row) const {
        return place_.add_row<tables::Accounts>(Operation::put_account, row);
    }
    Applied erase_account(const std::string& aor) const {
        return place_.add_values(Operation::erase_account, aor);
    }
    Applied put(const Alias& row) const {
        return place_.add_row<tables::Aliases>(Operation::put_alias, row);
    }
    Applied erase_alias(const std::string& aor) const {
        return place_.add_values(Operation::erase_alias, aor);
    }
    Applied put(const Policy& row) const {
        return place_.add_row<tables::Policies>(Operation::put_policy, row);
    }
    Applied erase_policy(const std::string& scope) const {
        return place_.add_values(Operation::erase_policy, scope);
    }
    Applied put(const AuditEntry& row) const {
        return place_.add_row<tables::Audit>(Operation::put_audit, row);
    }
    Applied forget_audit(std::uint64_t before) const {
        return place_.add_values(Operation::forget_audit, before);
    }
    Applied put(const Token& row) const {
        return place_.add_row<tables::Tokens>(Operation::put_token, row);
    }
    Applied put(const CellState& row) const {
        return place_.add_row<tables::Cells>(Operation::put_cell, row);
    }

private:
    const Place place_;
};

/// The rows of all tables, as Meaning wants them.
class AllRows : public PublicationRows,
                public SubscriptionRows,
                public MessageRows,
                public OperatorsRows {
public:
    explicit AllRows(const Place& place)
        : PublicationRows(place),
          SubscriptionRows(place),
          MessageRows(place),
          OperatorsRows(place) {}

    using PublicationRows::bury, SubscriptionRows::bury;
    using PublicationRows::put, SubscriptionRows::put, MessageRows::put, OperatorsRows::put;
    using PublicationRows::replace, SubscriptionRows::replace;
    /// Whoever fills the batch knows that none of them will be refused.
    template <class Work>
    Applied together(Work work) {
        return work();
    }
};

}  // namespace

Applied RowBatch::add(const Change& change, std::size_t place) {
    AllRows rows({arrays_, place});
    return Meaning<AllRows>(rows, home_).apply(change);
}

void RowBatch::settle(Operation operation, std::vector<std::uint64_t> met,
                      std::vector<Outcome>& outcomes) const {
    std::sort(met.begin(), met.end());
    for (const auto& [id, place] : rows(operation).asked) {
        if (!std::binary_search(met.begin(), met.end(), id)) outcomes[place] = Outcome::refused;
    }
}

}  // namespace herald::store
