// tests/unit/server/core/answers_test.cpp: refusals carry what they must.
#include "server/core/answers.h"

#include <set>

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::answers_test {
namespace {

bool has(const sip::Answer& answer, std::string_view text) {
    return answer.headers.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("RFC 3261 21.5.4: 503 says when to come back, not all at once") {
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 500; ++i) {
        const auto refusal = unavailable("Busy");
        CHECK(refusal.status == 503);
        REQUIRE(refusal.retry_after.has_value());
        seen.insert(*refusal.retry_after);
    }
    CHECK(seen == std::set<std::uint32_t>{1, 2, 3, 4, 5});
}

TEST_CASE("RFC 3261 21.4: refusals and the header each must have") {
    CHECK(method_not_allowed().status == 405);
    CHECK(has(method_not_allowed(), "Allow: "));
    CHECK(bad_event().status == 489);
    CHECK(has(bad_event(), "Allow-Events: "));
    CHECK(interval_too_brief(60).status == 423);
    CHECK(interval_too_brief(60).min_expires == 60);
    const auto media = unsupported_media(testing::presence().profile());
    CHECK(media.status == 415);
    CHECK(has(media, "Accept: application/pidf+xml"));
}

TEST_CASE("RFC 3261 11.2: OPTIONS tells what is here") {
    const auto all = options_answer({});
    CHECK(all.status == 200);
    CHECK(all.with_contact);
    for (const auto* name : {"Allow: ", "Accept: ", "Accept-Encoding: ", "Accept-Language: ",
                             "Supported: ", "Allow-Events: "}) {
        CAPTURE(name);
        CHECK(has(all, name));
    }
    CHECK(has(all, "application/pidf+xml"));
    CHECK(has(all, "application/simple-message-summary"));
    CHECK(has(all, ", multipart/mixed, multipart/related, multipart/alternative, */*\r\n"));
    const auto some = options_answer({"text/plain", "application/pidf+xml"});
    CHECK(has(some, "multipart/alternative, text/plain\r\n"));
    CHECK(allowed_methods().find("SUBSCRIBE") != std::string_view::npos);
    CHECK(allowed_events().find("presence") != std::string::npos);
    CHECK(allowed_events().find("presence.winfo, ") != std::string::npos);
    CHECK(allowed_events().find(".winfo.winfo.winfo") == std::string::npos);
}

TEST_CASE("every fault is one status; what may be over soon says when to come back") {
    const auto status = [](FaultKind kind) { return from_fault({kind, "why"}).status; };
    CHECK(status(FaultKind::malformed) == 400);
    CHECK(status(FaultKind::unauthenticated) == 401);
    CHECK(status(FaultKind::forbidden) == 403);
    CHECK(status(FaultKind::not_found) == 404);
    CHECK(status(FaultKind::not_acceptable) == 406);
    CHECK(status(FaultKind::precondition_failed) == 412);
    CHECK(status(FaultKind::conflict) == 412);
    CHECK(status(FaultKind::too_large) == 413);
    CHECK(status(FaultKind::unsupported_media) == 415);
    CHECK(status(FaultKind::interval_too_brief) == 423);
    CHECK(status(FaultKind::unknown_event) == 489);
    for (const auto kind : {FaultKind::limit_reached, FaultKind::unavailable, FaultKind::timeout,
                            FaultKind::unreachable, FaultKind::io}) {
        CHECK(status(kind) == 503);
        CHECK(from_fault({kind, "why"}).retry_after.has_value());
    }
    CHECK(status(FaultKind::invalid_configuration) == 500);
}

TEST_CASE("a reason phrase stays on its line and within bounds, whatever a document made it say") {
    const auto refusal = from_fault({FaultKind::malformed, "line 3:\r\nVia: evil\x01\x7f"});
    CHECK(refusal.reason == "line 3:  Via: evil  ");
    CHECK(answer(400, std::string(5000, 'x')).reason.size() <= 200);
}

}  // namespace herald::server::answers_test
