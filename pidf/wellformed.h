// pidf/wellformed.h: what XML 1.0 forbids and the parser behind xml.cpp lets pass.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pidf/xml.h"

namespace herald::pidf::xml {

/// What is wrong, and where.
struct Flaw {
    std::size_t at;  ///< offset of the first wrong byte
    std::string why;
};

/// Checks bytes, references, nesting and the limits on depth and number; tag names and their
/// matching are left to the parser. Refuses document type declarations. One pass, no allocation
/// unless there is a flaw.
std::optional<Flaw> find_flaw(std::string_view text, const Limits& limits);

/// Whether all of `text` are characters XML allows, in UTF-8.
bool is_text(std::string_view text) noexcept;
/// `text` with U+FFFD for every byte that belongs to no such character.
std::string with_replacements(std::string_view text);

/// True for an NCName (Namespaces in XML 3): a Name without colon.
bool is_ncname(std::string_view name) noexcept;

}  // namespace herald::pidf::xml
