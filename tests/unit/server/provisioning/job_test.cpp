// tests/unit/server/provisioning/job_test.cpp: a job as it is kept, and the states of its devices.
#include "server/provisioning/job.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::job_test {
namespace {

base::WallTime at(int seconds) {
    return base::WallTime(std::chrono::seconds(seconds));
}

Job sample() {
    Job job;
    job.action = "custom";
    job.state = JobState::paused;
    job.rate = 20;
    job.created = at(1);
    job.start_at = at(2);
    job.retry_until = at(3);
    job.ended = at(4);
    job.most_attempts = 3;
    job.retry_every = 60;
    job.window = {1320, 330};
    const auto notice = std::make_shared<const DeviceNotice>(
        DeviceNotice{"x;a=b", "text/plain", "one\r\ntwo\t100%"});
    job.models = {{"Acme\t1\n2", notice}, {"", notice}};
    return job;
}

TEST_CASE("a job is read as it was written, whatever its texts contain") {
    const auto job = sample();
    Job read;

    REQUIRE(read_job(to_text(job), read).has_value());

    CHECK(read.is_known);
    CHECK(read.action == "custom");
    CHECK(read.state == JobState::paused);
    CHECK(read.rate == 20);
    CHECK(read.created == at(1));
    CHECK(read.start_at == at(2));
    CHECK(read.retry_until == at(3));
    CHECK(read.ended == at(4));
    CHECK(read.most_attempts == 3);
    CHECK(read.retry_every == 60);
    CHECK(read.window == job.window);
    REQUIRE(read.models.size() == 2);
    CHECK(read.models[0].user_agent == "Acme\t1\n2");
    CHECK(read.models[0].notice->event == "x;a=b");
    CHECK(read.models[0].notice->type == "text/plain");
    CHECK(read.models[0].notice->body == "one\r\ntwo\t100%");
    CHECK(read.models[1].notice == read.models[0].notice);
}

TEST_CASE("a job and a device of an earlier release are read") {
    Job job;
    REQUIRE(read_job("running\tcheck-sync\t10\t1\t2\t3\t0\t\nsnom\tcheck-sync\t\t\t\n", job)
                .has_value());
    CHECK(job.most_attempts == 0);
    CHECK(job.window.is_whole_day());
    const auto device = job_device_from_text("delivered\t200\t1\t0\t5\tsip:a@b%09sip:a@c%09\t");
    REQUIRE(device.has_value());
    CHECK(device->where.aor() == "sip:a@b");
    CHECK(device->effective_at == base::WallTime{});
}

TEST_CASE("a device is read as it was written; what was sent and not answered waits") {
    JobDevice device;
    device.where = DevicePlace("sip:alice@localhost", "sip:alice@192.0.2.1:5060", "urn:uuid:1");
    device.state = DeviceState::refused;
    device.status = 489;
    device.attempts = 2;
    device.model = 1;
    device.at = at(5);
    device.effective_at = at(6);

    auto read = job_device_from_text(to_text(device));

    REQUIRE(read);
    CHECK(read->where.aor() == "sip:alice@localhost");
    CHECK(read->where.contact() == "sip:alice@192.0.2.1:5060");
    CHECK(read->where.instance() == "urn:uuid:1");
    CHECK(read->state == DeviceState::refused);
    CHECK(read->status == 489);
    CHECK(read->attempts == 2);
    CHECK(read->model == 1);
    CHECK(read->at == at(5));
    device.state = DeviceState::sent;
    CHECK(job_device_from_text(to_text(device))->state == DeviceState::waiting);
}

TEST_CASE("rows that are damaged are no jobs") {
    Job job;
    for (const auto* text : {"", "running", "asleep\tx\t1\t1\t1\t1\t1\t",
                             "running\tx\t0\t1\t1\t1\t1\t", "running\tx\t1\tnow\t1\t1\t1\t"}) {
        CAPTURE(text);
        CHECK_FALSE(read_job(text, job).has_value());
    }
    for (const auto* text : {"", "gone\t1\t1\t1\t1\tx\t", "sent\t700\t1\t1\t1\tx\t",
                             "sent\t1\t1\t-1\t1\tx\t", "sent\t1\t1\t1\t\tx\t"}) {
        CAPTURE(text);
        CHECK_FALSE(job_device_from_text(text).has_value());
    }
}

TEST_CASE("an answer is one outcome") {
    CHECK(verdict_of(200) == DeviceVerdict::delivered);
    CHECK(verdict_of(202) == DeviceVerdict::delivered);
    for (const int status : {401, 407}) CHECK(verdict_of(status) == DeviceVerdict::challenged);
    for (const int status : {0, 408, 430, 480, 503})
        CHECK(verdict_of(status) == DeviceVerdict::unreachable);
    for (const int status : {302, 400, 403, 405, 481, 489, 500, 603})
        CHECK(verdict_of(status) == DeviceVerdict::refused);
}

TEST_CASE("devices are counted by their state, and what is to be saved is noted once") {
    Job job;
    job.devices.resize(2);
    job.counts[0] = 2;

    job.move(1, DeviceState::sent, 0, at(1));
    CHECK(job.count(DeviceState::waiting) == 1);
    CHECK(job.count(DeviceState::sent) == 1);
    CHECK(job.devices[1].attempts == 1);
    CHECK(job.unsaved.empty());

    job.move(1, DeviceState::unreachable, 408, at(2));
    job.move(1, DeviceState::waiting, 0, at(3));
    CHECK(job.count(DeviceState::waiting) == 2);
    CHECK(job.unsaved == std::vector<std::uint32_t>{1});
    CHECK(job.queue == std::deque<std::uint32_t>{1});
}

}  // namespace
}  // namespace herald::server::job_test
