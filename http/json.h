// http/json.h: JSON as values (RFC 8259): read strictly, written the same way every time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace herald::http {

struct Json;
using JsonArray = std::vector<Json>;
/// Members in the order they were written.
using JsonObject = std::vector<std::pair<std::string, Json>>;

/// One JSON value. Whole numbers are std::int64_t, all others double.
struct Json {
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, JsonArray, JsonObject>
        value = nullptr;

    // Out of line: inlined, they make g++ 12 see uninitialised strings.
    Json() noexcept;
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;
    ~Json();

    Json(bool v) : value(v) {}
    Json(int v) : value(std::int64_t{v}) {}
    Json(std::uint32_t v) : value(std::int64_t{v}) {}
    Json(std::int64_t v) : value(v) {}
    Json(std::size_t v) : value(static_cast<std::int64_t>(v)) {}
    Json(double v) : value(v) {}
    Json(const char* v) : value(std::string(v)) {}
    Json(std::string_view v) : value(std::string(v)) {}
    Json(std::string v) : value(std::move(v)) {}
    Json(JsonArray v) : value(std::move(v)) {}
    Json(JsonObject v) : value(std::move(v)) {}

    template <class T>
    const T* as() const noexcept {
        return std::get_if<T>(&value);
    }
    /// Member `name`; nullptr where there is none, or this is no object.
    const Json* find(std::string_view name) const noexcept;
};

/// Levels of arrays and objects a document may have.
inline constexpr std::size_t kJsonDepth = 16;
/// Members of one object: a name that is there twice is looked for among all before it.
inline constexpr std::size_t kJsonMembers = 256;

/// Reads one document. Well-formed UTF-8, no NUL, no comments, no member twice.
/// Faults: malformed, `near "voice.new": why`.
Result<Json> parse_json(std::string_view text);

/// null where it is empty.
Json text_or_null(std::string_view text);
/// Each of them, in their order.
template <class Text>
JsonArray texts_of(const std::vector<Text>& texts) {
    return JsonArray(texts.begin(), texts.end());
}

/// Without blanks, members in their order. What is not UTF-8 becomes U+FFFD.
std::string to_text(const Json& json);

}  // namespace herald::http
