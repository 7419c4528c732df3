// tests/unit/http/policies_test.cpp: lists, rules, watchers and decisions as the API offers them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http {
namespace {

using Asked = std::vector<std::string>;
constexpr const char* kAllow = "/v1/lists/alice@b.c/allow";
constexpr const char* kRules = "/v1/rules/alice@b.c";
constexpr const char* kDocument =
    "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"><rule id=\"a\"/></ruleset>";

Answer put(Bench& bench, const std::string& document,
           const std::string& type = "application/auth-policy+xml",
           const std::string& if_match = {}) {
    return bench.send({.method = "PUT",
                       .target = kRules,
                       .authorization = "Bearer write",
                       .content_type = type,
                       .if_match = if_match,
                       .has_length = true},
                      document);
}

}  // namespace

TEST_CASE("an entry is added, shown with its entity-tag, moved by a decision, and removed") {
    Bench bench;
    const auto added =
        bench.call("POST", std::string(kAllow) + "/entries", "write", R"({"watcher": "bob@B.c"})");
    CHECK(added.status == 200);
    CHECK(added.body ==
          "{\"scope\":\"sip:alice@b.c\",\"list\":\"allow\",\"entries\":"
          "[{\"watcher\":\"sip:bob@b.c\",\"package\":\"presence\"}]}\n");
    CHECK(header(added, "ETag") == "\"1\"");
    CHECK(bench.call("GET", kAllow, "read").body == added.body);

    const auto decided = bench.call("POST", "/v1/watchers/alice@b.c/decisions", "write",
                                    R"({"watcher": "sip:bob@b.c", "decision": "block"})");
    CHECK(member(decided, "list") == "block");
    CHECK(member(bench.call("GET", kAllow, "read"), "entries") == "[]");

    const std::string entry = "/v1/lists/alice@b.c/block/entries?watcher=bob@b.c";
    CHECK(bench.call("DELETE", entry, "write").status == 204);
    CHECK(bench.call("DELETE", entry, "write").status == 404);
    CHECK(bench.admin.state.asked == Asked{"w allow.add sip:bob@b.c presence",
                                           "w decision.block sip:bob@b.c presence",
                                           "w block.remove sip:bob@b.c presence"});
}

TEST_CASE("a list is replaced as a whole") {
    Bench bench;
    const auto set = bench.call(
        "PUT", kAllow, "write",
        R"({"entries": [{"watcher": "*@b.c"}, {"watcher": "sip:x@y", "package": "*"}]})");
    CHECK(set.status == 200);
    CHECK(bench.admin.state.policies["sip:alice@b.c"].lists ==
          "allow *@b.c presence\nallow sip:x@y *");
    CHECK(bench.call("DELETE", kAllow, "write").status == 204);
    CHECK(bench.admin.state.policies["sip:alice@b.c"].lists.empty());
}

TEST_CASE("what is no list, watcher, package or decision is refused with what is wanted") {
    Bench bench;
    CHECK(bench.call("GET", "/v1/lists/alice@b.c/friends", "read").status == 404);
    CHECK(bench.call("POST", std::string(kAllow) + "/entries", "write", R"({"watcher": "a b"})")
              .status == 400);
    CHECK(bench
              .call("POST", std::string(kAllow) + "/entries", "write",
                    R"({"watcher": "*", "package": "presence.winfo"})")
              .status == 400);
    CHECK(bench
              .call("POST", "/v1/watchers/alice@b.c/decisions", "write",
                    R"({"watcher": "*", "decision": "maybe"})")
              .status == 400);
    CHECK(bench
              .call("POST", "/v1/watchers/alice@b.c/decisions", "write",
                    R"({"watcher": "*", "decision": "allow", "remember": false})")
              .status == 400);
    CHECK(bench.call("POST", std::string(kAllow) + "/entries", "read", R"({"watcher": "*"})")
              .status == 403);
    CHECK(bench.admin.state.asked.empty());
}

TEST_CASE("rules are given back as they were put, and refused whole with the place") {
    Bench bench;
    CHECK(bench.call("GET", kRules, "read").status == 404);
    CHECK(put(bench, kDocument).status == 201);
    const auto shown = bench.call("GET", kRules, "read");
    CHECK(shown.type == "application/auth-policy+xml");
    CHECK(shown.body == kDocument);
    CHECK(put(bench, kDocument).status == 200);

    const auto refused = put(bench, "<ruleset/>");
    CHECK(refused.status == 400);
    CHECK(contains(member(refused, "detail"), "line 1"));
    CHECK(put(bench, kDocument, "text/plain").status == 415);
    CHECK(bench.call("GET", kRules, "read").body == kDocument);

    CHECK(bench.call("DELETE", kRules, "write").status == 204);
    CHECK(bench.call("DELETE", kRules, "write").status == 404);
}

TEST_CASE("with If-Match a change is made only if nobody else made one before") {
    Bench bench;
    CHECK(put(bench, kDocument).status == 201);
    CHECK(put(bench, kDocument, "application/xml", "\"1\"").status == 200);
    CHECK(put(bench, kDocument, "application/xml", "\"1\"").status == 412);
    CHECK(put(bench, kDocument, "application/xml", "1").status == 400);
}

TEST_CASE("a dry run says what somebody would see, and changes nothing") {
    Bench bench;
    const auto preview =
        bench.call("POST", std::string(kRules) + "/dry-run", "read", R"({"watcher": "zed@y.z"})");
    CHECK(preview.body ==
          "{\"resource\":\"sip:alice@b.c\",\"watcher\":\"sip:zed@y.z\",\"package\":\"presence\","
          "\"decision\":\"confirm\",\"decided_by\":\"default\",\"rules\":[{\"rule\":\"rule a\","
          "\"matched\":false,\"why_not\":\"sphere\"}],\"type\":null,\"document\":null,"
          "\"changes\":[]}\n");
    CHECK(bench.admin.state.policies.empty());
}

TEST_CASE("watchers are listed with what decides about them") {
    Bench bench;
    server::WatcherInfo info;
    info.id = "7";
    info.watcher = "sip:zed@y.z";
    info.status = "pending";
    bench.admin.state.watcher_page = {{info}, {}, 1};
    const auto answer = bench.call("GET", "/v1/watchers/alice@b.c?state=pending", "read");
    CHECK(answer.status == 200);
    CHECK(member(answer, "total") == "1");
    CHECK(contains(answer.body, "\"status\":\"pending\""));
    CHECK(bench.call("GET", "/v1/watchers/alice@b.c?state=waiting", "read").status == 200);
    CHECK(bench.call("GET", "/v1/watchers/alice@b.c?state=gone", "read").status == 400);
}

TEST_CASE("lists of many are exported in pages and imported all or none") {
    Bench bench;
    bench.admin.state.policies["b.c"] = {"b.c", 1, "allow *@b.c presence", {}};
    bench.admin.state.policies["sip:a@b.c"] = {"sip:a@b.c", 1, "block * presence", {}};
    const auto page = bench.call("GET", "/v1/lists/export?limit=1", "read");
    CHECK(page.body ==
          "{\"rows\":[{\"scope\":\"b.c\",\"list\":\"allow\",\"watcher\":\"*@b.c\","
          "\"package\":\"presence\"}],\"next\":\"b.c\"}\n");

    const std::string row = R"({"scope": "a@b.c", "list": "allow", "watcher": "x@y"})";
    CHECK(bench.call("POST", "/v1/lists/import", "write", R"({"rows": [)" + row + "]}").status ==
          200);
    const auto refused = bench.call(
        "POST", "/v1/lists/import", "write",
        R"({"rows": [)" + row + R"(, {"scope": "a@b.c", "list": "x",)" + R"( "watcher": "x@y"}]})");
    CHECK(refused.status == 400);
    CHECK(contains(member(refused, "detail"), "rows"));
    CHECK(bench.admin.state.asked == Asked{"w imports 1"});
}

TEST_CASE("the audit says who changed what") {
    Bench bench;
    const auto answer = bench.call("GET", "/v1/audit?actor=root", "read");
    CHECK(contains(answer.body, "\"actor\":\"root\""));
    CHECK(contains(answer.body, "\"action\":\"rules.put\""));
    CHECK(bench.call("GET", "/v1/audit?since=yesterday", "read").status == 400);
}

}  // namespace herald::http
