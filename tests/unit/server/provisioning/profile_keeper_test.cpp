// tests/unit/server/provisioning/profile_keeper_test.cpp: profiles of a shard whose store says what
// became of a change when the test wants it to.
#include "server/provisioning/profile_keeper.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "packages/enrolment.h"
#include "packages/ua_profile.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::profile_keeper_test {
namespace {

using packages::DeviceProfile;
using packages::ProfilePtr;
using packages::ProfileType;
using testing::SlowShard;

struct Bench : SlowShard {
    explicit Bench(std::string_view toml = "") : SlowShard(parse_config(toml).config) {}
    ProfileKeeper& keeper() { return shard.agents().get<ProfileKeeper>(); }
    Profiles::Ptr now() { return keeper().profiles().now(); }

    void put(std::string name, std::string text, ProfileCondition condition = {}) {
        DeviceProfile profile;
        profile.name = std::move(name);
        profile.body = {{}, "text/plain", std::move(text), true, nullptr};
        answer.reset();
        keeper().put(std::move(profile), std::move(condition),
                     [this](Result<ProfilePtr> done) { answer = std::move(done); });
    }
    void remove(std::string name) {
        answer.reset();
        keeper().remove(ProfileType::device, std::move(name), {},
                        [this](Result<ProfilePtr> done) { answer = std::move(done); });
    }
    FaultKind fault() {
        REQUIRE(answer);
        REQUIRE_FALSE(*answer);
        return answer->fault().kind;
    }

    std::optional<Result<ProfilePtr>> answer;
};

}  // namespace

TEST_CASE("a profile is nobody's before it is durable") {
    Bench bench;
    bench.put("a", "x");
    CHECK_FALSE(bench.answer);
    CHECK(bench.now()->size() == 0);
    const auto row = bench.store.oldest<store::PutPublication>().row;
    bench.store.settle();
    REQUIRE(bench.answer);
    CHECK(*bench.answer);
    CHECK(bench.now()->size() == 1);

    CHECK(bench.keeper().takes(row));
    Profiles other;
    Bench again;
    again.keeper().recover(row, {});
    const auto back = again.now()->find(ProfileType::device, "a");
    REQUIRE(back);
    CHECK(back->id == row.id);
    CHECK(std::to_string(back->revision) == row.entity_tag);
    CHECK(back->content == bench.now()->find(ProfileType::device, "a")->content);
}

TEST_CASE("what the store did not keep is not there") {
    Bench bench;
    for (const auto& [outcome, fault] :
         {std::pair{store::Outcome::refused, FaultKind::conflict},
          std::pair{store::Outcome::unavailable, FaultKind::unavailable}}) {
        bench.put("a", "x");
        bench.store.settle(outcome);
        CHECK(bench.fault() == fault);
        CHECK(bench.now()->size() == 0);
    }
}

TEST_CASE("a change the store does not know of is found out before the next one is decided") {
    for (const auto found : {store::Outcome::committed, store::Outcome::refused}) {
        Bench bench;
        bench.put("a", "x");
        bench.store.settle();
        bench.put("a", "y");
        const auto row = bench.store.oldest<store::PutPublication>();
        bench.store.settle(store::Outcome::unknown);
        CHECK(bench.fault() == FaultKind::unknown_outcome);

        bench.put("a", "z");
        CHECK(bench.store.held.empty());
        bench.pass(std::chrono::seconds(2));
        CHECK(bench.store.oldest<store::PutPublication>().row.body == row.row.body);
        CHECK(bench.store.oldest<store::PutPublication>().expected_tag == row.expected_tag);
        bench.finish(found);

        CHECK(bench.store.oldest<store::PutPublication>().expected_tag == row.row.entity_tag);
        bench.finish();
        REQUIRE(bench.answer);
        CHECK(*bench.answer);
        CHECK(bench.now()->find(ProfileType::device, "a")->body.text == "z");
    }
}

TEST_CASE("changes are decided one after the other, each from what the one before made") {
    Bench bench;
    bench.put("a", "x");
    bench.put("b", "{{include device/a}}");
    ProfileCondition absent;
    absent.none_of = {"*"};
    bench.put("a", "y", absent);
    CHECK(bench.store.held.size() == 1);
    bench.store.settle();
    CHECK(bench.store.held.size() == 1);
    bench.store.settle();
    CHECK(bench.fault() == FaultKind::precondition_failed);
    CHECK(bench.now()->size() == 2);
    bench.remove("a");
    CHECK(bench.fault() == FaultKind::conflict);
    bench.remove("b");
    bench.store.settle();
    CHECK(*bench.answer);
    bench.remove("b");
    CHECK(bench.fault() == FaultKind::not_found);
}

TEST_CASE("RFC 6080 5.1.3: many who are enrolled are told in slices, of several changes once") {
    constexpr std::size_t kDevices = 200;
    Bench bench;
    auto& context = bench.shard.context();
    packages::Enrolment enrolment;
    enrolment.type = ProfileType::device;
    for (std::size_t n = 0; n < kDevices; ++n) {
        const auto aor = "sip:d" + std::to_string(n) + "@localhost";
        const auto slot = context.resources.obtain(packages::ua_profile(), aor);
        enrolment.facts.aor = aor;
        auto& resource = context.resources[slot];
        resource.view_for(0, {}, nullptr, to_text(enrolment));
        resource.is_held = true;
    }
    std::vector<std::uint32_t> told;
    context.fan_out.on_changed([&](std::uint32_t slot) {
        told.push_back(slot);
        bench.clock.advance(std::chrono::milliseconds(1));
    });

    bench.put("a", "x");
    bench.store.settle();
    CHECK(*bench.answer);
    CHECK(told.size() < kDevices / 2);
    for (const auto* text : {"y", "z"}) {
        bench.put("a", text);
        bench.store.settle();
    }
    CHECK(told.size() < kDevices);

    bench.settle();
    CHECK(told.size() == 2 * kDevices);
}

TEST_CASE("profiles have limits") {
    Bench bench("[provisioning]\nmax_profiles = 2\nmax_profile = 40000\nprofile_memory = 65536\n");
    bench.put("a", std::string(40001, 'x'));
    CHECK(bench.fault() == FaultKind::too_large);
    bench.put("a", std::string(40000, 'x'));
    bench.store.settle();
    bench.put("b", std::string(40000, 'x'));
    CHECK(bench.fault() == FaultKind::limit_reached);
    bench.put("a", std::string(40000, 'y'));
    bench.store.settle();
    CHECK(*bench.answer);
    bench.put("b", "x");
    bench.store.settle();
    bench.put("c", "x");
    CHECK(bench.fault() == FaultKind::limit_reached);
}

}  // namespace herald::server::profile_keeper_test
