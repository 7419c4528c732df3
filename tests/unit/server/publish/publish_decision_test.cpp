// tests/unit/server/publish/publish_decision_test.cpp: what to do with a PUBLISH, rule by rule, in
// the order of the checks.
#include "server/publish/publish_decision.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::publish_decision_test {
namespace {

using testing::Request;

constexpr std::string_view kBody =
    "Content-Type: application/pidf+xml\n\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@example.com\">"
    "<tuple id=\"a\"><status><basic>open</basic></status></tuple></presence>";

std::string with_body(std::string_view lines) {
    return std::string(lines).append(kBody);
}

Publication publication(std::string tag, std::string publisher = "sip:alice@example.com") {
    Publication one;
    one.id = 7;
    one.entity_tag = std::move(tag);
    one.publisher = std::move(publisher);
    one.expires_at = base::WallTime(std::chrono::seconds(1));
    one.granted = 600;
    return one;
}

/// alice's presence, of which one publication is known.
struct Bench {
    Bench() { resource.publications.push_back(publication("known")); }

    std::variant<PublishPlan, sip::Answer> decide(const Request& request) const {
        return decide_publish({.request = *request,
                               .package = testing::presence(),
                               .may_publish = may_publish,
                               .is_ours = is_ours,
                               .is_known = is_known,
                               .resource = &resource,
                               .mark = mark,
                               .supersedes = supersedes,
                               .publisher = "sip:alice@example.com",
                               .max_publications = 2,
                               .expiry = {3600, 60, 7200}});
    }
    PublishPlan plan(const Request& request) const {
        auto decision = decide(request);
        REQUIRE(std::holds_alternative<PublishPlan>(decision));
        return std::get<PublishPlan>(std::move(decision));
    }
    sip::Answer refusal(const Request& request) const {
        auto decision = decide(request);
        REQUIRE(std::holds_alternative<sip::Answer>(decision));
        return std::get<sip::Answer>(std::move(decision));
    }

    Resource resource;
    bool may_publish = true, is_ours = true, is_known = true, supersedes = false;
    std::uint64_t mark = 0;
};

}  // namespace

TEST_CASE("RFC 3903 4: a body without entity-tag is an initial publication") {
    const Request request("PUBLISH", with_body("Event: presence\nExpires: 600\n"));
    const auto plan = Bench().plan(request);
    CHECK(plan.operation == PublishOperation::initial);
    CHECK(plan.target == nullptr);
    CHECK(plan.expires == 600);
    CHECK(plan.document != nullptr);
    CHECK(plan.type == "application/pidf+xml");
}

TEST_CASE("RFC 3903 4: entity-tag, body and Expires tell refresh, modification and removal apart") {
    const Bench bench;
    const Request refresh("PUBLISH", "Event: presence\nSIP-If-Match: known\n");
    const Request modify("PUBLISH", with_body("Event: presence\nSIP-If-Match: known\n"));
    const Request remove("PUBLISH", "Event: presence\nSIP-If-Match: known\nExpires: 0\n");

    CHECK(bench.plan(refresh).operation == PublishOperation::refresh);
    CHECK(bench.plan(refresh).expires == 3600);
    CHECK(bench.plan(modify).operation == PublishOperation::modify);
    CHECK(bench.plan(remove).operation == PublishOperation::remove);
    CHECK(bench.plan(remove).target == &bench.resource.publications.front());
}

TEST_CASE("RFC 3903 6: each check comes before those after it") {
    Bench bench;
    bench.may_publish = bench.is_known = false;
    const Request bad("PUBLISH",
                      "Event: presence\nSIP-If-Match: one two\nExpires: 1\n"
                      "Content-Type: text/plain\n\nx");
    CHECK(bench.refusal(bad).status == 403);
    bench.may_publish = true;
    CHECK(bench.refusal(bad).status == 404);
    bench.is_known = true;
    CHECK(bench.refusal(bad).status == 400);

    const Request unknown("PUBLISH",
                          "Event: presence\nSIP-If-Match: unknown\nExpires: 1\n"
                          "Content-Type: text/plain\n\nx");
    CHECK(bench.refusal(unknown).status == 412);
    const Request brief("PUBLISH",
                        "Event: presence\nSIP-If-Match: known\nExpires: 1\n"
                        "Content-Type: text/plain\n\nx");
    CHECK(bench.refusal(brief).status == 423);
    CHECK(bench.refusal(brief).min_expires == 60);
    const Request plain("PUBLISH",
                        "Event: presence\nSIP-If-Match: known\nContent-Type: text/plain\n\nx");
    CHECK(bench.refusal(plain).status == 415);
}

TEST_CASE("RFC 3903 6: an entity-tag is exactly one token; quotes are forgiven") {
    const Bench bench;
    const Request quoted("PUBLISH", "Event: presence\nSIP-If-Match: \"known\"\n");
    CHECK(bench.plan(quoted).operation == PublishOperation::refresh);
    for (const auto* bad : {"SIP-If-Match: known, other\n", "SIP-If-Match:\n",
                            "SIP-If-Match: known\nSIP-If-Match: known\n"}) {
        CAPTURE(bad);
        const Request request("PUBLISH", std::string("Event: presence\n") + bad);
        CHECK(bench.refusal(request).status == 400);
    }
}

TEST_CASE("RFC 3903 8.1: an asterisk is no wildcard") {
    const Request request("PUBLISH", "Event: presence\nSIP-If-Match: *\n");
    CHECK(Bench().refusal(request).status == 412);
}

TEST_CASE("hard state has an entity-tag nobody may use") {
    Bench bench;
    bench.resource.publications.front().expires_at = {};
    const Request request("PUBLISH", "Event: presence\nSIP-If-Match: known\nExpires: 0\n");
    CHECK(bench.refusal(request).status == 412);
}

TEST_CASE("RFC 3903 6: bodies that are not taken") {
    const Bench bench;
    const Request nothing("PUBLISH", "Event: presence\n");
    CHECK(bench.refusal(nothing).status == 400);
    const Request untyped("PUBLISH", "Event: presence\n\n<presence/>");
    CHECK(bench.refusal(untyped).status == 400);
    const Request broken("PUBLISH",
                         "Event: presence\nContent-Type: application/pidf+xml\n\n<presence");
    CHECK(bench.refusal(broken).status == 400);
    const Request packed("PUBLISH", with_body("Event: presence\nContent-Encoding: gzip\n"));
    const auto encoded = bench.refusal(packed);
    CHECK(encoded.status == 415);
    CHECK(encoded.headers.find("Accept-Encoding: identity\r\n") != std::string::npos);
    const Request identity("PUBLISH", with_body("Event: presence\nContent-Encoding: identity\n"));
    CHECK(bench.plan(identity).operation == PublishOperation::initial);
    const std::string much(testing::presence().profile().max_body + 1, ' ');
    const Request large("PUBLISH",
                        "Event: presence\nContent-Type: application/pidf+xml\n\n" + much);
    CHECK(bench.refusal(large).status == 413);
    const Request just_fits(
        "PUBLISH", "Event: presence\nContent-Type: application/pidf+xml\n\n" + much.substr(1));
    CHECK(bench.refusal(just_fits).status == 400);
}

TEST_CASE("RFC 3903 6: an initial publication that expires at once is checked and not kept") {
    const Bench bench;
    const Request good("PUBLISH", with_body("Event: presence\nExpires: 0\n"));
    CHECK(bench.plan(good).operation == PublishOperation::nothing);
    const Request bad("PUBLISH", "Event: presence\nExpires: 0\nContent-Type: text/plain\n\nx");
    CHECK(bench.refusal(bad).status == 415);
}

TEST_CASE("the request that made the last change gets its answer again, before 412") {
    Bench bench;
    bench.resource.publications.front().mark = bench.mark = 42;
    const Request request("PUBLISH", "Event: presence\nSIP-If-Match: before\n");

    const auto plan = bench.plan(request);

    CHECK(plan.operation == PublishOperation::repeat);
    CHECK(plan.expires == 600);
    CHECK(plan.target == &bench.resource.publications.front());
}

TEST_CASE("beyond the limit there is no room, but a publisher replaces its own") {
    Bench bench;
    bench.resource.publications.push_back(publication("other", "sip:pbx@example.com"));
    const Request request("PUBLISH", with_body("Event: presence\n"));
    CHECK(bench.refusal(request).status == 403);
    CHECK_FALSE(bench.refusal(request).retry_after.has_value());

    bench.supersedes = true;
    CHECK(bench.plan(request).target == &bench.resource.publications.front());
}

TEST_CASE("CO-15: what a publisher registered is not replaced by what it publishes") {
    Bench bench;
    bench.supersedes = true;
    bench.resource.publications[0].rank = packages::Rank::registration;

    CHECK(bench.plan(Request("PUBLISH", with_body("Event: presence\n"))).target == nullptr);
    bench.resource.publications[0].rank = packages::Rank::published;
    CHECK(bench.plan(Request("PUBLISH", with_body("Event: presence\n"))).target != nullptr);
}

TEST_CASE("what is superseded is this publisher's, and no hard state") {
    Bench bench;
    bench.supersedes = true;
    bench.resource.publications.front().expires_at = {};
    const Request request("PUBLISH", with_body("Event: presence\n"));
    CHECK(bench.plan(request).target == nullptr);

    bench.resource.publications.front() = publication("x", "sip:pbx@example.com");
    CHECK(bench.plan(request).target == nullptr);
}

}  // namespace herald::server::publish_decision_test
