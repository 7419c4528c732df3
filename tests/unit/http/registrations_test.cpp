// tests/unit/http/registrations_test.cpp: registrations as the API lists, sets and removes them.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::registrations_test {
namespace {

constexpr const char* kPath = "/v1/registrations/alice@example.com";

TEST_CASE("registrations are listed with all that is known of a contact") {
    Bench bench;
    server::RegistrationInfo info;
    info.id = "7";
    info.aor = "sip:alice@example.com";
    info.contact = "sip:alice@192.0.2.1";
    info.parameters = {"q=0.5"};
    info.reg_id = 2;
    info.call_id = "c";
    info.cseq = 3;
    info.created = base::WallTime(std::chrono::seconds(1800000000));
    bench.admin.state.registered = {{info}, "7", 12};

    const Answer answer =
        bench.call("GET", "/v1/registrations?aor=alice@example.com&limit=1&after=6", "read");

    CHECK(answer.status == 200);
    CHECK(answer.body ==
          "{\"registrations\":[{\"id\":\"7\",\"aor\":\"sip:alice@example.com\","
          "\"contact\":\"sip:alice@192.0.2.1\",\"display_name\":null,\"parameters\":[\"q=0.5\"],"
          "\"instance\":null,\"reg_id\":2,\"public_gruu\":null,\"path\":null,\"flow\":null,"
          "\"certificate\":null,"
          "\"user_agent\":null,\"call_id\":\"c\",\"cseq\":3,\"publisher\":null,"
          "\"created\":\"2027-01-15T08:00:00Z\",\"expires_at\":null}],\"total\":12,"
          "\"next\":\"7\"}\n");
    CHECK(bench.admin.state.asked.at(0) == "list sip:alice@example.com 6 1");
    CHECK(bench.call("GET", "/v1/registrations?limit=0").status == 400);
    CHECK(bench.call("GET", "/v1/registrations?aor=%20").status == 400);
}

TEST_CASE("a contact is set, for ever or for a time") {
    Bench bench;
    CHECK(bench.call("PUT", kPath, "write", R"({"contact": "sip:a@192.0.2.1"})").status == 204);
    CHECK(bench
              .call("PUT", kPath, "write",
                    R"({"contact": "sip:a@192.0.2.1", "expires": 60, "path": "<sip:e;lr>"})")
              .status == 204);
    CHECK(bench.admin.state.asked ==
          std::vector<std::string>{"put sip:alice@example.com sip:a@192.0.2.1 0 ",
                                   "put sip:alice@example.com sip:a@192.0.2.1 60 <sip:e;lr>"});
    const Answer refused = bench.call("PUT", kPath, "write", "{}");
    CHECK(refused.status == 400);
    CHECK(member(refused, "detail") == "\"contact\": expected the URI to register");
    CHECK(bench.call("PUT", kPath, "read", R"({"contact": "sip:a@b"})").status == 403);
}

TEST_CASE("RFC 3680 5.1: contacts are removed with the event watchers are told") {
    Bench bench;
    CHECK(bench.call("DELETE", kPath, "write").status == 204);
    CHECK(bench
              .call("DELETE",
                    std::string(kPath) + "?contact=sip:a@192.0.2.1&event=probation&retry_after=30",
                    "write")
              .status == 204);
    CHECK(bench.admin.state.asked ==
          std::vector<std::string>{"remove sip:alice@example.com  deactivated 0",
                                   "remove sip:alice@example.com sip:a@192.0.2.1 probation 30"});
    CHECK(bench.call("DELETE", std::string(kPath) + "?event=probation", "write").status == 400);
    bench.admin.state.fault = Fault{FaultKind::not_found, "No such contact is registered"};
    CHECK(bench.call("DELETE", kPath, "write").status == 404);
}

}  // namespace
}  // namespace herald::http::registrations_test
