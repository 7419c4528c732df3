// tests/unit/server/feed/feed_test.cpp: what the shards post is read by all, in order, within
// limits; and what is lost is told.
#include "server/feed/feed.h"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

namespace herald::server::feed_test {
namespace {

Event changed(std::string resource) {
    return {.kind = EventKind::resource_changed, .resource = std::move(resource)};
}

std::string names(const Feed::Page& page) {
    std::string all;
    for (const auto& event : page.events)
        all += (all.empty() ? "" : " ") + std::to_string(event->number) + ":" + event->resource;
    return all;
}

TEST_CASE("kinds have names, and names kinds") {
    for (std::size_t i = 0; i < kEventKinds; ++i) {
        const auto kind = static_cast<EventKind>(i);
        CHECK(event_kind_of(name_of(kind)) == kind);
        CHECK(EventKinds::all().has(kind));
    }
    CHECK_FALSE(event_kind_of("watcher"));
    CHECK(EventKinds().is_empty());
}

TEST_CASE("a position is a run and a number") {
    CHECK(to_text({7, 1234}) == "7-1234");
    const auto position = event_position_of("7-1234");
    REQUIRE(position);
    CHECK(position->run == 7);
    CHECK(position->number == 1234);
    for (const char* text : {"", "7", "7-", "-1", "7-x", "x-7", "4294967296-1", "7-1-2", "7 - 1"})
        CHECK_FALSE(event_position_of(text));
}

TEST_CASE("events are numbered without gaps, and read from wherever somebody is") {
    base::Metrics metrics;
    Feed feed({.run = 3}, metrics);
    for (const char* name : {"a", "b", "c"}) feed.inlet(0).post(changed(name));
    feed.collect();

    CHECK(feed.latest() == 3);
    CHECK(names(feed.read(0, 10)) == "1:a 2:b 3:c");
    CHECK(names(feed.read(1, 1)) == "2:b");
    CHECK(names(feed.read(3, 10)).empty());
    CHECK(names(feed.read(99, 10)).empty());
    CHECK(feed.read(0, 10).lost == 0);
    CHECK(feed.read(0, 10).events.at(0)->run == 3);
}

TEST_CASE("with more than is kept the oldest go, and a reader learns how many") {
    base::Metrics metrics;
    Feed feed({.bytes = 262'144}, metrics);
    for (int i = 0; i < 1000; ++i) {
        feed.inlet(0).post(changed(std::string(1000, 'x')));
        feed.collect();
    }

    const auto page = feed.read(0, 10'000);
    CHECK(page.events.size() > 100);
    CHECK(page.events.size() < 262'144 / 1000);
    CHECK(page.lost + page.events.size() == 1000);
    CHECK(page.events.back()->number == 1000);
}

TEST_CASE("what has no room on the way is dropped and told in its place; nobody waits") {
    base::Metrics metrics;
    Feed feed({.bytes = 262'144}, metrics);
    // The thread may take some meanwhile: what counts is that nothing is lost in silence.
    for (int i = 0; i < 5000; ++i) feed.inlet(0).post(changed(std::string(1000, 'x')));
    feed.collect();
    feed.inlet(0).post(changed("last"));
    feed.collect();

    std::uint64_t told = 0, lost = 0;
    for (const auto& sample : metrics.collect()) {
        if (sample.name == "herald_events_dropped_total")
            lost += static_cast<std::uint64_t>(sample.value);
        if (sample.name == "herald_events_total" &&
            sample.labels.at(0).second == "resource.changed")
            told += static_cast<std::uint64_t>(sample.value);
    }
    CHECK(told + lost == 5001);
    std::uint64_t said = 0;
    const auto page = feed.read(0, 10'000);
    CHECK(page.events.back()->resource == "last");
    for (const auto& event : page.events) {
        if (event->kind == EventKind::events_lost) said += std::stoull(event->details.at(0).second);
    }
    CHECK(said <= lost);
    CHECK((lost > 0) == (told < 5001));
}

TEST_CASE("whoever listens is told, and no more once he said so") {
    base::Metrics metrics;
    Feed feed({}, metrics);
    std::atomic<int> told = 0;
    const auto listener = feed.listen([&] { ++told; });
    feed.inlet(0).post(changed("a"));
    feed.collect();
    // Whichever of the two threads took it, it is there, and was told.
    CHECK(feed.latest() == 1);
    feed.ignore(listener);
    CHECK(told == 1);

    feed.inlet(0).post(changed("b"));
    feed.collect();
    CHECK(told == 1);
    CHECK(feed.latest() == 2);
}

TEST_CASE("many shards post at once, and each one's order is kept") {
    base::Metrics metrics;
    Feed feed({.bytes = 64 << 20, .shards = 4}, metrics);
    std::vector<std::thread> shards;
    for (unsigned shard = 0; shard < 4; ++shard) {
        shards.emplace_back([&feed, shard] {
            for (int i = 0; i < 1000; ++i)
                feed.inlet(shard).post(changed(std::to_string(shard) + "." + std::to_string(i)));
        });
    }
    for (auto& shard : shards) shard.join();
    feed.collect();

    CHECK(feed.latest() == 4000);
    std::array<int, 4> next{};
    for (const auto& event : feed.read(0, 10'000).events) {
        const auto shard = static_cast<std::size_t>(event->resource[0] - '0');
        CHECK(event->resource == std::to_string(shard) + "." + std::to_string(next.at(shard)++));
    }
}

}  // namespace
}  // namespace herald::server::feed_test
