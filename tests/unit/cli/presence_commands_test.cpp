// tests/unit/cli/presence_commands_test.cpp: `herald presence` and `events`: what they ask the
// server for.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "cli/command.h"
#include "tests/unit/cli/http_peer.h"

namespace herald::cli::presence_commands_test {
namespace {

using test::HttpPeer;

std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(body);
}
constexpr std::string_view kDone = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
constexpr std::string_view kRefused =
    "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{\"detail\": \"no\"}";

int run_line(std::vector<const char*> words, const std::string& url) {
    words.insert(words.begin(), "herald");
    for (const char* word : {"--api", url.c_str(), "--token", "secret"}) words.push_back(word);
    return run(commands(), static_cast<int>(words.size()), words.data());
}

TEST_CASE("presence: several users are shown by one request") {
    HttpPeer server({ok(R"({"users":[{"user":"sip:a@b","status":"open","activities":["away"],)"
                        R"("note":null}]})")});

    CHECK(run_line({"presence", "get", "a@b", "sip:c@d"}, server.url()) == kOk);

    CHECK(server.requests().at(0).starts_with(
        "GET /v1/presence?users=a%40b,sip%3Ac%40d HTTP/1.1\r\n"));
}

TEST_CASE("presence: what is said is put, and taken back") {
    HttpPeer server({std::string(kDone), std::string(kDone), std::string(kRefused)});

    CHECK(run_line({"presence", "set", "a@b", "--status", "closed", "--activity", "away,busy",
                    "--note", "so", "--ttl", "60"},
                   server.url()) == kOk);
    CHECK(run_line({"presence", "clear", "a@b"}, server.url()) == kOk);
    CHECK(run_line({"presence", "set", "a@b"}, server.url()) == kFailed);

    const auto& requests = server.requests();
    CHECK(requests.at(0).starts_with("PUT /v1/presence/a%40b HTTP/1.1\r\n"));
    CHECK(requests.at(0).find(R"("activities":["away","busy"])") != std::string::npos);
    CHECK(requests.at(0).find(R"("ttl":60)") != std::string::npos);
    CHECK(requests.at(1).starts_with("DELETE /v1/presence/a%40b HTTP/1.1\r\n"));
    CHECK(requests.at(2).find(R"("status":"open")") != std::string::npos);
}

TEST_CASE("presence: what makes no sense is said before anybody is asked") {
    for (const auto& words :
         std::vector<std::vector<const char*>>{{"presence", "look", "a@b"},
                                               {"presence", "set", "a@b", "c@d"},
                                               {"presence", "set", "a@b", "--activity", "flying"},
                                               {"presence", "get"}})
        CHECK(run_line(words, "http://127.0.0.1:9") == kMisuse);
}

TEST_CASE("events: goes on behind the last event after the stream ended, and ends where refused") {
    HttpPeer server({ok("retry: 2000\n\nid: 7-4\n\nid: 7-5\nevent: pbx.up\ndata: {\"id\":\"7-5\","
                        "\"kind\":\"pbx.up\",\"at\":\"now\",\"resource\":null,\"pbx\":\"x\"}\n\n"),
                     std::string(kRefused)});

    CHECK(run_line({"events", "--kind", "pbx.up,pbx.down", "--user", "a@b", "--after", "7-1"},
                   server.url()) == kFailed);

    const auto& requests = server.requests();
    CHECK(requests.at(0).starts_with(
        "GET /v1/events?user=a%40b&kind=pbx.up%2Cpbx.down HTTP/1.1\r\n"));
    CHECK(requests.at(0).find("Last-Event-ID: 7-1\r\n") != std::string::npos);
    CHECK(requests.at(1).find("Last-Event-ID: 7-5\r\n") != std::string::npos);
}

TEST_CASE("events: a server that is not there is told at once") {
    CHECK(run_line({"events"}, "http://127.0.0.1:9") == kNoAnswer);
}

}  // namespace
}  // namespace herald::cli::presence_commands_test
