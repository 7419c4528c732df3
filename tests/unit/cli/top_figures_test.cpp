// tests/unit/cli/top_figures_test.cpp: what `herald top` makes of two scrapes.
#include "cli/top_figures.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::cli::top_figures_test {
namespace {

constexpr std::string_view kBefore = R"(# HELP herald_subscriptions Subscriptions
# TYPE herald_subscriptions gauge
herald_build_info{version="0.2.0"} 1
herald_uptime_seconds 100
process_cpu_seconds_total 10
herald_resources{package="presence"} 5
herald_resources{package="dialog"} 1
herald_notify_sent_total{package="presence"} 100
herald_sip_requests_total{method="SUBSCRIBE"} 10
herald_sip_refusals_total{method="REGISTER",status="403"} 4
herald_store_writable 1
herald_told_seconds_bucket{le="0.01"} 10
herald_told_seconds_bucket{le="0.1"} 10
herald_told_seconds_bucket{le="+Inf"} 10
)";

constexpr std::string_view kAfter = R"(
herald_build_info{version="0.2.0"} 1
herald_uptime_seconds 102
process_cpu_seconds_total 11
process_resident_memory_bytes 1048576
herald_resources{package="presence"} 5
herald_resources{package="dialog"} 1
herald_resources{package="reg"} 0
herald_subscriptions{package="presence",state="active"} 7
herald_subscriptions{package="presence",state="suspect"} 1
herald_subscriptions{package="dialog",state="active"} 40
herald_notify_sent_total{package="presence"} 120
herald_notify_sent_total{package="dialog"} 4
herald_publications{package="presence"} 3
herald_publish_total{package="presence",did="created"} 2
herald_publish_total{package="presence",did="modified"} 4
herald_sip_requests_total{method="SUBSCRIBE"} 14
herald_sip_requests_total{method="say \"hi\\\n\""} 2
herald_sip_refusals_total{method="REGISTER",status="403"} 6
herald_sip_refusals_total{method="PUBLISH",status="403"} 2
herald_store_writable 1
herald_told_seconds_bucket{le="0.01"} 60
herald_told_seconds_bucket{le="0.1"} 109
herald_told_seconds_bucket{le="+Inf"} 110
torn{label="
)";

TopFigures figures() {
    return figures_between(MetricsText(kBefore), MetricsText(kAfter), 2);
}

bool has(const std::vector<std::string>& lines, std::string_view part) {
    for (const auto& line : lines) {
        if (line.find(part) != line.npos) return true;
    }
    return false;
}

TEST_CASE("rates are what came in between, by package the busiest first") {
    const auto now = figures();

    CHECK(now.version == "0.2.0");
    CHECK(now.processor == 0.5);
    REQUIRE(now.packages.size() == 2);
    CHECK(now.packages[0].name == "presence");
    CHECK(now.packages[0].notifies == 10);
    CHECK(now.packages[0].publishes == 3);
    CHECK(now.packages[0].publications == 3);
    CHECK(now.packages[0].watchers() == 8);
    CHECK(now.packages[1].name == "dialog");
    CHECK(now.packages[1].notifies == 2);
    CHECK(now.requests.at("SUBSCRIBE") == 2);
    CHECK(now.requests.at("say \"hi\\\n\"") == 1);
    CHECK(now.refusals.at("REGISTER 403") == 1);
    CHECK(now.refusals.at("PUBLISH 403") == 1);
    CHECK(now.slow[0].median == 0.01);
    CHECK(now.slow[0].most == 0.1);
    CHECK(now.slow[1].most == 0);
}

TEST_CASE("what restarted in between counts from its start") {
    const auto now = figures_between(MetricsText(kAfter), MetricsText(kBefore), 2);
    CHECK(now.packages.at(0).notifies == 50);
    CHECK(now.requests.at("SUBSCRIBE") == 5);
    CHECK(now.slow[0].median == 0.01);
}

TEST_CASE("a screen is no larger than the terminal, and has no colours where none are wanted") {
    const auto lines = screen_of(figures(), {.columns = 200, .rows = 50, .has_colours = false});
    CHECK(has(lines, "Herald 0.2.0"));
    CHECK(has(lines, "presence"));
    CHECK(has(lines, "REGISTER 403 1.0"));
    CHECK(has(lines, "say \"hi\\"));
    for (const auto& line : lines) {
        CHECK(line.find('\033') == line.npos);
        CHECK(line.find('\n') == line.npos);
    }
    CHECK(has(screen_of(figures(), {.columns = 200, .rows = 50, .has_colours = true}), "\033[33m"));
    const auto small = screen_of(figures(), {.columns = 10, .rows = 4, .has_colours = false});
    CHECK(small.size() == 4);
    for (const auto& line : small) CHECK(line.size() <= 10);
    CHECK_FALSE(screen_of(TopFigures(), {}).empty());
}

TEST_CASE("a line says the most of it, and an object all") {
    CHECK(line_of(figures()) ==
          "48 subscriptions (1.0 silent)  3.0 requests/s  3.0 publish/s  12 notify/s  "
          "2.0 refused/s  told in 100 ms  50 %  1.0 MiB");
    const auto json = json_of(figures());
    CHECK(json.starts_with("{\"version\":\"0.2.0\",\"uptime_s\":102"));
    CHECK(json.find("\"package\":\"presence\",\"subscriptions\":{\"active\":7") != json.npos);
    CHECK(json.find('\n') == json.npos);
    CHECK(line_of(TopFigures()).starts_with("0 subscriptions"));
}

}  // namespace
}  // namespace herald::cli::top_figures_test
