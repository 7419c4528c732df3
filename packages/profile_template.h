// packages/profile_template.h: a text with places for what differs between devices.
//
//   {{device.mac}}             a variable (packages/device_facts.h), escaped as the content type wants
//   {{include device/common}}  the body of another profile in this place
//   {{open}}                   the two braces themselves
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/device_facts.h"

namespace herald::packages {

/// How values are written so that they stay values in what surrounds them.
enum class Escaping : std::uint8_t {
    plain,  ///< without control characters, so that none begins a line
    xml,
    json,
};
/// `content_type` may have parameters.
Escaping escaping_for(std::string_view content_type);

/// Read once for each change. Immutable.
class Template {
public:
    /// Faults: malformed, "line 3: there is no variable \"device.name\"".
    static Result<Template> parse(std::string_view text);
    /// A text that is taken as it is.
    static Template verbatim(std::string_view text);

    /// What it includes: "device/common", and the line that says so.
    struct Inclusion {
        std::string name;
        std::size_t line;
    };
    std::vector<Inclusion> inclusions() const;
    /// The most bytes it makes, without what it includes.
    std::size_t most_bytes() const;
    bool is_empty() const noexcept { return pieces_.empty(); }

    /// `included` gives the template of a name, which is there: whoever keeps templates sees to
    /// that.
    using Find = std::function<const Template*(std::string_view name)>;
    void render(std::string& out, const DeviceFacts& facts, Escaping escaping,
                const Find& included) const;

private:
    enum class Kind : std::uint8_t { text, variable, include };
    struct Piece {
        Kind kind = Kind::text;
        std::string text;  ///< or the name of what is included
        std::size_t variable = 0;
        std::size_t line = 0;
    };
    static Result<Piece> piece_of(std::string_view inside, std::size_t line);

    std::vector<Piece> pieces_;
};

}  // namespace herald::packages
