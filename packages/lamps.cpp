// packages/lamps.cpp: the truth about somebody's calls, out of what all sources say of them.
#include "packages/lamps.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/text_map.h"

namespace herald::packages {
namespace {

using pidf::Dialog;
using pidf::DialogEvent;
using pidf::DialogState;
using pidf::Direction;

/// How long a dialog that decayed is told as ended.
constexpr auto kDecayTold = std::chrono::seconds(60);
/// Ended dialogs that one source's document goes on to name.
constexpr std::size_t kMostEnded = 8;
/// In what is kept of a dialog that was over already.
constexpr std::string_view kLate = "<ns1:late xmlns:ns1=\"urn:herald:params:xml:ns:lamp\"/>";

/// The name of a dialog among all sources of a resource.
struct Name {
    std::string_view call_id;
    std::string_view low, high;   ///< tags in order: both sides of a call tell of one dialog
    std::string_view source, id;  ///< of those without Call-ID

    bool is_whole() const noexcept { return !call_id.empty() && !low.empty(); }
    bool is_part() const noexcept { return !call_id.empty() && low.empty(); }
    friend bool operator==(const Name&, const Name&) = default;
};

struct DialogNameHash {
    std::size_t operator()(const Name& name) const noexcept {
        std::size_t hash = 0;
        for (const auto part : {name.call_id, name.low, name.high, name.source, name.id})
            hash = hash * 1099511628211ULL + base::NameHash()(part);
        return hash;
    }
};

/// A PBX that was killed publishes beside what it published before: one account is one source.
Name name_of(const Dialog& dialog, std::string_view source, std::string_view publisher) {
    Name name;
    if (dialog.call_id.empty()) {
        name.source = publisher.empty() ? source : publisher;
        name.id = dialog.id;
        return name;
    }
    name.call_id = dialog.call_id;
    std::tie(name.low, name.high) =
        std::minmax(std::string_view(dialog.local_tag), std::string_view(dialog.remote_tag));
    return name;
}

/// What one source says of one dialog.
struct Told {
    const Dialog* dialog;
    const Input* input;
    std::uint64_t ended_at;
    bool is_decayed = false;

    bool is_live() const noexcept { return dialog->is_live() && !is_decayed; }
    /// The end of a call that has a Call-ID is said once and for all; that its source is gone only
    /// as long as nobody says otherwise.
    bool is_final() const noexcept {
        return !dialog->is_live() && !dialog->call_id.empty() &&
               dialog->event != DialogEvent::timeout;
    }
    bool is_remembered() const noexcept { return input->rank == Rank::remembered; }
};

using Group = std::vector<Told>;
/// By name, in the order of the sources.
struct Groups {
    std::vector<std::pair<Name, Group>> all;
    std::unordered_map<Name, std::size_t, DialogNameHash> places;

    Group& of(const Name& name) {
        const auto [place, is_new] = places.emplace(name, all.size());
        if (is_new) all.emplace_back(name, Group());
        return all[place->second].second;
    }
    const Group* find(const Name& name) const {
        const auto place = places.find(name);
        return place == places.end() ? nullptr : &all[place->second].second;
    }
};

const DialogInput& dialogs_of(const Input& input) {
    return static_cast<const DialogInput&>(*input.document);
}

base::WallTime decay_of(const Dialog& dialog, const Input& input, const DialogSettings& settings) {
    const bool is_answered = dialog.state == DialogState::confirmed;
    return input.arrived + (is_answered ? settings.max_age : settings.max_early_age);
}

/// Sources in the order in which they came: their names hold rising numbers.
std::vector<const Input*> sources_in_order(std::span<const Input> inputs) {
    std::vector<const Input*> ordered;
    for (const Input& input : inputs) {
        if (input.document != nullptr && !input.is_gone) ordered.push_back(&input);
    }
    std::sort(ordered.begin(), ordered.end(), [](const Input* a, const Input* b) {
        return std::tuple(a->source.size(), a->source) < std::tuple(b->source.size(), b->source);
    });
    return ordered;
}

Groups groups_of(const EventState& state) {
    const auto& settings = dialog_settings_of(state.settings);
    Groups groups;
    for (const Input* input : sources_in_order(state.inputs)) {
        const auto& told = dialogs_of(*input);
        for (std::size_t i = 0; i < told.info.dialogs.size(); ++i) {
            const auto& dialog = told.info.dialogs[i];
            const bool is_decayed =
                dialog.is_live() && decay_of(dialog, *input, settings) <= state.now;
            groups.of(name_of(dialog, input->source, input->publisher))
                .push_back({&dialog, input, told.ended_at[i], is_decayed});
        }
    }
    return groups;
}

bool is_newer(const Told& a, const Told& b) {
    return std::tuple(a.input->arrived, a.input->changed, a.input->source.size(), a.input->source) >
           std::tuple(b.input->arrived, b.input->changed, b.input->source.size(), b.input->source);
}

/// Without a Call-ID it is the source that says which call it means: what it said last counts.
const Told& latest_of(const Group& group) {
    return *std::min_element(group.begin(), group.end(), [](const Told& a, const Told& b) {
        return std::tuple(a.is_remembered(), !is_newer(a, b)) <
               std::tuple(b.is_remembered(), !is_newer(b, a));
    });
}

const Told& furthest_of(const Group& group) {
    return *std::max_element(group.begin(), group.end(), [](const Told& a, const Told& b) {
        return std::tuple(a.is_live(), a.dialog->state) <
                   std::tuple(b.is_live(), b.dialog->state) ||
               (std::tuple(a.is_live(), a.dialog->state) ==
                    std::tuple(b.is_live(), b.dialog->state) &&
                is_newer(b, a));
    });
}

bool has_final(const Group& group) {
    return std::any_of(group.begin(), group.end(),
                       [](const Told& told) { return told.is_final(); });
}

/// The one that ended it first, as far as watchers were told.
const Told& end_of(const Group& group) {
    const bool is_final = has_final(group);
    const Told* end = nullptr;
    for (const Told& told : group) {
        if (told.is_live() || told.is_final() != is_final) continue;
        const bool is_earlier = end == nullptr || (is_final ? told.ended_at < end->ended_at
                                                            : told.ended_at > end->ended_at);
        if (is_earlier) end = &told;
    }
    return end ? *end : group.front();
}

Lamp lamp_of(const Told& told, const DialogSettings& settings) {
    Lamp lamp;
    lamp.told = told.dialog;
    lamp.input = told.input;
    lamp.state = told.dialog->state;
    lamp.event = told.dialog->event;
    if (told.dialog->is_live()) lamp.until = decay_of(*told.dialog, *told.input, settings);
    if (told.is_decayed) {
        lamp.until += kDecayTold;
        lamp.is_decayed = true;
        lamp.state = DialogState::terminated;
        lamp.event = DialogEvent::timeout;
    }
    if (!lamp.is_live()) lamp.ended_at = told.ended_at;
    return lamp;
}

/// Who publishes both sides of a call tells this one what the other phone sees, too.
const Dialog& seen_from_here(const Group& group, const Told& chosen, std::string_view aor) {
    if (chosen.dialog->local.identity == aor) return *chosen.dialog;
    for (const Told& told : group) {
        if (told.is_live() && told.dialog->local.identity == aor) return *told.dialog;
    }
    return *chosen.dialog;
}

Lamp lamp_of(const Name& name, const Group& group, const EventState& state) {
    const auto& settings = dialog_settings_of(state.settings);
    if (name.call_id.empty()) return lamp_of(latest_of(group), settings);
    const Told& furthest = furthest_of(group);
    if (has_final(group) || (!furthest.is_live() && !furthest.is_decayed))
        return lamp_of(end_of(group), settings);
    Lamp lamp = lamp_of(furthest, settings);
    if (lamp.is_live()) lamp.told = &seen_from_here(group, furthest, state.aor);
    return lamp;
}

/// Tells of a call whose tags were not known yet are old news once one with its tags is known.
class Superseded {
public:
    explicit Superseded(const Groups& groups) {
        for (const auto& [name, group] : groups.all) {
            if (!name.is_whole()) continue;
            for (const auto tag : {std::string_view(), name.low, name.high}) {
                auto& known = calls_[{name.call_id, tag}];
                known.is_known = true;
                known.is_live = known.is_live || !has_final(group);
            }
        }
    }
    bool is_superseded(const Name& name) const { return name.is_part() && find(name).is_known; }
    /// All that the call turned into is over.
    bool is_over(const Name& name) const { return is_superseded(name) && !find(name).is_live; }

private:
    struct Known {
        bool is_known = false, is_live = false;
    };
    Known find(const Name& name) const {
        const auto found = calls_.find({name.call_id, name.high});
        return found == calls_.end() ? Known() : found->second;
    }
    std::map<std::pair<std::string_view, std::string_view>, Known> calls_;
};

/// The lower the more it matters to who looks at the lamp.
int place_of(const Lamp& lamp, ShownCalls shown) {
    const bool is_confirmed_first = shown == ShownCalls::confirmed_first;
    switch (lamp.state) {
        case DialogState::early:
            return lamp.told->direction == Direction::initiator ? 2 : is_confirmed_first ? 1 : 0;
        case DialogState::confirmed:
            return is_confirmed_first ? 0 : 1;
        case DialogState::proceeding:
            return 3;
        case DialogState::trying:
            return 4;
        case DialogState::terminated:
            return 5;
    }
    return 5;
}

/// Several sources may have called different dialogs the same.
void name_apart(std::vector<Lamp>& lamps) {
    base::TextSet used;
    for (Lamp& lamp : lamps) {
        lamp.id = lamp.told->id;
        if (!used.insert(lamp.id).second) {
            lamp.id.append(".").append(lamp.input->source);
            while (!used.insert(lamp.id).second) lamp.id += '.';
        }
    }
}

std::optional<Document> rewritten(const pidf::DialogInfo& info, bool is_other) {
    if (!is_other) return std::nullopt;
    return Document{std::string(pidf::kDialogInfoType), to_text(info)};
}

/// What a source said before, where its document now does not repeat it: a partial one leaves it as
/// it was, a whole one has it ended.
bool add_earlier(pidf::DialogInfo& info, const Input& earlier, bool was_full) {
    base::TextSet ids;
    std::unordered_set<Name, DialogNameHash> names;
    for (const auto& dialog : info.dialogs) ids.insert(dialog.id);
    // The texts of `info` move when it grows.
    const auto told = info.dialogs;
    for (const auto& dialog : told)
        names.insert(name_of(dialog, earlier.source, earlier.publisher));
    bool has_added = false;
    std::size_t ended = 0;
    for (const auto& dialog : dialogs_of(earlier).info.dialogs) {
        const bool is_told = ids.contains(dialog.id) ||
                             names.contains(name_of(dialog, earlier.source, earlier.publisher));
        const bool is_forgotten =
            !dialog.is_live() && (dialog.call_id.empty() || ++ended > kMostEnded);
        if (is_told || is_forgotten) continue;
        info.dialogs.push_back(dialog);
        has_added = true;
        if (!was_full || !dialog.is_live()) continue;
        info.dialogs.back().state = DialogState::terminated;
        info.dialogs.back().event = DialogEvent::timeout;
    }
    return has_added;
}

/// What is known to be over stays so.
bool end_known(pidf::DialogInfo& info, const EventState& known, std::string_view source) {
    const Groups groups = groups_of(known);
    const Superseded superseded(groups);
    bool has_ended = false;
    for (auto& dialog : info.dialogs) {
        if (!dialog.is_live() || dialog.call_id.empty()) continue;
        const Name name = name_of(dialog, source, {});
        const Group* group = groups.find(name);
        if (!(group && has_final(*group)) && !superseded.is_over(name)) continue;
        dialog.state = DialogState::terminated;
        dialog.event = DialogEvent::none;
        dialog.foreign = kLate;
        has_ended = true;
    }
    return has_ended;
}

/// Nothing is told or remembered of these any more than who they were.
Dialog without_parties(const Dialog& dialog) {
    Dialog bare;
    bare.id = dialog.id;
    bare.call_id = dialog.call_id;
    bare.local_tag = dialog.local_tag;
    bare.remote_tag = dialog.remote_tag;
    bare.direction = dialog.direction;
    bare.state = DialogState::terminated;
    bare.event = dialog.event;
    bare.code = dialog.code;
    return bare;
}

}  // namespace

std::vector<Lamp> lamps_of(const EventState& state) {
    const Groups groups = groups_of(state);
    const Superseded superseded(groups);
    std::vector<Lamp> lamps;
    lamps.reserve(groups.all.size());
    for (const auto& [name, group] : groups.all) {
        if (!superseded.is_superseded(name)) lamps.push_back(lamp_of(name, group, state));
    }
    name_apart(lamps);
    const auto shown = dialog_settings_of(state.settings).shown;
    std::stable_sort(lamps.begin(), lamps.end(), [shown](const Lamp& a, const Lamp& b) {
        return place_of(a, shown) < place_of(b, shown);
    });
    return lamps;
}

std::optional<Document> with_ended(const Input& input, const Lamp* lamp) {
    pidf::DialogInfo info = dialogs_of(input).info;
    bool has_ended = false;
    for (auto& dialog : info.dialogs) {
        const bool is_meant = lamp == nullptr ||
                              name_of(dialog, input.source, input.publisher) ==
                                  name_of(*lamp->told, lamp->input->source, lamp->input->publisher);
        if (!dialog.is_live() || !is_meant) continue;
        dialog.state = DialogState::terminated;
        dialog.event = DialogEvent::none;
        has_ended = true;
    }
    return rewritten(info, has_ended);
}

bool is_late(const Dialog& dialog) {
    return dialog.foreign == kLate;
}

Result<std::optional<Document>> reconciled(const DialogInput& told, const EventState& known,
                                           std::string_view source) {
    const auto earlier =
        std::find_if(known.inputs.begin(), known.inputs.end(), [&](const Input& input) {
            return input.document != nullptr && !source.empty() && input.source == source &&
                   input.rank != Rank::remembered;
        });
    pidf::DialogInfo info = told.info;
    info.is_full = true;
    bool is_other = !told.info.is_full;
    if (earlier != known.inputs.end() && add_earlier(info, *earlier, told.info.is_full))
        is_other = true;
    if (end_known(info, known, source)) is_other = true;
    if (info.dialogs.size() > pidf::kMostDialogs) {
        return Fault{FaultKind::too_large,
                     "more than " + std::to_string(pidf::kMostDialogs) + " dialogs of one source"};
    }
    return rewritten(info, is_other);
}

std::optional<Document> remains_of(const DialogInput& ended, Cause cause) {
    pidf::DialogInfo info;
    info.entity = ended.info.entity;
    for (const auto& dialog : ended.info.dialogs) {
        info.dialogs.push_back(without_parties(dialog));
        if (dialog.is_live() && cause == Cause::expired)
            info.dialogs.back().event = DialogEvent::timeout;
    }
    return rewritten(info, !info.dialogs.empty());
}

}  // namespace herald::packages
