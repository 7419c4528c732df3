// tests/unit/http/messages_test.cpp: messages as the API sends, lists and forgets them.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::messages_test {
namespace {

constexpr const char* kPath = "/v1/messages";

TEST_CASE("a message is sent as an address of this server; the answer says what became of it") {
    Bench bench;
    const char* order =
        R"({"from": "desk@example.com", "to": "sip:alice@example.com", "body": "Hi", "subject": "s"})";
    const Answer taken = bench.call("POST", kPath, "write", order);
    CHECK(taken.status == 200);
    CHECK(taken.body == "{\"delivered\":true}\n");
    CHECK(bench.admin.state.asked.at(0) ==
          "send sip:desk@example.com sip:alice@example.com text/plain;charset=UTF-8 s 0 Hi");
    bench.admin.state.sent = 202;
    const Answer kept = bench.call("POST", kPath, "write", order);
    CHECK(kept.status == 202);
    CHECK(kept.body == "{\"delivered\":false}\n");
    CHECK(bench.call("POST", kPath, "read", order).status == 403);
    const Answer refused = bench.call("POST", kPath, "write", R"({"from": "a@b", "to": "c@d"})");
    CHECK(refused.status == 400);
    CHECK(member(refused, "detail") == "\"body\": expected the text");
}

TEST_CASE("what is kept is listed without bodies, unless they are asked for") {
    Bench bench;
    server::MessageInfo info;
    info.id = "7";
    info.aor = "sip:alice@example.com";
    info.from = "<sip:bob@example.com>";
    info.type = "text/plain";
    info.size = 2;
    info.date = info.kept_until = base::WallTime(std::chrono::seconds(1800000000));
    info.body = "Hi";
    bench.admin.state.kept = {{info}, "7", 12};
    const Answer answer = bench.call("GET", "/v1/messages?aor=alice@example.com&limit=1&after=6");
    CHECK(answer.status == 200);
    CHECK(answer.body ==
          "{\"messages\":[{\"id\":\"7\",\"aor\":\"sip:alice@example.com\","
          "\"from\":\"<sip:bob@example.com>\",\"subject\":null,\"type\":\"text/plain\",\"size\":2,"
          "\"date\":\"2027-01-15T08:00:00Z\",\"kept_until\":\"2027-01-15T08:00:00Z\"}],"
          "\"total\":12,\"next\":\"7\"}\n");
    CHECK(bench.admin.state.asked.at(0) == "messages sip:alice@example.com 6 1");
    const Answer whole = bench.call("GET", "/v1/messages?bodies=true");
    CHECK(whole.body.find("\"body\":\"Hi\"") != std::string::npos);
    CHECK(bench.admin.state.asked.at(1) == "messages   100 with bodies");
    CHECK(bench.call("GET", "/v1/messages?limit=1001").status == 400);
}

TEST_CASE("all messages of a user are forgotten, or one") {
    Bench bench;
    CHECK(bench.call("DELETE", "/v1/messages/alice@example.com", "write").status == 204);
    CHECK(bench.call("DELETE", "/v1/messages/alice@example.com/7", "write").status == 204);
    CHECK(bench.admin.state.asked == std::vector<std::string>{"forget sip:alice@example.com ",
                                                              "forget sip:alice@example.com 7"});
    bench.admin.state.fault = Fault{FaultKind::not_found, "No such message is kept"};
    CHECK(bench.call("DELETE", "/v1/messages/alice@example.com/7", "write").status == 404);
}

}  // namespace
}  // namespace herald::http::messages_test
