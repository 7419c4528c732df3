// tests/unit/cli/api_commands_test.cpp: `herald mailbox`, `account` and `subscriptions`: what they
// ask the server for.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "cli/command.h"
#include "tests/unit/cli/http_peer.h"

namespace herald::cli::api_commands_test {
namespace {

using test::HttpPeer;

std::string ok(std::string_view json) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(json);
}
std::string refused(std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\n\r\n{\"detail\": \"no\"}";
}
constexpr std::string_view kDone = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Runs a command line as main() would, against `url`.
int run_line(std::vector<const char*> words, const std::string& url) {
    words.insert(words.begin(), "herald");
    for (const char* word : {"--api", url.c_str(), "--token", "secret"}) words.push_back(word);
    return run(commands(), static_cast<int>(words.size()), words.data());
}

std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

TEST_CASE("mailbox: counts that others publish are not set again as our own") {
    HttpPeer server({ok(R"({"waiting":true,"account":"sip:vm@b","voice":{"new":2,"old":1},)"
                        R"("video":{"new":1,"old":0}})"),
                     std::string(kDone)});

    CHECK(run_line({"mailbox", "a@b", "--new", "5"}, server.url()) == kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].starts_with("GET /v1/mailboxes/sip%3Aa%40b?source=here HTTP/1.1\r\n"));
    CHECK(requests[1].starts_with("PUT /v1/mailboxes/sip%3Aa%40b?source=here HTTP/1.1\r\n"));
    const std::string body = body_of(requests[1]);
    CHECK(body.find(R"("voice":{"new":5,"old":1,"urgent_new":0,"urgent_old":0})") !=
          std::string::npos);
    CHECK(body.find(R"("video":{"new":1,"old":0})") != std::string::npos);
    CHECK(body.find(R"("account":"sip:vm@b")") != std::string::npos);
    CHECK(body.find("waiting") == std::string::npos);
    CHECK(body.find("fax") == std::string::npos);
}

TEST_CASE("mailbox: who was slower than another changes what that one left") {
    const auto tagged = [](std::string_view tag, std::string_view json) {
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"" + std::string(tag) +
               "\"\r\n\r\n" + std::string(json);
    };
    HttpPeer server({tagged("one", R"({"voice":{"new":1,"old":0}})"),
                     refused("412 Precondition Failed"),
                     tagged("two", R"({"voice":{"new":1,"old":0},"fax":{"new":3,"old":0}})"),
                     std::string(kDone)});

    CHECK(run_line({"mailbox", "a@b", "--new", "5"}, server.url()) == kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 4);
    CHECK(requests[1].find("\r\nIf-Match: \"one\"\r\n") != std::string::npos);
    CHECK(requests[3].find("\r\nIf-Match: \"two\"\r\n") != std::string::npos);
    CHECK(body_of(requests[3]).find(R"("fax":{"new":3,"old":0)") != std::string::npos);
    CHECK(body_of(requests[3]).find(R"("voice":{"new":5)") != std::string::npos);
}

TEST_CASE("mailbox: who is always slower gives up") {
    std::vector<std::string> answers;
    for (int i = 0; i < 8; ++i) {
        answers.push_back(ok("{}"));
        answers.push_back(refused("412 Precondition Failed"));
    }
    HttpPeer server(answers);
    CHECK(run_line({"mailbox", "a@b", "--new", "5"}, server.url()) == kFailed);
    CHECK(server.requests().size() == 16);
}

TEST_CASE("mailbox: the first counts of all are set on nothing") {
    HttpPeer server({refused("404 Not Found"), std::string(kDone)});

    CHECK(run_line({"mailbox", "a@b", "--fax-old", "3"}, server.url()) == kOk);

    const auto put = server.requests().back();
    CHECK(put.find("\r\nIf-None-Match: *\r\n") != std::string::npos);
    CHECK(body_of(put) == R"({"fax":{"new":0,"old":3,"urgent_new":0,"urgent_old":0}})");
}

TEST_CASE("mailbox: shown is the sum of all, cleared what was set, and not both at once") {
    HttpPeer shown({ok("{}"), refused("404 Not Found"), refused("404 Not Found")});
    HttpPeer cleared({refused("404 Not Found")});

    CHECK(run_line({"mailbox", "a@b"}, shown.url()) == kOk);
    CHECK(shown.requests().front().starts_with("GET /v1/mailboxes/sip%3Aa%40b HTTP/1.1\r\n"));
    CHECK(run_line({"mailbox", "a@b", "--clear"}, cleared.url()) == kOk);
    CHECK(cleared.requests().front().starts_with("DELETE /v1/mailboxes/sip%3Aa%40b HTTP"));
    CHECK(run_line({"mailbox", "a@b", "--clear", "--new", "1"}, "http://127.0.0.1:1") == kMisuse);
}

TEST_CASE("mailbox: shown with who counts, and how the PBX is doing, which is asked if wanted") {
    HttpPeer server(
        {std::string(kDone), ok(R"({"voice":{"new":2,"old":1}})"),
         ok(R"({"publications":[{"source":"pbx asterisk","publisher":""},{"source":"hard"}]})"),
         ok(R"({"pbx":"asterisk","uri":"sip:100@b","subscribed":false,"why":"404","next_s":7})")});

    CHECK(run_line({"mailbox", "a@b", "--ask-pbx"}, server.url()) == kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 4);
    CHECK(requests[0].starts_with("POST /v1/mailboxes/sip%3Aa%40b/source/ask HTTP/1.1\r\n"));
    CHECK(requests[1].starts_with("GET /v1/mailboxes/sip%3Aa%40b HTTP/1.1\r\n"));
    CHECK(requests[2].starts_with("GET /v1/resources/message-summary/sip%3Aa%40b HTTP/1.1\r\n"));
    CHECK(requests[3].starts_with("GET /v1/mailboxes/sip%3Aa%40b/source HTTP/1.1\r\n"));

    HttpPeer none({refused("404 Not Found")});
    CHECK(run_line({"mailbox", "a@b", "--ask-pbx"}, none.url()) != kOk);
}

TEST_CASE("mailbox: settings that are not named stay as they are") {
    HttpPeer server(
        {ok(R"({"members":["sip:x@b"],"unsolicited":true,"source":{"pbx":"old","user":"7"}})"),
         std::string(kDone)});

    CHECK(run_line({"mailbox", "a@b", "--pbx", "asterisk"}, server.url()) == kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].starts_with("GET /v1/mailboxes/sip%3Aa%40b/settings HTTP/1.1\r\n"));
    CHECK(requests[1].starts_with("PUT /v1/mailboxes/sip%3Aa%40b/settings HTTP/1.1\r\n"));
    CHECK(body_of(requests[1]) ==
          R"({"members":["sip:x@b"],"source":{"pbx":"asterisk","user":"7"},"unsolicited":true})");
}

TEST_CASE("mailbox: each member may be told of by itself") {
    HttpPeer on({ok(R"({"members":["sip:x@b"],"source":null})"), std::string(kDone)});
    CHECK(run_line({"mailbox", "a@b", "--per-account", "yes"}, on.url()) == kOk);
    CHECK(body_of(on.requests().back()) == R"({"members":["sip:x@b"],"per_account":true})");

    HttpPeer off({ok(R"({"members":["sip:x@b"],"per_account":true})"), std::string(kDone)});
    CHECK(run_line({"mailbox", "a@b", "--per-account", "no"}, off.url()) == kOk);
    CHECK(body_of(off.requests().back()) == R"({"members":["sip:x@b"],"per_account":false})");

    HttpPeer neither({ok(R"({"members":["sip:x@b"]})")});
    CHECK(run_line({"mailbox", "a@b", "--per-account", "maybe"}, neither.url()) != kOk);
}

TEST_CASE("mailbox: members are a list, and nothing is a setting too") {
    HttpPeer server({ok(R"({"members":[],"unsolicited":true,"source":{"pbx":"old","user":"7"}})"),
                     std::string(kDone)});

    CHECK(run_line({"mailbox", "a@b", "--members", "sip:x@b, y@b", "--unsolicited", "default",
                    "--pbx", ""},
                   server.url()) == kOk);

    CHECK(body_of(server.requests().back()) == R"({"members":["sip:x@b","sip:y@b"]})");
}

TEST_CASE("account: a new password leaves role, rights and names as they were") {
    HttpPeer server(
        {ok(R"({"aor":"sip:pbx@b","username":"exchange","realm":"r","algorithms":["MD5"],)"
            R"("role":"publisher","resources":["*@b"],"packages":["dialog"],)"
            R"("delegates":[{"aor":"sip:c@b","package":"*"}],"partial_dialogs":true})"),
         ok("{}")});

    CHECK(run_line({"account", "password", "pbx@b", "--password", "new"}, server.url()) == kOk);

    const std::string put = server.requests().back();
    CHECK(put.starts_with("PUT /v1/accounts/sip%3Apbx%40b HTTP/1.1\r\n"));
    CHECK(body_of(put) ==
          R"({"username":"exchange","realm":"r","role":"publisher","resources":["*@b"],)"
          R"("packages":["dialog"],"delegates":[{"aor":"sip:c@b","package":"*"}],)"
          R"("partial_dialogs":true,"password":"new"})");
}

TEST_CASE("account: --role changes the role, and a new account has what was said and no more") {
    HttpPeer changed({ok(R"({"role":"publisher"})"), ok("{}")});
    HttpPeer made({ok("{}")});
    HttpPeer publisher({ok("{}")});

    CHECK(run_line({"account", "password", "a@b", "--password", "p", "--role", "monitor"},
                   changed.url()) == kOk);
    CHECK(body_of(changed.requests().back()) == R"({"role":"monitor","password":"p"})");
    CHECK(run_line({"account", "add", "a@b", "--password", "p"}, made.url()) == kOk);
    CHECK(body_of(made.requests().back()) == R"({"password":"p"})");
    CHECK(run_line({"account", "add", "a@b", "--password", "p", "--role", "publisher",
                    "--resources", "*@b, sip:c@b"},
                   publisher.url()) == kOk);
    CHECK(body_of(publisher.requests().back()) ==
          R"({"password":"p","role":"publisher","resources":["*@b","sip:c@b"]})");
}

TEST_CASE("account: adding one that exists is refused, giving one that does not a password too") {
    HttpPeer there({refused("412 Precondition Failed")});
    HttpPeer nowhere({refused("404 Not Found")});

    CHECK(run_line({"account", "add", "a@b", "--password", "p"}, there.url()) == kFailed);
    CHECK(there.requests().front().find("\r\nIf-None-Match: *\r\n") != std::string::npos);
    CHECK(run_line({"account", "password", "a@b", "--password", "p"}, nowhere.url()) == kFailed);
    CHECK(nowhere.requests().size() == 1);
}

TEST_CASE("account: what cannot be read is not overwritten") {
    HttpPeer forbidden({refused("403 Forbidden"), ok("{}")});
    HttpPeer garbled({ok("<html>"), ok("{}")});

    CHECK(run_line({"account", "password", "a@b", "--password", "p"}, forbidden.url()) == kFailed);
    CHECK(forbidden.requests().size() == 1);
    CHECK(run_line({"account", "password", "a@b", "--password", "p"}, garbled.url()) == kFailed);
    CHECK(garbled.requests().size() == 1);
}

TEST_CASE("account: many are listed by all pages, and written out as a table") {
    HttpPeer server({ok(R"({"accounts":[{"aor":"sip:a@b","username":"a","realm":"b","role":"user",)"
                        R"("resources":[]}],"total":2,"next":"sip:a@b"})"),
                     ok(R"({"accounts":[{"aor":"sip:p@b","username":"p","realm":"b",)"
                        R"("role":"publisher","resources":["*@b"]}],"total":2,"next":null})")});

    CHECK(run_line({"account", "export"}, server.url()) == kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].starts_with("GET /v1/accounts?limit=1000 HTTP/1.1\r\n"));
    CHECK(requests[1].starts_with("GET /v1/accounts?limit=1000&after=sip%3Aa%40b HTTP/1.1\r\n"));
}

TEST_CASE("account: an import needs a format and a file that is there") {
    CHECK(run_line({"account", "import", "csv"}, "http://127.0.0.1:1") == kMisuse);
    CHECK(run_line({"account", "import", "csv", "/nowhere"}, "http://127.0.0.1:1") == kMisuse);
    CHECK(run_line({"account", "import", "ldap", "/dev/null"}, "http://127.0.0.1:1") == kMisuse);
    CHECK(run_line({"account", "import", "csv", "/dev/null"}, "http://127.0.0.1:1") == kFailed);
}

TEST_CASE("reload, token, trace: what they ask the server for") {
    HttpPeer reload({ok(R"({"applied":["server.log_level"],"needs_restart":[]})")});
    CHECK(run_line({"reload"}, reload.url()) == kOk);
    CHECK(reload.requests().front().starts_with("POST /v1/reload HTTP/1.1\r\n"));

    HttpPeer token({ok(R"({"name":"g","token":"herald_x"})")});
    CHECK(run_line({"token", "make", "g", "--role", "write"}, token.url()) == kOk);
    CHECK(body_of(token.requests().front()) == R"({"name":"g","role":"write"})");
    CHECK(run_line({"token", "make"}, "http://127.0.0.1:1") == kMisuse);

    HttpPeer trace({ok(R"({"id":"1"})"),
                    ok(R"({"trace":{"id":"1","seconds_left":0},"messages":[],"lost":0})"),
                    std::string(kDone)});
    CHECK(run_line({"trace", "217", "--for", "5"}, trace.url()) == kOk);
    const auto asked = trace.requests();
    REQUIRE(asked.size() == 3);
    CHECK(body_of(asked[0]) == R"({"user":"217","seconds":5})");
    CHECK(asked[1].starts_with("GET /v1/traces/1?limit=1000&after=0 HTTP/1.1\r\n"));
    CHECK(asked[2].starts_with("DELETE /v1/traces/1 HTTP/1.1\r\n"));
    CHECK(run_line({"trace"}, "http://127.0.0.1:1") == kMisuse);
}

TEST_CASE("account: exit codes tell refusal, misuse and silence apart") {
    HttpPeer unknown({refused("404 Not Found")});

    CHECK(run_line({"account", "remove", "a@b"}, unknown.url()) == kFailed);
    CHECK(run_line({"account", "delete", "a@b"}, "http://127.0.0.1:1") == kMisuse);
    CHECK(run_line({"account", "show", "a b"}, "http://127.0.0.1:1") == kMisuse);
    CHECK(run_line({"account", "show", "a@b"}, "http://127.0.0.1:1") == kNoAnswer);
    CHECK(run_line({"account", "show", "a@b"}, "ftp://127.0.0.1") == kMisuse);
}

TEST_CASE("subscriptions: filters go into the query, and every page is asked for") {
    HttpPeer server({ok(R"({"subscriptions":[{"resource":"sip:a@b","package":"presence",)"
                        R"("watcher":"sip:c@b","state":"active","expires_at":null,)"
                        R"("last_answer":null,"failures":0}],"next":"17"})"),
                     ok(R"({"subscriptions":[],"next":null})")});

    CHECK(run_line({"subscriptions", "--resource", "a@b", "--event", "presence"}, server.url()) ==
          kOk);

    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].starts_with(
        "GET /v1/subscriptions?limit=1000&resource=a%40b&package=presence HTTP"));
    CHECK(requests[1].starts_with(
        "GET /v1/subscriptions?limit=1000&resource=a%40b&package=presence&after=17 HTTP"));
}

TEST_CASE("publish and watch refuse options of which one would not count") {
    const auto line = [](std::vector<const char*> words) {
        words.insert(words.begin(), "herald");
        return run(commands(), static_cast<int>(words.size()), words.data());
    };

    CHECK(line({"publish", "a@b"}) == kMisuse);
    CHECK(line({"publish", "a@b", "--remove", ""}) == kMisuse);
    CHECK(line({"publish", "a@b", "--status", "open", "--replace="}) == kMisuse);
    CHECK(line({"publish", "a@b", "--status", "open", "--file", "/dev/null"}) == kMisuse);
    CHECK(line({"publish", "a@b", "--note", "x", "--remove", "tag"}) == kMisuse);
    CHECK(line({"publish", "a@b", "--keep", "--remove", "tag"}) == kMisuse);
    CHECK(line({"publish", "a@b", "--status", "open", "--event", "dialog"}) == kMisuse);
    CHECK(line({"publish", "alice", "--status", "open"}) == kMisuse);
    CHECK(line({"watch", "a@b", "--json", "--raw"}) == kMisuse);
}

TEST_CASE("status: zero only where the server says that it serves") {
    const std::string metrics =
        "herald_build_info{version=\"0.2.0\"} 1\nherald_subscriptions{state=\"active\"} 3\n";
    HttpPeer well({ok("ready\n"), ok(metrics)});
    HttpPeer ill({refused("503 Service Unavailable")});

    CHECK(run_line({"status"}, well.url()) == kOk);
    CHECK(run_line({"status"}, ill.url()) == kFailed);
    CHECK(run_line({"status"}, "http://127.0.0.1:1") == kNoAnswer);
}

}  // namespace
}  // namespace herald::cli::api_commands_test
