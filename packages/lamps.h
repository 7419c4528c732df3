// packages/lamps.h: the truth about somebody's calls, out of what all sources say of them.
//
//   A dialog is known by its Call-ID and tags, whoever tells of it and from which side; without a
//   Call-ID by its source and id. Of several that tell of one the furthest counts, and the end is
//   final: what comes late lights nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/dialog.h"

namespace herald::packages {

/// One dialog as it is. Refers to the documents of the state it was made from.
struct Lamp {
    const pidf::Dialog* told = nullptr;      ///< what is shown of it
    const DialogElement* element = nullptr;  ///< of `told`
    const Input* input = nullptr;            ///< who says so
    std::string id;                          ///< unique among those of the resource
    pidf::DialogState state = pidf::DialogState::trying;
    pidf::DialogEvent event = pidf::DialogEvent::none;
    /// The change it ended with, if watchers are to be told of its end; else 0.
    std::uint64_t ended_at = 0;
    /// When it is taken for ended unless its source says something; of one that was, how long it is
    /// told so.
    base::WallTime until{};
    bool is_decayed = false;

    bool is_live() const noexcept { return state != pidf::DialogState::terminated; }
};

/// In the order of their importance, those that ended last. Deterministic.
std::vector<Lamp> lamps_of(const EventState& state);

/// What `input` says, where all its calls, or those of `lamp`, are over; nullopt: it has none.
std::optional<Document> with_ended(const Input& input, const Lamp* lamp);

/// What is to be kept of `told`, see Package::reconcile().
Result<std::optional<Document>> reconciled(const DialogInput& told, const EventState& known,
                                           std::string_view source);

/// Of its Call-ID and tags, whichever side of the call tells it.
std::size_t hash_of_name(const pidf::Dialog& dialog);

/// Whichever side of the call tells it.
bool has_same_tags(const pidf::Dialog& a, const pidf::Dialog& b);

/// Whether it was over when its source said that it is not: nobody needs to be told.
bool is_late(const pidf::Dialog& dialog);

/// What is remembered of the dialogs of a source that is gone, see Package::remains().
std::optional<Document> remains_of(const DialogInput& ended, Cause cause, const EventState& known);

/// Whether a source that is there has not heard of the end of one of them, see
/// Package::is_contradicted().
bool is_contradicted(const DialogInput& remembered, const EventState& known);

}  // namespace herald::packages
