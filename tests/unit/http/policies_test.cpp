// tests/unit/http/policies_test.cpp: lists, rules, watchers and decisions as the API offers them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::policies_test {
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

TEST_CASE("a decision that is not remembered is in no list") {
    Bench bench;
    const auto decided =
        bench.call("POST", "/v1/watchers/alice@b.c/decisions", "write",
                   R"({"watcher": "bob@b.c", "decision": "allow", "remember": false})");
    CHECK(decided.status == 200);
    CHECK(member(decided, "subscriptions") == "2");
    CHECK(bench.admin.state.policies.empty());
    CHECK(bench.admin.state.asked == Asked{"w once sip:alice@b.c sip:bob@b.c presence"});
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
                    R"({"watcher": "*", "decision": "confirm", "remember": false})")
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

TEST_CASE("rules are JSON for who wants that: the same ones, both ways") {
    Bench bench;
    const std::string json =
        R"({"rules":[{"id":"friends","conditions":{"identity":{"one":["sip:bob@b.c"],)"
        R"("many":[{"domain":"x.y","except":["sip:eve@x.y"]}]},"sphere":["work"],)"
        R"("packages":["presence","dialog"]},"handling":"allow",)"
        R"("show":{"services":{"service-uri-scheme":["sip"]},"persons":{"all":true},)"
        R"("attributes":["activities","geopriv"],"user_input":"bare",)"
        R"("unknown_attributes":[{"name":"homepage","ns":"urn:z"}],"dialog_view":"state"}}]})"
        "\n";
    CHECK(put(bench, json, "application/json").status == 201);
    const auto& document = bench.admin.state.policies["sip:alice@b.c"].document;
    REQUIRE(pidf::parse_ruleset(document));
    CHECK(bench.call("GET", kRules, "read").body == document);
    const auto shown = bench.send({.method = "GET",
                                   .target = kRules,
                                   .authorization = "Bearer read",
                                   .accept = "application/json"});
    CHECK(shown.body == json);
    CHECK(header(shown, "ETag") == "\"1\"");

    const auto refused =
        put(bench, R"({"rules":[{"id":"a","handling":"maybe"}]})", "application/json");
    CHECK(refused.status == 400);
    CHECK(contains(member(refused, "detail"), "rules[0].handling"));
    CHECK(put(bench, R"({"rules":[{"id":"a"},{"id":"a"}]})", "application/json").status == 400);
    CHECK(put(bench, R"({"rules":[{"id":"a","show":{"attributes":["hat"]}}]})", "application/json")
              .status == 400);
    CHECK(bench.admin.state.policies["sip:alice@b.c"].document == document);
}

TEST_CASE("what a document says that Herald does not know stays so as JSON") {
    Bench bench;
    CHECK(put(bench,
              "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"><rule id=\"a\"><conditions>"
              "<identity><one id=\"sip:x@y\"/></identity><moon xmlns=\"urn:z\"/></conditions>"
              "</rule></ruleset>")
              .status == 201);
    const auto shown = bench.send({.method = "GET",
                                   .target = kRules,
                                   .authorization = "Bearer read",
                                   .accept = "application/json"});
    CHECK(contains(shown.body, "\"not_understood\":true"));
    CHECK(put(bench, shown.body, "application/json").status == 200);
    const auto again = pidf::parse_ruleset(bench.admin.state.policies["sip:alice@b.c"].document);
    REQUIRE(again);
    CHECK(again->rules.at(0).conditions.has_unknown);
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

TEST_CASE("an explanation has the last NOTIFYs of each subscription, and when the next goes out") {
    Bench bench;
    bench.admin.state.resources["presence sip:alice@b.c"] = {};
    const base::WallTime at(std::chrono::seconds(1'800'000'000));
    server::SubscriptionInfo info;
    info.state = "active";
    info.next_retry = at + std::chrono::seconds(62);
    info.notifies = {{at, 7, "active", 408, 32'000}, {at, 6, "active", 200, 4}};
    bench.admin.state.page = {{info}, {}, 1};

    const auto answer = bench.call("GET", "/v1/explain?resource=alice@b.c&watcher=zed@y.z", "read");
    CHECK(contains(answer.body,
                   "\"notifies\":[{\"at\":\"2027-01-15T08:00:00Z\",\"cseq\":7,"
                   "\"state\":\"active\",\"answer\":408,\"took_ms\":32000},"));
    CHECK(contains(answer.body, "\"next_retry\":\"2027-01-15T08:01:02Z\""));
    CHECK(bench.admin.state.queries.at(0).notifies == 10);

    CHECK(!contains(bench.call("GET", "/v1/subscriptions", "read").body, "notifies"));
    CHECK(bench.admin.state.queries.at(1).notifies == 0);
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
    CHECK(contains(member(refused, "detail"), "line 1: list: "));
    CHECK(bench.admin.state.asked == Asked{"w imports 1"});
}

TEST_CASE("lists are a table for who wants one, and every mistake in it has its line") {
    Bench bench;
    bench.admin.state.policies["sip:a@b.c"] = {"sip:a@b.c", 1, "allow *@x.y dialog", {}};
    bench.admin.state.policies["sip:b@b.c"] = {"sip:b@b.c", 1, "block * presence", {}};
    const auto ask = [&](const std::string& accept, const std::string& query) {
        return bench.send({.method = "GET",
                           .target = "/v1/lists/export" + query,
                           .authorization = "Bearer read",
                           .accept = accept});
    };
    const auto page = ask("application/json;q=0.5, text/csv", "?limit=1");
    CHECK(page.type == "text/csv; charset=utf-8");
    CHECK(page.body ==
          "scope,list,watcher,package\r\n\"sip:a@b.c\",\"allow\",\"*@x.y\",\"dialog\"\r\n");
    CHECK(header(page, "Link") == "</v1/lists/export?limit=1&after=sip%3Aa%40b.c>; rel=\"next\"");
    CHECK(ask("*/*", "").type == "application/json");

    const auto put = [&](const std::string& table) {
        return bench.send({.method = "POST",
                           .target = "/v1/lists/import",
                           .authorization = "Bearer write",
                           .content_type = "text/csv; charset=utf-8",
                           .has_length = true},
                          table);
    };
    CHECK(member(put(page.body), "rows") == "1");
    const auto refused =
        put("scope,list,watcher,package\na@b.c,allow,x@y\n\na@b.c,friends,x@y,presence\n"
            "a@b.c,block,\"x y\",nothing\n");
    CHECK(refused.status == 400);
    CHECK(contains(refused.body, "\"line\":4,\"why\":\"list: "));
    CHECK(contains(refused.body, "\"line\":5,\"why\":\"watcher: "));
    CHECK(contains(refused.body, "\"line\":5,\"why\":\"package: "));
    CHECK(bench.call("POST", "/v1/lists/import", "write", "[]").status == 400);
    CHECK(bench
              .send({.method = "POST",
                     .target = "/v1/lists/import",
                     .authorization = "Bearer write",
                     .content_type = "text/plain",
                     .has_length = true},
                    page.body)
              .status == 415);
    CHECK(put("a@b.c,allow,x@y\n").status == 400);
    CHECK(put("scope,list,watcher,package\na@b.c,\"allow\n").status == 400);
    CHECK(bench.admin.state.asked == Asked{"w imports 1"});
}

TEST_CASE("a mistake in JSON has its line, too") {
    Bench bench;
    const auto refused = bench.call("POST", "/v1/lists/import", "write",
                                    "{\"rows\": [\n"
                                    " {\"scope\": \"a@b.c\", \"list\": \"allow\", "
                                    "\"watcher\": \"x@y\"},\n"
                                    " {\"scope\": \"a{[b\\\"@b.c\", \"list\": 7},\n"
                                    " {\"list\": \"allow\", \"friend\": \"x\"}\n]}");
    CHECK(refused.status == 400);
    CHECK(contains(refused.body, "{\"line\":3,\"why\":\"\\\"list\\\": expected a string\"}"));
    CHECK(contains(refused.body, "{\"line\":4,\"why\":\"\\\"friend\\\": unknown member"));
    CHECK(bench.admin.state.asked.empty());
}

TEST_CASE("the audit says who changed what") {
    Bench bench;
    const auto answer = bench.call("GET", "/v1/audit?actor=root", "read");
    CHECK(contains(answer.body, "\"actor\":\"root\""));
    CHECK(contains(answer.body, "\"action\":\"rules.put\""));
    CHECK(bench.call("GET", "/v1/audit?since=yesterday", "read").status == 400);
}

}  // namespace herald::http::policies_test
