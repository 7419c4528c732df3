// tests/unit/server/core/resource_walk_test.cpp: all resources of a shard looked at in slices.
#include "server/core/resource_walk.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace herald::server::resource_walk_test {

TEST_CASE("a walk sees every resource once, and no slice of it takes long") {
    base::Metrics metrics;
    base::ManualClock clock;
    ResourceTable resources(metrics);
    constexpr std::size_t kResources = 500;
    for (std::size_t n = 0; n < kResources; ++n)
        resources.obtain(*packages::find("presence"), "sip:u" + std::to_string(n) + "@localhost");

    std::set<std::string> seen;
    ResourceWalk walk;
    std::size_t slices = 0;
    for (bool has_more = true; has_more; ++slices) {
        const auto begun = clock.now();
        has_more = walk.go_on(resources, clock, [&](std::uint32_t, const Resource& resource) {
            CHECK(seen.insert(resource.aor).second);
            clock.advance(std::chrono::microseconds(100));
        });
        CHECK(clock.now() - begun <= std::chrono::milliseconds(3));
    }
    CHECK(seen.size() == kResources);
    CHECK(slices >= kResources / 30);
}

TEST_CASE("a walk through nothing is over at once") {
    base::Metrics metrics;
    base::ManualClock clock;
    ResourceTable resources(metrics);
    CHECK_FALSE(ResourceWalk().go_on(
        resources, clock, [](std::uint32_t, const Resource&) { FAIL("there is none"); }));
}

}  // namespace herald::server::resource_walk_test
