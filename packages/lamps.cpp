// packages/lamps.cpp: the truth about somebody's calls, out of what all sources say of them.
#include "packages/lamps.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text_map.h"

namespace herald::packages {
namespace {

using pidf::Dialog;
using pidf::DialogEvent;
using pidf::DialogState;
using pidf::Direction;

/// How long a dialog that decayed is told as ended.
constexpr auto kDecayTold = std::chrono::seconds(60);
/// Ended dialogs that one source's document goes on to name; beyond, as there is room, only those
/// that another source takes for live.
constexpr std::size_t kMostEnded = 8;
/// Bytes of an id that was to be told from another one.
constexpr std::size_t kLongestOtherId = 256;
/// In what is kept of a dialog that was over already.
constexpr std::string_view kLate = "<ns1:late xmlns:ns1=\"urn:herald:params:xml:ns:lamp\"/>";

/// The name of a dialog among all sources of a resource.
struct Name {
    std::string_view call_id;
    std::string_view low, high;   ///< tags in order
    std::string_view source, id;  ///< of those without Call-ID
    std::size_t hash = 0;

    bool is_whole() const noexcept { return !call_id.empty() && !low.empty(); }
    bool is_part() const noexcept { return !call_id.empty() && low.empty(); }
    friend bool operator==(const Name& a, const Name& b) noexcept {
        return a.call_id == b.call_id && a.low == b.low && a.high == b.high &&
               a.source == b.source && a.id == b.id;
    }
};

/// Texts and names whose hashes are known.
struct KnownHash {
    template <class T>
    std::size_t operator()(const T& named) const noexcept {
        return named.hash;
    }
};

std::size_t hash_of_all(std::initializer_list<std::string_view> parts) {
    std::size_t hash = 0;
    for (const auto part : parts) hash = hash * 1099511628211ULL + base::NameHash()(part);
    return hash;
}

/// In order: both sides of a call tell of one dialog.
std::pair<std::string_view, std::string_view> tags_of(const Dialog& dialog) {
    return std::minmax<std::string_view>(dialog.local_tag, dialog.remote_tag);
}

/// The end of a call that has a Call-ID is said once and for all; that its source is gone only as
/// long as nobody says otherwise.
bool is_final(const Dialog& dialog) {
    return !dialog.is_live() && !dialog.call_id.empty() && dialog.event != DialogEvent::timeout;
}

/// A PBX that was killed publishes beside what it published before: one account is one source.
Name name_of(const Dialog& dialog, std::size_t name_hash, std::string_view source,
             std::string_view publisher) {
    Name name;
    if (dialog.call_id.empty()) {
        name.source = publisher.empty() ? source : publisher;
        name.id = dialog.id;
        name.hash = hash_of_all({name.source, name.id});
        return name;
    }
    name.call_id = dialog.call_id;
    std::tie(name.low, name.high) = tags_of(dialog);
    name.hash = name_hash;
    return name;
}

/// What one source says of one dialog.
struct Told {
    const Dialog* dialog;
    const DialogElement* element;
    const Input* input;
    std::uint64_t ended_at;
    bool is_decayed = false;

    bool is_live() const noexcept { return dialog->is_live() && !is_decayed; }
    bool is_final() const noexcept { return packages::is_final(*dialog); }
    bool is_remembered() const noexcept { return input->rank == Rank::remembered; }
};

/// What is said of one dialog, in the order of the sources.
using Group = std::span<const Told>;
using CallIds = std::unordered_set<std::string_view, base::NameHash>;

/// What all sources say, by dialog, in the order in which their names come up.
class Groups {
public:
    /// With `wanted` of dialogs with these Call-IDs only.
    explicit Groups(const EventState& state, const CallIds* wanted = nullptr) {
        gather(state, wanted);
        arrange();
    }

    std::size_t size() const noexcept { return names_.size(); }
    const Name& name(std::size_t group) const noexcept { return names_[group]; }
    Group operator[](std::size_t group) const noexcept {
        const std::size_t begin = group == 0 ? 0 : ends_[group - 1];
        return Group(told_).subspan(begin, ends_[group] - begin);
    }
    /// Empty: nobody speaks of it.
    Group find(const Name& name) const {
        const auto place = places_.find(name);
        return place == places_.end() ? Group() : (*this)[place->second];
    }

private:
    void gather(const EventState& state, const CallIds* wanted);
    void arrange();

    std::vector<Told> told_;           ///< group after group, once they are arranged
    std::vector<std::uint32_t> of_;    ///< the group of each, before
    std::vector<std::uint32_t> ends_;  ///< of the groups, in told_
    std::vector<Name> names_;
    std::unordered_map<Name, std::uint32_t, KnownHash> places_;
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
    const auto is_earlier = [](const Input* a, const Input* b) {
        return std::tuple(a->source.size(), a->source) < std::tuple(b->source.size(), b->source);
    };
    if (!std::is_sorted(ordered.begin(), ordered.end(), is_earlier))
        std::sort(ordered.begin(), ordered.end(), is_earlier);
    return ordered;
}

void Groups::gather(const EventState& state, const CallIds* wanted) {
    const auto& settings = dialog_settings_of(state.settings);
    const auto sources = sources_in_order(state.inputs);
    if (wanted == nullptr) places_.reserve(sources.size());
    for (const Input* input : sources) {
        const auto& told = dialogs_of(*input);
        for (std::size_t i = 0; i < told.info.dialogs.size(); ++i) {
            const auto& dialog = told.info.dialogs[i];
            if (wanted != nullptr && !wanted->contains(dialog.call_id)) continue;
            const bool is_decayed =
                dialog.is_live() && decay_of(dialog, *input, settings) <= state.now;
            const Name name =
                name_of(dialog, told.elements[i].name_hash, input->source, input->publisher);
            const auto [place, is_new] =
                places_.emplace(name, static_cast<std::uint32_t>(names_.size()));
            if (is_new) names_.push_back(name);
            of_.push_back(place->second);
            told_.push_back({&dialog, &told.elements[i], input, told.ended_at[i], is_decayed});
        }
    }
}

/// By their groups, and otherwise as they are.
void Groups::arrange() {
    ends_.resize(names_.size());
    for (const auto group : of_) ++ends_[group];
    std::uint32_t end = 0;
    for (auto& each : ends_) each = std::exchange(end, end + each);
    std::vector<Told> arranged(told_.size());
    // From where each group begins to where it ends.
    for (std::size_t i = 0; i < told_.size(); ++i) arranged[ends_[of_[i]]++] = told_[i];
    told_ = std::move(arranged);
    of_.clear();
}

bool is_newer(const Told& a, const Told& b) {
    return std::tuple(a.input->arrived, a.input->changed, a.input->source.size(), a.input->source) >
           std::tuple(b.input->arrived, b.input->changed, b.input->source.size(), b.input->source);
}

/// Without a Call-ID it is the source that says which call it means: what it said last counts.
const Told& latest_in(Group group) {
    return *std::min_element(group.begin(), group.end(), [](const Told& a, const Told& b) {
        return std::tuple(a.is_remembered(), !is_newer(a, b)) <
               std::tuple(b.is_remembered(), !is_newer(b, a));
    });
}

const Told& furthest_of(Group group) {
    return *std::max_element(group.begin(), group.end(), [](const Told& a, const Told& b) {
        return std::tuple(a.is_live(), a.dialog->state) <
                   std::tuple(b.is_live(), b.dialog->state) ||
               (std::tuple(a.is_live(), a.dialog->state) ==
                    std::tuple(b.is_live(), b.dialog->state) &&
                is_newer(b, a));
    });
}

bool has_final(Group group) {
    return std::any_of(group.begin(), group.end(),
                       [](const Told& told) { return told.is_final(); });
}

/// The one that ended it first, as far as watchers were told; who came late does not know when.
const Told& end_of(Group group) {
    const bool is_final = has_final(group);
    const auto order = [is_final](const Told& told) {
        return std::tuple(is_late(*told.dialog), is_final ? told.ended_at : ~told.ended_at);
    };
    const Told* end = nullptr;
    for (const Told& told : group) {
        if (told.is_live() || told.is_final() != is_final) continue;
        if (end == nullptr || order(told) < order(*end)) end = &told;
    }
    return end ? *end : group.front();
}

Lamp lamp_of(const Told& told, const DialogSettings& settings) {
    Lamp lamp;
    lamp.told = told.dialog;
    lamp.element = told.element;
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
const Told& seen_from_here(Group group, const Told& chosen, std::string_view aor) {
    if (group.size() == 1 || chosen.dialog->local.identity == aor) return chosen;
    for (const Told& told : group) {
        if (told.is_live() && told.dialog->local.identity == aor) return told;
    }
    return chosen;
}

Lamp lamp_of(const Name& name, Group group, const EventState& state) {
    const auto& settings = dialog_settings_of(state.settings);
    if (name.call_id.empty()) return lamp_of(latest_in(group), settings);
    const Told& furthest = furthest_of(group);
    if (has_final(group) || (!furthest.is_live() && !furthest.is_decayed))
        return lamp_of(end_of(group), settings);
    Lamp lamp = lamp_of(furthest, settings);
    if (!lamp.is_live()) return lamp;
    const Told& seen = seen_from_here(group, furthest, state.aor);
    lamp.told = seen.dialog;
    lamp.element = seen.element;
    return lamp;
}

/// Tells of a call whose tags were not known yet are old news once one with its tags is known.
class Superseded {
public:
    /// For the names that `groups` has itself.
    explicit Superseded(const Groups& groups) : Superseded(groups, parts_of(groups)) {}
    /// For names with these Call-IDs.
    Superseded(const Groups& groups, const CallIds& call_ids) {
        if (call_ids.empty()) return;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const Name& name = groups.name(i);
            if (!name.is_whole() || !call_ids.contains(name.call_id)) continue;
            for (const auto tag : {std::string_view(), name.low, name.high}) {
                auto& known = calls_[part_of(name.call_id, tag)];
                known.is_known = true;
                known.is_live = known.is_live || !has_final(groups[i]);
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
    static CallIds parts_of(const Groups& groups) {
        CallIds call_ids;
        for (std::size_t i = 0; i < groups.size(); ++i)
            if (groups.name(i).is_part()) call_ids.insert(groups.name(i).call_id);
        return call_ids;
    }
    static Name part_of(std::string_view call_id, std::string_view tag) {
        return {.call_id = call_id,
                .low = {},
                .high = tag,
                .source = {},
                .id = {},
                .hash = hash_of_all({call_id, {}, tag})};
    }
    Known find(const Name& name) const {
        const auto found = calls_.find(part_of(name.call_id, name.high));
        return found == calls_.end() ? Known() : found->second;
    }
    std::unordered_map<Name, Known, KnownHash> calls_;
};

constexpr int kLastPlace = 5;

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
            return kLastPlace;
    }
    return kLastPlace;
}

/// Several sources may have called different dialogs the same.
void name_apart(std::vector<Lamp>& lamps) {
    struct Id {
        std::string_view text;
        std::size_t hash;
        bool operator==(const Id& other) const noexcept { return text == other.text; }
    };
    std::unordered_set<Id, KnownHash> used;
    used.reserve(lamps.size());
    const auto is_free = [&used](std::string_view id, std::size_t hash) {
        return used.insert({id, hash}).second;
    };
    for (Lamp& lamp : lamps) {
        lamp.id = lamp.told->id;
        if (is_free(lamp.told->id, lamp.element->id_hash)) continue;
        lamp.id.append(".").append(lamp.input->source);
        while (!is_free(lamp.id, base::NameHash()(lamp.id))) lamp.id += '.';
    }
}

/// Those that matter most first, and else as they are.
std::vector<Lamp> by_importance(std::vector<Lamp> lamps, ShownCalls shown) {
    std::vector<int> places;
    places.reserve(lamps.size());
    for (const Lamp& lamp : lamps) places.push_back(place_of(lamp, shown));
    if (std::is_sorted(places.begin(), places.end())) return lamps;
    std::vector<Lamp> sorted;
    sorted.reserve(lamps.size());
    for (int place = 0; place <= kLastPlace; ++place) {
        for (std::size_t i = 0; i < lamps.size(); ++i)
            if (places[i] == place) sorted.push_back(std::move(lamps[i]));
    }
    return sorted;
}

std::optional<Document> rewritten(const pidf::DialogInfo& info, bool is_other) {
    if (!is_other) return std::nullopt;
    return Document{std::string(pidf::kDialogInfoType), to_text(info)};
}

/// The name of one of its dialogs as `source` tells it.
Name named(const DialogInput& told, std::size_t dialog, const Input& source) {
    return name_of(told.info.dialogs[dialog], told.elements[dialog].name_hash, source.source,
                   source.publisher);
}

/// The calls of `ended` that are over for good.
CallIds over_in(const DialogInput& ended) {
    CallIds call_ids;
    for (const auto& dialog : ended.info.dialogs)
        if (is_final(dialog)) call_ids.insert(dialog.call_id);
    return call_ids;
}

/// Those of `call_ids` of which a source that is there has not said that they are over for good.
CallIds contradicted_among(const CallIds& call_ids, const EventState& known) {
    CallIds contradicted;
    if (call_ids.empty()) return contradicted;
    for (const Input& input : known.inputs) {
        const bool is_there = input.document != nullptr && !input.is_gone;
        if (!is_there || input.rank == Rank::remembered) continue;
        for (const auto& dialog : dialogs_of(input).info.dialogs) {
            if (is_final(dialog)) continue;
            const auto found = call_ids.find(dialog.call_id);
            if (found != call_ids.end()) contradicted.insert(*found);
        }
    }
    return contradicted;
}

/// What of what a source said before its document now does not repeat.
class Unrepeated {
public:
    Unrepeated(const DialogInput& told, const Input& earlier)
        : earlier_(earlier), known_(dialogs_of(earlier)) {
        for (const auto& dialog : told.info.dialogs) ids_.insert(dialog.id);
        for (std::size_t i = 0; i < told.info.dialogs.size(); ++i)
            names_.insert(named(told, i, earlier));
    }

    /// A partial document leaves it as it was, a whole one has it ended.
    void add_live(pidf::DialogInfo& info, bool is_whole) {
        for (std::size_t i = 0; i < known_.info.dialogs.size(); ++i) {
            const auto& dialog = known_.info.dialogs[i];
            if (!dialog.is_live() || is_repeated(i) || !ids_.insert(dialog.id).second) continue;
            auto& added = info.dialogs.emplace_back(dialog);
            if (!is_whole) continue;
            added.state = DialogState::terminated;
            added.event = DialogEvent::timeout;
        }
    }
    /// What ended stays so, whatever has its id now. The latest come first.
    void add_ended(pidf::DialogInfo& info, const EventState& known) {
        const auto contradicted = contradicted_among(over_in(known_), known);
        std::size_t ended = 0;
        for (std::size_t i = 0; i < known_.info.dialogs.size(); ++i) {
            const auto& dialog = known_.info.dialogs[i];
            if (dialog.is_live() || dialog.call_id.empty() || is_repeated(i)) continue;
            const bool is_kept = ++ended <= kMostEnded || contradicted.contains(dialog.call_id);
            if (!is_kept || info.dialogs.size() >= pidf::kMostDialogs) continue;
            auto id = free_id(dialog.id);
            if (id.empty()) continue;
            info.dialogs.emplace_back(dialog).id = std::move(id);
        }
    }

private:
    bool is_repeated(std::size_t dialog) const {
        return names_.contains(named(known_, dialog, earlier_));
    }
    /// Empty: there is none that is short enough.
    std::string free_id(std::string id) {
        while (!ids_.insert(id).second) {
            if (id.size() >= kLongestOtherId) return {};
            id += '.';
        }
        return id;
    }

    const Input& earlier_;
    const DialogInput& known_;
    base::TextSet ids_;
    std::unordered_set<Name, KnownHash> names_;
};

/// Returns whether there was anything to add.
bool add_earlier(pidf::DialogInfo& info, const DialogInput& told, const Input& earlier,
                 const EventState& known) {
    const auto before = info.dialogs.size();
    Unrepeated unrepeated(told, earlier);
    unrepeated.add_live(info, told.info.is_full);
    unrepeated.add_ended(info, known);
    return info.dialogs.size() != before;
}

/// Its source has not said that it is over for good.
bool is_open(const Dialog& dialog) {
    return !dialog.call_id.empty() && !is_final(dialog);
}

/// What is known to be over stays so.
bool end_known(pidf::DialogInfo& info, const EventState& known) {
    CallIds call_ids;
    for (const auto& dialog : info.dialogs)
        if (is_open(dialog)) call_ids.insert(dialog.call_id);
    if (call_ids.empty()) return false;
    const Groups groups(known, &call_ids);
    const Superseded superseded(groups, call_ids);
    bool has_ended = false;
    for (auto& dialog : info.dialogs) {
        if (!is_open(dialog)) continue;
        const Name name = name_of(dialog, hash_of_name(dialog), {}, {});
        if (!has_final(groups.find(name)) && !superseded.is_over(name)) continue;
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
    const Groups groups(state);
    const Superseded superseded(groups);
    std::vector<Lamp> lamps;
    lamps.reserve(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (!superseded.is_superseded(groups.name(i)))
            lamps.push_back(lamp_of(groups.name(i), groups[i], state));
    }
    name_apart(lamps);
    return by_importance(std::move(lamps), dialog_settings_of(state.settings).shown);
}

std::optional<Document> with_ended(const Input& input, const Lamp* lamp) {
    pidf::DialogInfo info = dialogs_of(input).info;
    bool has_ended = false;
    for (auto& dialog : info.dialogs) {
        const bool is_meant =
            lamp == nullptr ||
            name_of(dialog, hash_of_name(dialog), input.source, input.publisher) ==
                name_of(*lamp->told, lamp->element->name_hash, lamp->input->source,
                        lamp->input->publisher);
        if (!dialog.is_live() || !is_meant) continue;
        dialog.state = DialogState::terminated;
        dialog.event = DialogEvent::none;
        has_ended = true;
    }
    return rewritten(info, has_ended);
}

std::size_t hash_of_name(const Dialog& dialog) {
    const auto [low, high] = tags_of(dialog);
    return hash_of_all({dialog.call_id, low, high});
}

bool has_same_tags(const Dialog& a, const Dialog& b) {
    return tags_of(a) == tags_of(b);
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
    if (earlier != known.inputs.end() && add_earlier(info, told, *earlier, known)) is_other = true;
    if (end_known(info, known)) is_other = true;
    if (info.dialogs.size() > pidf::kMostDialogs) {
        return Fault{FaultKind::too_large,
                     "more than " + std::to_string(pidf::kMostDialogs) + " dialogs of one source"};
    }
    return rewritten(info, is_other);
}

std::optional<Document> remains_of(const DialogInput& ended, Cause cause, const EventState& known) {
    pidf::DialogInfo info;
    info.entity = ended.info.entity;
    for (const auto& dialog : ended.info.dialogs) {
        info.dialogs.push_back(without_parties(dialog));
        if (dialog.is_live() && cause == Cause::expired)
            info.dialogs.back().event = DialogEvent::timeout;
    }
    end_known(info, known);
    return rewritten(info, !info.dialogs.empty());
}

bool is_contradicted(const DialogInput& remembered, const EventState& known) {
    return !contradicted_among(over_in(remembered), known).empty();
}

}  // namespace herald::packages
