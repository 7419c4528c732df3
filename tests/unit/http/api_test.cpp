// tests/unit/http/api_test.cpp: routes, methods, roles, and what bad requests are told; without
// sockets.
#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "http/problem.h"
#include "http/target.h"
#include "tests/unit/http/bench.h"

namespace herald::http::api_test {
namespace {

std::string sample_target(const Route& route) {
    std::string out;
    for (const char c : route.pattern) out += c == '{' ? 'x' : c;
    for (auto at = out.find("xaor}"); at != std::string::npos; at = out.find("xaor}"))
        out.replace(at, 5, "alice@example.com");
    for (auto at = out.find("xpackage}"); at != std::string::npos; at = out.find("xpackage}"))
        out.replace(at, 9, "presence");
    return out;
}

TEST_CASE("every route lets in its role and those above, and no other") {
    for (const Route& route : routes()) {
        for (const Role role : {Role::open, Role::read, Role::write, Role::admin}) {
            CAPTURE(route.method);
            CAPTURE(route.pattern);
            CAPTURE(name_of(role));
            Bench bench;
            const std::string token = role == Role::open ? "" : std::string(name_of(role));

            const Answer answer =
                bench.call(std::string(route.method), sample_target(route), token, "{}");

            CHECK((answer.status == 401) == (route.role != Role::open && role == Role::open));
            CHECK((answer.status == 403) == (role != Role::open && role < route.role));
            if (answer.status == 401)
                CHECK(header(answer, "WWW-Authenticate") == "Bearer realm=\"herald\"");
            if (answer.status == 403) {
                CHECK(header(answer, "WWW-Authenticate") ==
                      "Bearer realm=\"herald\", error=\"insufficient_scope\", scope=\"" +
                          std::string(name_of(route.role)) + "\"");
            }
            if (answer.status == 401 || answer.status == 403) CHECK(bench.reads == 0);
        }
    }
}

TEST_CASE("a certificate is as good as a token, and a token counts before it") {
    Bench bench;
    const auto status = [&](std::string method, std::string target, sip::CertificateNames names,
                            std::string token = {}) {
        return bench
            .send({.method = std::move(method),
                   .target = std::move(target),
                   .authorization = token.empty() ? "" : "Bearer " + token,
                   .certificate = std::make_shared<const sip::CertificateNames>(std::move(names))})
            .status;
    };
    const std::string list = "/v1/subscriptions";
    const sip::CertificateNames desk{.uris = {}, .hosts = {"DESK.example.com"}, .addresses = {}};
    const sip::CertificateNames alice{.uris = {"sip:alice@b.c"}, .hosts = {}, .addresses = {}};
    CHECK(status("GET", list, desk) == 200);
    CHECK(status("GET", list, {}) == 401);
    CHECK(status("GET", list, {.uris = {}, .hosts = {"*.example.com"}, .addresses = {}}) == 401);
    CHECK(status("DELETE", "/v1/accounts/a@b.c", desk) == 403);
    CHECK(status("GET", list, alice) == 403);
    CHECK(status("GET", "/v1/registrations?aor=alice@b.c", alice) == 200);
    CHECK(status("GET", list, desk, "guess") == 401);
}

TEST_CASE("RFC 6454: a browser's certificate does not speak for pages of others") {
    Bench bench;
    const auto status = [&](std::string origin) {
        return bench
            .send(
                {.method = "GET",
                 .target = "/v1/subscriptions",
                 .origin = std::move(origin),
                 .host = "localhost",
                 .certificate = std::make_shared<const sip::CertificateNames>(sip::CertificateNames{
                     .uris = {}, .hosts = {"desk.example.com"}, .addresses = {}})})
            .status;
    };
    CHECK(status("") == 200);
    CHECK(status("https://localhost:8443") == 200);
    CHECK(status("https://evil.test") == 401);
    CHECK(status("http://localhost") == 401);
    CHECK(status("null") == 401);
    CHECK(status("https://localhost.evil.test") == 401);
}

TEST_CASE("RFC 6750 3: an unknown token is told so") {
    Bench bench;

    const Answer answer = bench.call("GET", "/v1/subscriptions", "guess");

    CHECK(answer.status == 401);
    CHECK(header(answer, "WWW-Authenticate") == "Bearer realm=\"herald\", error=\"invalid_token\"");
    CHECK_FALSE(contains(answer.body, "guess"));
}

TEST_CASE("RFC 9110 15.5.6: another method gets 405 with what is allowed") {
    Bench bench;
    const auto is_route = [](std::string_view method, std::string_view pattern) {
        const auto all = routes();
        return std::any_of(all.begin(), all.end(), [&](const Route& route) {
            return route.method == method && route.pattern == pattern;
        });
    };
    for (const Route& route : routes()) {
        for (const auto* method : {"POST", "PATCH", "TRACE", "get", "FROB"}) {
            if (is_route(method, route.pattern)) continue;
            CAPTURE(route.pattern);
            CAPTURE(method);
            const Answer answer = bench.call(method, sample_target(route), "");
            CHECK(answer.status == 405);
            CHECK(contains(header(answer, "Allow"), route.method));
        }
    }
    CHECK(header(bench.call("POST", "/v1/accounts/a@b.c"), "Allow") ==
          "GET, HEAD, PUT, DELETE, OPTIONS");
    CHECK(header(bench.call("PUT", "/metrics"), "Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("OPTIONS names the methods, HEAD is answered as GET") {
    Bench bench;
    const Answer options = bench.call("OPTIONS", "/v1/mailboxes/a@b.c", "");
    CHECK(options.status == 204);
    CHECK(header(options, "Allow") == "GET, HEAD, PUT, DELETE, OPTIONS");

    CHECK(bench.call("HEAD", "/healthz", "").body == bench.call("GET", "/healthz", "").body);
}

TEST_CASE("an unknown path is 404 for everyone") {
    Bench bench;
    for (const auto* path :
         {"/", "/v1", "/v1/", "/v2/subscriptions", "/v1/accounts/", "/v1/accounts/a/b", "/healthz/",
          "/v1/resources/presence", "//healthz", "/v1%2Fsubscriptions", "/V1/subscriptions"}) {
        CAPTURE(path);
        const Answer answer = bench.call("GET", path, "");
        CHECK(answer.status == 404);
        CHECK(answer.type == "application/problem+json");
    }
}

TEST_CASE(
    "RFC 9457: a problem has type, title, status, detail, instance, and a kind for programs") {
    CHECK(problem(404, "not_found", "no \"such\" thing", "/v1/x").body ==
          "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no "
          "\\\"such\\\" thing\","
          "\"instance\":\"/v1/x\",\"kind\":\"not_found\"}\n");
    CHECK(header(problem(503, "x", "y", "/"), "Retry-After") == "5");
}

TEST_CASE("every Fault has a status, and its detail is shown") {
    for (int kind = 0; kind <= static_cast<int>(FaultKind::invalid_configuration); ++kind) {
        Bench bench;
        bench.is_true_to_life = false;
        bench.admin.state.fault = Fault{static_cast<FaultKind>(kind), "because of this"};
        const Answer answer = bench.call("GET", "/v1/accounts/alice@example.com");
        CAPTURE(kind);
        CHECK(answer.status == status_of(static_cast<FaultKind>(kind)));
        CHECK(answer.status >= 400);
        CHECK(title_of(answer.status) != "Error");
        CHECK(member(answer, "detail") == "because of this");
        CHECK(member(answer, "kind") == base::name_of(static_cast<FaultKind>(kind)));
        CHECK(member(answer, "instance") == "/v1/accounts/alice@example.com");
    }
    CHECK(status_of(FaultKind::unavailable) == 503);
    CHECK(status_of(FaultKind::unknown_outcome) == 500);
}

TEST_CASE("targets are decoded once") {
    const auto parts = [](std::string_view text) { return parse_target(text).value().parts; };

    CHECK(parts("/a%2Fb/%2541") == std::vector<std::string>{"a/b", "%41"});
    CHECK(parts("http://host:80/a/b?x=1") == std::vector<std::string>{"a", "b"});
    CHECK(parts("http://host") == std::vector<std::string>{""});
    CHECK(parse_target("/x?a=b%26c&d=+1&e&&f=").value().query ==
          std::vector<std::pair<std::string, std::string>>{
              {"a", "b&c"}, {"d", "+1"}, {"e", ""}, {"f", ""}});
    for (const auto* bad : {"", "x", "*", "/%", "/%4", "/%zz", "/%80", "/%00", "/%0a", "/\x01",
                            "/x?a=1&a=2", "/x?%=1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_target(bad).has_value());
    }
    Bench bench;
    const Answer undecodable = bench.call("GET", "/v1/accounts/%80?x=1");
    CHECK(undecodable.status == 400);
    CHECK(member(undecodable, "instance") == "/v1/accounts/%80");
}

TEST_CASE("an address-of-record may go without its scheme") {
    CHECK(aor_of("alice@example.com").value() == "sip:alice@example.com");
    CHECK(aor_of("sip:Alice@EXAMPLE.com").value() == "sip:Alice@example.com");
    CHECK(aor_of("pres:alice@example.com").value() == "sip:alice@example.com");
    for (const auto* bad :
         {"", "alice", "sip:example.com", "@example.com", "alice@", "tel:+4930123456", "http://x@y",
          "alice@exa mple.com", "alice@example.com?x=y"}) {
        CAPTURE(bad);
        CHECK_FALSE(aor_of(bad).has_value());
    }
}

TEST_CASE("a body must be JSON, say so, and have a length") {
    Bench bench;
    const Request request{.method = "PUT",
                          .target = "/v1/mailboxes/a@b.c",
                          .authorization = "Bearer write",
                          .content_type = "application/json; charset=utf-8",
                          .has_length = true};
    CHECK(bench.send(request, "{}").status == 204);

    for (const auto* type :
         {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded"}) {
        Request other = request;
        other.content_type = type;
        CHECK(bench.send(other, "{}").status == 415);
    }
    Request endless = request;
    endless.has_length = false;
    CHECK(bench.send(endless, "{}").status == 411);

    for (const std::string& body :
         {std::string(), std::string("{"), std::string("[]"), std::string("\"\x80\""),
          std::string("null"), std::string(100000, '['), "{\"voice\":" + std::string(50, '[')}) {
        const Answer answer = bench.send(request, body);
        CHECK(answer.status == 400);
        CHECK(member(answer, "kind") == "malformed");
    }
}

TEST_CASE("what reading the body came to is answered") {
    Bench bench;
    const Request request{.method = "PUT",
                          .target = "/v1/mailboxes/a@b.c",
                          .authorization = "Bearer write",
                          .content_type = "application/json",
                          .has_length = true};
    const auto status = [&](FaultKind kind) {
        return bench.api
            .answer(request,
                    [&]() -> Result<std::string> {
                        return Fault{kind, "why"};
                    })
            .status;
    };
    CHECK(status(FaultKind::too_large) == 413);
    CHECK(status(FaultKind::timeout) == 408);
    CHECK(status(FaultKind::malformed) == 400);
}

TEST_CASE("the OpenAPI description has every route, and every schema it refers to") {
    Bench bench;
    const Answer answer = bench.call("GET", "/v1/openapi.json", "");
    REQUIRE(answer.status == 200);
    const auto json = parse_json(answer.body);
    REQUIRE(json);

    std::set<std::string> ids;
    for (const Route& route : routes()) {
        CAPTURE(route.pattern);
        const Json* path = json->find("paths")->find(route.pattern);
        REQUIRE(path != nullptr);
        std::string method(route.method);
        std::transform(method.begin(), method.end(), method.begin(),
                       [](char c) { return static_cast<char>(c | 0x20); });
        const Json* operation = path->find(method);
        REQUIRE(operation != nullptr);
        CHECK((operation->find("security") != nullptr) == (route.role != Role::open));
        const auto* id = operation->find("operationId")->as<std::string>();
        REQUIRE(id != nullptr);
        CHECK(ids.insert(*id).second);
        CHECK((operation->find("requestBody") != nullptr) ==
              (!route.request_schema.empty() || (route.is_document && route.method == "PUT")));
    }
    const Json* schemas = json->find("components")->find("schemas");
    const std::string prefix = "#/components/schemas/";
    std::set<std::string> names;
    for (auto at = answer.body.find(prefix); at != std::string::npos;
         at = answer.body.find(prefix, at + 1)) {
        const auto begin = at + prefix.size();
        names.insert(answer.body.substr(begin, answer.body.find('"', begin) - begin));
    }
    CHECK(names.size() > 10);
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(schemas->find(name) != nullptr);
    }
}

}  // namespace
}  // namespace herald::http::api_test
