// pidf/pidf.h: a published presence document (RFC 3863, RFC 4479) as pieces of canonical text.
//
// Nothing of the parsed tree is kept: every child of a tuple, person or device is a Piece of text,
// ready to be spliced into a composed document, beside the few facts composition decides by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "pidf/xml.h"

namespace herald::pidf {

/// A part of Presence's text.
struct Span {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

/// Where a piece stands in its parent; output order of the schemas.
enum class Section : std::uint8_t { status, extension, device_id, contact, note, timestamp };

/// RPID activities the legacy formats can show (RFC 4480 3.2).
enum Activity : std::uint8_t { kNoActivity = 0, kOnThePhone = 1, kBusy = 2, kAway = 4 };

/// One child element.
struct Piece {
    Span text;
    Span group;  ///< qualified name, for notes with the language: in a merge, groups replace each
                 ///< other
    xml::NamespaceSet namespaces;
    Section section = Section::extension;
    std::uint8_t activities = kNoActivity;  ///< what an rpid:activities says
    std::uint64_t hash = 0;                 ///< of the text, the same in every process
    /// Not shown before an RPID `from`, and not in [hidden_from, hidden_until): an RPID `until`
    /// that passed, a timed status come true.
    base::WallTime shown_from = base::WallTime::min();
    base::WallTime hidden_from = base::WallTime::max();
    base::WallTime hidden_until = base::WallTime::max();

    bool is_visible(base::WallTime now) const noexcept {
        return now >= shown_from && (now < hidden_from || now >= hidden_until);
    }
};

enum class Basic : std::uint8_t { unknown, open, closed };

/// A tuple, person or device.
struct Component {
    Span id;   ///< an NCName, unique among its kind in its document
    Span key;  ///< equal keys are the same thing (CO-03, CO-06); empty for one that equals nothing
               ///< else
    Span attributes;  ///< those beside the id, each after a blank
    xml::NamespaceSet attribute_namespaces;
    std::uint64_t key_hash = 0;
    std::optional<base::WallTime> timestamp;
    std::uint32_t first_piece = 0;
    std::uint32_t piece_count = 0;
    Basic basic = Basic::unknown;
    std::int16_t priority = -1;  ///< of the contact, in thousandths; -1 lowest (RFC 3863 4.1.5)
    Span contact;                ///< as published; empty for none
};

/// What parse_presence() puts right.
enum class Tolerance : std::uint8_t {
    prolog,       ///< a byte order mark, or blanks before the declaration
    encoding,     ///< the declaration names another one than UTF-8
    namespace_,   ///< PIDF's misspelt, its draft's, or none
    entity,       ///< none
    id,           ///< no NCName
    no_id,        ///< of a tuple, person or device
    repeated_id,  ///< within one kind
    order,        ///< children of a tuple, person or device
    basic,        ///< spelling
    status,       ///< empty, missing, or a second one
    priority,     ///< of a contact
    timestamp,
    device,  ///< one without deviceID
};
/// "prolog", "encoding" ... for metrics.
std::span<const std::string_view> tolerance_names() noexcept;

/// Bytes of the longest composed document, and so of what may be made of one published document.
inline constexpr std::size_t kMaxComposed = 131072;

/// One admitted document. Immutable.
class Presence {
public:
    /// What composing writes around the pieces of a tuple, person or device: its tags, a new id, a
    /// timestamp.
    static constexpr std::size_t kFrameOfComponent = 128;

    std::string_view view(Span span) const noexcept { return {text_.data() + span.at, span.size}; }
    const Piece* pieces(const Component& component) const noexcept {
        return pieces_.data() + component.first_piece;
    }

    const std::vector<Component>& tuples() const noexcept { return tuples_; }
    const std::vector<Component>& persons() const noexcept { return persons_; }
    const std::vector<Component>& devices() const noexcept { return devices_; }
    /// Of the document as a whole: notes, and elements of other namespaces.
    const std::vector<Piece>& notes() const noexcept { return notes_; }
    const std::vector<Piece>& extensions() const noexcept { return extensions_; }
    /// What was put right: a bit for each Tolerance.
    std::uint32_t put_right() const noexcept { return put_right_; }
    /// Bytes of text held.
    std::size_t size() const noexcept { return text_.size(); }
    /// No composed document has more bytes of this one.
    std::size_t weight() const noexcept {
        return text_.size() +
               kFrameOfComponent * (tuples_.size() + persons_.size() + devices_.size());
    }

private:
    friend class PresenceReader;
    std::string text_;
    std::vector<Piece> pieces_;
    std::vector<Component> tuples_;
    std::vector<Component> persons_;
    std::vector<Component> devices_;
    std::vector<Piece> notes_;
    std::vector<Piece> extensions_;
    std::uint32_t put_right_ = 0;
};

/// Tuples, persons and devices of one document, together.
inline constexpr std::size_t kMaxIds = 200;

/// Reads an application/pidf+xml body. Deviations real clients are known for are put right: order,
/// ids that are no NCName or missing or repeated (the last counts), the spelling of basic,
/// priorities and timestamps that are not one, a missing or misspelt PIDF namespace. `entity` is
/// not looked at: the publisher is known by the Request-URI. Faults as xml::parse, and malformed
/// for another root or more than kMaxIds.
Result<Presence> parse_presence(std::string_view body);

/// SipHash under a fixed key: equal in every process, so fingerprints survive a restart.
std::uint64_t stable_hash(std::string_view bytes) noexcept;

}  // namespace herald::pidf
