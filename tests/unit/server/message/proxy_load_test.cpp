// tests/unit/server/message/proxy_load_test.cpp: what is held back from a proxy that asks for it.
#include "server/message/proxy_load.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::proxy_load_test {

using namespace std::chrono_literals;

namespace {

constexpr base::Instant kNow{1h};

std::string via(int percent, const std::string& more = ";oc-validity=500;oc-seq=7.5") {
    return "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;oc=" + std::to_string(percent) +
           ";oc-algo=\"loss\"" + more;
}

int held_back(ProxyLoad& load, base::Instant now) {
    int count = 0;
    for (int i = 0; i < 10'000; ++i) count += load.holds_back(now) ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("RFC 7339 5.3: as much is held back as was asked for, for as long as it was") {
    ProxyLoad load;
    CHECK(held_back(load, kNow) == 0);
    load.learn(via(30), kNow);
    CHECK(held_back(load, kNow + 100ms) > 2600);
    CHECK(held_back(load, kNow + 100ms) < 3400);
    CHECK(held_back(load, kNow + 500ms) == 0);
    load.learn(via(100), kNow);
    CHECK(held_back(load, kNow) == 10'000);
}

TEST_CASE("RFC 7339 4.4: the latest report counts, and one that says that it is over ends it") {
    ProxyLoad load;
    load.learn(via(100), kNow);
    load.learn(via(0, ";oc-seq=7.4"), kNow);
    CHECK(held_back(load, kNow) == 10'000);
    load.learn("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", kNow);
    CHECK(held_back(load, kNow) == 10'000);
    load.learn(via(0, ";oc-validity=0;oc-seq=7.6"), kNow);
    CHECK(held_back(load, kNow) == 0);
    // A proxy that starts again counts from anew.
    load.learn(via(100, ";oc-seq=1.0"), kNow + 1s);
    CHECK(held_back(load, kNow + 1s) == 10'000);
}

}  // namespace herald::server::proxy_load_test
