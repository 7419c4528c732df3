// tests/unit/server/publish/compositor_test.cpp: what happens to publications while the store takes
// its time.
#include "server/publish/compositor.h"

#include <doctest/doctest.h>

#include "server/publish/state_orders.h"
#include "server/register/bindings.h"
#include "server/register/registration_orders.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::compositor_test {
namespace {

using Lines = std::vector<std::string>;
using store::Outcome;
using testing::header;
using testing::SlowShard;

const std::string kDocument =
    "Content-Type: application/pidf+xml\n\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@localhost\">"
    "<tuple id=\"a\"><status><basic>open</basic></status></tuple></presence>";

std::string publish(unsigned cseq, const std::string& lines) {
    return testing::request("PUBLISH", "sip:alice@localhost", cseq, "<sip:alice@localhost>",
                            "Event: presence\n" + lines);
}

std::size_t publications(SlowShard& server) {
    auto& resources = server.shard.context().resources;
    const auto slot = resources.find(*packages::find("presence"), "sip:alice@localhost");
    return slot == Resource::kNone ? 0 : resources[slot].publications.size();
}

/// One publication of an hour; `tag` is its entity-tag.
struct Published : SlowShard {
    std::string tag;

    Published() {
        receive(publish(1, "Expires: 3600\n" + kDocument));
        finish();
        REQUIRE(sent() == Lines{"SIP/2.0 200 OK"});
        tag = header(message(0), "SIP-ETag");
    }
};

}  // namespace

TEST_CASE("RFC 3903 6: nothing is answered before it is durable") {
    SlowShard server;
    server.receive(publish(1, kDocument));
    CHECK(server.sent().empty());
    CHECK(publications(server) == 0);
    server.finish();
    CHECK(server.sent() == Lines{"SIP/2.0 200 OK"});
    CHECK(publications(server) == 1);
}

TEST_CASE("the time from a PUBLISH to its 200 is measured") {
    SlowShard server;
    server.receive(publish(1, kDocument));
    server.pass(std::chrono::milliseconds(250));
    server.finish();
    for (const auto& sample : server.metrics.collect()) {
        if (sample.name != "herald_publish_seconds") continue;
        CHECK(sample.count == 1);
        CHECK(sample.sum == doctest::Approx(0.25));
    }
}

TEST_CASE("RFC 3903 6: what became of a PUBLISH is what the store says") {
    const std::pair<Outcome, Lines> expected[] = {
        {Outcome::refused, {"SIP/2.0 412 Conditional Request Failed"}},
        {Outcome::unavailable, {"SIP/2.0 503 The store is not available"}},
        {Outcome::unknown, {}}};
    for (const auto& [outcome, lines] : expected) {
        Published server;
        server.receive(publish(2, "SIP-If-Match: " + server.tag + "\nExpires: 0\n"));
        server.finish(outcome);
        CHECK(server.sent() == lines);
        CHECK(publications(server) == 1);
    }
}

TEST_CASE("RFC 3903 6: of two that name the same entity-tag the second is too late") {
    Published server;
    server.receive(publish(2, "SIP-If-Match: " + server.tag + "\n"));
    server.receive(publish(3, "SIP-If-Match: " + server.tag + "\n"));
    CHECK(server.store.held.size() == 1);
    CHECK(server.store.oldest<store::RefreshPublication>().expected_tag == server.tag);

    server.finish();

    CHECK(server.sent() == Lines{"SIP/2.0 200 OK", "SIP/2.0 412 Conditional Request Failed"});
    CHECK(header(server.message(0), "SIP-ETag") != server.tag);
}

TEST_CASE("RFC 3903 6: so many PUBLISHes of one resource wait, then 480") {
    Published server;
    constexpr unsigned kWaiting = 64;
    for (unsigned i = 0; i < kWaiting + 2; ++i) server.receive(publish(2 + i, kDocument));
    CHECK(server.sent() == Lines{"SIP/2.0 480 Busy"});
    CHECK(header(server.message(0), "Retry-After") != "0");
}

TEST_CASE("RFC 3903 6: a publication that is refreshed as it runs out stays") {
    Published server;
    server.pass(std::chrono::milliseconds(3'604'000));
    server.receive(publish(2, "SIP-If-Match: " + server.tag + "\nExpires: 3600\n"));
    server.pass(std::chrono::milliseconds(1'000));
    CHECK(server.store.held.size() == 1);

    server.finish();
    server.pass(std::chrono::milliseconds(10'000));

    CHECK(server.sent() == Lines{"SIP/2.0 200 OK"});
    CHECK(server.store.held.empty());
    CHECK(publications(server) == 1);
}

TEST_CASE("RFC 3903 6: a publication that could not be removed in time is removed later") {
    Published server;
    server.pass(std::chrono::milliseconds(3'605'000));
    CHECK(server.store.oldest<store::RemovePublication>().expected_tag == server.tag);
    server.finish(Outcome::unavailable);
    CHECK(publications(server) == 1);

    server.pass(std::chrono::milliseconds(2'000));
    server.finish();
    CHECK(publications(server) == 0);
}

TEST_CASE("RFC 3903 6: a PUBLISH while its publication is being removed is told 412") {
    Published server;
    server.pass(std::chrono::milliseconds(3'605'000));
    server.receive(publish(2, "SIP-If-Match: " + server.tag + "\n"));
    CHECK(server.sent().empty());
    server.finish();
    CHECK(server.sent() == Lines{"SIP/2.0 412 Conditional Request Failed"});
}

TEST_CASE("hard state waits for the change under way, and replaces the one before it") {
    SlowShard server;
    const auto& presence = *packages::find("presence");
    const packages::Document document{"application/pidf+xml",
                                      kDocument.substr(kDocument.find('<'))};
    std::vector<bool> done;
    const auto put = [&] {
        server.shard.orders().change_hard_state(
            {&presence, "sip:alice@localhost", document, {}},
            [&done](const auto& result) { done.push_back(result.has_value()); });
        server.settle();
    };
    put();
    put();
    CHECK(server.store.held.size() == 1);
    const auto first = server.store.oldest<store::PutPublication>().row.id;
    server.finish();
    CHECK(done == std::vector<bool>{true});
    CHECK(server.store.oldest<store::PutPublication>().row.id == first);
    server.finish();
    CHECK(done == std::vector<bool>{true, true});
    CHECK(publications(server) == 1);
}

TEST_CASE("RFC 9110 13.1: the condition of a change is looked at when its turn comes") {
    SlowShard server;
    const packages::Document document{"application/pidf+xml",
                                      kDocument.substr(kDocument.find('<'))};
    std::vector<Result<HardStateChange>> done;
    const auto change = [&](std::optional<packages::Document> wanted, HardCondition condition) {
        server.shard.orders().change_hard_state(
            {packages::find("presence"), "sip:alice@localhost", std::move(wanted),
             std::move(condition)},
            [&done](Result<HardStateChange> result) { done.push_back(std::move(result)); });
        server.settle();
    };
    change(document, {{}, {"*"}});
    change(document, {{}, {"*"}});
    CHECK(done.empty());
    server.finish();
    REQUIRE(done.size() == 2);
    REQUIRE(done[0]);
    CHECK(done[0]->is_new);
    REQUIRE_FALSE(done[1]);
    CHECK(done[1].fault().kind == FaultKind::precondition_failed);
    const auto tag = done[0]->entity_tag;
    CHECK(done[1].fault().detail == "What is set here has the entity-tag \"" + tag + "\"");

    change(document, {{"else", tag}, {}});
    server.finish();
    REQUIRE(done[2]);
    CHECK_FALSE(done[2]->is_new);
    CHECK(done[2]->entity_tag != tag);
    change(std::nullopt, {{tag}, {}});
    CHECK(done[3].fault().kind == FaultKind::precondition_failed);
    change(std::nullopt, {{"*"}, {}});
    server.finish();
    CHECK(done[4].has_value());
    change(std::nullopt, {{"*"}, {}});
    CHECK(done[5].fault().kind == FaultKind::precondition_failed);
    change(std::nullopt, {});
    CHECK(done[6].fault().kind == FaultKind::not_found);
    CHECK(publications(server) == 0);
}

TEST_CASE("hard state of reg is beside the contacts that were registered for ever") {
    SlowShard server;
    const auto& reg = *packages::find("reg");
    std::vector<bool> done;
    server.shard.registration_orders().put(
        {.aor = "sip:alice@localhost", .contact = "sip:a@192.0.2.1"},
        [&done](const Status& status) { done.push_back(!!status); });
    server.finish();
    const packages::Document document{
        "application/reginfo+xml",
        "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">"
        "<registration aor=\"sip:alice@localhost\" id=\"x\" state=\"active\">"
        "<contact id=\"c\" state=\"active\" event=\"created\"><uri>sip:b@192.0.2.2</uri>"
        "</contact></registration></reginfo>"};

    server.shard.orders().change_hard_state(
        {&reg, "sip:alice@localhost", document, {}},
        [&done](const auto& result) { done.push_back(result && result->is_new); });
    server.finish();

    CHECK(done == std::vector<bool>{true, true});
    CHECK(server.shard.bindings().of("sip:alice@localhost").size() == 1);
    const auto* set = server.shard.orders().hard_state(reg, "sip:alice@localhost");
    REQUIRE(set);
    CHECK(set->type == "application/reginfo+xml");
}

}  // namespace herald::server::compositor_test
