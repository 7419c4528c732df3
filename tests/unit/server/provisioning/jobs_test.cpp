// tests/unit/server/provisioning/jobs_test.cpp: jobs of a shard whose store says what became of a
// change when the test wants it to.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "server/provisioning/device_selection.h"
#include "server/register/registration_orders.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server {
namespace {

using testing::SlowShard;

constexpr const char* kContact = "sip:bob@192.0.2.10:5060";

struct Phones : SlowShard {
    explicit Phones(std::string_view toml = "") : SlowShard(parse_config(toml).config) {
        receive(testing::request("REGISTER", "sip:localhost", 1, "<sip:bob@localhost>",
                                 "Contact: <" + std::string(kContact) + ">\n"));
        finish();
        sent();
    }
    Jobs& jobs() { return shard.agents().get<Jobs>(); }
    DeviceRequests& requests() { return shard.agents().get<DeviceRequests>(); }

    /// A check-sync for all who are registered, ordered and not yet kept.
    void order(std::uint32_t confirm = 0) {
        JobOrder wanted;
        wanted.id = id = shard.context().next_id();
        wanted.action = "check-sync";
        wanted.confirm = confirm;
        wanted.start_at = start_at;
        wanted.devices = devices_of(shard.context(), {});
        answer.reset();
        jobs().start(std::move(wanted), [this](Status status) { answer = std::move(status); });
    }
    const Job* job() { return jobs().find(address_of_job(id)); }
    std::uint32_t count(DeviceState state) { return job()->count(state); }

    std::uint64_t id = 0;
    base::WallTime start_at{};
    std::optional<Status> answer;
};

TEST_CASE("nobody is told before the job is durable") {
    Phones phones;
    phones.order();
    CHECK(phones.store.oldest<store::ChangePublications>().changes.size() == 2);
    phones.pass(std::chrono::seconds(1));
    CHECK(phones.sent().empty());
    CHECK_FALSE(phones.answer);

    phones.finish();
    phones.pass(std::chrono::milliseconds(2));

    REQUIRE(phones.answer);
    CHECK(phones.answer->has_value());
    CHECK(phones.sent() ==
          std::vector<std::string>{"NOTIFY " + std::string(kContact) + " SIP/2.0"});
}

TEST_CASE("a job that could not be kept is none") {
    Phones phones;
    phones.order();
    phones.finish(store::Outcome::unavailable);
    phones.pass(std::chrono::seconds(1));

    REQUIRE(phones.answer);
    CHECK(phones.answer->fault().kind == FaultKind::unavailable);
    CHECK(phones.job() == nullptr);
    CHECK(phones.sent().empty());
}

TEST_CASE("what became of a device is written until it is") {
    Phones phones;
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    phones.receive(testing::answer_to(phones.message(0), "200 OK"));
    CHECK(phones.count(DeviceState::delivered) == 1);
    CHECK(phones.job()->state == JobState::finished);

    REQUIRE(phones.store.held.size() == 2);
    phones.finish(store::Outcome::unavailable);  // of the device
    phones.finish();                             // of the job
    CHECK(phones.store.held.empty());
    phones.pass(std::chrono::seconds(3));

    REQUIRE(phones.store.held.size() == 1);
    const auto& rows = phones.store.oldest<store::ChangePublications>().changes;
    CHECK(std::get<store::PutPublication>(rows.at(0)).row.body.starts_with("delivered\t200\t1\t"));
}

TEST_CASE("orders that are too large, or for nobody, are refused whole") {
    Phones phones("[provisioning]\nconfirm_above = 0\nmax_devices = 1\nmax_jobs = 1");
    phones.order();
    REQUIRE(phones.answer);
    CHECK(phones.answer->fault().kind == FaultKind::conflict);
    CHECK(phones.answer->fault().detail.find("\"confirm\": 1") != std::string::npos);
    phones.order(2);
    CHECK(phones.answer->fault().kind == FaultKind::conflict);
    CHECK(phones.store.held.empty());

    phones.order(1);
    phones.finish();
    CHECK(phones.answer->has_value());
    phones.order(1);
    CHECK(phones.answer->fault().kind == FaultKind::limit_reached);

    JobOrder nobody;
    nobody.action = "check-sync";
    nobody.devices = {{"sip:carol@localhost", "", "", ""}};
    Status refused;
    phones.jobs().start(std::move(nobody), [&](Status status) { refused = std::move(status); });
    CHECK(refused.fault().kind == FaultKind::not_found);
}

TEST_CASE("who was asked for by name and is not registered is waited for") {
    Phones phones;
    JobOrder wanted;
    wanted.id = phones.id = phones.shard.context().next_id();
    wanted.action = "check-sync";
    wanted.devices = devices_of(phones.shard.context(), {});
    wanted.devices.push_back({"sip:carol@localhost", "", "", ""});
    phones.jobs().start(std::move(wanted), [](const Status&) {});
    phones.finish();
    phones.pass(std::chrono::seconds(1));
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.requests().held() > 0);
    phones.sent();
    while (!phones.store.held.empty()) phones.finish();

    phones.shard.registration_orders().put(
        {.aor = "sip:carol@localhost", .contact = "sip:carol@192.0.2.10:5070"},
        [](const Status&) {});
    phones.finish();
    phones.pass(std::chrono::seconds(1));

    const auto lines = phones.sent();
    CHECK(std::find(lines.begin(), lines.end(), "NOTIFY sip:carol@192.0.2.10:5070 SIP/2.0") !=
          lines.end());
}

TEST_CASE("a job that ends lets go of those it waited for") {
    Phones phones;
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    phones.receive(testing::answer_to(phones.message(0), "480 Temporarily Unavailable"));
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.requests().held() == 1);
    while (!phones.store.held.empty()) phones.finish();

    phones.jobs().change(address_of_job(phones.id), JobState::cancelled, [](const Status&) {});
    phones.finish();

    CHECK(phones.job()->state == JobState::cancelled);
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.requests().held() == 0);
    Status again;
    phones.jobs().change(address_of_job(phones.id), JobState::running,
                         [&](Status status) { again = std::move(status); });
    CHECK(again.fault().kind == FaultKind::conflict);
}

TEST_CASE("what a shard holds of jobs leaves with its cells, timers included") {
    Phones phones;
    const auto timers = phones.loop.timers().size();
    phones.start_at = phones.shard.context().wall() + std::chrono::hours(1);
    phones.order();
    phones.finish();
    REQUIRE(phones.jobs().held() == 1);
    auto& context = phones.shard.context();

    phones.jobs().forget(context.cell_of(address_of_job(phones.id)));

    CHECK(phones.jobs().held() == 0);
    CHECK(phones.loop.timers().size() == timers);
}

TEST_CASE("a job is dropped, with its rows, when its time is over") {
    Phones phones("[provisioning]\nkeep = 60");
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    phones.receive(testing::answer_to(phones.message(0), "200 OK"));
    while (!phones.store.held.empty()) phones.finish();
    REQUIRE(phones.job() != nullptr);

    phones.pass(std::chrono::seconds(61));

    CHECK(phones.job() == nullptr);
    REQUIRE_FALSE(phones.store.held.empty());
    CHECK(phones.store.oldest<store::ChangePublications>().changes.size() == 2);
}

}  // namespace
}  // namespace herald::server
