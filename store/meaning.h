// store/meaning.h: what a change means, said in operations on single rows that a database carries
// out.
#pragma once

#include <optional>
#include <variant>

#include "store/rows.h"

namespace herald::store {

/// What became of an operation; nullopt: it failed, and the transaction cannot be kept.
using Applied = std::optional<Outcome>;

/// Applies changes to `Rows`, which has the members publications, subscriptions, confirmations,
/// messages, accounts, aliases, policies, audit, tokens and cells: the rows of each kind, with
/// these operations.
///
/// Refused where there is no such row, or it has another entity-tag than the expected one:
/// replace(), refresh(), publications.bury() and erase(RemovePublication), and touch(). Refused
/// where there is one: messages.put(). All others are committed whether or not there is a row.
///
/// bury() leaves a tombstone of the row it deletes, finish() one of a message.
/// Rows::together(work) keeps what `work` makes of several operations where that is committed, and
/// none of it else.
template <class Rows>
class Meaning {
public:
    Meaning(Rows& rows, const Home& home) : rows_(rows), home_(home) {}

    Applied apply(const Change& change) {
        return std::visit([this](const auto& one) { return this->make(one); }, change);
    }

private:
    static constexpr base::WallTime kNever{};

    Applied make(const PutPublication& change) {
        if (change.expected_tag.empty()) return rows_.publications.put(change.row);
        return rows_.publications.replace(change.row, change.expected_tag);
    }
    Applied make(const RefreshPublication& change) { return rows_.publications.refresh(change); }
    Applied make(const RemovePublication& change) {
        return change.keep_until == kNever ? rows_.publications.erase(change)
                                           : rows_.publications.bury(change);
    }
    Applied make(const ChangePublications& change) {
        if (change.changes.empty()) return Outcome::committed;
        if (change.changes.size() == 1) return make_one(change.changes.front());
        return rows_.together([&] { return make_all(change.changes); });
    }

    Applied make(const PutSubscription& change) {
        Applied applied = rows_.subscriptions.put(change.row);
        for (const std::uint64_t id : change.replaces) {
            if (applied != Outcome::committed) return applied;
            if (id != change.row.id) applied = rows_.subscriptions.erase(id);
        }
        return applied;
    }
    Applied make(const UpdateSubscription& change) {
        return rows_.subscriptions.replace(change.row);
    }
    Applied make(const TouchSubscription& change) { return rows_.subscriptions.touch(change); }
    /// A row that is gone already is what was wanted.
    Applied make(const RemoveSubscription& change) {
        if (change.keep_until == kNever) return rows_.subscriptions.erase(change.id);
        return rows_.subscriptions.bury(change);
    }

    Applied make(const PutConfirmation& change) {
        const auto id = confirmation_id(home_, change.row.package, change.row.aor);
        if (change.row.through == 0) return rows_.confirmations.erase(id);
        return rows_.confirmations.put(ConfirmationRow{id, change.row});
    }

    Applied make(const PutMessage& change) { return rows_.messages.put(change.row); }
    /// A row that is gone already is what was wanted.
    Applied make(const RemoveMessage& change) {
        if (change.keep_until == kNever) return rows_.messages.erase(change.id);
        return rows_.messages.finish(change);
    }

    Applied make(const PutAccount& change) {
        const auto row = encode(change.row);
        return row ? rows_.accounts.put(*row) : Outcome::refused;
    }
    Applied make(const RemoveAccount& change) { return rows_.accounts.erase(change.aor); }
    /// Those that cannot be written are found before the first one is.
    Applied make(const ChangeAccounts& change) {
        for (const auto& each : change.accounts) {
            const auto* put = std::get_if<PutAccount>(&each);
            if (put != nullptr && !encode(put->row)) return Outcome::refused;
        }
        return rows_.together([&]() -> Applied {
            Applied applied = make_all(change.accounts);
            for (const auto& row : change.kept)
                if (applied == Outcome::committed) applied = rows_.publications.put(row);
            for (const auto id : change.forgotten)
                if (applied == Outcome::committed) applied = rows_.publications.forget(id);
            return applied;
        });
    }
    Applied make(const PutAlias& change) { return rows_.aliases.put(change.row); }
    Applied make(const RemoveAlias& change) { return rows_.aliases.erase(change.aor); }
    Applied make(const ChangePolicies& change) {
        return rows_.together([&] { return make_policies(change); });
    }
    Applied make_policies(const ChangePolicies& change) {
        Applied applied = Outcome::committed;
        const auto also = [&applied](Applied next) {
            if (applied == Outcome::committed) applied = next;
        };
        for (const auto& row : change.policies) {
            const bool is_empty = row.lists.empty() && row.document.empty();
            also(is_empty ? rows_.policies.erase(row.scope) : rows_.policies.put(row));
        }
        for (const auto& row : change.audit) also(rows_.audit.put(row));
        if (change.forget_before > 0) also(rows_.audit.forget(change.forget_before));
        return applied;
    }
    Applied make(const PutToken& change) { return rows_.tokens.put(change.row); }
    Applied make(const PutCell& change) { return rows_.cells.put(change.row); }

    template <class OneOfSeveral>
    Applied make_one(const OneOfSeveral& change) {
        return std::visit([this](const auto& each) { return this->make(each); }, change);
    }
    template <class Changes>
    Applied make_all(const Changes& changes) {
        Applied applied = Outcome::committed;
        for (const auto& change : changes) {
            if (applied == Outcome::committed) applied = make_one(change);
        }
        return applied;
    }

    Rows& rows_;
    const Home& home_;
};

}  // namespace herald::store
