// pidf/compose.cpp: decides what of many published documents a watcher sees.
#include "pidf/compose.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <tuple>

#include "base/text.h"
#include "pidf/fragment.h"

namespace herald::pidf {
namespace {

/// A clock further ahead than this is wrong, and would win every conflict until its hour has come.
constexpr std::chrono::minutes kMaxClockLead{5};

/// Against the arrival and not against now, so that the outcome does not change by itself.
base::WallTime effective_time(const Component& component, base::WallTime arrived) noexcept {
    const bool is_credible = component.timestamp && *component.timestamp <= arrived + kMaxClockLead;
    return is_credible ? *component.timestamp : arrived;
}

/// CO-02. Total: no two components of a composition are equal in it.
bool is_better(const Part& a, const Part& b) noexcept {
    if (a.rank != b.rank) return a.rank > b.rank;
    if (a.effective != b.effective) return a.effective > b.effective;
    if (const int order = a.source.compare(b.source)) return order < 0;
    return a.position > b.position;
}

std::string_view key_of(const Part& part) noexcept {
    return part.presence->view(part.component->key);
}

bool has_open(const Presence& presence) noexcept {
    return std::any_of(presence.tuples().begin(), presence.tuples().end(),
                       [](const Component& tuple) { return tuple.basic == Basic::open; });
}

bool has_same_key(const Part& a, const Part& b) noexcept {
    return a.component->key_hash == b.component->key_hash && key_of(a) == key_of(b);
}

class Resolver {
public:
    Resolver(base::WallTime now, const Policy& policy) : now_(now), policy_(policy) {}

    Composition run(std::span<const Contribution> contributions) {
        std::vector<Contribution> ordered(contributions.begin(), contributions.end());
        std::sort(ordered.begin(), ordered.end(), [](const Contribution& a, const Contribution& b) {
            return std::tuple(b.rank, b.arrived, a.source) <
                   std::tuple(a.rank, a.arrived, b.source);
        });
        if (policy_.is_best_alone && !ordered.empty()) ordered.resize(1);
        drop_excess(ordered);
        tuples(ordered);
        persons(ordered);
        devices(ordered);
        out_.notes = said_once(ordered, &Presence::notes);
        out_.extensions = said_once(ordered, &Presence::extensions);
        assign_ids();
        put_in_order();
        return std::move(out_);
    }

private:
    void drop_excess(std::vector<Contribution>& ordered) const {
        std::size_t total = 0;
        const auto excess =
            std::find_if(ordered.begin(), ordered.end(), [&](const Contribution& contribution) {
                total += contribution.presence->weight();
                return total > policy_.max_bytes;
            });
        ordered.erase(excess, ordered.end());
    }

    static std::vector<Part> gather(const std::vector<Contribution>& contributions,
                                    const std::vector<Component>& (Presence::*kind)()
                                        const noexcept) {
        std::size_t count = 0;
        for (const Contribution& contribution : contributions)
            count += (contribution.presence->*kind)().size();
        std::vector<Part> parts;
        parts.reserve(count);
        for (const Contribution& contribution : contributions) {
            const Presence& presence = *contribution.presence;
            std::uint32_t position = 0;
            for (const Component& component : (presence.*kind)()) {
                parts.push_back({&presence, &component, contribution.source, contribution.rank,
                                 effective_time(component, contribution.arrived), position++,
                                 presence.view(component.id)});
            }
        }
        return parts;
    }

    /// Calls merge(first, last) for each run of parts with one key, the best of the run first.
    template <class Merge>
    static void for_each_key(std::vector<Part>& parts, Merge merge) {
        std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
            if (a.component->key_hash != b.component->key_hash) {
                return a.component->key_hash < b.component->key_hash;
            }
            if (const int order = key_of(a).compare(key_of(b))) return order < 0;
            return is_better(a, b);
        });
        for (auto first = parts.begin(); first != parts.end();) {
            // No key: equal to nothing, not even to another without.
            auto last = first + 1;
            while (!key_of(*first).empty() && last != parts.end() && has_same_key(*first, *last))
                ++last;
            merge(first, last);
            first = last;
        }
    }

    void tuples(const std::vector<Contribution>& contributions) {
        std::vector<Part> parts = gather(contributions, &Presence::tuples);
        for_each_key(parts, [this](auto first, auto last) {
            if (policy_.any_open) {
                const auto open = std::find_if(first, last, [](const Part& part) {
                    return part.component->basic == Basic::open;
                });
                if (open != last) std::rotate(first, open, open + 1);
            }
            // What contradicts the best contributes nothing: no "online" mark or note of an open
            // tuple may survive on a closed one.
            const Basic basic = first->component->basic;
            const auto agreeing = std::stable_partition(
                first, last, [basic](const Part& part) { return part.component->basic == basic; });
            out_.tuples.push_back(merged(first, agreeing));
        });
    }

    void persons(const std::vector<Contribution>& contributions) {
        std::vector<Part> parts = gather(contributions, &Presence::persons);
        if (parts.empty()) return;
        std::sort(parts.begin(), parts.end(), is_better);
        // Where an open tuple counts, so does what its source says of the person.
        if (policy_.any_open) {
            std::stable_partition(parts.begin(), parts.end(),
                                  [](const Part& part) { return has_open(*part.presence); });
        }
        if (policy_.persons != Policy::Persons::keep_all) {
            out_.persons.push_back(merged(parts.begin(), parts.end()));
            return;
        }
        for (auto part = parts.begin(); part != parts.end(); ++part) {
            out_.persons.push_back(merged(part, part + 1));
        }
    }

    void devices(const std::vector<Contribution>& contributions) {
        std::vector<Part> parts = gather(contributions, &Presence::devices);
        for_each_key(
            parts, [this](auto first, auto last) { out_.devices.push_back(merged(first, last)); });
    }

    using PartIterator = std::vector<Part>::iterator;

    /// The part that stands for [first, last), best first.
    Part merged(PartIterator first, PartIterator last) {
        Part part = *first;
        part.first_piece = static_cast<std::uint32_t>(out_.pieces.size());
        if (last - first == 1) {
            const Piece* pieces = part.presence->pieces(*part.component);
            for (std::uint32_t i = 0; i < part.component->piece_count; ++i) {
                if (see(pieces[i])) out_.pieces.push_back({part.presence, &pieces[i]});
            }
        } else {
            merge_pieces(first, last);
        }
        part.piece_count = static_cast<std::uint32_t>(out_.pieces.size()) - part.first_piece;
        return part;
    }

    struct Candidate {
        Chosen chosen;
        std::uint32_t precedence;  ///< of its part, best 0
        std::uint32_t position;
        std::string_view group() const noexcept {
            return chosen.presence->view(chosen.piece->group);
        }
    };

    /// Of each group all pieces of the best part that has any. When a thing was last known belongs
    /// to what is known: the timestamp is the best part's or none.
    void merge_pieces(PartIterator first, PartIterator last) {
        std::vector<Candidate> candidates;
        for (auto part = first; part != last; ++part) {
            const auto precedence = static_cast<std::uint32_t>(part - first);
            const Piece* pieces = part->presence->pieces(*part->component);
            for (std::uint32_t i = 0; i < part->component->piece_count; ++i) {
                if (precedence > 0 && pieces[i].section == Section::timestamp) continue;
                if (see(pieces[i]))
                    candidates.push_back({{part->presence, &pieces[i]}, precedence, i});
            }
        }
        std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
            return std::tuple(a.group(), a.precedence, a.position) <
                   std::tuple(b.group(), b.precedence, b.position);
        });
        std::vector<Candidate> winners;
        for (const Candidate& candidate : candidates) {
            const bool is_outdone = !winners.empty() &&
                                    winners.back().group() == candidate.group() &&
                                    winners.back().precedence < candidate.precedence;
            if (!is_outdone || is_united(candidate)) winners.push_back(candidate);
        }
        if (policy_.persons == Policy::Persons::unite) unite(winners);
        std::sort(winners.begin(), winners.end(), [](const Candidate& a, const Candidate& b) {
            return std::tuple(a.chosen.piece->section, a.precedence, a.position) <
                   std::tuple(b.chosen.piece->section, b.precedence, b.position);
        });
        for (const Candidate& winner : winners) out_.pieces.push_back(winner.chosen);
    }

    /// Of activities and moods everybody's count, where the policy says so.
    bool is_united(const Candidate& candidate) const noexcept {
        return policy_.persons == Policy::Persons::unite &&
               (candidate.group() == "rpid activities" || candidate.group() == "rpid mood");
    }

    /// Each run of them becomes one, in the place of the best. `winners` are by group.
    void unite(std::vector<Candidate>& winners) {
        std::vector<Candidate> kept;
        for (auto first = winners.begin(); first != winners.end();) {
            const auto last = std::find_if(first, winners.end(), [&](const Candidate& each) {
                return each.group() != first->group();
            });
            if (is_united(*first) && last - first > 1) {
                kept.push_back(one_of(first, last));
            } else {
                kept.insert(kept.end(), first, last);
            }
            first = last;
        }
        winners = std::move(kept);
    }

    using CandidateIterator = std::vector<Candidate>::iterator;
    Candidate one_of(CandidateIterator first, CandidateIterator last) {
        Candidate one = *first;
        Piece piece = *one.chosen.piece;
        std::vector<std::string_view> texts;
        for (auto each = first; each != last; ++each) {
            texts.push_back(each->chosen.text());
            piece.namespaces.add(each->chosen.piece->namespaces);
            piece.activities |= each->chosen.piece->activities;
        }
        out_.rewritten.push_front(united(texts));
        out_.made.push_front(piece);
        one.chosen.piece = &out_.made.front();
        one.chosen.rewritten = out_.rewritten.front();
        return one;
    }

    /// Whether `piece` shows now; notes when that changes.
    bool see(const Piece& piece) {
        for (const base::WallTime edge :
             {piece.shown_from, piece.hidden_from, piece.hidden_until}) {
            const bool is_next = edge > now_ && edge != base::WallTime::max();
            if (is_next && (!out_.stale_at || edge < *out_.stale_at)) out_.stale_at = edge;
        }
        return piece.is_visible(now_);
    }

    /// CO-07: what two documents say alike is said once, where it was said first. Sorted and not
    /// hashed: the hash has no secret key, so somebody could make all of them fall together.
    std::vector<Chosen> said_once(const std::vector<Contribution>& contributions,
                                  const std::vector<Piece>& (Presence::*kind)() const noexcept) {
        std::vector<Chosen> all;
        for (const Contribution& contribution : contributions) {
            for (const Piece& piece : (contribution.presence->*kind)()) {
                if (see(piece)) all.push_back({contribution.presence, &piece});
            }
        }
        std::vector<std::uint32_t> order(all.size());
        std::iota(order.begin(), order.end(), 0U);
        std::sort(order.begin(), order.end(), [&all](std::uint32_t a, std::uint32_t b) {
            return std::tuple(all[a].piece->hash, all[a].text(), a) <
                   std::tuple(all[b].piece->hash, all[b].text(), b);
        });
        order.erase(std::unique(order.begin(), order.end(),
                                [&all](std::uint32_t a, std::uint32_t b) {
                                    return all[a].piece->hash == all[b].piece->hash &&
                                           all[a].text() == all[b].text();
                                }),
                    order.end());
        std::sort(order.begin(), order.end());
        std::vector<Chosen> once;
        once.reserve(order.size());
        for (const std::uint32_t index : order) once.push_back(all[index]);
        return once;
    }

    /// RFC 4479 3.5: one id space. Who keeps a contested id is decided by rank and source, not by
    /// time, so that ids do not swap when a publisher speaks again.
    void assign_ids() {
        std::vector<Part*> parts;
        parts.reserve(out_.tuples.size() + out_.persons.size() + out_.devices.size());
        for (auto* kind : {&out_.tuples, &out_.persons, &out_.devices}) {
            for (Part& part : *kind) parts.push_back(&part);
        }
        std::stable_sort(parts.begin(), parts.end(), [](const Part* a, const Part* b) {
            if (const int order = a->id.compare(b->id)) return order < 0;
            return std::tuple(b->rank, a->source) < std::tuple(a->rank, b->source);
        });
        const auto is_contested = [](const Part* a, const Part* b) { return a->id == b->id; };
        if (std::adjacent_find(parts.begin(), parts.end(), is_contested) == parts.end()) return;

        std::set<std::string_view> taken;
        for (const Part* part : parts) taken.insert(part->id);
        std::string_view previous;
        for (Part* part : parts) {
            const std::string_view wanted = part->id;
            if (wanted == previous) part->id = renamed(*part, taken);
            previous = wanted;
        }
    }

    /// CO-12, by the ids as they are sent: composing what was composed changes nothing.
    void put_in_order() {
        std::sort(out_.tuples.begin(), out_.tuples.end(), [](const Part& a, const Part& b) {
            const bool a_open = a.component->basic == Basic::open;
            const bool b_open = b.component->basic == Basic::open;
            return std::tuple(b_open, b.component->priority, a.id) <
                   std::tuple(a_open, a.component->priority, b.id);
        });
        for (auto* kind : {&out_.persons, &out_.devices}) {
            std::sort(kind->begin(), kind->end(),
                      [](const Part& a, const Part& b) { return a.id < b.id; });
        }
    }

    std::string_view renamed(const Part& part, std::set<std::string_view>& taken) {
        const std::uint64_t hash = stable_hash(part.source);
        std::array<char, 4> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<char>(hash >> (8 * i));
        const std::string stem =
            std::string(part.id) + '_' + base::to_hex({bytes.data(), bytes.size()});
        std::string name = stem;
        for (unsigned n = 2; taken.count(name) > 0; ++n) name = stem + '_' + std::to_string(n);
        out_.new_ids.push_front(std::move(name));
        taken.insert(out_.new_ids.front());
        return out_.new_ids.front();
    }

    base::WallTime now_;
    const Policy& policy_;
    Composition out_;
};

}  // namespace

Composition resolve(std::span<const Contribution> contributions, base::WallTime now,
                    const Policy& policy) {
    return Resolver(now, policy).run(contributions);
}

}  // namespace herald::pidf
