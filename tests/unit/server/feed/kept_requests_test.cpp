// tests/unit/server/feed/kept_requests_test.cpp: what is known of a request that comes again, and
// which ones give way.
#include "server/feed/kept_requests.h"

#include <doctest/doctest.h>

namespace herald::server::kept_requests_test {
namespace {

using Kind = RequestStanding::Kind;
using namespace std::chrono_literals;

constexpr base::WallTime kNow{std::chrono::hours(100)};

KeptRequest request(std::uint64_t row, std::string name, base::WallTime at = kNow) {
    return {.row = row, .name = std::move(name), .body = "body", .at = at, .is_under_way = true};
}
GivenAnswer answer(std::string body) {
    return {200, "text/plain", std::move(body), {{"Location", "/x"}}};
}

TEST_CASE("a request stands as what became of it") {
    KeptRequests kept(10'000);
    CHECK(kept.standing("a", "body", kNow).kind == Kind::fresh);

    kept.add(request(1, "a"));
    CHECK(kept.standing("a", "body", kNow).kind == Kind::under_way);
    CHECK(kept.standing("a", "another", kNow).kind == Kind::other);
    kept.leave("a");
    CHECK(kept.standing("a", "body", kNow).kind == Kind::unknown);
    CHECK(kept.standing("a", "another", kNow).kind == Kind::other);
    kept.set_answer("a", answer("done"));
    CHECK(kept.standing("a", "body", kNow).kind == Kind::answered);
    CHECK(kept.standing("a", "body", kNow).answer.body == "done");
    CHECK(kept.standing("a", "body", kNow + KeptRequests::kLife).kind == Kind::fresh);

    CHECK(kept.remove("a") == 1);
    CHECK(kept.remove("a") == 0);
    CHECK(kept.bytes() == 0);
    // Told of one that is gone.
    kept.set_answer("a", answer("late"));
    kept.leave("a");
    CHECK(kept.size() == 0);
}

TEST_CASE("the oldest answers give way, never one that nobody knows the outcome of") {
    KeptRequests kept(2000);
    kept.add(request(1, "unknown"));
    kept.leave("unknown");
    kept.add(request(2, "answered"));
    kept.set_answer("answered", answer(std::string(300, 'x')));
    kept.add(request(3, "later"));
    kept.set_answer("later", answer(""));

    const auto room = kept.make_room(500, kNow);
    CHECK(room.is_enough);
    CHECK(room.gone == std::vector<std::uint64_t>{2});
    CHECK(kept.find("unknown") != nullptr);
    CHECK(kept.find("later") != nullptr);

    const auto none = kept.make_room(1900, kNow);
    CHECK_FALSE(none.is_enough);
    CHECK(none.gone == std::vector<std::uint64_t>{3});
    CHECK(kept.size() == 1);
    // With time it goes as well.
    CHECK(kept.make_room(1900, kNow + KeptRequests::kLife).is_enough);
    CHECK(kept.size() == 0);
    CHECK(kept.bytes() == 0);
}

TEST_CASE("what is under way stays, however old; one of the same name takes its place") {
    KeptRequests kept(10'000);
    kept.add(request(1, "slow"));
    CHECK(kept.make_room(100, kNow + 2 * KeptRequests::kLife).gone.empty());
    CHECK(kept.standing("slow", "body", kNow + 2 * KeptRequests::kLife).kind == Kind::under_way);

    CHECK(kept.add(request(2, "slow")) == 1);
    CHECK(kept.size() == 1);
    CHECK(kept.add(request(2, "slow")) == 0);
    CHECK(kept.bytes() == KeptRequests::bytes_of(*kept.find("slow")));
    Forgetting forgetting;
    forgetting.begin();
    kept.forget_some(forgetting);
    CHECK(forgetting.is_done());
    CHECK(kept.size() == 0);
    CHECK(kept.bytes() == 0);
}

}  // namespace
}  // namespace herald::server::kept_requests_test
