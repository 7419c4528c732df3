// pidf/compose.h: many published documents into the one a watcher sees (RFC 3863, 4479; the rules
// CO-01 to CO-13 of docs/composition.md).
//
//   contributions --resolve()--> Composition --render_pidf()--> application/pidf+xml
//                                            --render_xpidf()-> application/xpidf+xml  (xpidf.h)
//
// Pure functions of their arguments. No XML is parsed where nothing is to be united or withheld
// within an element: text of the admitted documents is spliced.
#pragma once

#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "pidf/pidf.h"

namespace herald::pidf {

/// One admitted document with what decides its precedence. Higher rank first, then newer, then
/// source.
struct Contribution {
    std::string_view source;  ///< unique, stable for the life of the publication
    int rank = 0;
    base::WallTime arrived;
    const Presence* presence = nullptr;
};

/// What a domain may choose.
struct Policy {
    enum class Persons : std::uint8_t {
        merge,     ///< one person; of each kind of child the best contribution's
        unite,     ///< ... but of activities and moods all that anybody says
        keep_all,  ///< every person as published (RFC 4479 3.5: the watcher decides)
    };
    Persons persons = Persons::merge;
    /// Only what the best contribution says.
    bool is_best_alone = false;
    /// Of tuples that contradict each other: true takes any open one, false the newest.
    bool any_open = false;
    /// Of composed text. Contributions of lowest precedence that would exceed it are left out.
    std::size_t max_bytes = kMaxComposed;
};

/// A piece and the document its text is in.
struct Chosen {
    const Presence* presence;
    const Piece* piece;
    std::string_view rewritten{};  ///< what of it may be shown; empty: all of it
    std::string_view text() const noexcept {
        return rewritten.empty() ? presence->view(piece->text) : rewritten;
    }
    std::uint64_t hash() const noexcept {
        return rewritten.empty() ? piece->hash : stable_hash(rewritten);
    }
};

/// One tuple, person or device of the output: the best component, and pieces of it and those it was
/// merged with.
struct Part {
    const Presence* presence;
    const Component* component;
    std::string_view source;
    int rank;
    base::WallTime effective;  ///< its own timestamp, or when it arrived (CO-02)
    std::uint32_t position;    ///< in its document
    std::string_view id;
    std::uint32_t first_piece = 0;
    std::uint32_t piece_count = 0;
};

/// What the output says, in output order. Refers to the contributions' documents.
struct Composition {
    std::vector<Part> tuples;
    std::vector<Part> persons;
    std::vector<Part> devices;
    std::vector<Chosen> notes;
    std::vector<Chosen> extensions;
    std::vector<Chosen> pieces;                ///< of the parts
    std::forward_list<std::string> new_ids;    ///< of renamed parts (CO-04)
    std::forward_list<std::string> rewritten;  ///< texts of pieces
    std::forward_list<Piece> made;             ///< pieces that stand for several
    bool has_no_default = false;               ///< nothing is what may be seen, not what there is
    std::optional<base::WallTime> stale_at;    ///< when a piece appears or disappears next

    bool is_empty() const noexcept {
        return tuples.empty() && persons.empty() && devices.empty() && notes.empty() &&
               extensions.empty();
    }
    std::span<const Chosen> pieces_of(const Part& part) const noexcept {
        return std::span(pieces).subspan(part.first_piece, part.piece_count);
    }
};

/// Orders, merges and names. The order of `contributions` makes no difference.
Composition resolve(std::span<const Contribution> contributions, base::WallTime now,
                    const Policy& policy = {});

/// A body and what tells two of them apart.
struct Rendered {
    std::string body;
    /// Leaves timestamps out: equal fingerprints tell a watcher the same (CO-12).
    std::uint64_t fingerprint = 0;
};

/// The composed document about `entity`. An empty composition gives one closed tuple whose contact
/// is `aor`: watchers take a document without tuples for no news at all (CO-08, CO-09).
Rendered render_pidf(const Composition& composition, std::string_view entity, std::string_view aor);

}  // namespace herald::pidf
