// http/fields.cpp: typed members of JSON objects.
#include "http/fields.h"

#include <algorithm>
#include <limits>

namespace herald::http {

namespace {

constexpr std::int64_t kMaxNumber = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Fields::Fields(const Json& json) : Fields(json, {}, std::make_shared<std::string>()) {}

Fields::Fields(const Json& json, std::string path, std::shared_ptr<std::string> mistake)
    : object_(json.as<JsonObject>()), path_(std::move(path)), mistake_(std::move(mistake)) {
    if (object_ != nullptr || !mistake_->empty()) return;
    const std::string what =
        path_.empty() ? "the body" : "\"" + path_.substr(0, path_.size() - 1) + "\"";
    *mistake_ = what + " is not a JSON object, expected {\"name\": value, ...}";
}

const Json* Fields::member(std::string_view name) {
    known_.emplace_back(name);
    if (object_ == nullptr) return nullptr;
    const auto found = std::find_if(object_->begin(), object_->end(),
                                    [&](const auto& m) { return m.first == name; });
    if (found == object_->end() || found->second.as<std::nullptr_t>() != nullptr) return nullptr;
    return &found->second;
}

void Fields::refuse(std::string_view name, const std::string& why) {
    if (mistake_->empty()) *mistake_ = "\"" + path_ + std::string(name) + "\": " + why;
}

std::optional<std::string> Fields::text(std::string_view name) {
    const Json* json = member(name);
    if (json == nullptr) return std::nullopt;
    const auto* text = json->as<std::string>();
    if (text == nullptr) return refuse(name, "expected a string"), std::nullopt;
    return *text;
}

std::optional<bool> Fields::flag(std::string_view name) {
    const Json* json = member(name);
    if (json == nullptr) return std::nullopt;
    const auto* truth = json->as<bool>();
    if (truth == nullptr) return refuse(name, "expected true or false"), std::nullopt;
    return *truth;
}

std::optional<std::uint32_t> Fields::number(std::string_view name) {
    const Json* json = member(name);
    if (json == nullptr) return std::nullopt;
    const auto* number = json->as<std::int64_t>();
    if (number == nullptr || *number < 0 || *number > kMaxNumber) {
        return refuse(name, "expected a whole number from 0 to 4294967295"), std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
    const Json* json = member(name);
    if (json == nullptr) return std::nullopt;
    const auto* array = json->as<JsonArray>();
    if (array == nullptr) return refuse(name, "expected an array of strings"), std::nullopt;
    std::vector<std::string> out;
    for (const Json& element : *array) {
        const auto* text = element.as<std::string>();
        if (text == nullptr) {
            refuse(std::string(name) + "[" + std::to_string(out.size()) + "]", "expected a string");
            return std::nullopt;
        }
        out.push_back(*text);
    }
    return out;
}

void Fields::read_object(const Json& json, const std::string& path,
                         const std::function<void(Fields&)>& read) {
    Fields inner(json, path_ + path + ".", mistake_);
    if (inner.object_ == nullptr) return;
    read(inner);
    inner.check_all_known();
}

bool Fields::object(std::string_view name, const std::function<void(Fields&)>& read) {
    const Json* json = member(name);
    if (json == nullptr) return false;
    read_object(*json, std::string(name), read);
    return true;
}

bool Fields::objects(std::string_view name, const std::function<void(Fields&)>& read) {
    const Json* json = member(name);
    if (json == nullptr) return false;
    const auto* array = json->as<JsonArray>();
    if (array == nullptr) {
        refuse(name, "expected an array of objects");
        return true;
    }
    std::size_t index = 0;
    for (const Json& element : *array) {
        read_object(element, std::string(name) + "[" + std::to_string(index++) + "]", read);
    }
    return true;
}

void Fields::all_texts(
    const std::function<void(const std::string& name, const std::string& value)>& read) {
    if (object_ == nullptr) return;
    for (const auto& [name, json] : *object_) {
        if (const auto value = text(name)) read(name, *value);
    }
}

void Fields::check_all_known() {
    if (object_ == nullptr || !mistake_->empty()) return;
    for (const auto& [name, json] : *object_) {
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        std::string all;
        for (const std::string& known : known_) all += (all.empty() ? "" : ", ") + known;
        return refuse(name, "unknown member, expected one of " + all);
    }
}

Status Fields::status() {
    check_all_known();
    if (mistake_->empty()) return {};
    return Fault{FaultKind::malformed, *mistake_};
}

}  // namespace herald::http
