// tests/unit/server/publish/state_orders_test.cpp: state that operators set, and registrations they
// make, while the store does not know what became of a change.
#include "server/publish/state_orders.h"

#include <optional>

#include "server/register/bindings.h"
#include "server/register/registration_orders.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::state_orders_test {
namespace {

using store::Outcome;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";

struct Bench : SlowShard {
    void put(const std::string& counters) {
        answer.reset();
        shard.orders().change_hard_state(
            {packages::find("message-summary"),
             kAlice,
             packages::Document{"application/simple-message-summary",
                                "Messages-Waiting: yes\r\nVoice-Message: " + counters + "\r\n"},
             {}},
            [this](const Result<HardStateChange>& done) {
                answer = done ? Status() : Status(done.fault());
            });
        settle();
    }
    void register_for(std::uint32_t expires) {
        answer.reset();
        shard.registration_orders().put(
            {.aor = kAlice, .contact = "sip:alice@192.0.2.10", .expires = expires},
            [this](Status done) { answer = std::move(done); });
        settle();
    }
    FaultKind fault() {
        REQUIRE(answer);
        REQUIRE_FALSE(*answer);
        return answer->fault().kind;
    }
    const store::PutPublication& under_way() { return store.oldest<store::PutPublication>(); }

    std::optional<Status> answer;
};

/// `change` again, of which the store does not say what became; then what is found, and `next`.
template <class Change, class Next>
void expect_found_out(Bench& bench, Outcome found, Change change, Next next) {
    change();
    const auto lost = bench.under_way();
    bench.finish(Outcome::unknown);
    CHECK(bench.fault() == FaultKind::unknown_outcome);
    next();
    CHECK_FALSE(bench.answer);
    CHECK(bench.store.held.empty());

    bench.pass(std::chrono::seconds(2));
    CHECK(bench.under_way().row.entity_tag == lost.row.entity_tag);
    CHECK(bench.under_way().row.body == lost.row.body);
    bench.finish(found);

    CHECK(bench.under_way().expected_tag == lost.row.entity_tag);
    bench.finish();
    REQUIRE(bench.answer);
    CHECK(*bench.answer);
    CHECK(bench.store.held.empty());
}

}  // namespace

TEST_CASE("hard state of unknown fate is found out before the next is decided") {
    for (const auto found : {Outcome::committed, Outcome::refused}) {
        Bench bench;
        bench.put("1/0");
        bench.finish();
        expect_found_out(
            bench, found, [&] { bench.put("2/0"); }, [&] { bench.put("3/0"); });
        const auto* set =
            bench.shard.orders().hard_state(*packages::find("message-summary"), kAlice);
        REQUIRE(set);
        CHECK(set->body.find("3/0") != std::string::npos);
    }
}

TEST_CASE("a registration of unknown fate is found out before the next is decided") {
    for (const auto found : {Outcome::committed, Outcome::refused}) {
        Bench bench;
        bench.register_for(600);
        bench.finish();
        expect_found_out(
            bench, found, [&] { bench.register_for(700); }, [&] { bench.register_for(800); });
    }
}

}  // namespace herald::server::state_orders_test
