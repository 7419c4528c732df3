// tests/unit/http/administration_test.cpp: accounts in bulk, tokens over HTTP, traces, reloads,
// requests that come twice, and who asks behind a proxy.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "http/forwarded.h"
#include "tests/unit/http/bench.h"

namespace herald::http::administration_test {

namespace {

constexpr const char* kTwo = R"({"accounts":[{"line":2,"aor":"alice@b.c","password":"x"},)"
                             R"({"line":3,"aor":"bob@b.c","password":"y","role":"monitor"}]})";

}  // namespace

TEST_CASE("accounts: several are made at once, and listed by page") {
    Bench bench;

    const Answer made = bench.call("POST", "/v1/accounts", "admin", kTwo);

    CHECK(made.status == 200);
    CHECK(member(made, "added") == "2");
    CHECK(bench.admin.state.accounts.size() == 2);
    const Answer page = bench.call("GET", "/v1/accounts?limit=1");
    CHECK(contains(page.body, "sip:alice@b.c"));
    CHECK_FALSE(contains(page.body, "sip:bob@b.c"));
    CHECK(member(page, "total") == "2");
    CHECK(member(page, "next") == "sip:alice@b.c");
    CHECK(contains(header(page, "Link"), "after=sip"));
    CHECK(contains(bench.call("GET", "/v1/accounts?role=monitor").body, "sip:bob@b.c"));
    CHECK_FALSE(contains(page.body, "ha1"));
}

TEST_CASE("accounts: a mistake in one row refuses all, by its line") {
    Bench bench;
    const auto import = [&](const std::string& rows) {
        return bench.call("POST", "/v1/accounts", "admin", "{\"accounts\":[" + rows + "]}");
    };

    const Answer answer = import(
        R"({"line":2,"aor":"alice@b.c","password":"x"},{"line":7,"aor":"no address","password":"x"},)"
        R"({"line":9,"aor":"carol@b.c"})");

    CHECK(answer.status == 400);
    CHECK(contains(answer.body, R"("line":7)"));
    CHECK(contains(answer.body, R"("line":9)"));
    CHECK(bench.admin.state.accounts.empty());
}

TEST_CASE(
    "accounts: one that exists is refused unless it may be replaced; a dry run does nothing") {
    Bench bench;
    bench.admin.state.accounts["sip:bob@b.c"].aor = "sip:bob@b.c";

    const Answer refused = bench.call("POST", "/v1/accounts", "admin", kTwo);
    CHECK(refused.status == 400);
    CHECK(contains(refused.body, R"("line":3)"));
    CHECK(bench.admin.state.accounts.size() == 1);

    std::string order(kTwo);
    order.insert(order.size() - 1, R"(,"replace":true,"dry_run":true)");
    const Answer trial = bench.call("POST", "/v1/accounts", "admin", order);
    CHECK(trial.status == 200);
    CHECK(member(trial, "added") == "1");
    CHECK(member(trial, "replaced") == "1");
    CHECK(bench.admin.state.accounts.size() == 1);
}

TEST_CASE("accounts: a publisher for nobody is refused") {
    Bench bench;
    const Answer answer = bench.call("PUT", "/v1/accounts/pbx@b.c", "admin",
                                     R"({"password":"x","role":"publisher"})");
    CHECK(answer.status == 400);
    CHECK(contains(answer.body, "resources"));
}

TEST_CASE("tokens: one is made, shown once, good at once, listed without it, and revoked") {
    Bench bench;

    const Answer made =
        bench.call("POST", "/v1/tokens", "admin", R"({"name":"grafana","role":"read"})");

    CHECK(made.status == 201);
    const auto token = member(made, "token");
    REQUIRE(token.size() > 32);
    REQUIRE(bench.admin.state.kept_tokens.size() == 1);
    CHECK(bench.admin.state.kept_tokens[0].sha256_hex == sha256_hex(token));
    CHECK(bench.call("GET", "/v1/packages", token).status == 200);
    CHECK(bench.call("GET", "/v1/accounts", token).status == 403);
    const Answer list = bench.call("GET", "/v1/tokens");
    CHECK(contains(list.body, R"("name":"grafana","role":"read","limit":null,"source":"api")"));
    CHECK_FALSE(contains(list.body, sha256_hex(token)));
    CHECK(bench.call("POST", "/v1/tokens", "admin", R"({"name":"grafana","role":"read"})").status ==
          409);

    CHECK(bench.call("DELETE", "/v1/tokens/grafana").status == 204);
    CHECK(bench.call("GET", "/v1/packages", token).status == 401);
    CHECK(bench.call("DELETE", "/v1/tokens/grafana").status == 404);
    CHECK(bench.call("DELETE", "/v1/tokens/r").status == 409);
}

TEST_CASE("tokens: those of the configuration follow a reload, those made over HTTP stay") {
    Bench bench;
    const auto made = member(
        bench.call("POST", "/v1/tokens", "admin", R"({"name":"mine","role":"read"})"), "token");

    bench.api.open({.tokens = {{"n", sha256_hex("new"), "admin"}}});

    CHECK(bench.call("GET", "/v1/packages", "read").status == 401);
    CHECK(bench.call("GET", "/v1/packages", "new").status == 200);
    CHECK(bench.call("GET", "/v1/packages", made).status == 200);
}

TEST_CASE("traces: begun, read and ended over HTTP") {
    Bench bench;
    CHECK(bench.call("POST", "/v1/traces", "admin", "{}").status == 400);
    CHECK(bench.call("POST", "/v1/traces", "admin", R"({"peer":"example.com"})").status == 400);

    const Answer begun = bench.call("POST", "/v1/traces", "admin", R"({"user":"sip:217@b.c"})");

    CHECK(begun.status == 201);
    CHECK(member(begun, "user") == "217");
    const auto path = "/v1/traces/" + member(begun, "id");
    bench.admin.trace().on_message(sip::Direction::in,
                                   {.peer = *sip::Endpoint::from("192.0.2.7", 5)},
                                   *sip::Endpoint::from("192.0.2.1", 5060),
                                   "REGISTER sip:b.c SIP/2.0\r\nTo: <sip:217@b.c>\r\n\r\n");
    const Answer page = bench.call("GET", path);
    CHECK(contains(page.body, R"("direction":"in")"));
    CHECK(contains(page.body, "REGISTER sip:b.c"));
    CHECK(bench.call("GET", path, "write").status == 403);
    CHECK(bench.call("DELETE", path).status == 204);
    CHECK(bench.call("GET", path).status == 404);
}

TEST_CASE("reload: says which keys count, or that nothing was taken over") {
    FakeAdmin admin;
    base::Metrics metrics;
    server::ReloadReport report{.applied = {"server.log_level"}, .needs_restart = {"sip.listen"}};
    Api api{Context{admin, metrics, "b.c", "1", nullptr, [&] { return report; }},
            {.tokens = {{"a", sha256_hex("admin"), "admin"}}}};
    const auto reload = [&] {
        return api.answer(
            {.method = "POST", .target = "/v1/reload", .authorization = "Bearer admin"},
            []() -> Result<std::string> { return std::string(); });
    };

    CHECK(contains(reload().body,
                   R"({"applied":["server.log_level"],"needs_restart":["sip.listen"]})"));
    report = {.applied = {}, .needs_restart = {}, .mistakes = {{7, "unknown key"}}};
    CHECK(reload().status == 409);
    CHECK(contains(reload().body, R"("line":7)"));
}

TEST_CASE("a POST with an Idempotency-Key is carried out once, and answered again") {
    Bench bench;
    const auto send = [&](const std::string& key, const std::string& body) {
        return bench.send({.method = "POST",
                           .target = "/v1/messages",
                           .authorization = "Bearer write",
                           .content_type = "application/json",
                           .idempotency_key = key,
                           .has_length = true},
                          body);
    };
    const std::string hello = R"({"from":"alice@b.c","to":"bob@b.c","body":"hello"})";

    CHECK(send("k1", hello).status == 200);
    CHECK(send("k1", hello).status == 200);
    CHECK(bench.admin.state.asked.size() == 1);
    CHECK(send("k1", R"({"from":"alice@b.c","to":"bob@b.c","body":"other"})").status == 422);
    CHECK(send("k2", hello).status == 200);
    CHECK(bench.admin.state.asked.size() == 2);
    bench.admin.state.fault = Fault{FaultKind::unavailable, "busy"};
    CHECK(send("k3", hello).status == 503);
    bench.admin.state.fault.reset();
    CHECK(send("k3", hello).status == 200);
    CHECK(send(std::string(255, 'k'), hello).status == 200);
    CHECK(send(std::string(256, 'k'), hello).status == 400);
}

TEST_CASE("a POST whose outcome nobody knows is not carried out again, and answered once it is") {
    Bench bench;
    auto& state = bench.admin.state;
    const auto send = [&] {
        return bench.send({.method = "POST",
                           .target = "/v1/messages",
                           .authorization = "Bearer write",
                           .content_type = "application/json",
                           .idempotency_key = "k",
                           .has_length = true},
                          R"({"from":"alice@b.c","to":"bob@b.c","body":"hello"})");
    };
    state.fault = Fault{FaultKind::timeout, "The server did not answer in time"};

    CHECK(send().status == 504);
    state.fault.reset();
    const Answer unknown = send();
    CHECK(unknown.status == 409);
    CHECK(member(unknown, "kind") == "unknown_outcome");
    CHECK(state.asked.empty());

    REQUIRE(state.waiting.size() == 1);
    SUBCASE("it was sent after all") {
        state.waiting[0](202);
        const Answer known = send();
        CHECK(known.status == 202);
        CHECK(known.body == "{\"delivered\":false}\n");
        CHECK(state.asked.empty());
    }
    SUBCASE("it was not") {
        state.waiting[0](Fault{FaultKind::conflict, "the device refused it"});
        CHECK(send().status == 200);
        CHECK(state.asked.size() == 1);
    }
    SUBCASE("that will never be known") {
        state.waiting[0](Fault{FaultKind::unknown_outcome, "the store"});
        CHECK(send().status == 409);
        CHECK(state.asked.empty());
    }
}

TEST_CASE("a POST that cannot be begun is not carried out; a token is no answer to be kept") {
    Bench bench;
    auto& state = bench.admin.state;
    const auto make = [&](const std::string& key, const std::string& name) {
        return bench.send({.method = "POST",
                           .target = "/v1/tokens",
                           .authorization = "Bearer admin",
                           .content_type = "application/json",
                           .idempotency_key = key,
                           .has_length = true},
                          "{\"name\":\"" + name + "\",\"role\":\"read\"}");
    };
    for (const auto kind : {FaultKind::unavailable, FaultKind::timeout}) {
        state.request_fault = Fault{kind, "no"};
        CHECK(make("k", "grafana").status == 503);
    }
    CHECK(state.kept_tokens.empty());
    state.request_fault.reset();

    const Answer made = make("k", "grafana");
    CHECK(made.status == 201);
    CHECK(state.secrets == 1);
    CHECK(make("k", "grafana").body == made.body);
    CHECK(state.kept_tokens.size() == 1);
    CHECK(make("k", "other").status == 422);
}

TEST_CASE("who asks is whom trusted proxies name, and nobody else") {
    const auto range = [](const char* address, unsigned prefix) {
        return sip::AddressRange{*sip::Endpoint::from(address, 0), prefix};
    };
    Request request;
    request.peer = *sip::Endpoint::from("10.0.0.1", 4711);
    request.forwarded_for = "203.0.113.9, 192.0.2.7, 10.0.0.2";

    CHECK(client_of(request, {}) == "10.0.0.1");
    CHECK(client_of(request, {range("10.0.0.0", 8)}) == "192.0.2.7");
    request.forwarded_for = "";
    CHECK(client_of(request, {range("10.0.0.0", 8)}) == "10.0.0.1");
    request.forwarded_for = "unknown";
    CHECK(client_of(request, {range("10.0.0.0", 8)}) == "10.0.0.1");
}

}  // namespace herald::http::administration_test
