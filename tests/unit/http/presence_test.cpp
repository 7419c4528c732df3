// tests/unit/http/presence_test.cpp: presence as web pages say and read it.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::presence_test {
namespace {

constexpr const char* kAlice = "/v1/presence/alice@b.c";
constexpr const char* kMeeting =
    R"({"status":"open","activities":["meeting"],"note":"back at 3 & <not> before","ttl":300})";

}  // namespace

TEST_CASE("what is said is shown again, with the name of the token as its source") {
    Bench bench;
    const auto put = bench.call("PUT", kAlice, "write", kMeeting);
    CHECK(put.status == 201);
    CHECK(header(put, "ETag") == "\"tag\"");
    CHECK(bench.admin.state.asked == std::vector<std::string>{"presence w 300"});
    CHECK(bench.call("PUT", kAlice, "write", R"({"status":"open"})").status == 204);
    CHECK(bench.admin.state.asked.back() == "presence w 3600");
    bench.call("PUT", kAlice, "write", kMeeting);

    const auto shown = bench.call("GET", kAlice, "read");
    CHECK(shown.body ==
          "{\"user\":\"sip:alice@b.c\",\"status\":\"open\",\"activities\":[\"meeting\"],"
          "\"note\":\"back at 3 & <not> before\"}\n");
    const auto own = bench.call("GET", std::string(kAlice) + "?source=here", "write");
    CHECK(member(own, "ttl") == "60");
    CHECK(header(own, "ETag") == "\"tag\"");

    CHECK(bench.call("DELETE", kAlice, "write").status == 204);
    CHECK(bench.call("DELETE", kAlice, "write").status == 404);
    CHECK(bench.call("GET", std::string(kAlice) + "?source=here", "write").status == 404);
    CHECK(member(bench.call("GET", kAlice, "read"), "status") == "closed");
}

TEST_CASE("who nobody knows anything about is closed, and says nothing") {
    Bench bench;
    CHECK(bench.call("GET", kAlice, "read").body ==
          "{\"user\":\"sip:alice@b.c\",\"status\":\"closed\",\"activities\":[],\"note\":null}\n");
}

TEST_CASE("RFC 9110 13.1: changes under conditions, and 304 for what is known already") {
    Bench bench;
    bench.send({.method = "PUT",
                .target = kAlice,
                .authorization = "Bearer write",
                .content_type = "application/json",
                .if_match = "\"a\", \"b\"",
                .has_length = true},
               kMeeting);
    REQUIRE(bench.admin.state.conditions.size() == 1);
    CHECK(bench.admin.state.conditions[0].any_of == std::vector<std::string>{"a", "b"});

    const auto tag = header(bench.call("GET", kAlice, "read"), "ETag");
    CHECK(tag.size() == 18);
    const auto again = [&](std::string known) {
        return bench.send({.method = "GET",
                           .target = kAlice,
                           .authorization = "Bearer read",
                           .if_none_match = std::move(known)});
    };
    CHECK(again(tag).status == 304);
    CHECK(again(tag).body.empty());
    CHECK(header(again(tag), "ETag") == tag);
    CHECK(again("\"other\"").status == 200);
    CHECK(again("nonsense").status == 400);
    bench.call("DELETE", kAlice, "write");
    CHECK(again(tag).status == 200);
}

TEST_CASE("many users are read at once, in the order they were named") {
    Bench bench;
    bench.call("PUT", kAlice, "write", kMeeting);
    const auto page = bench.call("GET", "/v1/presence?users=bob@b.c,%20sip:alice@B.c", "read");
    CHECK(page.status == 200);
    CHECK(contains(page.body, "{\"users\":[{\"user\":\"sip:bob@b.c\",\"status\":\"closed\""));
    CHECK(contains(page.body, "{\"user\":\"sip:alice@b.c\",\"status\":\"open\""));
    for (const auto* wrong : {"", "?users=", "?users=a", "?users=a@b.c,", "?users=a@b.c,,b@b.c"}) {
        CAPTURE(wrong);
        const auto answer = bench.call("GET", std::string("/v1/presence") + wrong, "read");
        CHECK(answer.status == (std::string_view(wrong) == "?users=a@b.c," ? 200 : 400));
    }
    std::string many = "/v1/presence?users=a@b.c";
    for (int i = 0; i < 200; ++i) many += ",a@b.c";
    CHECK(bench.call("GET", many, "read").status == 400);
}

TEST_CASE("a token for some says and reads what is theirs") {
    Bench bench;
    CHECK(bench.call("PUT", kAlice, "user", kMeeting).status == 201);
    CHECK(bench.call("PUT", "/v1/presence/bob@b.c", "user", kMeeting).status == 403);
    CHECK(bench.call("GET", "/v1/presence/bob@b.c", "user").status == 403);
    CHECK(bench.call("GET", "/v1/presence?users=alice@b.c,bob@b.c", "user").status == 403);
    CHECK(bench.call("GET", "/v1/presence?users=alice@b.c", "user").status == 200);
    CHECK(bench.call("GET", "/v1/presence?users=alice@b.c,bob@b.c", "domain").status == 200);
    CHECK(bench.call("GET", "/v1/presence?users=alice@x.y", "domain").status == 403);
    CHECK(bench.call("PUT", kAlice, "read", kMeeting).status == 403);
}

TEST_CASE("what makes no sense is refused with its place") {
    Bench bench;
    for (const auto* wrong :
         {"{}", R"({"status":"away"})", R"({"status":"open","ttl":0})",
          R"({"status":"open","ttl":604801})", R"({"status":"open","activities":["flying"]})",
          R"({"status":"open","activities":"meeting"})", R"({"status":"open","mood":"sad"})",
          R"({"status":"open","activities":["away/><x"]})"}) {
        CAPTURE(wrong);
        const auto answer = bench.call("PUT", kAlice, "write", wrong);
        CHECK(answer.status == 400);
        CHECK(contains(answer.body, "\\\""));
    }
    const auto longest = R"({"status":"open","note":")" + std::string(1001, 'x') + "\"}";
    CHECK(bench.call("PUT", kAlice, "write", longest).status == 400);
    CHECK(bench.call("PUT", "/v1/presence/alice", "write", kMeeting).status == 400);
    CHECK(bench.call("GET", std::string(kAlice) + "?source=there", "read").status == 400);
    CHECK(bench.admin.state.presence.empty());
}

}  // namespace herald::http::presence_test
