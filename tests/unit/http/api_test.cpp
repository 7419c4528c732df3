// tests/unit/http/api_test.cpp: every route, method and role, and what bad requests are told;
// without sockets.
#include "http/api.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "http/exposition.h"
#include "http/problem.h"
#include "http/target.h"
#include "sip/digest.h"
#include "tests/unit/http/fake_admin.h"

namespace herald::http {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
        if (key == name) return value;
    }
    return {};
}

std::string member(const Answer& answer, std::string_view name) {
    const auto json = parse_json(answer.body);
    if (!json || json->find(name) == nullptr) return {};
    const auto* text = json->find(name)->as<std::string>();
    return text != nullptr ? *text : to_text(*json->find(name));
}

/// An Api over a FakeAdmin, with a token of each role: its name.
struct Bench {
    FakeAdmin admin;
    base::Metrics metrics;
    Api api{Context{admin, metrics, "example.com", "1.2.3"},
            Tokens({{"r", sha256_hex("read"), "read"},
                    {"w", sha256_hex("write"), "write"},
                    {"a", sha256_hex("admin"), "admin"}})};
    int reads = 0;

    Answer send(Request request, std::string body = {}) {
        return api.answer(request, [&]() -> Result<std::string> {
            ++reads;
            return body;
        });
    }
    Answer call(std::string method, std::string target, std::string token = "admin",
                std::string body = {}) {
        const bool has_body = !body.empty();
        return send({.method = std::move(method),
                     .target = std::move(target),
                     .authorization = token.empty() ? "" : "Bearer " + token,
                     .content_type = has_body ? "application/json" : "",
                     .has_length = has_body},
                    std::move(body));
    }
};

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

TEST_CASE("RFC 6750 3: an unknown token is told so") {
    Bench bench;

    const Answer answer = bench.call("GET", "/v1/subscriptions", "guess");

    CHECK(answer.status == 401);
    CHECK(header(answer, "WWW-Authenticate") == "Bearer realm=\"herald\", error=\"invalid_token\"");
    CHECK_FALSE(contains(answer.body, "guess"));
}

TEST_CASE("RFC 9110 15.5.6: another method gets 405 with what is allowed") {
    Bench bench;
    for (const Route& route : routes()) {
        for (const auto* method : {"POST", "PATCH", "TRACE", "get", "FROB"}) {
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
        bench.admin.fault = Fault{static_cast<FaultKind>(kind), "because of this"};
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
    CHECK(bench.call("GET", "/v1/accounts/%80").status == 400);
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

TEST_CASE("health, readiness") {
    Bench bench;
    CHECK(bench.call("GET", "/healthz", "").status == 200);
    CHECK(bench.call("GET", "/readyz", "").status == 200);

    bench.admin.healthy = {false, "The store is being read."};
    const Answer answer = bench.call("GET", "/readyz", "");
    CHECK(answer.status == 503);
    CHECK(member(answer, "detail") == "The store is being read.");
    CHECK(header(answer, "Retry-After") == "5");
    CHECK(bench.call("GET", "/healthz", "").status == 200);
}

TEST_CASE("subscriptions are listed with filters and pages") {
    Bench bench;
    server::SubscriptionInfo info;
    info.id = "17";
    info.package = "presence";
    info.resource = "sip:alice@example.com";
    info.watcher = "sip:bob@example.com";
    info.state = "suspect";
    info.call_id = "c\x80";
    info.expires_at = base::WallTime(std::chrono::seconds(1800000000));
    info.last_notify = base::WallTime(std::chrono::milliseconds(1800000000500));
    info.last_answer = 408;
    info.failures = 2;
    bench.admin.page = {{info}, "18", 40};

    const Answer answer = bench.call("GET",
                                     "/v1/"
                                     "subscriptions?package=presence&resource=alice%40Example.com&"
                                     "watcher=sip:bob@example.com&state=suspect&limit=1&after=16",
                                     "read");

    REQUIRE(answer.status == 200);
    CHECK(answer.type == "application/json");
    CHECK(
        answer.body ==
        "{\"subscriptions\":[{\"id\":\"17\",\"package\":\"presence\",\"resource\":\"sip:alice@"
        "example.com\","
        "\"watcher\":\"sip:bob@example.com\",\"state\":\"suspect\",\"expires_at\":\"2027-01-15T08:"
        "00:00Z\","
        "\"call_id\":\"c\xEF\xBF\xBD\",\"remote_target\":\"\",\"flow\":\"\",\"last_notify\":\"2027-"
        "01-15T08:00:00.500Z\","
        "\"last_answer\":408,\"next_retry\":null,\"failures\":2}],\"total\":40,\"next\":\"18\"}\n");
    REQUIRE(bench.admin.queries.size() == 1);
    const auto& query = bench.admin.queries[0];
    CHECK(query.package == "presence");
    CHECK(query.resource == "sip:alice@example.com");
    CHECK(query.watcher == "sip:bob@example.com");
    CHECK(query.state == "suspect");
    CHECK(query.limit == 1);
    CHECK(query.after == "16");

    bench.admin.page = {};
    CHECK(bench.call("GET", "/v1/subscriptions").body ==
          "{\"subscriptions\":[],\"total\":0,\"next\":null}\n");
    CHECK(bench.admin.queries[1].limit == 100);
}

TEST_CASE("bad filters are refused with what is possible") {
    Bench bench;
    const auto detail = [&](const std::string& query) {
        const Answer answer = bench.call("GET", "/v1/subscriptions?" + query);
        CHECK(answer.status == 400);
        return member(answer, "detail");
    };
    CHECK(detail("limit=0") == "limit is \"0\", want 1 to 1000");
    CHECK(detail("limit=1001") == "limit is \"1001\", want 1 to 1000");
    CHECK(detail("limit=ten") == "limit is \"ten\", want 1 to 1000");
    CHECK(contains(detail("state=dead"), "want pending, active"));
    CHECK(contains(detail("resource=alice"), "is no address-of-record"));
    CHECK(detail("packge=presence") ==
          "\"packge\" is no query parameter, want one of package, resource, watcher, state, limit, "
          "after");
    CHECK(bench.call("GET", "/v1/accounts/a@b.c?x=1").status == 400);
}

TEST_CASE("a resource is shown with its publications") {
    Bench bench;
    server::ResourceInfo info;
    info.package = "presence";
    info.aor = "sip:alice@example.com";
    info.type = "application/pidf+xml";
    info.body = "<presence/>";
    info.watchers = 3;
    server::PublicationInfo publication;
    publication.source = "s";
    publication.rank = "published";
    publication.arrived = base::WallTime(std::chrono::seconds(1800000000));
    publication.type = "x/y";
    publication.size = 3;
    publication.body = "\xFF\x00z";
    publication.body = std::string("\xFF\x00z", 3);
    info.publications = {publication};
    bench.admin.resources["presence sip:alice@example.com"] = info;

    const Answer answer = bench.call("GET", "/v1/resources/presence/sip:alice@example.com", "read");

    CHECK(answer.body ==
          "{\"package\":\"presence\",\"aor\":\"sip:alice@example.com\",\"watchers\":3,\"type\":"
          "\"application/pidf+xml\","
          "\"body\":\"<presence/"
          ">\",\"publications\":[{\"source\":\"s\",\"publisher\":\"\",\"entity_tag_prefix\":\"\","
          "\"rank\":\"published\",\"arrived\":\"2027-01-15T08:00:00Z\",\"expires_at\":null,"
          "\"type\":\"x/y\",\"size\":3,"
          "\"body_base64\":\"/wB6\"}]}\n");
    CHECK(bench.call("GET", "/v1/resources/presence/nobody@example.com", "read").status == 404);
}

TEST_CASE("RFC 3842 5.2: a mailbox's counters become the body its watchers get") {
    Bench bench;
    const Answer answer = bench.call(
        "PUT", "/v1/mailboxes/alice@example.com", "write",
        R"({"account":"sip:voicemail@example.com","voice":{"new":2,"old":8,"urgent_old":2},"fax":{"new":0,"old":1}})");

    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
    CHECK(bench.admin.hard_state["message-summary sip:alice@example.com"] ==
          "application/simple-message-summary\n"
          "Messages-Waiting: yes\r\nMessage-Account: sip:voicemail@example.com\r\nVoice-Message: "
          "2/8 (0/2)\r\n"
          "Fax-Message: 0/1 (0/0)\r\n");

    bench.admin.resources["message-summary sip:alice@example.com"].body =
        bench.admin.hard_state["message-summary sip:alice@example.com"].substr(35);
    CHECK(bench.call("GET", "/v1/mailboxes/alice@example.com", "read").body ==
          "{\"waiting\":true,\"account\":\"sip:voicemail@example.com\","
          "\"voice\":{\"new\":2,\"old\":8,\"urgent_new\":0,\"urgent_old\":2},"
          "\"fax\":{\"new\":0,\"old\":1,\"urgent_new\":0,\"urgent_old\":0}}\n");

    CHECK(bench.call("DELETE", "/v1/mailboxes/alice@example.com", "write").status == 204);
    CHECK(bench.call("DELETE", "/v1/mailboxes/alice@example.com", "write").status == 404);
}

TEST_CASE("every class of RFC 3458 can be set") {
    Bench bench;
    for (const auto* name : {"voice", "video", "fax", "pager", "multimedia", "text", "none"}) {
        CHECK(bench
                  .call("PUT", "/v1/mailboxes/a@b.c", "write",
                        std::string("{\"") + name + "\":{\"new\":1}}")
                  .status == 204);
    }
    CHECK(contains(bench.admin.hard_state["message-summary sip:a@b.c"], "None: 1/0") == true);
    CHECK(bench.call("PUT", "/v1/mailboxes/a@b.c", "write", R"({"waiting":true})").status == 204);
    CHECK(contains(bench.admin.hard_state["message-summary sip:a@b.c"], "Messages-Waiting: yes"));
}

TEST_CASE("bad counters are refused with the member") {
    Bench bench;
    const auto detail = [&](const std::string& body) {
        const Answer answer = bench.call("PUT", "/v1/mailboxes/a@b.c", "write", body);
        CHECK(answer.status == 400);
        return member(answer, "detail");
    };
    CHECK(detail(R"({"voice":{"new":-1}})") ==
          "\"voice.new\": want a whole number from 0 to 4294967295");
    CHECK(detail(R"({"voice":{"new":1,"urgent_new":2}})") ==
          "\"voice.urgent_new\": it is more than \"new\", which includes it");
    CHECK(contains(detail(R"({"voicemail":{}})"), "\"voicemail\": is no member here"));
    CHECK(contains(detail(R"({"account":"sip:a@b.c\r\nX: y"})"), "\"account\": want a URI"));
    CHECK(contains(detail(R"({"account":"nonsense"})"), "\"account\": want a URI"));
    CHECK(bench.admin.hard_state.empty());
}

TEST_CASE("RFC 7616 3.4.2: a password becomes HA1 for each algorithm and is never shown") {
    Bench bench;
    const Answer answer = bench.call("PUT", "/v1/accounts/alice@example.com", "admin",
                                     R"({"password":"Circle of Life"})");

    REQUIRE(answer.status == 201);
    CHECK(header(answer, "Location") == "/v1/accounts/alice@example.com");
    const store::Account& account = bench.admin.accounts.at("sip:alice@example.com");
    CHECK(account.username == "alice");
    CHECK(account.realm == "example.com");
    for (const auto algorithm : {sip::DigestAlgorithm::md5, sip::DigestAlgorithm::sha256,
                                 sip::DigestAlgorithm::sha512_256}) {
        const auto& ha1 = account.ha1[static_cast<int>(algorithm)];
        CHECK(ha1 == sip::digest_ha1(algorithm, "alice", "example.com", "Circle of Life"));
        CHECK_FALSE(contains(answer.body, ha1));
        CHECK_FALSE(contains(bench.call("GET", "/v1/accounts/alice@example.com").body, ha1));
    }
    CHECK_FALSE(contains(answer.body, "Circle"));
    CHECK(answer.body ==
          "{\"aor\":\"sip:alice@example.com\",\"username\":\"alice\",\"realm\":\"example.com\","
          "\"algorithms\":[\"MD5\",\"SHA-256\",\"SHA-512-256\"],\"role\":\"user\",\"resources\":[],"
          "\"packages\":[],"
          "\"delegates\":[]}\n");
    CHECK(bench.call("GET", "/v1/accounts/sip:alice@example.com").body == answer.body);
}

TEST_CASE("an account with everything, by HA1") {
    Bench bench;
    const std::string md5(32, 'A');
    const Answer answer = bench.call(
        "PUT", "/v1/accounts/pbx@example.com", "admin",
        R"({"username":"pbx-1","realm":"r","ha1":{"MD5":")" + md5 +
            R"("},"role":"publisher","resources":["bob@example.com","*@EXAMPLE.com"],)"
            R"("packages":["dialog","*"],"delegates":[{"aor":"boss@example.com","package":"dialog"},)"
            R"({"aor":"sip:carol@example.com"}]})");

    CHECK(answer.status == 201);
    CHECK(answer.body ==
          "{\"aor\":\"sip:pbx@example.com\",\"username\":\"pbx-1\",\"realm\":\"r\",\"algorithms\":["
          "\"MD5\"],"
          "\"role\":\"publisher\",\"resources\":[\"sip:bob@example.com\",\"*@example.com\"],"
          "\"packages\":[\"dialog\",\"*\"],"
          "\"delegates\":[{\"aor\":\"sip:boss@example.com\",\"package\":\"dialog\"},"
          "{\"aor\":\"sip:carol@example.com\",\"package\":\"*\"}]}\n");
    const store::Account& account = bench.admin.accounts.at("sip:pbx@example.com");
    CHECK(account.ha1[0] == std::string(32, 'a'));
    CHECK(account.ha1[1].empty());
    CHECK(account.role == store::Account::Role::publisher);
}

TEST_CASE("changing an account without a password keeps it, unless it would no longer fit") {
    Bench bench;
    REQUIRE(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"password":"x"})").status == 201);
    const std::string ha1 = bench.admin.accounts.at("sip:a@b.c").ha1[1];

    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"roles":["monitor"]})").status ==
          200);
    CHECK(bench.admin.accounts.at("sip:a@b.c").ha1[1] == ha1);
    CHECK(bench.admin.accounts.at("sip:a@b.c").role == store::Account::Role::monitor);

    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"username":"other"})").status ==
          409);
    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"realm":"other"})").status == 409);
    CHECK(bench.call("PUT", "/v1/accounts/new@b.c", "admin", R"({})").status == 400);
    CHECK(bench.admin.accounts.at("sip:a@b.c").username == "a");

    CHECK(bench.call("DELETE", "/v1/accounts/a@b.c").status == 204);
    CHECK(bench.call("DELETE", "/v1/accounts/a@b.c").status == 404);
    CHECK(bench.call("GET", "/v1/accounts/a@b.c").status == 404);
}

TEST_CASE("bad accounts are refused with the member, and never repeat a secret") {
    Bench bench;
    const auto detail = [&](const std::string& body) {
        const Answer answer = bench.call("PUT", "/v1/accounts/a@b.c", "admin", body);
        CHECK(answer.status == 400);
        CHECK_FALSE(contains(answer.body, "swordfish"));
        return member(answer, "detail");
    };
    CHECK(contains(
        detail(R"({"password":"swordfish","ha1":{"MD5":"0123456789abcdef0123456789abcdef"}})"),
        "\"ha1\": give either"));
    CHECK(detail(R"({"password":""})") == "\"password\": it is empty");
    CHECK(detail(R"({"password":["swordfish"]})") == "\"password\": want text");
    CHECK(detail(R"({"ha1":{"MD5":"swordfish"}})") == "\"ha1.MD5\": want 32 hex digits");
    CHECK(contains(detail(R"({"ha1":{}})"), "\"ha1\": want MD5"));
    CHECK(contains(detail(R"({"ha1":{"SHA-1":"swordfish"}})"), "\"ha1.SHA-1\": is no member here"));
    CHECK(contains(detail(R"({"pasword":"swordfish"})"), "\"pasword\": is no member here"));
    CHECK(contains(detail(R"({"password":"swordfish","role":"king"})"), "\"role\": want user"));
    CHECK(contains(detail(R"({"password":"swordfish","roles":["user","admin"]})"),
                   "\"roles\": an account has one role"));
    CHECK(contains(detail(R"({"password":"swordfish","roles":[]})"),
                   "\"roles\": an account has one role"));
    CHECK(contains(detail(R"({"password":"swordfish","username":"a:b"})"), "\"username\": want"));
    CHECK(contains(detail(R"({"password":"swordfish","username":"a\"b"})"), "\"username\": want"));
    CHECK(contains(detail(R"({"password":"swordfish","realm":""})"), "\"realm\": want"));
    CHECK(contains(detail(R"({"password":"swordfish","resources":["x"]})"), "\"resources\": want"));
    CHECK(
        contains(detail(R"({"password":"swordfish","resources":["*@"]})"), "\"resources\": want"));
    CHECK(contains(detail(R"({"password":"swordfish","delegates":[{}]})"),
                   "\"delegates[0].aor\": want"));
    CHECK(
        contains(detail(R"({"password": swordfish)"), "The body is not JSON: near \"password\": "));
    CHECK(bench.admin.accounts.empty());
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

TEST_CASE("metrics: the text is exact") {
    base::Metrics metrics;
    metrics.counter("herald_b_total", "Second", {{"event", "pre\"s\\e\nnce"}}).add(3);
    metrics.counter("herald_b_total", "Second", {{"event", "dialog"}}).add();
    metrics.gauge("herald_a", "First").set(7);
    base::Histogram& histogram = metrics.histogram("herald_c_seconds", "Third");
    histogram.observe(3);
    histogram.observe(2'000'000);
    histogram.observe(500'000'000);

    std::istringstream lines(to_exposition(metrics.collect()));
    std::vector<std::string> head;
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);

    REQUIRE(all.size() > 8);
    CHECK(all[0] == "# HELP herald_a First");
    CHECK(all[1] == "# TYPE herald_a gauge");
    CHECK(all[2] == "herald_a 7");
    CHECK(all[3] == "# HELP herald_b_total Second");
    CHECK(all[4] == "# TYPE herald_b_total counter");
    CHECK(all[5] == "herald_b_total{event=\"dialog\"} 1");
    CHECK(all[6] == "herald_b_total{event=\"pre\\\"s\\\\e\\nnce\"} 3");
    CHECK(all[7] == "# HELP herald_c_seconds Third");
    CHECK(all[8] == "# TYPE herald_c_seconds histogram");
    const auto has = [&](const std::string& line) {
        return std::find(all.begin(), all.end(), line) != all.end();
    };
    CHECK(has("herald_c_seconds_count 3"));
    CHECK(has("herald_c_seconds_sum 502.000003"));
    CHECK(has("herald_c_seconds_bucket{le=\"4e-06\"} 1"));
    CHECK(has("herald_c_seconds_bucket{le=\"1.048576\"} 1"));
    CHECK(has("herald_c_seconds_bucket{le=\"2.097152\"} 2"));
    CHECK(has("herald_c_seconds_bucket{le=\"+Inf\"} 3"));
    CHECK(std::count_if(all.begin(), all.end(),
                        [](const auto& line) { return contains(line, "_bucket"); }) == 26);
}

TEST_CASE("metrics: the process and the requests themselves are counted") {
    Bench bench;
    bench.call("GET", "/healthz", "");
    bench.call("GET", "/nowhere/at/all", "");
    bench.call("BREW", "/healthz", "");
    bench.call("GET", "/v1/accounts/alice@example.com", "");

    const Answer answer = bench.call("GET", "/metrics", "");

    CHECK(answer.type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(contains(answer.body, "\nherald_build_info{version=\"1.2.3\"} 1\n"));
    for (const auto* name : {"process_resident_memory_bytes", "process_cpu_seconds_total",
                             "process_open_fds", "process_max_fds"}) {
        const auto at = answer.body.find("\n" + std::string(name) + " ");
        REQUIRE(at != std::string::npos);
        CHECK(std::stod(answer.body.substr(at + std::string(name).size() + 2)) > 0);
    }
    CHECK(contains(answer.body,
                   "http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1\n"));
    CHECK(contains(answer.body,
                   "http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1\n"));
    CHECK(contains(answer.body,
                   "http_requests_total{method=\"other\",route=\"/healthz\",status=\"405\"} 1\n"));
    CHECK(contains(
        answer.body,
        "http_requests_total{method=\"GET\",route=\"/v1/accounts/{aor}\",status=\"401\"} 1\n"));
    CHECK(contains(answer.body, "http_request_duration_seconds_count{route=\"/healthz\"} 2\n"));
    CHECK_FALSE(contains(answer.body, "alice"));
}

TEST_CASE("the OpenAPI description has every route, and every schema it refers to") {
    Bench bench;
    const Answer answer = bench.call("GET", "/v1/openapi.json", "");
    REQUIRE(answer.status == 200);
    const auto json = parse_json(answer.body);
    REQUIRE(json);

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
        CHECK((operation->find("requestBody") != nullptr) == !route.request_schema.empty());
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
}  // namespace herald::http
