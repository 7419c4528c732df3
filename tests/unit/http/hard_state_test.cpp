// tests/unit/http/hard_state_test.cpp: documents as the API sets, gives and removes them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::hard_state_test {
namespace {

using Tags = std::vector<std::string>;

constexpr const char* kPath = "/v1/resources/presence/alice@example.com/hard-state";

Request request(const char* method, std::string token) {
    return {.method = method, .target = kPath, .authorization = "Bearer " + std::move(token)};
}

Request put(std::string type = "application/pidf+xml") {
    Request out = request("PUT", "write");
    out.content_type = std::move(type);
    out.has_length = true;
    return out;
}

}  // namespace

TEST_CASE("RFC 3903 6: a document is set as it is, with the media type its sender names") {
    Bench bench;
    const Answer made = bench.send(put("Application/PIDF+xml; charset=UTF-8"), "<presence>\n");
    CHECK(made.status == 201);
    CHECK(header(made, "ETag") == "\"tag\"");
    CHECK(bench.admin.state.set["presence sip:alice@example.com"] ==
          "application/pidf+xml\n<presence>\n");
    CHECK(bench.send(put(), "<presence/>").status == 204);

    const Answer given = bench.call("GET", kPath, "read");
    CHECK(given.status == 200);
    CHECK(given.type == "application/pidf+xml");
    CHECK(given.body == "<presence/>");
    CHECK(header(given, "ETag") == "\"tag\"");

    CHECK(bench.call("DELETE", kPath, "write").status == 204);
    CHECK(bench.call("DELETE", kPath, "write").status == 404);
    CHECK(bench.call("GET", kPath, "read").status == 404);
}

TEST_CASE("a document that will not do is refused as the package says") {
    Bench bench;
    bench.admin.state.fault = Fault{FaultKind::malformed, "no end tag at line 3, column 7"};
    const Answer answer = bench.send(put(), "<presence>");
    CHECK(answer.status == 400);
    CHECK(answer.type == "application/problem+json");
    CHECK(member(answer, "detail") == "no end tag at line 3, column 7");

    Request lengthless = put();
    lengthless.has_length = false;
    CHECK(bench.send(lengthless, "<presence/>").status == 411);
    CHECK(bench.call("PUT", "/v1/resources/presence/alice/hard-state", "write", "x").status == 400);
    Request reader = put();
    reader.authorization = "Bearer read";
    CHECK(bench.send(reader, "<presence/>").status == 403);
}

TEST_CASE("RFC 9110 13.1: If-Match and If-None-Match are lists of entity-tags") {
    Bench bench;
    Request conditional = put();
    conditional.if_match = " \"a\" ,\"b,c\", W/\"d\"";
    conditional.if_none_match = "*";
    CHECK(bench.send(conditional, "x").status == 201);
    REQUIRE(bench.admin.state.conditions.size() == 1);
    CHECK(bench.admin.state.conditions[0].any_of == Tags{"a", "b,c", "W/d"});
    CHECK(bench.admin.state.conditions[0].none_of == Tags{"*"});

    for (const auto* bad :
         {"a", "\"a", "\"a\" \"b\"", "\"a\",,\"b\"", "\"a\";", "*, \"a\"", "W/"}) {
        CAPTURE(bad);
        Request wrong = put();
        wrong.if_match = bad;
        const Answer answer = bench.send(wrong, "x");
        CHECK(answer.status == 400);
        CHECK(member(answer, "detail") == "If-Match is not a list of entity-tags in quotes");
        Request removal = request("DELETE", "write");
        removal.if_none_match = bad;
        CHECK(bench.send(removal).status == 400);
    }
    std::string many;
    for (int i = 0; i < 33; ++i) many += "\"t\",";
    Request crowded = put();
    crowded.if_match = many + "\"t\"";
    CHECK(bench.send(crowded, "x").status == 400);
}

TEST_CASE("RFC 9110 13.1: who has the document already is told only that") {
    Bench bench;
    REQUIRE(bench.send(put(), "x").status == 201);
    Request given = request("GET", "read");
    given.if_none_match = "\"other\", \"tag\"";
    const Answer same = bench.send(given);
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    CHECK(header(same, "ETag") == "\"tag\"");

    given.if_none_match = "\"other\"";
    CHECK(bench.send(given).status == 200);
    given.if_match = "\"other\"";
    CHECK(bench.send(given).status == 412);
    given.if_match = "*";
    CHECK(bench.send(given).status == 200);
}

}  // namespace herald::http::hard_state_test
