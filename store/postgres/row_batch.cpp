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
                                 change.granted, packed<parts::Mark>(change.mark),
                                 change.entity_tag, change.expected_tag);
    }
    Applied erase(const RemovePublication& change) const {
        place_.ask(Operation::erase_publication, change.id);
        return place_.add_values(Operation::erase_publication, change.id, change.expected_tag);
    }
    /// Nobody asks whether there was one.
    Applied forget(std::uint64_t id) const {
        return place_.add_values(Operation::erase_publication, id, std::string());
    }
    Applied bury(const RemovePublication& change) const {
        place_.ask(Operation::bury_publication, change.id);
        return place_.add_values(Operation::bury_publication, change.id,
                                 place_.arrays.number_mark(change.keep_until), change.keep_until,
                                 packed<parts::Mark>(change.mark), change.expected_tag);
    }

private:
    const Place& place_;
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
        return place_.add_values(Operation::touch_subscription, change.id, change.state,
                                 change.expires_at, change.granted, change.change,
                                 change.keeps_mark, packed<parts::Mark>(change.mark),
                                 packed<parts::Cseqs>(change));
    }
    Applied bury(const RemoveSubscription& change) const {
        return place_.add_values(Operation::bury_subscription, change.id,
                                 place_.arrays.number_mark(change.keep_until), change.keep_until,
                                 packed<parts::Mark>(change.mark));
    }
    Applied erase(std::uint64_t id) const {
        return place_.add_values(Operation::erase_subscription, id);
    }

private:
    const Place& place_;
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
    Applied erase(std::uint64_t id) const {
        return place_.add_values(Operation::erase_message, id);
    }

private:
    const Place& place_;
};

class AuditRows {
public:
    explicit AuditRows(const Place& place) : place_(place) {}

    Applied put(const AuditEntry& row) const {
        return place_.add_row<tables::Audit>(Operation::put_audit, row);
    }
    Applied forget(std::uint64_t before) const {
        return place_.add_values(Operation::forget_audit, before);
    }

private:
    const Place& place_;
};

/// Rows that are never erased.
template <class Table, Operation kPut>
class LastingRows {
public:
    explicit LastingRows(const Place& place) : place_(place) {}

    Applied put(const typename Table::Record& row) const {
        return place_.add_row<Table>(kPut, row);
    }

private:
    const Place& place_;
};

/// Rows that are written whole, and found by nothing but their key.
template <class Table, Operation kPut, Operation kErase>
class KeyedRows {
public:
    explicit KeyedRows(const Place& place) : place_(place) {}

    Applied put(const typename Table::Record& row) const {
        return place_.add_row<Table>(kPut, row);
    }
    template <class Key>
    Applied erase(const Key& key) const {
        return place_.add_values(kErase, key);
    }

private:
    const Place& place_;
};

/// The rows of all tables, as Meaning wants them.
struct AllRows {
    const Place place;
    PublicationRows publications{place};
    SubscriptionRows subscriptions{place};
    KeyedRows<tables::Confirmations, Operation::put_confirmation, Operation::erase_confirmation>
        confirmations{place};
    MessageRows messages{place};
    KeyedRows<tables::Accounts, Operation::put_account, Operation::erase_account> accounts{place};
    KeyedRows<tables::Aliases, Operation::put_alias, Operation::erase_alias> aliases{place};
    KeyedRows<tables::Policies, Operation::put_policy, Operation::erase_policy> policies{place};
    AuditRows audit{place};
    LastingRows<tables::Tokens, Operation::put_token> tokens{place};
    LastingRows<tables::Cells, Operation::put_cell> cells{place};

    /// Whoever fills the batch knows that none of them will be refused.
    template <class Work>
    Applied together(Work work) const {
        return work();
    }
};

}  // namespace

Applied RowBatch::add(const Change& change, std::size_t place) {
    const AllRows rows{{arrays_, place}};
    return Meaning<const AllRows>(rows, home_).apply(change);
}

void RowBatch::settle(Operation operation, std::vector<std::uint64_t> met,
                      std::vector<Outcome>& outcomes) const {
    std::sort(met.begin(), met.end());
    for (const auto& [id, place] : rows(operation).asked) {
        if (!std::binary_search(met.begin(), met.end(), id)) outcomes[place] = Outcome::refused;
    }
}

}  // namespace herald::store
