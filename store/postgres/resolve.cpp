// store/postgres/resolve.cpp: what the database itself says of changes whose outcome depends on a
// row.
#include "store/postgres/resolve.h"

#include <array>
#include <string>
#include <unordered_map>

#include "store/postgres/escape.h"
#include "store/rows.h"

namespace herald::store {
namespace {

/// Numbers of rows as an array's text.
class Ids {
public:
    void add(std::uint64_t id) {
        text_ += text_.size() > 1 ? "," : "";
        text_ += std::to_string(static_cast<std::int64_t>(id));
    }
    std::array<std::string, 1> parameters() const { return {text_ + '}'}; }
    bool is_empty() const noexcept { return text_.size() == 1; }

private:
    std::string text_ = "{";
};

using Values = std::unordered_map<std::uint64_t, std::string>;

/// The value of one column by id, of those rows that are there.
Result<Values> read(Session& session, const char* sql, const Ids& ids) {
    Values values;
    if (ids.is_empty()) return values;
    const auto parameters = ids.parameters();
    const auto answer = session.query(sql, parameters);
    if (!answer.is_good()) return fault_of(answer);
    for (std::size_t row = 0; row < answer.rows(); ++row) {
        unescape(answer.text(row, 1), values[answer.number(row, 0)]);
    }
    return values;
}

Result<Values> read_tags(Session& session, const Ids& ids) {
    return read(session, "SELECT id, entity_tag FROM publications WHERE id = ANY ($1::bigint[])",
                ids);
}

/// The rows that outcomes depend on.
struct Wanted {
    Ids publications, subscriptions, messages;

    void operator()(const PutPublication& one) { publications.add(one.row.id); }
    void operator()(const RefreshPublication& one) { publications.add(one.id); }
    void operator()(const RemovePublication& one) { publications.add(one.id); }
    void operator()(const ChangePublications& several) {
        for (const auto& one : several.changes) std::visit(*this, one);
    }
    void operator()(const UpdateSubscription& one) { subscriptions.add(one.row.id); }
    void operator()(const TouchSubscription& one) { subscriptions.add(one.id); }
    void operator()(const PutMessage& one) { messages.add(one.row.id); }
    void operator()(const auto&) {}
};

bool holds(const Values& tags, std::uint64_t id, const std::string& tag) {
    const auto row = tags.find(id);
    return row != tags.end() && row->second == tag;
}

/// Whether a change that was not made yet can be made.
struct CanBeMade {
    const Values& tags;

    bool operator()(const PutPublication& one) const {
        return one.expected_tag.empty() || holds(tags, one.row.id, one.expected_tag);
    }
    bool operator()(const RefreshPublication& one) const {
        return holds(tags, one.id, one.expected_tag);
    }
    bool operator()(const RemovePublication& one) const {
        if (one.expected_tag.empty()) return tags.contains(one.id);
        return holds(tags, one.id, one.expected_tag);
    }
};

/// Whether a change was made. A new tag is never one that was there before; a row that was to go
/// and is gone is what was wanted, whoever took it.
struct WasMade {
    const Values& tags;
    const Values& changes;
    const Values& messages;

    bool operator()(const PutPublication& one) const {
        return holds(tags, one.row.id, one.row.entity_tag);
    }
    bool operator()(const RefreshPublication& one) const {
        return holds(tags, one.id, one.entity_tag);
    }
    bool operator()(const RemovePublication& one) const { return !tags.contains(one.id); }
    bool operator()(const ChangePublications& several) const {
        for (const auto& one : several.changes) {
            if (!std::visit(*this, one)) return false;
        }
        return true;
    }
    bool operator()(const UpdateSubscription& one) const {
        return holds(changes, one.row.id,
                     std::to_string(static_cast<std::int64_t>(one.row.change)));
    }
    bool operator()(const TouchSubscription& one) const {
        return holds(changes, one.id, std::to_string(static_cast<std::int64_t>(one.change)));
    }
    bool operator()(const PutMessage& one) const {
        return holds(messages, one.row.id, one.row.mark.call_id);
    }
    bool operator()(const PutAccount& one) const { return encode(one.row).has_value(); }
    bool operator()(const ChangeAccounts& several) const {
        for (const auto& one : several.accounts) {
            if (!std::visit(*this, one)) return false;
        }
        return true;
    }
    bool operator()(const auto&) const { return true; }
};

bool can_be_made(const ChangePublications& several, const CanBeMade& one) {
    for (const auto& change : several.changes) {
        if (!std::visit(one, change)) return false;
    }
    return true;
}

}  // namespace

Result<std::set<std::size_t>> refused_together(Session& session,
                                               std::span<const Change* const> batch) {
    std::set<std::size_t> refused;
    Wanted wanted;
    for (const Change* change : batch) {
        const auto* several = std::get_if<ChangePublications>(change);
        if (several != nullptr && several->changes.size() > 1) wanted(*several);
    }
    const auto tags = read_tags(session, wanted.publications);
    if (!tags) return tags.fault();
    for (std::size_t place = 0; place < batch.size(); ++place) {
        const auto* several = std::get_if<ChangePublications>(batch[place]);
        if (several == nullptr || several->changes.size() < 2) continue;
        if (!can_be_made(*several, CanBeMade{*tags})) refused.insert(place);
    }
    return refused;
}

Result<std::vector<Outcome>> outcomes_of(Session& session, std::span<const Change* const> batch) {
    Wanted wanted;
    for (const Change* change : batch) std::visit(wanted, *change);
    const auto tags = read_tags(session, wanted.publications);
    if (!tags) return tags.fault();
    const auto changes =
        read(session, "SELECT id, change FROM subscriptions WHERE id = ANY ($1::bigint[])",
             wanted.subscriptions);
    if (!changes) return changes.fault();
    const auto messages =
        read(session, "SELECT id, mark_call_id FROM messages WHERE id = ANY ($1::bigint[])",
             wanted.messages);
    if (!messages) return messages.fault();
    const WasMade was_made{*tags, *changes, *messages};
    std::vector<Outcome> outcomes;
    for (const Change* change : batch) {
        const bool is_made = !names_row_twice(*change) && std::visit(was_made, *change);
        outcomes.push_back(is_made ? Outcome::committed : Outcome::refused);
    }
    return outcomes;
}

}  // namespace herald::store
