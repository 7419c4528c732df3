// tests/unit/http/events_test.cpp: who is told which events, how they are written, and what becomes
// of readers that are too slow.
#include "http/events.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "http/event_streams.h"
#include "tests/unit/http/bench.h"

namespace herald::http::events_test {
namespace {

using server::Event;
using server::EventKind;

Event changed(std::string resource, EventKind kind = EventKind::resource_changed) {
    return {.kind = kind, .resource = std::move(resource), .package = "presence"};
}

const EventOrder& order_of(const Answer& answer) {
    REQUIRE(answer.status == 200);
    REQUIRE(answer.events);
    return *answer.events;
}

/// A feed and one reader of it.
struct Reading {
    base::ManualClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    server::Feed feed{{.bytes = 262'144, .run = 7}, metrics};
    int news = 0;
    EventStreams streams{loop, feed, metrics, [this] { ++news; }};

    void happen(Event event) {
        feed.inlet(0).post(std::move(event));
        feed.collect();
    }
};

}  // namespace

TEST_CASE("an event is one line of JSON behind its id and its kind") {
    Event event{.kind = EventKind::watcher_pending,
                .resource = "sip:alice@b.c",
                .package = "presence",
                .details = {{"watcher", "sip:b\n@x"}, {"state", "pending"}},
                .at = base::WallTime(std::chrono::seconds(1)),
                .run = 7,
                .number = 12};
    CHECK(to_lines(event) ==
          "id: 7-12\nevent: watcher.pending\n"
          "data: {\"id\":\"7-12\",\"kind\":\"watcher.pending\",\"at\":\"1970-01-01T00:00:01Z\","
          "\"resource\":\"sip:alice@b.c\",\"package\":\"presence\",\"watcher\":\"sip:b\\n@x\","
          "\"state\":\"pending\"}\n\n");
}

TEST_CASE("a reader says which users, kinds and package he wants") {
    Bench bench;
    const auto all = bench.call("GET", "/v1/events", "read");
    CHECK(all.type == "text/event-stream");
    CHECK(order_of(all).filter.passes(changed("")));

    const auto some = bench.call("GET",
                                 "/v1/events?user=alice@b.c,Other.Org&kind=resource.changed,pbx.up"
                                 "&package=presence",
                                 "read");
    const auto& filter = order_of(some).filter;
    CHECK(filter.passes(changed("sip:alice@b.c")));
    CHECK(filter.passes(changed("other.org")));
    CHECK_FALSE(filter.passes(changed("sip:bob@b.c")));
    CHECK_FALSE(filter.passes(changed("sip:alice@b.c", EventKind::registration_added)));
    auto dialog = changed("sip:alice@b.c");
    dialog.package = "dialog";
    CHECK_FALSE(filter.passes(dialog));
    CHECK(filter.passes({.kind = EventKind::events_lost, .resource = {}}));

    for (const auto* wrong :
         {"user=a@", "kind=x", "kind=", "package=lamps", "after=7", "after=x-1"}) {
        CAPTURE(wrong);
        const auto answer = bench.call("GET", std::string("/v1/events?") + wrong, "read");
        CHECK(answer.status == (std::string_view(wrong) == "kind=" ? 200 : 400));
    }
}

TEST_CASE("a reader goes on behind the last event he has; what an earlier run told is a gap") {
    Bench bench;
    auto& feed = bench.admin.feed();
    for (int i = 0; i < 3; ++i) feed.inlet(0).post(changed("sip:alice@b.c"));
    feed.collect();
    const auto from = [&](std::string id) {
        return bench.send({.method = "GET",
                           .target = "/v1/events",
                           .authorization = "Bearer read",
                           .last_event_id = std::move(id)});
    };

    CHECK(order_of(from("")).after == 3);
    CHECK(order_of(from("7-1")).after == 1);
    CHECK_FALSE(order_of(from("7-1")).has_gap);
    CHECK(order_of(from("7-99")).after == 3);
    CHECK(order_of(from("6-2")).after == 0);
    CHECK(order_of(from("6-2")).has_gap);
    CHECK(from("six").status == 400);
}

TEST_CASE("a token for some reads of them only") {
    Bench bench;
    const auto domain = order_of(bench.call("GET", "/v1/events", "domain")).filter;
    CHECK(domain.passes(changed("sip:alice@b.c")));
    CHECK(domain.passes(changed("b.c", EventKind::rule_changed)));
    CHECK_FALSE(domain.passes(changed("sip:alice@x.b.c")));
    CHECK_FALSE(domain.passes(changed("sip:alice@other.org")));
    CHECK_FALSE(domain.passes(changed("", EventKind::pbx_down)));

    const auto user =
        order_of(bench.call("GET", "/v1/events?user=bob@b.c,alice@b.c", "user")).filter;
    CHECK(user.passes(changed("sip:alice@b.c")));
    CHECK_FALSE(user.passes(changed("sip:bob@b.c")));
    CHECK_FALSE(user.passes(changed("b.c")));
}

TEST_CASE("a stream tells what comes, and where it is when nothing does") {
    Reading reading;
    auto stream = EventStreams::begin({.filter = {}, .after = 0});
    std::string out;
    CHECK(reading.streams.take(stream, out));
    CHECK(out.empty());
    reading.happen(changed("sip:alice@b.c"));
    CHECK(reading.streams.take(stream, out));
    CHECK(contains(out, "id: 7-1\nevent: resource.changed\n"));
    out.clear();
    CHECK(reading.streams.take(stream, out));
    CHECK(out.empty());
    CHECK(reading.streams.heartbeat(stream) == "id: 7-1\n\n");
    reading.loop.turn(base::Duration::zero());
    CHECK(reading.news == 1);
}

TEST_CASE("what is not for a reader moves him on all the same") {
    Reading reading;
    EventOrder order;
    order.filter.resources.insert("sip:alice@b.c");
    auto stream = EventStreams::begin(order);
    for (int i = 0; i < 5; ++i) reading.happen(changed("sip:bob@b.c"));
    std::string out;
    CHECK(reading.streams.take(stream, out));
    CHECK(out.empty());
    CHECK(reading.streams.heartbeat(stream) == "id: 7-5\n\n");
}

TEST_CASE("no batch is longer than it has to be, whatever happened meanwhile") {
    Reading reading;
    for (int i = 0; i < 200; ++i) reading.happen(changed("sip:" + std::string(900, 'x') + "@b.c"));
    auto stream = EventStreams::begin({.filter = {}, .after = 100});
    std::string out;
    CHECK(reading.streams.take(stream, out));
    CHECK(out.size() < 20'000);
    int batches = 1;
    for (out.clear(); reading.streams.take(stream, out) && !out.empty(); out.clear()) ++batches;
    CHECK(batches > 5);
    CHECK(stream.at == 200);
}

TEST_CASE("who begins behind what is kept learns what is missing; who falls behind is cut") {
    Reading reading;
    auto slow = EventStreams::begin({.filter = {}, .after = 0});
    std::string out;
    reading.happen(changed("sip:alice@b.c"));
    CHECK(reading.streams.take(slow, out));
    for (int i = 0; i < 1000; ++i) reading.happen(changed("sip:" + std::string(900, 'x') + "@b.c"));
    CHECK_FALSE(reading.streams.take(slow, out));

    auto late = EventStreams::begin({.filter = {}, .after = 1});
    out.clear();
    CHECK(reading.streams.take(late, out));
    CHECK(contains(out, "event: events.lost\n"));
    CHECK(contains(out, "\"count\":\""));

    auto restarted = EventStreams::begin({.filter = {}, .after = 1001, .has_gap = true});
    out.clear();
    CHECK(reading.streams.take(restarted, out));
    CHECK(contains(out, "event: events.lost\n"));
    CHECK_FALSE(contains(out, "count"));
    CHECK(reading.streams.take(restarted, out));
}

TEST_CASE("a token for some gets what is theirs of the rest of the API, and nothing else") {
    Bench bench;
    CHECK(bench.call("GET", "/v1/watchers/alice@b.c", "user").status == 200);
    CHECK(bench.call("GET", "/v1/watchers/sip:alice@B.c", "user").status == 200);
    CHECK(bench.call("GET", "/v1/watchers/bob@b.c", "user").status == 403);
    CHECK(bench.call("GET", "/v1/watchers/bob@b.c", "domain").status == 200);
    CHECK(bench.call("GET", "/v1/watchers/bob@other.org", "domain").status == 403);
    CHECK(bench.call("GET", "/v1/lists/b.c/allow", "domain").status == 200);
    CHECK(bench.call("GET", "/v1/lists/b.c/allow", "user").status == 403);
    CHECK(bench.call("GET", "/v1/lists/other.org/allow", "domain").status == 403);
    CHECK(bench.call("GET", "/v1/audit", "domain").status == 403);
    CHECK(bench.call("GET", "/v1/audit?resource=b.c", "domain").status == 200);
    CHECK(bench.call("GET", "/v1/subscriptions", "user").status == 403);
    CHECK(bench.call("GET", "/v1/subscriptions?resource=alice@b.c", "user").status == 200);
    // An admin's token for a domain makes nobody more than he is.
    for (const auto* target : {"/v1/accounts/alice@b.c", "/v1/aliases", "/v1/aliases/alice@b.c",
                               "/v1/lists/export", "/v1/messages", "/v1/devices",
                               "/v1/provisioning/jobs", "/v1/mailboxes/alice@b.c/settings"}) {
        CAPTURE(target);
        const auto answer = bench.call("GET", target, "domain");
        CHECK(answer.status == 403);
        CHECK(member(answer, "detail") == "This token is good for b.c only.");
    }
    CHECK(bench.call("GET", "/healthz", "user").status == 200);
}

TEST_CASE("every pattern that limited tokens may use is one, and says by what") {
    std::size_t limited = 0;
    for (const Route& route : routes()) {
        const auto by = limited_by(route.pattern);
        if (by.empty()) continue;
        ++limited;
        CAPTURE(route.pattern);
        const bool is_captured = contains(route.pattern, "{" + std::string(by) + "}");
        const bool is_asked = std::any_of(route.query.begin(), route.query.end(),
                                          [&](const auto& each) { return each.name == by; });
        CHECK((by == "reach" || is_captured || is_asked));
    }
    CHECK(limited > 15);
}

TEST_CASE("CORS: pages of the origins that are configured may read answers, no others") {
    FakeAdmin admin;
    base::Metrics metrics;
    Api api({admin, metrics, "example.com", "1"},
            {.tokens = {{"r", sha256_hex("read"), "read"}}, .origins = Origins({"https://a.b"})});
    const auto ask = [&](std::string method, std::string origin, std::string asked = {}) {
        return api.answer({.method = std::move(method),
                           .target = "/v1/events",
                           .authorization = "Bearer read",
                           .origin = std::move(origin),
                           .asked_method = std::move(asked)},
                          [] { return Result<std::string>(std::string()); });
    };
    CHECK(header(ask("GET", "https://a.b"), "Access-Control-Allow-Origin") == "https://a.b");
    CHECK(header(ask("GET", "https://a.b"), "Vary") == "Origin");
    CHECK(header(ask("GET", "https://evil"), "Access-Control-Allow-Origin").empty());
    CHECK(header(ask("GET", ""), "Access-Control-Allow-Origin").empty());
    const auto preflight = ask("OPTIONS", "https://a.b", "PUT");
    CHECK(preflight.status == 204);
    CHECK(contains(header(preflight, "Access-Control-Allow-Headers"), "Authorization"));
    CHECK(header(ask("OPTIONS", "https://evil", "PUT"), "Access-Control-Allow-Methods").empty());

    Bench off;
    const auto answer = off.send({.method = "GET", .target = "/healthz", .origin = "https://a.b"});
    CHECK(header(answer, "Access-Control-Allow-Origin").empty());
    CHECK(header(answer, "Vary").empty());
}

}  // namespace herald::http::events_test
