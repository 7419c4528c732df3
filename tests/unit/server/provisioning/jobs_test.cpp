// tests/unit/server/provisioning/jobs_test.cpp: jobs of a shard whose store says what became of a
// change when the test wants it to.
#include "server/provisioning/jobs.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "server/provisioning/awaited_devices.h"
#include "server/provisioning/device_logins.h"
#include "server/provisioning/device_selection.h"
#include "server/provisioning/known_devices.h"
#include "server/register/registration_orders.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::jobs_test {
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
    AwaitedDevices& awaited() { return shard.agents().get<AwaitedDevices>(); }

    /// A check-sync for all who are registered, ordered and not yet kept.
    void order(std::uint32_t confirm = 0) {
        JobOrder wanted;
        wanted.id = id = shard.context().next_number();
        wanted.action = "check-sync";
        wanted.confirm = confirm;
        wanted.start_at = start_at;
        wanted.most_attempts = most_attempts;
        wanted.retry_every = retry_every;
        wanted.window = window;
        wanted.devices = devices_of(shard.context(), {});
        answer.reset();
        jobs().start(std::move(wanted), [this](Status status) { answer = std::move(status); });
    }
    const Job* job() { return jobs().find(address_of_job(id)); }
    std::uint32_t count(DeviceState state) { return job()->count(state); }
    /// Everything the store was asked for is done.
    void keep_all() {
        while (!store.held.empty()) finish();
    }
    /// The order is kept and sent; the phone answers.
    void answer_with(const std::string& status) {
        const auto lines = sent();
        REQUIRE(lines.size() == 1);
        receive(testing::answer_to(message(0), status));
        keep_all();
    }
    void register_again(unsigned cseq, const std::string& call_id) {
        receive(testing::request("REGISTER", "sip:localhost", cseq, "<sip:bob@localhost>",
                                 "Contact: <" + std::string(kContact) + ">\n", call_id));
        keep_all();
        sent();
    }

    std::uint64_t id = 0;
    base::WallTime start_at{};
    std::uint32_t most_attempts = 0, retry_every = 0;
    DailyWindow window;
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

TEST_CASE("a job of which it is not known whether it was kept is taken back") {
    Phones phones;
    phones.order();
    phones.finish(store::Outcome::unknown);
    REQUIRE(phones.answer);
    CHECK(phones.answer->fault().kind == FaultKind::unknown_outcome);
    CHECK(phones.job() == nullptr);

    phones.finish(store::Outcome::unavailable);
    phones.pass(std::chrono::seconds(2));
    const auto& rows = phones.store.oldest<store::ChangePublications>().changes;
    CHECK(rows.size() == 2);
    const auto row = std::get<store::RemovePublication>(rows.at(0)).id;
    CHECK(store::counter_of(row) == phones.id);
    phones.finish();
    phones.pass(std::chrono::seconds(10));
    CHECK(phones.store.held.empty());
    CHECK(phones.sent().empty());
}

TEST_CASE("a job that was cancelled is not resumed by who was about to") {
    Phones phones;
    phones.order();
    phones.finish();
    std::optional<Status> cancelled, resumed;
    const auto address = address_of_job(phones.id);
    phones.jobs().change(address, JobState::paused, [](const Status&) {});
    phones.finish();
    phones.jobs().change(address, JobState::cancelled,
                         [&](Status status) { cancelled = std::move(status); });
    phones.jobs().change(address, JobState::running,
                         [&](Status status) { resumed = std::move(status); });
    CHECK(phones.store.held.size() == 1);

    phones.finish();

    REQUIRE(cancelled);
    CHECK(*cancelled);
    REQUIRE(resumed);
    CHECK(resumed->fault().kind == FaultKind::conflict);
    CHECK(phones.job()->state == JobState::cancelled);
    for (const auto& held : phones.store.held)
        CHECK_FALSE(std::holds_alternative<store::PutPublication>(held.change));
}

/// An order for 600 who are registered elsewhere.
JobOrder order_of_many(std::uint64_t id) {
    JobOrder wanted;
    wanted.id = id;
    wanted.action = "check-sync";
    for (int i = 0; i < 600; ++i) {
        const auto user = "sip:p" + std::to_string(i);
        wanted.devices.push_back({user + "@localhost", user + "@192.0.2.11", {}, {}});
    }
    return wanted;
}

TEST_CASE("a job of many is kept in parts, and is none before the last of them") {
    Phones phones("[provisioning]\nconfirm_above = 1000");
    phones.id = phones.shard.context().next_number();
    phones.jobs().start(order_of_many(phones.id),
                        [&](Status status) { phones.answer = std::move(status); });

    for (const std::size_t rows : {100U, 100U, 100U, 100U, 100U, 101U}) {
        REQUIRE(phones.store.held.size() == 1);
        CHECK(phones.store.oldest<store::ChangePublications>().changes.size() == rows);
        CHECK_FALSE(phones.answer);
        CHECK(phones.job() == nullptr);
        phones.finish();
    }

    REQUIRE(phones.answer);
    CHECK(phones.answer->has_value());
    CHECK(phones.job()->devices.size() == 600);
}

TEST_CASE("a job of which a part could not be kept is none, and its parts are taken back") {
    Phones phones("[provisioning]\nconfirm_above = 1000");
    phones.id = phones.shard.context().next_number();
    phones.jobs().start(order_of_many(phones.id),
                        [&](Status status) { phones.answer = std::move(status); });
    phones.finish();
    phones.finish(store::Outcome::unavailable);

    REQUIRE(phones.answer);
    CHECK(phones.answer->fault().kind == FaultKind::unavailable);
    CHECK(phones.job() == nullptr);
    REQUIRE(phones.store.held.size() == 1);
    const auto& rows = phones.store.oldest<store::ChangePublications>().changes;
    CHECK(rows.size() == 100);
    CHECK(std::holds_alternative<store::RemovePublication>(rows.at(0)));
}

TEST_CASE("devices are written some time apart, many in one commit") {
    Phones phones("[provisioning]\nconfirm_above = 1000\nrate = 2000");
    for (int i = 0; i < 3; ++i) {
        const auto user = "sip:p" + std::to_string(i);
        phones.receive(testing::request("REGISTER", "sip:localhost", 1, "<" + user + "@localhost>",
                                        "Contact: <" + user + "@192.0.2.10:5060>\n", user));
        phones.finish();
    }
    phones.sent();
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(20));
    REQUIRE(phones.sent().size() == 4);
    phones.receive(testing::answer_to(phones.message(0), "200 OK"));
    REQUIRE(phones.store.held.size() == 1);
    phones.finish();
    for (const int i : {1, 2}) phones.receive(testing::answer_to(phones.message(i), "200 OK"));
    CHECK(phones.store.held.empty());
    phones.pass(std::chrono::milliseconds(30));
    REQUIRE(phones.store.held.size() == 1);
    CHECK(phones.store.oldest<store::ChangePublications>().changes.size() == 2);
}

TEST_CASE("a job that was written as finished before its last device goes on after a crash") {
    Phones phones;
    phones.order();
    std::vector<store::Publication> rows;
    for (const auto& change : phones.store.oldest<store::ChangePublications>().changes)
        rows.push_back(std::get<store::PutPublication>(change).row);
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    const auto attempt = testing::header(phones.message(0), "Call-ID");
    phones.receive(testing::answer_to(phones.message(0), "200 OK"));
    REQUIRE(phones.store.held.size() == 2);
    phones.finish(store::Outcome::unavailable);  // of the device
    rows[0] = phones.store.oldest<store::PutPublication>().row;

    Phones again;
    for (const auto& row : rows) again.jobs().recover(row, {});
    again.jobs().resume({});
    again.id = phones.id;
    REQUIRE(again.job() != nullptr);
    CHECK(again.job()->state == JobState::running);
    again.pass(std::chrono::milliseconds(20));
    REQUIRE(again.sent().size() == 1);
    CHECK(testing::header(again.message(0), "Call-ID") == attempt);
}

TEST_CASE("after an hour nobody waits for what a device may do any more") {
    Phones phones;
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    phones.answer_with("200 OK");
    CHECK(phones.awaited().held() == 1);
    CHECK(phones.shard.agents().get<KnownDevices>().held() == 1);
    phones.pass(std::chrono::hours(1));
    phones.pass(std::chrono::milliseconds(20));
    CHECK(phones.awaited().held() == 0);
    CHECK(phones.shard.agents().get<KnownDevices>().held() == 0);
    CHECK(phones.job() != nullptr);
    phones.pass(std::chrono::hours(24 * 7));
    CHECK(phones.job() == nullptr);
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
    wanted.id = phones.id = phones.shard.context().next_number();
    wanted.action = "check-sync";
    wanted.devices = devices_of(phones.shard.context(), {});
    wanted.devices.push_back({"sip:carol@localhost", "", "", ""});
    phones.jobs().start(std::move(wanted), [](const Status&) {});
    phones.finish();
    phones.pass(std::chrono::seconds(1));
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.awaited().held() > 0);
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

TEST_CASE("an unreachable device is tried again at intervals, as often as was ordered") {
    Phones phones;
    phones.most_attempts = 2;
    phones.retry_every = 60;
    phones.order();
    phones.keep_all();
    phones.pass(std::chrono::milliseconds(2));
    phones.answer_with("480 Temporarily Unavailable");
    CHECK(phones.count(DeviceState::unreachable) == 1);
    phones.pass(std::chrono::seconds(59));
    CHECK(phones.sent().empty());

    phones.pass(std::chrono::seconds(2));
    phones.pass(std::chrono::milliseconds(20));
    phones.answer_with("480 Temporarily Unavailable");

    CHECK(phones.job()->state == JobState::finished);
    CHECK(phones.job()->devices[0].attempts == 2);
    phones.pass(std::chrono::seconds(120));
    phones.register_again(2, "boot2");
    phones.pass(std::chrono::seconds(1));
    CHECK(phones.sent().empty());
}

TEST_CASE("nobody is told outside the hours that were given") {
    Phones phones;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
        phones.shard.context().wall().time_since_epoch());
    const std::time_t now = seconds.count();
    std::tm local{};
    localtime_r(&now, &local);
    const auto hour = static_cast<std::uint16_t>((local.tm_hour + 1) % 24 * 60 + local.tm_min);
    phones.window = {hour, static_cast<std::uint16_t>((hour + 60) % 1440)};
    phones.order();
    phones.keep_all();
    for (int minutes = 0; minutes < 50; minutes += 10) phones.pass(std::chrono::minutes(10));
    CHECK(phones.sent().empty());
    CHECK(phones.count(DeviceState::waiting) == 1);

    for (int minutes = 0; minutes < 20; minutes += 1) phones.pass(std::chrono::minutes(1));

    CHECK_FALSE(phones.sent().empty());
}

TEST_CASE("a device that starts again is seen to have obeyed, one that refreshes is not") {
    Phones phones;
    phones.order();
    phones.keep_all();
    phones.pass(std::chrono::milliseconds(2));
    phones.answer_with("200 OK");
    CHECK(phones.job()->state == JobState::finished);
    phones.register_again(2, "c1");
    CHECK(phones.job()->effective == 0);

    phones.register_again(1, "boot2");
    phones.keep_all();

    CHECK(phones.job()->effective == 1);
    CHECK(phones.job()->devices[0].effective_at != base::WallTime{});
    CHECK(phones.awaited().held() == 0);
    phones.register_again(1, "boot3");
    CHECK(phones.job()->effective == 1);
}

TEST_CASE("a device that fetches what is new is seen to have obeyed") {
    Phones phones;
    auto& known = phones.shard.agents().get<KnownDevices>();
    const auto key = "sip:bob@localhost " + std::string(kContact);
    known.note_answer(key, {.event = "check-sync", .was_challenged = true});
    known.note_fetch(key, "device/common 1");
    phones.order();
    phones.keep_all();
    phones.pass(std::chrono::milliseconds(2));
    phones.answer_with("200 OK");

    known.note_fetch(key, "device/common 1");
    phones.settle();
    CHECK(phones.job()->effective == 0);
    known.note_fetch(key, "device/common 2");
    phones.settle();
    CHECK(phones.job()->effective == 1);
}

TEST_CASE("what is sent again after a crash is the same request") {
    Phones phones;
    phones.order();
    const auto rows = phones.store.oldest<store::ChangePublications>().changes;
    phones.keep_all();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    const auto call_id = testing::header(phones.message(0), "Call-ID");
    const auto from = testing::header(phones.message(0), "From");
    CHECK(phones.jobs().held() == 1);

    Phones again;
    for (const auto& row : rows) again.jobs().recover(std::get<store::PutPublication>(row).row, {});
    again.jobs().resume({});
    again.id = phones.id;
    again.pass(std::chrono::milliseconds(2));

    REQUIRE(again.sent().size() == 1);
    CHECK(testing::header(again.message(0), "Call-ID") == call_id);
    CHECK(testing::header(again.message(0), "From") == from);
    again.receive(testing::answer_to(again.message(0), "482 Loop Detected"));
    CHECK(again.count(DeviceState::delivered) == 1);
}

TEST_CASE("several orders about the login of an account at once are about one row") {
    Phones phones;
    auto& logins = phones.shard.agents().get<DeviceLogins>();
    const std::string bob = "sip:bob@localhost";
    const DeviceLogin first{"a", "secret"}, none{}, last{"b", "secret"};

    CHECK(logins.begin(bob, none) == 0);
    const auto row = logins.begin(bob, first);
    CHECK(row != 0);
    CHECK(logins.begin(bob, none) == row);
    CHECK(logins.begin(bob, last) == row);
    logins.learn(bob, first);
    logins.give_up(bob);
    logins.learn(bob, last);

    REQUIRE(logins.find(bob));
    CHECK(logins.find(bob)->username == "b");
    CHECK(logins.begin(bob, none) == row);
    logins.learn(bob, none);
    CHECK_FALSE(logins.find(bob));
    CHECK(logins.held() == 0);
}

TEST_CASE("a login that did not become durable is none, and one of an earlier run is") {
    Phones phones;
    auto& logins = phones.shard.agents().get<DeviceLogins>();
    const DeviceLogin login{"admin", "789 with \"marks\""};

    logins.begin("sip:bob@localhost", login);
    logins.give_up("sip:bob@localhost");
    CHECK(logins.held() == 0);

    const auto row = DeviceLogins::row_of("sip:carol@localhost", 7, login, {});
    CHECK(logins.takes(row));
    logins.recover(row, {});
    REQUIRE(logins.find("sip:carol@localhost"));
    CHECK(logins.find("sip:carol@localhost")->password == login.password);
    CHECK(logins.begin("sip:carol@localhost", {}) == 7);
}

TEST_CASE("a device's own account has the login it challenges for") {
    Phones phones;
    auto& logins = phones.shard.agents().get<DeviceLogins>();
    logins.begin("sip:bob@localhost", {"admin", "789"});
    logins.learn("sip:bob@localhost", {"admin", "789"});
    phones.order();
    phones.keep_all();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    auto challenge = testing::answer_to(phones.message(0), "401 Unauthorized");
    challenge.insert(challenge.find("Content-Length"),
                     "WWW-Authenticate: Digest realm=\"anything\", nonce=\"n\", qop=\"auth\", "
                     "algorithm=MD5\n");

    phones.receive(challenge);

    REQUIRE(phones.sent().size() == 1);
    CHECK(testing::header(phones.message(0), "Authorization").find("username=\"admin\"") !=
          std::string::npos);
    CHECK(testing::header(phones.message(0), "CSeq") == "2 NOTIFY");
    phones.receive(testing::answer_to(phones.message(0), "200 OK"));
    CHECK(phones.count(DeviceState::delivered) == 1);
    const auto* device = phones.shard.agents().get<KnownDevices>().find("sip:bob@localhost " +
                                                                        std::string(kContact));
    REQUIRE(device != nullptr);
    CHECK(device->challenges);
}

TEST_CASE("a job that ends lets go of those it waited for") {
    Phones phones;
    phones.order();
    phones.finish();
    phones.pass(std::chrono::milliseconds(2));
    REQUIRE(phones.sent().size() == 1);
    phones.receive(testing::answer_to(phones.message(0), "480 Temporarily Unavailable"));
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.awaited().held() == 1);
    while (!phones.store.held.empty()) phones.finish();

    phones.jobs().change(address_of_job(phones.id), JobState::cancelled, [](const Status&) {});
    phones.finish();

    CHECK(phones.job()->state == JobState::cancelled);
    CHECK(phones.count(DeviceState::unreachable) == 1);
    CHECK(phones.awaited().held() == 0);
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
}  // namespace herald::server::jobs_test
