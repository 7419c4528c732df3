// tests/unit/http/handlers_test.cpp: health, subscriptions, resources, mailboxes and accounts, as
// the API shows and sets them.
#include <string>

#include <doctest/doctest.h>

#include "sip/digest.h"
#include "tests/unit/http/bench.h"

namespace herald::http::handlers_test {
namespace {

TEST_CASE("health, readiness") {
    Bench bench;
    CHECK(bench.call("GET", "/healthz", "").status == 200);
    CHECK(bench.call("GET", "/readyz", "").status == 200);

    bench.admin.state.healthy = {false, "The store is being read."};
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
    bench.admin.state.page = {{info}, "18", 40};

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
        "\"call_id\":\"c\xEF\xBF\xBD\",\"remote_target\":\"\",\"flow\":\"\",\"certificate\":null,"
        "\"last_notify\":\"2027-"
        "01-15T08:00:00.500Z\","
        "\"last_answer\":408,\"next_retry\":null,\"failures\":2}],\"total\":40,\"next\":\"18\"}\n");
    REQUIRE(bench.admin.state.queries.size() == 1);
    const auto& query = bench.admin.state.queries[0];
    CHECK(query.package == "presence");
    CHECK(query.resource == "sip:alice@example.com");
    CHECK(query.watcher == "sip:bob@example.com");
    CHECK(query.state == "suspect");
    CHECK(query.limit == 1);
    CHECK(query.after == "16");

    bench.admin.state.page = {};
    CHECK(bench.call("GET", "/v1/subscriptions").body ==
          "{\"subscriptions\":[],\"total\":0,\"next\":null}\n");
    CHECK(bench.admin.state.queries[1].limit == 100);
}

TEST_CASE("bad filters are refused with what is possible") {
    Bench bench;
    const auto detail = [&](const std::string& query) {
        const Answer answer = bench.call("GET", "/v1/subscriptions?" + query);
        CHECK(answer.status == 400);
        return member(answer, "detail");
    };
    CHECK(detail("limit=0") == "limit is \"0\", expected 1 to 1000");
    CHECK(detail("limit=1001") == "limit is \"1001\", expected 1 to 1000");
    CHECK(detail("limit=ten") == "limit is \"ten\", expected 1 to 1000");
    CHECK(contains(detail("state=dead"), "expected pending, active"));
    CHECK(contains(detail("resource=alice"), "is not an address-of-record"));
    CHECK(detail("packge=presence") ==
          "\"packge\" is not a query parameter, expected one of package, resource, watcher, state, "
          "limit, "
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
    publication.body = std::string("\xFF\x00z", 3);
    info.publications = {publication};
    bench.admin.state.resources["presence sip:alice@example.com"] = info;

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
    CHECK(bench.admin.state.set["message-summary sip:alice@example.com"] ==
          "application/simple-message-summary\n"
          "Messages-Waiting: yes\r\nMessage-Account: sip:voicemail@example.com\r\nVoice-Message: "
          "2/8 (0/2)\r\n"
          "Fax-Message: 0/1 (0/0)\r\n");

    bench.admin.state.resources["message-summary sip:alice@example.com"].body =
        bench.admin.state.set["message-summary sip:alice@example.com"].substr(35);
    CHECK(bench.call("GET", "/v1/mailboxes/alice@example.com", "read").body ==
          "{\"waiting\":true,\"account\":\"sip:voicemail@example.com\","
          "\"voice\":{\"new\":2,\"old\":8,\"urgent_new\":0,\"urgent_old\":2},"
          "\"fax\":{\"new\":0,\"old\":1,\"urgent_new\":0,\"urgent_old\":0}}\n");

    CHECK(bench.call("DELETE", "/v1/mailboxes/alice@example.com", "write").status == 204);
    CHECK(bench.call("DELETE", "/v1/mailboxes/alice@example.com", "write").status == 404);
}

TEST_CASE("RFC 3842 3.5: messages of a mailbox are set and shown by their headers") {
    Bench bench;
    const auto put = [&](const std::string& json) {
        return bench.call("PUT", "/v1/mailboxes/a@b.c", "write", json);
    };
    const std::string messages =
        R"("messages":[{"Message-ID":"<1@vm>","Subject":"lunch"},{"From":"sip:bob@b.c"}]})";
    CHECK(put(R"({"voice":{"new":2},)" + messages).status == 204);
    const auto& set = bench.admin.state.set["message-summary sip:a@b.c"];
    CHECK(
        set.ends_with("Voice-Message: 2/0 (0/0)\r\n\r\nMessage-ID: <1@vm>\r\nSubject: lunch\r\n"
                      "\r\nFrom: sip:bob@b.c\r\n"));

    auto& mailbox = bench.admin.state.resources["message-summary sip:a@b.c"];
    mailbox.publications.resize(1);
    mailbox.publications[0].source = "hard";
    mailbox.publications[0].body = set.substr(set.find('\n') + 1);
    const auto* path = "/v1/mailboxes/a@b.c?source=here";
    CHECK(bench.call("GET", path, "read").body.ends_with("," + messages + "\n"));
    mailbox.publications[0].body += "\r\nReceived: a\r\nreceived: b\r\n";
    CHECK(bench.call("GET", path, "read")
              .body.ends_with(R"({"Received":"a, b"}]})"
                              "\n"));
    // Counters can be read whatever stands behind them.
    mailbox.publications[0].body += "\r\nnonsense\r\n";
    CHECK(bench.call("GET", path, "read").body.find("messages") == std::string::npos);
    CHECK(bench.call("GET", path, "read").status == 200);

    CHECK(put(R"({"messages":[{}]})").status == 400);
    CHECK(put(R"({"messages":[{"Subject":1}]})").status == 400);
    CHECK(put(R"({"messages":[{"Sub ject":"a"}]})").status == 400);
    CHECK(put(R"({"messages":[{"Subject":"a\r\nX: b"}]})").status == 400);
    CHECK(put(R"({"messages":[{"Subject":")" + std::string(8200, 'x') + R"("}]})").status == 400);
    std::string many = "{";
    for (int i = 0; i < 65; ++i) many += (i > 0 ? ",\"h" : "\"h") + std::to_string(i) + R"(":"v")";
    CHECK(put(R"({"messages":[)" + many + "}]}").status == 400);
}

TEST_CASE("how the PBX of a mailbox is doing is shown, and it is asked when somebody says so") {
    Bench bench;
    const std::string path = "/v1/mailboxes/alice@example.com/source";
    CHECK(bench.call("GET", path, "read").status == 404);
    CHECK(bench.call("POST", path + "/ask", "write").status == 404);
    bench.admin.state.sources["sip:alice@example.com"] = {"asterisk", "sip:100@192.0.2.5:5060",
                                                          false, "it does not answer", 42};

    CHECK(contains(bench.call("GET", path, "read").body,
                   R"({"pbx":"asterisk","uri":"sip:100@192.0.2.5:5060","subscribed":false,)"
                   R"("why":"it does not answer","next_s":42})"));
    CHECK(bench.call("POST", path + "/ask", "read").status == 403);
    CHECK(bench.call("POST", path + "/ask", "write").status == 204);
    CHECK(bench.admin.state.asked_sources == std::vector<std::string>{"sip:alice@example.com"});
}

TEST_CASE("the settings of a mailbox are set, shown and forgotten") {
    Bench bench;
    const auto* path = "/v1/mailboxes/alice@example.com/settings";
    const auto& settings = bench.admin.state.mailboxes["sip:alice@example.com"];

    CHECK(bench.call("GET", path, "read").body ==
          "{\"members\":[],\"per_account\":false,\"unsolicited\":null,\"source\":null}\n");
    CHECK(
        bench
            .call("PUT", path, "write",
                  R"({"members":["sip:sales@example.com"],"per_account":true,"unsolicited":false,)"
                  R"("source":{"pbx":"asterisk","user":"100"}})")
            .status == 204);
    CHECK(settings.members == std::vector<std::string>{"sip:sales@example.com"});
    CHECK(settings.is_per_account);
    CHECK(settings.unsolicited == false);
    CHECK(settings.pbx == "asterisk");
    CHECK(settings.pbx_user == "100");
    CHECK(bench.call("GET", path, "read").body ==
          "{\"members\":[\"sip:sales@example.com\"],\"per_account\":true,\"unsolicited\":false,"
          "\"source\":{\"pbx\":\"asterisk\",\"user\":\"100\"}}\n");
    CHECK(bench.call("PUT", path, "write", R"({"source":{"user":"100"}})").status == 400);
    CHECK(bench.call("PUT", path, "write", R"({"member":[]})").status == 400);
    CHECK(bench.call("PUT", path, "read", "{}").status == 403);
    CHECK(bench.call("DELETE", path, "write").status == 204);
    CHECK(settings.members.empty());
    CHECK(settings.pbx.empty());
}

TEST_CASE("what was set here is shown apart from what others published") {
    Bench bench;
    auto& mailbox = bench.admin.state.resources["message-summary sip:a@b.c"];
    mailbox.body = "Messages-Waiting: yes\r\nVoice-Message: 5/5\r\n";
    mailbox.publications.resize(2);
    mailbox.publications[0].source = "etag";
    mailbox.publications[0].body = "Messages-Waiting: yes\r\nVoice-Message: 3/4\r\n";

    CHECK(bench.call("GET", "/v1/mailboxes/a@b.c?source=here", "read").status == 404);
    mailbox.publications[1].source = "hard";
    mailbox.publications[1].body = "Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n";
    CHECK(contains(bench.call("GET", "/v1/mailboxes/a@b.c?source=here", "read").body,
                   "\"voice\":{\"new\":2,\"old\":1,"));
    CHECK(contains(bench.call("GET", "/v1/mailboxes/a@b.c", "read").body,
                   "\"voice\":{\"new\":5,\"old\":5,"));
    CHECK(bench.call("GET", "/v1/mailboxes/a@b.c?source=there", "read").status == 400);
}

TEST_CASE("every class of RFC 3458 can be set") {
    Bench bench;
    for (const auto* name : {"voice", "video", "fax", "pager", "multimedia", "text", "none"}) {
        CHECK(bench
                  .call("PUT", "/v1/mailboxes/a@b.c", "write",
                        std::string("{\"") + name + "\":{\"new\":1}}")
                  .status == 204);
    }
    CHECK(contains(bench.admin.state.set["message-summary sip:a@b.c"], "None: 1/0") == true);
    CHECK(bench.call("PUT", "/v1/mailboxes/a@b.c", "write", R"({"waiting":true})").status == 204);
    CHECK(contains(bench.admin.state.set["message-summary sip:a@b.c"], "Messages-Waiting: yes"));
}

TEST_CASE("bad counters are refused with the member") {
    Bench bench;
    const auto detail = [&](const std::string& body) {
        const Answer answer = bench.call("PUT", "/v1/mailboxes/a@b.c", "write", body);
        CHECK(answer.status == 400);
        return member(answer, "detail");
    };
    CHECK(detail(R"({"voice":{"new":-1}})") ==
          "\"voice.new\": expected a whole number from 0 to 4294967295");
    CHECK(detail(R"({"voice":{"new":1,"urgent_new":2}})") ==
          "\"voice.urgent_new\": it is more than \"new\", which includes it");
    CHECK(detail(R"({"fax":{"old":1,"urgent_old":2}})") ==
          "\"fax.urgent_old\": it is more than \"old\", which includes it");
    CHECK(contains(detail(R"({"voicemail":{}})"), "\"voicemail\": unknown member"));
    CHECK(contains(detail(R"({"account":"sip:a@b.c\r\nX: y"})"), "\"account\": expected a URI"));
    CHECK(contains(detail(R"({"account":"nonsense"})"), "\"account\": expected a URI"));
    CHECK(bench.admin.state.set.empty());
}

TEST_CASE("RFC 7616 3.4.2: a password becomes HA1 for each algorithm and is never shown") {
    Bench bench;
    const Answer answer = bench.call("PUT", "/v1/accounts/alice@example.com", "admin",
                                     R"({"password":"Circle of Life"})");

    REQUIRE(answer.status == 201);
    CHECK(header(answer, "Location") == "/v1/accounts/alice@example.com");
    const store::Account& account = bench.admin.state.accounts.at("sip:alice@example.com");
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
          "\"delegates\":[],\"partial_dialogs\":false,\"device_username\":null}\n");
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
            R"({"aor":"sip:carol@example.com"}],"partial_dialogs":true})");

    CHECK(answer.status == 201);
    CHECK(answer.body ==
          "{\"aor\":\"sip:pbx@example.com\",\"username\":\"pbx-1\",\"realm\":\"r\",\"algorithms\":["
          "\"MD5\"],"
          "\"role\":\"publisher\",\"resources\":[\"sip:bob@example.com\",\"*@example.com\"],"
          "\"packages\":[\"dialog\",\"*\"],"
          "\"delegates\":[{\"aor\":\"sip:boss@example.com\",\"package\":\"dialog\"},"
          "{\"aor\":\"sip:carol@example.com\",\"package\":\"*\"}],\"partial_dialogs\":true,"
          "\"device_username\":null}\n");
    const store::Account& account = bench.admin.state.accounts.at("sip:pbx@example.com");
    CHECK(account.ha1[0] == std::string(32, 'a'));
    CHECK(account.ha1[1].empty());
    CHECK(account.role == store::Account::Role::publisher);
}

TEST_CASE("what phones of an account take orders with is kept until it is said otherwise") {
    Bench bench;
    const std::string path = "/v1/accounts/a@b.c";
    const Answer answer =
        bench.call("PUT", path, "admin",
                   R"({"password":"x","device_username":"admin","device_password":"789"})");

    CHECK(answer.status == 201);
    CHECK(bench.admin.state.device_logins["sip:a@b.c"] == "admin:789");
    CHECK(contains(answer.body, "\"device_username\":\"admin\""));
    CHECK_FALSE(contains(answer.body, "789"));
    CHECK(contains(bench.call("PUT", path, "admin", R"({"role":"monitor"})").body,
                   "\"device_username\":\"admin\""));
    CHECK(bench.call("PUT", path, "admin", R"({"device_password":"9"})").status == 200);
    CHECK(bench.admin.state.device_logins["sip:a@b.c"] == "a:9");
    CHECK(bench.call("PUT", path, "admin", R"({"device_username":"x"})").status == 400);
    CHECK(bench.call("PUT", path, "admin", R"({"device_username":"","device_password":"x"})")
              .status == 400);
    CHECK(bench.call("PUT", path, "admin", R"({"device_username":""})").status == 200);
    CHECK(bench.admin.state.device_logins["sip:a@b.c"] == ":");
    CHECK(bench.call("DELETE", path, "admin").status == 204);
    CHECK(bench.admin.state.device_logins["sip:a@b.c"] == ":");
}

TEST_CASE("changing an account without a password keeps it, unless it would no longer fit") {
    Bench bench;
    REQUIRE(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"password":"x"})").status == 201);
    const std::string ha1 = bench.admin.state.accounts.at("sip:a@b.c").ha1[1];

    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"roles":["monitor"]})").status ==
          200);
    CHECK(bench.admin.state.accounts.at("sip:a@b.c").ha1[1] == ha1);
    CHECK(bench.admin.state.accounts.at("sip:a@b.c").role == store::Account::Role::monitor);

    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"username":"other"})").status ==
          409);
    CHECK(bench.call("PUT", "/v1/accounts/a@b.c", "admin", R"({"realm":"other"})").status == 409);
    CHECK(bench.call("PUT", "/v1/accounts/new@b.c", "admin", R"({})").status == 400);
    CHECK(bench.admin.state.accounts.at("sip:a@b.c").username == "a");

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
    CHECK(detail(R"({"password":["swordfish"]})") == "\"password\": expected a string");
    CHECK(detail(R"({"ha1":{"MD5":"swordfish"}})") == "\"ha1.MD5\": expected 32 hex digits");
    CHECK(contains(detail(R"({"ha1":{}})"), "\"ha1\": expected MD5"));
    CHECK(contains(detail(R"({"ha1":{"SHA-1":"swordfish"}})"), "\"ha1.SHA-1\": unknown member"));
    CHECK(contains(detail(R"({"password":"swordfish","packages":["presence",""]})"),
                   "\"packages\": expected names"));
    CHECK(contains(detail(R"({"password":"swordfish","delegates":[{"aor":"b@b.c","package":""}]})"),
                   "\"delegates[0].package\": expected the name"));
    CHECK(contains(detail(R"({"pasword":"swordfish"})"), "\"pasword\": unknown member"));
    CHECK(contains(detail(R"({"password":"swordfish","role":"king"})"), "\"role\": expected user"));
    CHECK(contains(detail(R"({"password":"swordfish","roles":["user","admin"]})"),
                   "\"roles\": an account has one role"));
    CHECK(contains(detail(R"({"password":"swordfish","roles":[]})"),
                   "\"roles\": an account has one role"));
    CHECK(
        contains(detail(R"({"password":"swordfish","username":"a:b"})"), "\"username\": expected"));
    CHECK(contains(detail(R"({"password":"swordfish","username":"a\"b"})"),
                   "\"username\": expected"));
    CHECK(contains(detail(R"({"password":"swordfish","realm":""})"), "\"realm\": expected"));
    CHECK(contains(detail(R"({"password":"swordfish","resources":["x"]})"),
                   "\"resources\": expected"));
    CHECK(contains(detail(R"({"password":"swordfish","resources":["*@"]})"),
                   "\"resources\": expected"));
    CHECK(contains(detail(R"({"password":"swordfish","delegates":[{}]})"),
                   "\"delegates[0].aor\": expected"));
    CHECK(
        contains(detail(R"({"password": swordfish)"), "The body is not JSON: near \"password\": "));
    CHECK(bench.admin.state.accounts.empty());
}

}  // namespace
}  // namespace herald::http::handlers_test
