// tests/unit/cli/api_client_test.cpp: requests to the HTTP API, against a server of a few lines.
#include "cli/api_client.h"

#include <cstdio>
#include <fstream>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/cli/http_peer.h"

namespace herald::cli::api_client_test {
namespace {

using test::HttpPeer;

Result<ApiClient> client(const std::string& url) {
    const Syntax syntax{.options = with_api_options({})};
    const auto arguments = Arguments::parse(syntax, {"--api", url, "--token", "secret"});
    REQUIRE(arguments);
    return ApiClient::from(*arguments);
}

TEST_CASE("a call brings token and body, and returns the body of a 2xx") {
    HttpPeer server({"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"});

    const auto answer =
        client(server.url() + "/")->call("PUT", "/v1/x/" + path_segment("sip:a b@c"), "{}");

    REQUIRE(answer);
    CHECK(*answer == "{\"a\": 1}");
    const std::string request = server.requests().front();
    CHECK(request.rfind("PUT /v1/x/sip%3Aa%20b%40c HTTP/1.1\r\n", 0) == 0);
    CHECK(request.find("Authorization: Bearer secret\r\n") != std::string::npos);
    CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(request.ends_with("\r\n\r\n{}"));
}

TEST_CASE("RFC 9457: a refusal is the server's own sentence") {
    HttpPeer detailed(
        {"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nConnection: "
         "close\r\n\r\n"
         "{\"title\": \"Not Found\", \"detail\": \"there is no such account\"}"});
    HttpPeer titled(
        {"HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n{\"title\": \"Changed meanwhile\"}"});
    HttpPeer bare({"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n<html>"});

    const auto first = client(detailed.url())->call("GET", "/");
    const auto second = client(titled.url())->call("GET", "/");
    const auto third = client(bare.url())->call("GET", "/");

    REQUIRE_FALSE(first);
    CHECK(first.fault().kind == FaultKind::not_found);
    CHECK(first.fault().detail == "there is no such account");
    REQUIRE_FALSE(second);
    CHECK(second.fault().kind == FaultKind::conflict);
    CHECK(second.fault().detail == "Changed meanwhile");
    REQUIRE_FALSE(third);
    CHECK(third.fault().kind == FaultKind::unavailable);
    CHECK(third.fault().detail == "503 Service Unavailable");
}

TEST_CASE("nobody there, and a server that hangs up, are no answer") {
    HttpPeer silent({""});
    const auto hung_up = client(silent.url())->call("GET", "/");
    const auto refused = client("http://127.0.0.1:1")->call("GET", "/");

    REQUIRE_FALSE(hung_up);
    CHECK(hung_up.fault().kind == FaultKind::unreachable);
    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::unreachable);
    CHECK(refused.fault().detail.rfind("cannot reach the API at 127.0.0.1:1", 0) == 0);
}

TEST_CASE("only http and https URLs name an API") {
    CHECK(client("https://example.com"));
    CHECK_FALSE(client("ftp://example.com"));
    CHECK_FALSE(client("example.com:8080"));
    CHECK_FALSE(client("http://"));
    CHECK_FALSE(client("http://[::1"));
}

TEST_CASE("a token comes from the file that is named, and that file has one") {
    const Syntax syntax{.options = with_api_options({})};
    const std::string path = "/tmp/herald-token-" + std::to_string(getpid());
    std::ofstream(path) << "of a file\n";
    HttpPeer server({"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"});
    const std::string url = server.url();

    const auto named = Arguments::parse(syntax, {"--api", url, "--token-file", path});
    const auto missing = Arguments::parse(syntax, {"--token-file", path + "-not-there"});
    REQUIRE(named);
    REQUIRE(missing);
    REQUIRE(ApiClient::from(*named));
    CHECK(ApiClient::from(*named)->call("GET", "/"));

    CHECK(server.requests().front().find("Authorization: Bearer of a file\r\n") !=
          std::string::npos);
    CHECK_FALSE(ApiClient::from(*missing));
    std::remove(path.c_str());
}

}  // namespace
}  // namespace herald::cli::api_client_test
