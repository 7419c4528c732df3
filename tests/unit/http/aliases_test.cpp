// tests/unit/http/aliases_test.cpp: aliases as the API lists, sets and removes them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::aliases_test {
namespace {

constexpr const char* kPath = "/v1/aliases/101@Example.com";
using Asked = std::vector<std::string>;

}  // namespace

TEST_CASE("an alias is set, shown and removed, in canonical form") {
    Bench bench;
    const char* body = R"({"resource": "alice@EXAMPLE.com"})";
    const Answer made = bench.call("PUT", kPath, "admin", body);
    CHECK(made.status == 201);
    CHECK(made.body ==
          "{\"aor\":\"sip:101@example.com\",\"resource\":\"sip:alice@example.com\"}\n");
    CHECK(bench.call("PUT", kPath, "admin", body).status == 200);
    const Answer shown = bench.call("GET", kPath, "read");
    CHECK(shown.status == 200);
    CHECK(shown.body == made.body);
    CHECK(bench.call("DELETE", kPath, "admin").status == 204);
    CHECK(bench.admin.state.asked == Asked{"put sip:101@example.com sip:alice@example.com",
                                           "put sip:101@example.com sip:alice@example.com",
                                           "alias sip:101@example.com",
                                           "remove sip:101@example.com"});
}

TEST_CASE("whose state an address is, only an admin says") {
    Bench bench;
    CHECK(bench.call("PUT", kPath, "write", R"({"resource": "a@b.c"})").status == 403);
    CHECK(bench.call("DELETE", kPath, "write").status == 403);
    CHECK(bench.admin.state.asked.empty());
}

TEST_CASE("what is no alias is refused with what is wanted") {
    Bench bench;
    CHECK(member(bench.call("PUT", kPath, "admin", "{}"), "detail") ==
          "\"resource\": expected the address that this one stands for");
    CHECK(bench.call("PUT", kPath, "admin", R"({"resource": "alice"})").status == 400);
    CHECK(bench.call("PUT", kPath, "admin", R"({"resource": "a@b.c", "x": 1})").status == 400);
    CHECK(bench.call("PUT", "/v1/aliases/tel:+1", "admin", R"({"resource": "a@b.c"})").status ==
          400);
    CHECK(bench.admin.state.asked.empty());
    bench.admin.state.fault = Fault{FaultKind::conflict, "a chain"};
    CHECK(bench.call("PUT", kPath, "admin", R"({"resource": "a@b.c"})").status == 409);
}

TEST_CASE("aliases are listed in pages") {
    Bench bench;
    bench.admin.state.alias_page = {{{"sip:101@b.c", "sip:a@b.c"}}, "sip:101@b.c", 7};
    const Answer answer =
        bench.call("GET", "/v1/aliases?resource=a@B.c&limit=1&after=sip:100@b.c", "read");
    CHECK(answer.status == 200);
    CHECK(answer.body ==
          "{\"aliases\":[{\"aor\":\"sip:101@b.c\",\"resource\":\"sip:a@b.c\"}],\"total\":7,"
          "\"next\":\"sip:101@b.c\"}\n");
    CHECK(bench.call("GET", "/v1/aliases").status == 200);
    CHECK(bench.admin.state.asked == Asked{"list sip:a@b.c sip:100@b.c 1", "list   100"});
    CHECK(bench.call("GET", "/v1/aliases?limit=1001").status == 400);
    CHECK(bench.call("GET", "/v1/aliases?after=%20").status == 400);
}

}  // namespace herald::http::aliases_test
