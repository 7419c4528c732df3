// http/fields.h: reads the members of a JSON object by name and says where one is wrong, or
// unknown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/json.h"

namespace herald::http {

/// One object of a request body. Ask for every member it may have, then for status(). `null` counts
/// as absent. Refers to the Json it was made from.
class Fields {
public:
    explicit Fields(const Json& json);

    std::optional<std::string> text(std::string_view name);
    std::optional<bool> flag(std::string_view name);
    /// 0 to 2^32-1.
    std::optional<std::uint32_t> number(std::string_view name);
    std::optional<std::vector<std::string>> texts(std::string_view name);
    /// Reads the object `name` with `read`, which asks for its members.
    bool object(std::string_view name, const std::function<void(Fields&)>& read);
    /// Likewise each object of the array `name`.
    bool objects(std::string_view name, const std::function<void(Fields&)>& read);

    /// Every member, whatever it is called; each must be text.
    void all_texts(const std::function<void(const std::string& name, const std::string& value)>&);

    /// Records that the value at `name` is not acceptable.
    void refuse(std::string_view name, const std::string& why);
    /// Faults: malformed, for the first thing that was wrong: `"voice.new": expected a whole number
    /// from 0 to 4294967295`.
    Status status();

private:
    Fields(const Json& json, std::string path, std::shared_ptr<std::string> mistake);
    const Json* member(std::string_view name);
    void read_object(const Json& json, const std::string& path,
                     const std::function<void(Fields&)>& read);
    void check_all_known();

    const JsonObject* object_ = nullptr;
    std::string path_;                      ///< "voice." or empty
    std::shared_ptr<std::string> mistake_;  ///< shared with the objects inside
    std::vector<std::string> known_;        ///< asked for
};

}  // namespace herald::http
