// tests/unit/http/exposition_test.cpp: metrics in the Prometheus text format, to the letter.
#include "http/exposition.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::exposition_test {
namespace {

TEST_CASE("metrics: the text is exact") {
    base::Metrics metrics;
    metrics.counter("herald_b_total", "Second", {{"event", "pre\"s\\e\nnce"}}).add(3);
    metrics.counter("herald_b_total", "Second", {{"event", "dialog"}}).add();
    metrics.gauge("herald_a", "First").set(7);
    base::Histogram& histogram = metrics.histogram("herald_c_seconds", "Third");
    histogram.observe(3);
    histogram.observe(2'000'000);
    histogram.observe(500'000'000);

    std::istringstream lines(to_exposition(metrics.collect()));
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);

    REQUIRE(all.size() > 8);
    CHECK(all[0] == "# HELP herald_a First");
    CHECK(all[1] == "# TYPE herald_a gauge");
    CHECK(all[2] == "herald_a 7");
    CHECK(all[3] == "# HELP herald_b_total Second");
    CHECK(all[4] == "# TYPE herald_b_total counter");
    CHECK(all[5] == "herald_b_total{event=\"dialog\"} 1");
    CHECK(all[6] == "herald_b_total{event=\"pre\\\"s\\\\e\\nnce\"} 3");
    CHECK(all[7] == "# HELP herald_c_seconds Third");
    CHECK(all[8] == "# TYPE herald_c_seconds histogram");
    const auto has = [&](const std::string& line) {
        return std::find(all.begin(), all.end(), line) != all.end();
    };
    CHECK(has("herald_c_seconds_count 3"));
    CHECK(has("herald_c_seconds_sum 502.000003"));
    CHECK(has("herald_c_seconds_bucket{le=\"1e-05\"} 1"));
    CHECK(has("herald_c_seconds_bucket{le=\"0.25\"} 1"));
    CHECK(has("herald_c_seconds_bucket{le=\"2.5\"} 2"));
    CHECK(has("herald_c_seconds_bucket{le=\"+Inf\"} 3"));
    CHECK(std::count_if(all.begin(), all.end(),
                        [](const auto& line) { return contains(line, "_bucket"); }) == 22);
}

TEST_CASE("metrics: the process and the requests themselves are counted") {
    Bench bench;
    bench.call("GET", "/healthz", "");
    bench.call("GET", "/nowhere/at/all", "");
    bench.call("BREW", "/healthz", "");
    bench.call("GET", "/v1/accounts/alice@example.com", "");

    const Answer answer = bench.call("GET", "/metrics", "");

    CHECK(answer.type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(contains(answer.body, "\nherald_build_info{version=\"1.2.3\"} 1\n"));
    for (const auto* name : {"process_resident_memory_bytes", "process_start_time_seconds",
                             "process_cpu_seconds_total", "herald_uptime_seconds",
                             "process_open_fds", "process_max_fds"}) {
        const auto at = answer.body.find("\n" + std::string(name) + " ");
        REQUIRE(at != std::string::npos);
        CHECK(std::stod(answer.body.substr(at + std::string(name).size() + 2)) > 0);
    }
    CHECK(contains(
        answer.body,
        "herald_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1\n"));
    CHECK(contains(answer.body,
                   "herald_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1\n"));
    CHECK(contains(
        answer.body,
        "herald_http_requests_total{method=\"other\",route=\"/healthz\",status=\"405\"} 1\n"));
    CHECK(contains(answer.body,
                   "herald_http_requests_total{method=\"GET\",route=\"/v1/accounts/"
                   "{aor}\",status=\"401\"} 1\n"));
    CHECK(contains(answer.body, "http_request_duration_seconds_count{route=\"/healthz\"} 2\n"));
    CHECK_FALSE(contains(answer.body, "alice"));
}

}  // namespace
}  // namespace herald::http::exposition_test
