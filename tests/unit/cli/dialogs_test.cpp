// tests/unit/cli/dialogs_test.cpp: `herald dialogs`: what it asks the server for, and what it
// prints.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "cli/command.h"
#include "tests/unit/cli/http_peer.h"

namespace herald::cli::dialogs_test {
namespace {

using test::HttpPeer;

std::string ok(std::string_view json) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(json);
}
constexpr std::string_view kDone = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Runs a command line as main() would, against `url`.
int run_line(std::vector<const char*> words, const std::string& url) {
    words.insert(words.begin(), "herald");
    for (const char* word : {"--api", url.c_str(), "--token", "secret"}) words.push_back(word);
    return run(commands(), static_cast<int>(words.size()), words.data());
}

/// The one request that a command line makes.
std::string request_of(std::vector<const char*> words, std::string answer = std::string(kDone)) {
    HttpPeer server({std::move(answer)});
    CHECK(run_line(std::move(words), server.url()) == kOk);
    REQUIRE(server.requests().size() == 1);
    return server.requests().front();
}

std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

TEST_CASE("dialogs: all are listed page by page, the suspicious ones, or somebody's") {
    HttpPeer pages(
        {ok(R"({"dialogs":[{"aor":"sip:a@b","id":"1","state":"early"}],"next":"sip:a@b"})"),
         ok(R"({"dialogs":[],"next":null})")});
    CHECK(run_line({"dialogs"}, pages.url()) == kOk);
    REQUIRE(pages.requests().size() == 2);
    CHECK(pages.requests()[0].starts_with("GET /v1/dialogs?limit=1000 HTTP/1.1\r\n"));
    CHECK(pages.requests()[1].starts_with(
        "GET /v1/dialogs?limit=1000&after=sip%3Aa%40b HTTP/1.1\r\n"));

    const auto none = ok(R"({"dialogs":[]})");
    CHECK(request_of({"dialogs", "--suspicious"}, none)
              .starts_with("GET /v1/dialogs?limit=1000&suspicious=true HTTP/1.1\r\n"));
    CHECK(request_of({"dialogs", "a@b"}, none)
              .starts_with("GET /v1/dialogs/sip%3Aa%40b HTTP/1.1\r\n"));
}

TEST_CASE("dialogs: a script lights a lamp and puts it out") {
    const auto put =
        request_of({"dialogs", "a@b", "--set", "front door", "--state", "early", "--direction",
                    "recipient", "--remote", "sip:c@b", "--expires", "60"});
    CHECK(put.starts_with("PUT /v1/dialogs/sip%3Aa%40b/front%20door HTTP/1.1\r\n"));
    CHECK(body_of(put) ==
          R"({"state":"early","direction":"recipient","remote":{"uri":"sip:c@b"},"expires":60})");
    CHECK(request_of({"dialogs", "a@b", "--end", "door"})
              .starts_with("DELETE /v1/dialogs/sip%3Aa%40b/door HTTP/1.1\r\n"));
    CHECK(request_of({"dialogs", "a@b", "--clear"})
              .starts_with("DELETE /v1/dialogs/sip%3Aa%40b HTTP/1.1\r\n"));
}

TEST_CASE("dialogs: the PBX that keeps somebody's calls is named, or none") {
    const auto put = request_of({"dialogs", "a@b", "--pbx", "office", "--pbx-user", "1001"});
    CHECK(put.starts_with("PUT /v1/dialog-keepers/sip%3Aa%40b HTTP/1.1\r\n"));
    CHECK(body_of(put) == R"({"pbx":"office","user":"1001"})");
    CHECK(body_of(request_of({"dialogs", "a@b", "--pbx", ""})) == R"({"pbx":"","user":""})");
}

TEST_CASE("dialogs: what does not go together is said before anything is asked") {
    HttpPeer server({});
    CHECK(run_line({"dialogs", "--clear"}, server.url()) == kMisuse);
    CHECK(run_line({"dialogs", "a@b", "--clear", "--end", "1"}, server.url()) == kMisuse);
    CHECK(run_line({"dialogs", "a b"}, server.url()) == kMisuse);
}

}  // namespace
}  // namespace herald::cli::dialogs_test
