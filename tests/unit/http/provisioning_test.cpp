// tests/unit/http/provisioning_test.cpp: devices and provisioning jobs as the API shows, starts and
// ends them.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::provisioning_test {
namespace {

constexpr const char* kJobs = "/v1/provisioning/jobs";

server::JobInfo sample_job() {
    server::JobInfo job;
    job.id = "7";
    job.action = "reboot";
    job.state = "running";
    job.rate = 10;
    job.created = job.start_at = job.retry_until = base::WallTime(std::chrono::seconds(1800000000));
    job.counts[static_cast<std::size_t>(server::DeviceState::delivered)] = 2;
    job.effective = 1;
    job.total = 2;
    return job;
}

TEST_CASE("a job is started for whom the selection says") {
    Bench bench;
    const Answer answer = bench.call(
        "POST", kJobs, "write",
        R"({"select": {"aors": ["alice@example.com"]}, "action": "check-sync", "reboot": true,
            "rate": 5, "confirm": 3, "retry_for": 60, "start": "2027-01-15T08:00:00Z"})");

    CHECK(answer.status == 200);
    CHECK(answer.body == "{\"id\":\"7\"}\n");
    CHECK(bench.admin.state.asked.at(0) == "start reboot sip:alice@example.com  ");
    const auto& order = bench.admin.state.ordered.at(0);
    CHECK(order.rate == 5);
    CHECK(order.confirm == 3);
    CHECK(order.retry_for == 60);
    CHECK(order.start_at == base::WallTime(std::chrono::seconds(1800000000)));
    CHECK(bench.call("POST", kJobs, "write", R"({"select": {"all": true}, "action": "report"})")
              .status == 200);
    CHECK(bench.admin.state.asked.at(1) == "start report   all");
}

TEST_CASE("a job may be for a model with old firmware, at night, a few times") {
    Bench bench;
    const Answer answer =
        bench.call("POST", kJobs, "write",
                   R"({"select": {"instances": ["urn:uuid:1"], "vendor": "snom", "model": "snomD*",
            "firmware_below": "10.1.64"}, "action": "check-sync", "window": "22:00-05:30",
            "attempts": 3, "retry_every": 600})");

    CHECK(answer.status == 200);
    CHECK(bench.admin.state.asked.at(0) == "start check-sync <urn:uuid:1>   snom snomD* 10.1.64");
    const auto& order = bench.admin.state.ordered.at(0);
    CHECK(order.window == server::DailyWindow{1320, 330});
    CHECK(order.most_attempts == 3);
    CHECK(order.retry_every == 600);
    const auto why = [&](const std::string& members) {
        const Answer refused =
            bench.call("POST", kJobs, "write",
                       R"({"select": {"all": true}, "action": "report", )" + members + "}");
        CHECK(refused.status == 400);
        return member(refused, "detail");
    };
    CHECK(contains(why(R"("window": "22-5")"), "\"window\""));
    CHECK(contains(why(R"("attempts": 1001)"), "\"attempts\""));
    CHECK(contains(why(R"("retry_every": 9)"), "\"retry_every\""));
    const Answer odd = bench.call("POST", kJobs, "write",
                                  R"({"select": {"firmware_below": "new"}, "action": "report"})");
    CHECK(contains(member(odd, "detail"), "\"select.firmware_below\""));
}

TEST_CASE("a custom event may have a body") {
    Bench bench;
    CHECK(bench
              .call("POST", kJobs, "write",
                    R"({"select": {"user_agent": "snom*", "domain": "example.com"},
                        "action": "custom", "event": "xml;a=b", "content_type": "text/xml",
                        "body": "<a/>"})")
              .status == 200);
    CHECK(bench.admin.state.asked.at(0) == "start custom snom* example.com");
    CHECK(bench.admin.state.ordered.at(0).custom.event == "xml;a=b");
    CHECK(bench.admin.state.ordered.at(0).custom.body == "<a/>");
}

TEST_CASE("an order that will not do is refused whole, saying where") {
    Bench bench;
    const auto why = [&](const std::string& members) {
        const Answer answer = bench.call("POST", kJobs, "write", "{" + members + "}");
        CHECK(answer.status == 400);
        return member(answer, "detail");
    };
    const std::string all = R"("select": {"all": true}, )";

    CHECK(contains(why(R"("action": "check-sync")"), "\"select\""));
    CHECK(contains(why(R"("select": {}, "action": "check-sync")"), "\"select.all\""));
    CHECK(contains(why(R"("select": {"all": true, "domain": "x"}, "action": "check-sync")"),
                   "\"select.all\""));
    CHECK(contains(why(R"("select": {"aors": ["@"]}, "action": "check-sync")"), "\"select.aors\""));
    CHECK(contains(why(all + R"("action": "dance")"), "\"action\""));
    CHECK(contains(why(all + R"("action": "report", "reboot": true)"), "\"reboot\""));
    CHECK(contains(why(all + R"("action": "check-sync", "rate": 2001)"), "\"rate\""));
    CHECK(contains(why(all + R"("action": "check-sync", "rate": 0)"), "\"rate\""));
    CHECK(contains(why(all + R"("action": "check-sync", "start": "soon")"), "\"start\""));
    CHECK(contains(why(all + R"("action": "check-sync", "event": "x")"), "\"event\""));
    CHECK(contains(why(all + R"("action": "custom")"), "\"event\""));
    CHECK(contains(why(all + R"("action": "custom", "event": "a\r\nB: c")"), "\"event\""));
    CHECK(contains(why(all + R"("action": "custom", "event": "a", "body": "b")"),
                   "\"content_type\""));
    CHECK(
        contains(why(all + R"("action": "custom", "event": "a", "content_type": "a/b", "body": ")" +
                     std::string(4097, 'x') + "\""),
                 "\"body\""));
    CHECK(bench.admin.state.ordered.empty());
    CHECK(bench.call("POST", kJobs, "read", "{}").status == 403);
}

TEST_CASE("what became of a job is counted, listed and paged") {
    Bench bench;
    bench.admin.state.job_devices.job = sample_job();
    server::JobDeviceInfo device;
    device.id = "9";
    device.aor = "sip:alice@example.com";
    device.event = "check-sync";
    device.state = "refused";
    device.status = 489;
    device.attempts = 1;
    bench.admin.state.job_devices.rows = {device};
    bench.admin.state.job_devices.next = "9";

    const Answer answer =
        bench.call("GET", std::string(kJobs) + "/7?state=refused&limit=1&after=8", "read");

    CHECK(answer.status == 200);
    CHECK(bench.admin.state.asked.at(0) == "job 7 refused 8 1");
    CHECK(contains(
        answer.body,
        "\"devices\":{\"total\":2,\"waiting\":0,\"sent\":0,\"delivered\":2,"
        "\"refused\":0,\"challenged\":0,\"unreachable\":0,\"cancelled\":0,\"effective\":1}"));
    CHECK(contains(answer.body, "\"state\":\"refused\",\"status\":489,\"attempts\":1"));
    CHECK(member(answer, "next") == "9");
    CHECK(bench.call("GET", std::string(kJobs) + "/7?state=gone", "read").status == 400);
    CHECK(bench.call("GET", std::string(kJobs) + "/7?limit=0", "read").status == 400);
    bench.admin.state.job_page.rows = {sample_job()};
    CHECK(contains(bench.call("GET", kJobs, "read").body, "\"jobs\":[{\"id\":\"7\""));
}

TEST_CASE("a table for a spreadsheet holds no formulas of strangers") {
    Bench bench;
    server::JobDeviceInfo device;
    device.aor = "sip:alice@example.com";
    device.user_agent = "=1+\"2\"";
    device.event = "check-sync";
    device.state = "delivered";
    device.status = 200;
    bench.admin.state.job_devices.rows = {device};

    const Answer answer = bench.call("GET", std::string(kJobs) + "/7/csv", "read");

    CHECK(answer.status == 200);
    CHECK(answer.type == "text/csv; charset=utf-8");
    CHECK(bench.admin.state.asked.at(0) == "job 7 any  0");
    CHECK(contains(answer.body,
                   "\r\n\"sip:alice@example.com\",\"\",\"\",\"'=1+\"\"2\"\"\",\"check-sync\","
                   "\"delivered\",200,0,"));
}

TEST_CASE("a job is paused, resumed and cancelled") {
    Bench bench;
    for (const auto* verb : {"pause", "resume", "cancel"})
        CHECK(bench.call("POST", std::string(kJobs) + "/7/" + verb, "write").status == 204);
    CHECK(bench.admin.state.asked ==
          std::vector<std::string>{"7 paused", "7 running", "7 cancelled"});
    CHECK(bench.call("POST", std::string(kJobs) + "/7/cancel", "read").status == 403);
    bench.admin.state.fault = Fault{FaultKind::conflict, "The job is finished"};
    CHECK(bench.call("POST", std::string(kJobs) + "/7/cancel", "write").status == 409);
}

TEST_CASE("devices are listed with what they say of themselves") {
    Bench bench;
    server::DeviceInfo info;
    info.id = "3";
    info.aor = "sip:alice@example.com";
    info.contact = "sip:alice@192.0.2.1";
    info.vendor = "snom";
    info.model = "snom720";
    bench.admin.state.device_page.rows = {info};
    bench.admin.state.device_page.total = 1;

    const Answer answer = bench.call(
        "GET", "/v1/devices?aor=alice@example.com&domain=example.com&user_agent=snom*&limit=5",
        "read");

    CHECK(answer.status == 200);
    CHECK(bench.admin.state.asked.at(0) == "devices sip:alice@example.com example.com snom*  5");
    CHECK(contains(answer.body, "\"vendor\":\"snom\",\"model\":\"snom720\",\"version\":null"));
    CHECK(contains(answer.body, "\"learned\":null"));
    CHECK(bench.call("GET", "/v1/devices?limit=1001", "read").status == 400);
}

TEST_CASE("what was learned of a device is listed, of those that are gone too") {
    Bench bench;
    server::DeviceInfo info;
    info.id = "3";
    info.mac = "000413231b1c";
    info.learned = server::LearnedInfo{.aors = {"sip:a@b.c", "sip:d@b.c"},
                                       .challenges = true,
                                       .refusals = {{"check-sync", 489}},
                                       .takes = {"application/url"},
                                       .fetched = "device/common 1f",
                                       .fetches = 2};
    bench.admin.state.device_page.rows = {info};

    const Answer answer =
        bench.call("GET", "/v1/devices?remembered=true&vendor=snom&model=snomD*", "read");

    CHECK(answer.status == 200);
    CHECK(bench.admin.state.asked.at(0) == "devices     100 snom snomD* remembered");
    CHECK(contains(answer.body, "\"registered\":null"));
    CHECK(contains(answer.body, "\"learned\":{\"aors\":[\"sip:a@b.c\",\"sip:d@b.c\"]"));
    CHECK(contains(answer.body,
                   "\"challenges\":true,\"refuses\":[{\"event\":\"check-sync\","
                   "\"status\":489}]"));
    CHECK(contains(answer.body, "\"fetched\":\"device/common 1f\""));
    CHECK(contains(answer.body, "\"enrolled_at\":null,\"takes\":[\"application/url\"]"));
    CHECK(bench.call("GET", "/v1/devices?remembered=maybe", "read").status == 400);
}

}  // namespace
}  // namespace herald::http::provisioning_test
