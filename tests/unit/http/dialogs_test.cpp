// tests/unit/http/dialogs_test.cpp: calls as the API lists, sets and ends them.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::dialogs_test {
namespace {

constexpr const char* kPath = "/v1/dialogs/alice@example.com";

TEST_CASE("RFC 4235: calls are listed with who says so, and since when") {
    Bench bench;
    server::CallInfo call;
    call.aor = "sip:alice@example.com";
    call.id = "d1";
    call.dialog.state = pidf::DialogState::confirmed;
    call.dialog.direction = pidf::Direction::recipient;
    call.dialog.call_id = "c";
    call.dialog.remote.identity = "sip:carol@example.com";
    call.source = "p7";
    call.publisher = "sip:pbx@example.com";
    call.said_at = base::WallTime(std::chrono::seconds(1800000000));
    call.age = std::chrono::seconds(90);
    call.is_suspicious = true;
    bench.admin.state.calls = {call};

    const auto answer = bench.call("GET", kPath, "read");

    CHECK(answer.status == 200);
    CHECK(answer.body ==
          "{\"dialogs\":[{\"aor\":\"sip:alice@example.com\",\"id\":\"d1\",\"state\":\"confirmed\","
          "\"direction\":\"recipient\",\"local\":null,"
          "\"remote\":{\"uri\":\"sip:carol@example.com\",\"name\":null,\"held\":false},"
          "\"call_id\":\"c\",\"local_tag\":null,\"remote_tag\":null,\"source\":\"p7\","
          "\"publisher\":\"sip:pbx@example.com\",\"said_at\":\"2027-01-15T08:00:00Z\",\"age\":90,"
          "\"until\":null,\"suspicious\":true}]}\n");
    const auto page =
        bench.call("GET", "/v1/dialogs?suspicious=true&limit=2&after=sip:a@b", "read");
    CHECK(page.status == 200);
    CHECK(member(page, "next") == "sip:z@example.com");
    CHECK(bench.admin.state.asked.back() == "list sip:a@b 2 suspicious");
    CHECK(bench.call("GET", "/v1/dialogs?suspicious=perhaps", "read").status == 400);
    CHECK(bench.call("GET", "/v1/dialogs?limit=0", "read").status == 400);
}

TEST_CASE("RFC 4235: a script sets a call, and ends one or all") {
    Bench bench;
    const auto path = std::string(kPath) + "/door";
    CHECK(bench
              .call("PUT", path, "write",
                    R"({"state": "confirmed", "direction": "recipient",)"
                    R"( "remote": {"uri": "sip:bob@example.com", "name": "Bob"}, "expires": 60})")
              .status == 204);
    CHECK(bench.admin.state.asked.back() ==
          "put sip:alice@example.com <dialog id=\"door\" direction=\"recipient\"><state>confirmed"
          "</state><remote><identity display=\"Bob\">sip:bob@example.com</identity></remote>"
          "</dialog> 60");
    CHECK(bench.call("DELETE", path, "write").status == 204);
    CHECK(bench.admin.state.asked.back() == "end sip:alice@example.com door");
    CHECK(bench.call("DELETE", kPath, "write").status == 204);
    CHECK(bench.admin.state.asked.back() == "end sip:alice@example.com all");
}

TEST_CASE("RFC 6665 4.1: the PBX that keeps somebody's calls is set, shown and forgotten") {
    Bench bench;
    constexpr const char* kKeeper = "/v1/dialog-keepers/alice@example.com";
    CHECK(bench.call("GET", kKeeper, "read").body == "{\"pbx\":\"pbx\",\"user\":\"alice\"}\n");
    CHECK(bench.call("PUT", kKeeper, "write", R"({"pbx": "fs", "user": "1001"})").status == 204);
    CHECK(bench.admin.state.asked.back() == "keep sip:alice@example.com fs 1001");
    CHECK(bench.call("DELETE", kKeeper, "write").status == 204);
    CHECK(bench.admin.state.asked.back() == "keep sip:alice@example.com ");
    CHECK(bench.call("PUT", kKeeper, "write", R"({"pbx": 7})").status == 400);
}

TEST_CASE("what is no call is refused, and nobody may set one without the right to") {
    Bench bench;
    const auto path = std::string(kPath) + "/door";
    const auto put = [&](const char* json) { return bench.call("PUT", path, "write", json); };
    CHECK(put("{}").status == 400);
    CHECK(put(R"({"state": "lost"})").status == 400);
    CHECK(put(R"({"state": "early", "direction": "up"})").status == 400);
    CHECK(put(R"({"state": "early", "expires": 0})").status == 400);
    CHECK(put(R"({"state": "early", "colour": "red"})").status == 400);
    const auto name = std::string(300, 'x');
    CHECK(put(("{\"state\": \"early\", \"call_id\": \"" + name + "\"}").c_str()).status == 400);
    CHECK(bench.call("PUT", path, "read", R"({"state": "early"})").status == 403);
    CHECK(bench.call("DELETE", path, "read").status == 403);
    CHECK(bench.admin.state.asked.empty());
}

TEST_CASE("the event packages are listed") {
    Bench bench;
    const auto answer = bench.call("GET", "/v1/packages", "read");
    CHECK(answer.status == 200);
    CHECK(answer.body.find("\"name\":\"dialog\",\"title\":\"Calls\"") != std::string::npos);
    CHECK(answer.body.find("\"reference\":\"RFC 3856\"") != std::string::npos);
}

}  // namespace
}  // namespace herald::http::dialogs_test
