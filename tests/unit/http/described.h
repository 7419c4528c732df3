// tests/unit/http/described.h: whether an answer is as the description of the API says that it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/exchange.h"
#include "http/json.h"

namespace herald::http {

/// Holds values to schemas of one OpenAPI document, as far as Herald uses JSON Schema.
class Description {
public:
    explicit Description(Json document) : document_(std::move(document)) {}

    /// What is wrong with an answer; empty: nothing, or the request is none that is described.
    std::string complaint(const Request& request, const Answer& answer) const {
        const auto* operation = operation_of(request);
        if (operation == nullptr) return {};
        const auto status = std::to_string(answer.status);
        const auto* response = operation->find("responses")->find(status);
        if (response == nullptr) return "status " + status + " is not described";
        const auto* content = response->find("content");
        const auto type = std::string(base::trim(base::split_once(answer.type, ';').before));
        const bool is_json = type == "application/json" || type == "application/problem+json";
        if (content == nullptr || !is_json) return {};
        const auto* described = content->find(type);
        if (described == nullptr) return type + " is not described for " + status;
        const auto value = parse_json(answer.body);
        if (!value) return "this is no JSON: " + answer.body;
        return check(*described->find("schema"), *value, "$");
    }

private:
    const Json* operation_of(const Request& request) const {
        // Methods are told apart by case too: "get" is none.
        if (base::lower(request.method) == request.method) return nullptr;
        const auto path = base::split_once(request.target, '?').before;
        auto method = base::lower(request.method == "HEAD" ? "GET" : request.method);
        const Json* found = nullptr;
        for (const auto& [pattern, item] : *document_.find("paths")->as<JsonObject>()) {
            // Of two patterns the one without a variable stands first.
            if (found == nullptr && fits(pattern, path)) found = item.find(method);
        }
        return found;
    }

    static bool fits(std::string_view pattern, std::string_view path) {
        while (true) {
            const auto wanted = base::split_once(pattern, '/'), given = base::split_once(path, '/');
            const bool is_variable = wanted.before.starts_with('{') && !given.before.empty();
            if (!is_variable && wanted.before != given.before) return false;
            if (wanted.found != given.found) return false;
            if (!wanted.found) return true;
            pattern = wanted.after;
            path = given.after;
        }
    }

    static std::string_view type_of(const Json& value) {
        if (value.as<JsonObject>() != nullptr) return "object";
        if (value.as<JsonArray>() != nullptr) return "array";
        if (value.as<std::string>() != nullptr) return "string";
        if (value.as<bool>() != nullptr) return "boolean";
        if (value.as<std::int64_t>() != nullptr) return "integer";
        return value.as<double>() != nullptr ? "number" : "null";
    }

    std::string check(const Json& schema, const Json& value, const std::string& at) const {
        if (const auto* target = schema.find("$ref")) {
            const auto name = target->as<std::string>()->substr(21);
            return check(*document_.find("components")->find("schemas")->find(name), value, at);
        }
        if (const auto* all = schema.find("allOf")) {
            for (const auto& each : *all->as<JsonArray>()) {
                if (auto wrong = check(each, value, at); !wrong.empty()) return wrong;
            }
        }
        if (const auto* any = schema.find("anyOf")) {
            std::string wrong;
            for (const auto& each : *any->as<JsonArray>()) {
                wrong = check(each, value, at);
                if (wrong.empty()) return {};
            }
            return wrong;
        }
        if (const auto* type = schema.find("type"); type != nullptr && !is_of(*type, value))
            return at + " is " + std::string(type_of(value));
        if (const auto* all = schema.find("enum"); all != nullptr && !is_among(*all, value))
            return at + " is none of those that are described: " + to_text(value);
        if (const auto* items = schema.find("items")) {
            const auto* array = value.as<JsonArray>();
            for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
                const auto wrong = check(*items, (*array)[i], at + '[' + std::to_string(i) + ']');
                if (!wrong.empty()) return wrong;
            }
        }
        return value.as<JsonObject>() == nullptr ? "" : check_members(schema, value, at);
    }

    std::string check_members(const Json& schema, const Json& value, const std::string& at) const {
        const auto* properties = schema.find("properties");
        const auto* required = schema.find("required");
        if (properties != nullptr && required == nullptr)
            return at + ": nothing says what it requires";
        for (std::size_t i = 0; required && i < required->as<JsonArray>()->size(); ++i) {
            const auto& name = *(*required->as<JsonArray>())[i].as<std::string>();
            if (value.find(name) == nullptr) return at + " has no " + name;
        }
        const auto* more = schema.find("additionalProperties");
        const bool is_closed = more != nullptr && more->as<bool>() != nullptr && !*more->as<bool>();
        for (const auto& [name, member] : *value.as<JsonObject>()) {
            const auto* known = properties != nullptr ? properties->find(name) : nullptr;
            if (known == nullptr && is_closed) return at + "." + name + " is not described";
            if (known == nullptr) continue;
            if (auto wrong = check(*known, member, at + '.' + name); !wrong.empty()) return wrong;
        }
        return {};
    }

    static bool is_of(const Json& type, const Json& value) {
        const auto fits_one = [&](const Json& one) {
            const auto& name = *one.as<std::string>();
            return name == type_of(value) || (name == "number" && type_of(value) == "integer");
        };
        const auto* several = type.as<JsonArray>();
        if (several == nullptr) return fits_one(type);
        return std::any_of(several->begin(), several->end(), fits_one);
    }

    static bool is_among(const Json& values, const Json& value) {
        const auto text = to_text(value);
        const auto& all = *values.as<JsonArray>();
        return std::any_of(all.begin(), all.end(),
                           [&](const Json& each) { return to_text(each) == text; });
    }

    Json document_;
};

}  // namespace herald::http
