// tests/unit/http/conditions_test.cpp: every resource has an entity-tag, and changes may depend on
// it (RFC 9110 13).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::conditions_test {
namespace {

constexpr const char* kAccount = "/v1/accounts/alice@b.c";

struct Conditional : Bench {
    Answer ask(const std::string& method, const std::string& if_match,
               const std::string& if_none_match, const std::string& body = {}) {
        return send({.method = method,
                     .target = kAccount,
                     .authorization = "Bearer admin",
                     .content_type = body.empty() ? "" : "application/json",
                     .if_match = if_match,
                     .if_none_match = if_none_match,
                     .has_length = !body.empty()},
                    body);
    }
};

const std::string kAlice = R"({"password": "x"})";
const std::string kDelegates = R"({"delegates": [{"aor": "bob@b.c"}]})";

}  // namespace

TEST_CASE("RFC 9110 13.1.1: a change is made only of what was seen") {
    Conditional bench;
    CHECK(bench.ask("PUT", "*", {}, kAlice).status == 412);
    CHECK(bench.ask("PUT", {}, "*", kAlice).status < 300);
    CHECK(bench.ask("PUT", {}, "*", kAlice).status == 412);

    const auto seen = header(bench.ask("GET", {}, {}), "ETag");
    REQUIRE(seen.size() > 10);
    CHECK(bench.ask("PUT", seen, {}, kDelegates).status < 300);
    const auto refused = bench.ask("PUT", seen, {}, kAlice);
    CHECK(refused.status == 412);
    const auto now = header(bench.ask("GET", {}, {}), "ETag");
    CHECK(now != seen);
    CHECK(contains(member(refused, "detail"), now.substr(1, now.size() - 2)));
    CHECK(bench.ask("DELETE", seen, {}).status == 412);
    CHECK(bench.ask("DELETE", "\"other\", " + now, {}).status == 204);
    CHECK(bench.ask("DELETE", now, {}).status == 412);
    CHECK(bench.ask("PUT", "no tag", {}, kAlice).status == 400);
}

TEST_CASE("RFC 9110 13.1: changes of one thing come one after the other, however it is spelled") {
    Bench bench;
    Context context{bench.admin, bench.metrics, "example.com", "1"};
    const Request request{.method = "PUT"};
    const auto all = routes();
    const auto route = std::find_if(all.begin(), all.end(), [](const Route& each) {
        return each.method == "PUT" && each.pattern == "/v1/accounts/{aor}";
    });
    Conditions conditions;
    std::atomic<int> inside{0};
    std::atomic<bool> met{false};
    const auto change = [&](const std::string& name) {
        const Call call{context, "/v1/accounts/" + name, {name}, {}, {}, request, {}};
        const auto done = conditions.apply(*route, call, [&]() -> Result<Answer> {
            ++inside;
            for (int i = 0; i < 100 && inside < 2; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (inside > 1) met = true;
            --inside;
            return Answer{204, {}, {}, {}};
        });
        CHECK(done.has_value());
    };
    std::thread other([&] { change("sip:alice@B.c"); });
    change("alice@b.c");
    other.join();
    CHECK_FALSE(met.load());
}

TEST_CASE("RFC 9110 13.1.2: who has what is there is told so, whatever it is") {
    Conditional bench;
    CHECK(bench.ask("PUT", {}, {}, kAlice).status < 300);
    const auto first = bench.ask("GET", {}, {});
    const auto tag = header(first, "ETag");
    const auto again = bench.ask("GET", {}, tag);
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(header(again, "ETag") == tag);
    CHECK(bench.ask("GET", {}, "W/" + tag).status == 304);
    CHECK(bench.ask("GET", {}, "\"other\"").status == 200);
    CHECK(bench.ask("PUT", {}, {}, kDelegates).status < 300);
    CHECK(bench.ask("GET", {}, tag).status == 200);

    for (const char* path : {"/v1/subscriptions", "/v1/audit", "/v1/lists/export",
                             "/v1/watchers/alice@b.c", "/v1/packages"}) {
        CAPTURE(path);
        const auto listed = bench.call("GET", path);
        CHECK(listed.status == 200);
        CHECK(header(listed, "ETag").size() > 10);
    }
    CHECK(header(bench.call("GET", "/healthz", ""), "ETag").empty());
    CHECK(header(bench.call("GET", "/v1/events"), "ETag").empty());
}

}  // namespace herald::http::conditions_test
