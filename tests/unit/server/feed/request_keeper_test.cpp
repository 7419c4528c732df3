// tests/unit/server/feed/request_keeper_test.cpp: a request that may come twice is durably begun
// before it is carried out, and known after a restart.
#include "server/feed/request_keeper.h"

#include <doctest/doctest.h>

#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::request_keeper_test {
namespace {

using testing::SlowShard;
using Kind = RequestStanding::Kind;

struct Keeper : SlowShard {
    explicit Keeper(const std::string& toml = {}) : SlowShard(parse_config(toml).config) {}

    RequestKeeper& keeper() { return shard.agents().get<RequestKeeper>(); }
    void begin(const std::string& name) {
        said.reset();
        keeper().begin(name, "body",
                       [this](Result<RequestStanding> now) { said = std::move(now); });
    }
    Kind standing(const std::string& name) {
        begin(name);
        REQUIRE(said);
        REQUIRE(*said);
        return (*said)->kind;
    }
    void settle(const std::string& name, RequestKeeper::Outcome outcome) {
        keeper().settle(name, std::move(outcome), [](const Status&) {});
    }
    std::optional<Result<RequestStanding>> said;
};

RequestKeeper::Outcome answer() {
    return {GivenAnswer{202,
                        "application/json",
                        "{\"a\":1}\n\nmore\n",
                        {{"Location", "/v1/x"}, {"Retry-After", "1"}}},
            false};
}

store::Publication last_put(Keeper& keeper) {
    return keeper.store.oldest<store::PutPublication>().row;
}

TEST_CASE("a request is carried out once its row is durable, and once") {
    Keeper first;
    first.begin("a");
    CHECK_FALSE(first.said);
    auto begun = last_put(first);
    CHECK(begun.aor == kRequestAddress);
    CHECK(first.standing("a") == Kind::under_way);
    first.begin("b");
    first.finish();
    first.finish();
    REQUIRE(first.said);
    CHECK((*first.said)->kind == Kind::fresh);

    first.settle("a", answer());
    auto written = last_put(first);
    CHECK(written.id == begun.id);
    first.finish();
    CHECK(first.standing("a") == Kind::answered);

    // The process ends: one is answered, of the other nobody knows.
    Keeper second;
    CHECK(second.shard.agents().recover(written, {}));
    CHECK(second.standing("a") == Kind::answered);
    const auto& again = (*second.said)->answer;
    CHECK(again.status == 202);
    CHECK(again.type == "application/json");
    CHECK(again.body == "{\"a\":1}\n\nmore\n");
    CHECK(again.headers == answer().answer->headers);
    Keeper third;
    CHECK(third.shard.agents().recover(begun, {}));
    CHECK(third.standing("a") == Kind::unknown);
    for (std::uint32_t cell = 0; cell < kCells; ++cell)
        third.keeper().forget(static_cast<Cell>(cell));
    CHECK(third.keeper().held() == 0);
}

TEST_CASE("what was not carried out may be another time") {
    Keeper keeper;
    keeper.begin("a");
    const auto row = last_put(keeper).id;
    keeper.finish();
    keeper.settle("a", {});
    CHECK(keeper.store.oldest<store::RemovePublication>().id == row);
    keeper.finish();
    keeper.begin("a");
    keeper.finish();
    REQUIRE(keeper.said);
    CHECK((*keeper.said)->kind == Kind::fresh);
}

TEST_CASE("where the row cannot be written nothing is carried out, and it may come again") {
    for (const auto outcome : {store::Outcome::unavailable, store::Outcome::unknown}) {
        Keeper keeper;
        keeper.begin("a");
        keeper.finish(outcome);
        REQUIRE(keeper.said);
        REQUIRE_FALSE(*keeper.said);
        CHECK(keeper.said->fault().kind == FaultKind::unavailable);
        CHECK(keeper.keeper().held() == 0);
        keeper.finish(store::Outcome::refused);
        keeper.begin("a");
        keeper.finish();
        CHECK((*keeper.said)->kind == Kind::fresh);
    }
    Keeper full;
    full.store.is_full = true;
    full.begin("a");
    CHECK(full.said->fault().kind == FaultKind::unavailable);
}

TEST_CASE(
    "a secret is in no row; with requests of unknown outcome there is no room for ever more") {
    Keeper keeper("[http]\nidempotency_memory = 65536\n");
    keeper.begin("token");
    keeper.finish();
    auto secret = answer();
    secret.answer->body = "shown once";
    secret.is_secret = true;
    keeper.settle("token", secret);
    CHECK(last_put(keeper).body.find("shown once") == std::string::npos);
    keeper.finish();
    CHECK(keeper.standing("token") == Kind::answered);
    CHECK((*keeper.said)->answer.body == "shown once");

    std::size_t begun = 0;
    for (; begun < 1000; ++begun) {
        keeper.begin("request " + std::to_string(begun));
        if (keeper.said) break;
        while (!keeper.store.held.empty()) keeper.finish();
        keeper.keeper().leave("request " + std::to_string(begun));
    }
    CHECK(begun > 100);
    REQUIRE(keeper.said);
    CHECK(keeper.said->fault().kind == FaultKind::limit_reached);
}

}  // namespace
}  // namespace herald::server::request_keeper_test
