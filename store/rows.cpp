// store/rows.cpp: rows as the databases have them: encoded, numbered, checked.
#include "store/rows.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "store/lists.h"
#include "store/row_number.h"

namespace herald::store {
namespace {

std::string name_of_resource(std::string_view package, std::string_view aor) {
    std::string name(package);
    name += '\0';
    name += aor;
    return name;
}

/// The number of the row that a change of one kind is about; 0: it has none, or several.
template <class One>
std::uint64_t number_of(const One& one) {
    if constexpr (requires { one.row.id; }) return one.row.id;
    if constexpr (requires { one.id; }) return one.id;
    return 0;
}

/// The highest counter that a change writes.
struct Highest {
    static std::uint64_t of(const PutPublication& one) { return counter_of(one.row.id); }
    static std::uint64_t of(const ChangePublications& several) {
        std::uint64_t highest = 0;
        for (const auto& change : several.changes) {
            const auto its = std::visit([](const auto& one) { return Highest::of(one); }, change);
            highest = std::max(highest, its);
        }
        return highest;
    }
    static std::uint64_t of(const PutSubscription& one) {
        return std::max(counter_of(one.row.id), one.row.change);
    }
    static std::uint64_t of(const UpdateSubscription& one) { return one.row.change; }
    static std::uint64_t of(const TouchSubscription& one) { return one.change; }
    static std::uint64_t of(const PutConfirmation& one) { return one.row.through; }
    static std::uint64_t of(const PutMessage& one) { return counter_of(one.row.id); }
    static std::uint64_t of(const ChangePolicies& several) {
        std::uint64_t highest = 0;
        for (const auto& row : several.policies) highest = std::max(highest, row.revision);
        for (const auto& row : several.audit) highest = std::max(highest, row.id);
        return highest;
    }
    static std::uint64_t of(const ChangeAccounts& several) {
        std::uint64_t highest = 0;
        for (const auto& row : several.kept) highest = std::max(highest, counter_of(row.id));
        return highest;
    }
    template <class Other>
    static std::uint64_t of(const Other&) {
        return 0;
    }
};

/// The rows that changes name, each as one number: two that share it are taken for one row.
class NamedRows {
public:
    /// False where one was named before.
    bool add(const Change& change) {
        return std::visit([this](const auto& one) { return add(one); }, change);
    }

private:
    /// One for all, which strangers cannot know.
    static const base::HashKey& key() {
        static const base::HashKey made = base::random_key();
        return made;
    }

    enum class Table : std::uint64_t {
        publication,
        subscription,
        message,
        confirmation,
        audit,
        cell,
        text
    };

    bool note(Table table, std::uint64_t id) {
        constexpr std::uint64_t kSpread = 0x9E37'79B9'7F4A'7C15;
        return rows_.insert(id * kSpread + static_cast<std::uint64_t>(table)).second;
    }
    bool note(std::string_view table, std::string_view key) {
        std::string text(table);
        text += '\0';
        text += key;
        return note(Table::text, base::keyed_hash(key_, text));
    }

    bool add(const PutPublication& one) { return note(Table::publication, one.row.id); }
    bool add(const RefreshPublication& one) { return note(Table::publication, one.id); }
    bool add(const RemovePublication& one) { return note(Table::publication, one.id); }
    bool add(const ChangePublications& several) {
        bool is_new = true;
        for (const auto& change : several.changes) {
            is_new = std::visit([this](const auto& one) { return add(one); }, change) && is_new;
        }
        return is_new;
    }
    bool add(const PutSubscription& one) {
        bool is_new = note(Table::subscription, one.row.id);
        for (const std::uint64_t id : one.replaces) {
            if (id != one.row.id) is_new = note(Table::subscription, id) && is_new;
        }
        return is_new;
    }
    bool add(const UpdateSubscription& one) { return note(Table::subscription, one.row.id); }
    bool add(const TouchSubscription& one) { return note(Table::subscription, one.id); }
    bool add(const RemoveSubscription& one) { return note(Table::subscription, one.id); }
    bool add(const PutConfirmation& one) {
        const auto name = name_of_resource(one.row.package, one.row.aor);
        return note(Table::confirmation, base::keyed_hash(key_, name));
    }
    bool add(const PutMessage& one) { return note(Table::message, one.row.id); }
    bool add(const RemoveMessage& one) { return note(Table::message, one.id); }
    bool add(const PutAccount& one) { return note("accounts", one.row.aor); }
    bool add(const RemoveAccount& one) { return note("accounts", one.aor); }
    bool add(const ChangeAccounts& several) {
        bool is_new = true;
        for (const auto& change : several.accounts)
            is_new = std::visit([this](const auto& one) { return add(one); }, change) && is_new;
        for (const auto& row : several.kept) is_new = note(Table::publication, row.id) && is_new;
        for (const auto id : several.forgotten) is_new = note(Table::publication, id) && is_new;
        return is_new;
    }
    bool add(const PutAlias& one) { return note("aliases", one.row.aor); }
    bool add(const RemoveAlias& one) { return note("aliases", one.aor); }
    bool add(const ChangePolicies& several) {
        bool is_new = true;
        for (const auto& row : several.policies) is_new = note("policies", row.scope) && is_new;
        for (const auto& row : several.audit) is_new = note(Table::audit, row.id) && is_new;
        return is_new;
    }
    bool add(const PutToken& one) { return note("tokens", one.row.name); }
    bool add(const PutCell& one) {
        return note(Table::cell, static_cast<std::uint64_t>(one.row.cell));
    }

    const base::HashKey& key_ = key();
    std::unordered_set<std::uint64_t> rows_;
};

}  // namespace

std::optional<AccountRow> encode(const Account& account) {
    auto resources = join_lines(account.resources);
    auto packages = join_lines(account.packages);
    auto delegates = join_delegates(account.delegates);
    if (!resources || !packages || !delegates) return std::nullopt;
    return AccountRow{account, std::move(*resources), std::move(*packages), std::move(*delegates)};
}

Account decode(AccountRow row) {
    row.account.resources = split_lines(row.resources);
    row.account.packages = split_lines(row.packages);
    row.account.delegates = split_delegates(row.delegates);
    return std::move(row.account);
}

std::uint64_t confirmation_id(const Home& home, std::string_view package, std::string_view aor) {
    return row_number(bucket_of(home.bucket_key, aor),
                      base::keyed_hash(home.lasting_key, name_of_resource(package, aor)));
}

std::uint64_t row_of(const Change& change) {
    return std::visit([](const auto& one) { return number_of(one); }, change);
}

std::optional<Cell> cell_of(const Change& change, const Home& home) {
    if (const auto* confirmation = std::get_if<PutConfirmation>(&change))
        return cell_of(bucket_of(home.bucket_key, confirmation->row.aor));
    if (const auto* several = std::get_if<ChangePublications>(&change)) {
        if (several->changes.empty()) return std::nullopt;
        const auto row = [](const auto& one) { return number_of(one); };
        return cell_of(bucket_of_row(std::visit(row, several->changes.front())));
    }
    const auto row = row_of(change);
    return row == 0 ? std::nullopt : std::optional(cell_of(bucket_of_row(row)));
}

std::uint64_t highest_number(const Change& change) {
    return std::visit([](const auto& one) { return Highest::of(one); }, change);
}

std::string bytes_of(const base::HashKey& key) {
    std::string bytes(sizeof key, '\0');
    std::memcpy(bytes.data(), key.data(), sizeof key);
    return bytes;
}

Result<base::HashKey> key_of(std::string_view bytes) {
    base::HashKey key{};
    if (bytes.size() != sizeof key) {
        return Fault{FaultKind::malformed, "facts: a key has the wrong length"};
    }
    std::memcpy(key.data(), bytes.data(), sizeof key);
    return key;
}

std::string row_name(const AccountRow& row) {
    return row.account.aor;
}
std::string row_name(const Alias& row) {
    return row.aor;
}
std::string row_name(const Policy& row) {
    return row.scope;
}
std::string row_name(const Token& row) {
    return row.name;
}
std::string row_name(const CellState& row) {
    return std::to_string(static_cast<unsigned>(row.cell));
}

std::span<const Change* const> without_repetition(std::span<const Change* const> batch) {
    NamedRows named;
    std::size_t count = 0;
    while (count < batch.size() && (named.add(*batch[count]) || count == 0)) ++count;
    return batch.first(count);
}

bool names_row_twice(const Change& change) {
    const bool is_several = std::holds_alternative<ChangePublications>(change) ||
                            std::holds_alternative<ChangeAccounts>(change) ||
                            std::holds_alternative<ChangePolicies>(change);
    return is_several && !NamedRows().add(change);
}

}  // namespace herald::store
