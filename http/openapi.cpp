// http/openapi.cpp: the description of the API (OpenAPI 3.1), made from the table of routes.
#include <algorithm>
#include <cassert>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/openapi_schemas.h"
#include "http/routes.h"

namespace herald::http {

namespace {

constexpr std::string_view kReference = "#/components/schemas/";

/// Names of the schemas that `json` refers to, and those they refer to.
void collect_names(const Json& json, const JsonObject& schemas, std::set<std::string>& names) {
    if (const auto* array = json.as<JsonArray>()) {
        for (const auto& each : *array) collect_names(each, schemas, names);
    }
    const auto* object = json.as<JsonObject>();
    if (object == nullptr) return;
    for (const auto& [member, value] : *object) {
        const auto* target = member == "$ref" ? value.as<std::string>() : nullptr;
        if (target == nullptr) {
            collect_names(value, schemas, names);
            continue;
        }
        const auto name = target->substr(kReference.size());
        if (!names.insert(name).second) continue;
        for (const auto& [each, schema] : schemas) {
            if (each == name) collect_names(schema, schemas, names);
        }
    }
}

/// Those that a request may bring.
std::set<std::string> brought(const JsonObject& schemas) {
    std::set<std::string> names;
    for (const Route& route : routes()) {
        if (route.request_schema.empty()) continue;
        const std::string target = std::string(kReference) + std::string(route.request_schema);
        collect_names(JsonObject{{"$ref", target}}, schemas, names);
    }
    return names;
}

/// Whether a member is left out where its thing is not there, instead of being null.
bool may_be_missing(std::string_view member, const JsonObject& properties) {
    const bool has_both = std::any_of(properties.begin(), properties.end(),
                                      [](const auto& each) { return each.first == "body_base64"; });
    return has_both && (member == "body" || member == "body_base64");
}

/// Says of every object which members it requires, where its schema does not say it itself: what
/// comes back is whole, null where a thing is not known; what is brought may leave out all.
void require_members(Json& schema, bool is_brought) {
    if (auto* array = std::get_if<JsonArray>(&schema.value)) {
        for (auto& each : *array) require_members(each, is_brought);
    }
    auto* object = std::get_if<JsonObject>(&schema.value);
    if (object == nullptr) return;
    for (auto& [member, value] : *object) require_members(value, is_brought);
    const auto* properties = schema.find("properties");
    const auto* members = properties == nullptr ? nullptr : properties->as<JsonObject>();
    if (members == nullptr || schema.find("required") != nullptr) return;
    JsonArray names;
    for (const auto& [member, type] : *members) {
        if (!is_brought && !may_be_missing(member, *members)) names.emplace_back(member);
    }
    object->emplace_back("required", std::move(names));
}

void require_members(JsonObject& schemas) {
    const auto names = brought(schemas);
    for (auto& [name, schema] : schemas) require_members(schema, names.count(name) > 0);
}

Json reference(std::string_view schema) {
    return JsonObject{{"$ref", std::string(kReference) + std::string(schema)}};
}

Json content(std::string_view type, Json schema, std::string_view other_type = {}) {
    JsonObject out{{std::string(type), JsonObject{{"schema", std::move(schema)}}}};
    if (!other_type.empty())
        out.emplace_back(std::string(other_type),
                         JsonObject{{"schema", JsonObject{{"type", "string"}}}});
    return out;
}

JsonArray parameters_of(const Route& route) {
    JsonArray out;
    const auto add = [&out](std::string_view name, std::string_view in, bool is_required,
                            std::string_view help) {
        out.push_back(JsonObject{{"name", name},
                                 {"in", in},
                                 {"required", is_required},
                                 {"description", help},
                                 {"schema", JsonObject{{"type", "string"}}}});
    };
    for (auto open = route.pattern.find('{'); open != std::string_view::npos;
         open = route.pattern.find('{', open + 1)) {
        const auto name = route.pattern.substr(open + 1, route.pattern.find('}', open) - open - 1);
        add(name, "path", true,
            name == "aor" || name == "user"    ? "user@domain, with or without sip:"
            : name == "id"                     ? "As the list has it."
            : name == "type"                   ? "device, user or local-network."
            : name == "name" || name == "file" ? "Letters, digits and ._~-, no dot in front."
            : name == "scope"                  ? "An owner's address, or a domain."
            : name == "list"                   ? "allow, block, polite-block or confirm."
                                               : "Name of an event package.");
    }
    for (const QueryParameter& parameter : route.query)
        add(parameter.name, "query", false, parameter.help);
    return out;
}

JsonObject header_of(std::string_view help) {
    return {{"description", help}, {"schema", JsonObject{{"type", "string"}}}};
}

bool has_link(const Route& route) {
    return route.method == "GET" &&
           (route.pattern == "/v1/accounts" || route.pattern == "/v1/lists/export");
}

/// Of what comes back where all went well.
JsonObject headers_of(const Route& route) {
    JsonObject headers;
    const bool is_tagged =
        route.method == "GET" && route.role != Role::open && route.response_type.empty();
    if (is_tagged)
        headers.emplace_back("ETag", header_of("For If-None-Match, and If-Match of a change."));
    if (has_link(route))
        headers.emplace_back("Link", header_of("The next page, where there is one."));
    if (route.method == "PUT")
        headers.emplace_back("ETag", header_of("Of what is there now, where it is known."));
    return headers;
}

JsonObject success_of(const Route& route) {
    JsonObject success{{"description", "Done."}};
    if (auto headers = headers_of(route); !headers.empty())
        success.emplace_back("headers", std::move(headers));
    if (!route.response_schema.empty()) {
        const auto type = route.response_type.empty() ? "application/json" : route.response_type;
        success.emplace_back(
            "content", content(type, reference(route.response_schema),
                               route.method == "GET" ? route.other_type : std::string_view()));
    } else if (route.is_document && route.method == "GET") {
        success.emplace_back("content", content("*/*", JsonObject()));
    } else if (route.method == "GET") {
        success.emplace_back("content", content("text/plain", JsonObject{{"type", "string"}}));
    }
    return success;
}

/// A request that failed, and when that is.
struct Failure {
    std::string_view status, when;
    bool (*may_be)(const Route& route);
    std::string_view header{};  ///< that comes with it
};

bool is_any(const Route&) {
    return true;
}
bool needs_token(const Route& route) {
    return route.role != Role::open;
}
bool is_change(const Route& route) {
    return route.method != "GET";
}

bool may_be_known(const Route& route) {
    return route.method == "GET" && needs_token(route) && route.response_type.empty();
}
bool has_conditions(const Route& route) {
    return may_be_known(route) || (is_change(route) && route.method != "POST");
}

constexpr Failure kFailures[] = {
    {"400", "Something in it is wrong, and the detail says what.", is_any},
    {"401", "A token is needed, or this one is not known.", needs_token, "WWW-Authenticate"},
    {"403", "The token is not good for that.", needs_token},
    {"404", "There is no such thing, or the address is nobody's here.", needs_token},
    {"406", "It cannot be given as its Accept wants it.",
     [](const Route& route) { return !route.other_type.empty(); }},
    {"408", "The body did not come in time.",
     [](const Route& route) { return route.takes_body(); }},
    {"409", "It conflicts with what is there.", is_change},
    {"411", "The length of the body is not said.",
     [](const Route& route) { return route.takes_body(); }},
    {"412", "What is there is not what If-Match or If-None-Match want.", has_conditions},
    {"413", "The body is longer than http.max_body.",
     [](const Route& route) { return route.takes_body(); }},
    {"415", "The body is of another type.", [](const Route& route) { return route.takes_body(); }},
    {"422", "The Idempotency-Key was that of another request.",
     [](const Route& route) { return route.method == "POST"; }},
    {"421", "The server is not called that: http.hosts.", is_any},
    {"429", "A limit of the configuration is reached.", is_change},
    {"500", "It cannot be said whether a change was made, or the server failed.", needs_token},
    {"503", "Not now: the store or a limit; try again.", is_any},
    {"504", "The server did not answer in time; a change may have been made.", needs_token},
};

JsonObject failure_of(const Failure& failure) {
    JsonObject out{{"description", failure.when}};
    if (!failure.header.empty())
        out.emplace_back("headers",
                         JsonObject{{std::string(failure.header), header_of("How to do better.")}});
    out.emplace_back("content", content("application/problem+json", reference("Problem")));
    return out;
}

/// Statuses of what went well.
std::vector<std::string> successes_of(const Route& route) {
    if (route.pattern == "/v1/rules/{aor}" && route.method == "PUT") return {"200", "201"};
    if (route.method == "PUT" && route.response_schema.empty()) return {"204", "201"};
    if (route.method == "PUT") return {"200", "201"};
    if (route.pattern == "/v1/tokens" && route.method == "POST") return {"201"};
    if (route.pattern == "/v1/traces" && route.method == "POST") return {"201"};
    if (route.pattern == "/v1/messages" && route.method == "POST") return {"200", "202"};
    return {route.method != "GET" && route.response_schema.empty() ? "204" : "200"};
}

Json responses_of(const Route& route) {
    JsonObject out;
    for (const auto& status : successes_of(route)) out.emplace_back(status, success_of(route));
    if (may_be_known(route))
        out.emplace_back("304", JsonObject{{"description", "It is what If-None-Match knows."}});
    for (const auto& failure : kFailures) {
        if (failure.may_be(route))
            out.emplace_back(std::string(failure.status), failure_of(failure));
    }
    out.emplace_back("default", failure_of({"default", "Something else went wrong.", is_any}));
    return out;
}

/// "putAccountsByAor": names it for programs that are made from this.
std::string operation_id(const Route& route) {
    std::string id;
    for (const char c : route.method) id += static_cast<char>(c | 0x20);
    bool begins_word = true;
    std::string_view rest = route.pattern.substr(1);
    while (!rest.empty()) {
        const auto [segment, after, found] = base::split_once(rest, '/');
        rest = after;
        if (segment == "v1") continue;
        if (segment.starts_with('{')) id += "By";
        begins_word = true;
        for (const char c : segment) {
            const bool is_word = base::is_alpha(c) || base::is_digit(c);
            if (is_word) id += begins_word ? static_cast<char>(c & ~0x20) : c;
            begins_word = !is_word;
        }
    }
    return id;
}

/// Of requests that may be repeated without being done again.
Json idempotency_parameter() {
    return JsonObject{{"name", "Idempotency-Key"},
                      {"in", "header"},
                      {"required", false},
                      {"description",
                       "Of the client's making, 255 bytes at most: who sends the "
                       "request again within 24 hours gets the answer it had."},
                      {"schema", JsonObject{{"type", "string"}, {"maxLength", 255}}}};
}

Json condition_parameter(std::string_view name, std::string_view help) {
    return JsonObject{{"name", name},
                      {"in", "header"},
                      {"required", false},
                      {"description", help},
                      {"schema", JsonObject{{"type", "string"}}}};
}

void add_header_parameters(const Route& route, JsonArray& out) {
    if (route.method == "POST") out.push_back(idempotency_parameter());
    if (route.method != "PUT" && route.method != "DELETE") return;
    out.push_back(condition_parameter("If-Match", "Only where what is there has this ETag."));
    out.push_back(condition_parameter("If-None-Match", "`*`: only where nothing is there."));
}

Json operation_of(const Route& route) {
    JsonArray parameters = parameters_of(route);
    add_header_parameters(route, parameters);
    JsonObject out{{"operationId", operation_id(route)},
                   {"summary", route.summary},
                   {"parameters", std::move(parameters)}};
    if (!route.request_schema.empty()) {
        out.emplace_back(
            "requestBody",
            JsonObject{{"required", true},
                       {"content", content("application/json", reference(route.request_schema),
                                           route.other_type)}});
    }
    if (route.is_document && route.method == "PUT") {
        out.emplace_back("requestBody",
                         JsonObject{{"required", true}, {"content", content("*/*", JsonObject())}});
    }
    out.emplace_back("responses", responses_of(route));
    if (route.role != Role::open) {
        out.emplace_back("x-role", name_of(route.role));
        out.emplace_back("security", JsonArray{JsonObject{{"token", JsonArray()}}});
    }
    return out;
}

/// Routes of one path stand together in the table.
JsonObject paths() {
    JsonObject out;
    for (const Route& route : routes()) {
        if (out.empty() || out.back().first != route.pattern)
            out.emplace_back(std::string(route.pattern), JsonObject());
        std::string method(route.method);
        for (char& c : method) c = static_cast<char>(c | 0x20);
        std::get<JsonObject>(out.back().second.value).emplace_back(method, operation_of(route));
    }
    return out;
}

}  // namespace

Result<Answer> get_openapi(const Call& call) {
    auto schemas = parse_json(openapi_schemas());
    assert(schemas);
    require_members(std::get<JsonObject>(schemas->value));
    const JsonObject token{{"type", "http"}, {"scheme", "bearer"}};
    return json_answer(JsonObject{
        {"openapi", "3.1.0"},
        {"info", JsonObject{{"title", "Herald"}, {"version", call.context.version}}},
        {"servers", JsonArray{JsonObject{{"url", "/"}, {"description", "Who gives this."}}}},
        {"paths", paths()},
        {"components", JsonObject{{"schemas", *std::move(schemas)},
                                  {"securitySchemes", JsonObject{{"token", token}}}}},
    });
}

}  // namespace herald::http
