// tests/unit/server/notify/subscribe_decision_test.cpp: what to do with a SUBSCRIBE, rule by rule,
// in the order of the checks.
#include "server/notify/subscribe_decision.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::subscribe_decision_test {
namespace {

using testing::Request;

constexpr ExpiryRules kRules{
    .standard = 3600, .minimum = 60, .maximum = 7200, .is_clamping = false};

SubscribeFacts facts(const Request& request) {
    return {.request = *request,
            .profile = testing::presence().profile(),
            .handling = SubHandling::allow,
            .is_ours = true,
            .is_known = true,
            .is_in_dialog = false,
            .is_over_limit = false,
            .was_active = false,
            .expiry = kRules};
}

int status_of(const SubscribeFacts& facts) {
    const auto decision = decide_subscribe(facts);
    const auto* refusal = std::get_if<sip::Answer>(&decision);
    return refusal ? refusal->status : 200;
}

SubscribeGrant grant_of(const SubscribeFacts& facts) {
    const auto decision = decide_subscribe(facts);
    REQUIRE(std::holds_alternative<SubscribeGrant>(decision));
    return std::get<SubscribeGrant>(decision);
}

}  // namespace

TEST_CASE("RFC 6665 4.2.1.1: nothing asked for is granted by default") {
    const Request request("SUBSCRIBE", "Event: presence\n");

    const auto grant = grant_of(facts(request));

    CHECK(grant.expires == 3600);
    CHECK(grant.type == "application/pidf+xml");
    CHECK_FALSE(grant.is_pending);
}

TEST_CASE("RFC 6665 4.2.2: who needs the owner's word is pending, unless it was active before") {
    const Request request("SUBSCRIBE", "Event: presence\n");
    auto all = facts(request);
    all.handling = SubHandling::confirm;
    CHECK(grant_of(all).is_pending);

    all.is_in_dialog = all.was_active = true;
    CHECK_FALSE(grant_of(all).is_pending);
}

TEST_CASE("RFC 6665 4.2.1.3: each check comes before those after it") {
    const Request request("SUBSCRIBE",
                          "Event: presence\nExpires: 1\nAccept: text/plain\n"
                          "Content-Type: text/plain\nContent-Length: 1\n\nx");
    auto all = facts(request);
    all.handling = SubHandling::block;
    all.is_known = false;
    all.is_over_limit = true;

    CHECK(status_of(all) == 403);
    all.handling = SubHandling::allow;
    CHECK(status_of(all) == 404);
    all.is_known = true;
    CHECK(status_of(all) == 403);
    all.is_over_limit = false;
    CHECK(status_of(all) == 406);

    const Request accepting("SUBSCRIBE",
                            "Event: presence\nExpires: 1\nContent-Type: text/plain\n"
                            "Content-Length: 1\n\nx");
    CHECK(status_of(facts(accepting)) == 415);
    const Request brief("SUBSCRIBE", "Event: presence\nExpires: 1\n");
    CHECK(status_of(facts(brief)) == 423);
}

TEST_CASE("a foreign domain is 404 even to those who would be blocked") {
    const Request request("SUBSCRIBE", "Event: presence\n");
    auto all = facts(request);
    all.is_ours = false;
    all.handling = SubHandling::block;
    CHECK(status_of(all) == 404);
}

TEST_CASE("RFC 6665 4.2.1.1: 423 names the minimum") {
    const Request request("SUBSCRIBE", "Event: presence\nExpires: 59\n");
    const auto decision = decide_subscribe(facts(request));
    REQUIRE(std::holds_alternative<sip::Answer>(decision));
    CHECK(std::get<sip::Answer>(decision).min_expires == 60);
}

TEST_CASE("RFC 5621 8.1: a body whose handling is optional is not looked at") {
    const Request request("SUBSCRIBE",
                          "Event: presence\nContent-Type: text/plain\n"
                          "Content-Disposition: render;handling=optional\n"
                          "Content-Length: 1\n\nx");
    CHECK(status_of(facts(request)) == 200);
}

}  // namespace herald::server::subscribe_decision_test
