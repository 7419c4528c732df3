// cli/status.cpp: `herald status`: whether a server serves, and how much.
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <Poco/JSON/Object.h>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/metrics_text.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

void print_count(std::string_view what, double count) {
    std::string line(what);
    line.resize(24, ' ');
    print_line(line + std::to_string(static_cast<std::uint64_t>(count)));
}

/// The same as an object.
int print_figures(const MetricsText& metrics) {
    Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("version", metrics.label_of("herald_build_info", "version"));
    for (const auto& [member, metric] :
         {std::pair{"uptime_s", "herald_uptime_seconds"},
          std::pair{"subscriptions", "herald_subscriptions"},
          std::pair{"resources", "herald_resources"},
          std::pair{"messages_waiting", "herald_messages_waiting"},
          std::pair{"notify_delivered", "herald_notify_delivered_total"},
          std::pair{"memory_bytes", "process_resident_memory_bytes"}}) {
        object.set(member, static_cast<std::uint64_t>(metrics.sum(metric)));
    }
    std::ostringstream json;
    object.stringify(json);
    return print_line(json.str()) ? kOk : kFailed;
}

int run_status(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("status", api.fault().detail);
        return kMisuse;
    }
    const Result<std::string> ready = api->call("GET", "/readyz");
    if (!ready) return report_api_fault("status", ready.fault());
    const Result<std::string> text = api->call("GET", "/metrics");
    if (!text) return report_api_fault("status", text.fault());
    const MetricsText metrics(*text);
    if (arguments.has("json")) return print_figures(metrics);
    print_line("Herald " + printable(metrics.label_of("herald_build_info", "version")) +
               " serves.");
    print_count("subscriptions", metrics.sum("herald_subscriptions"));
    print_count("watched or published", metrics.sum("herald_resources"));
    print_count("messages waiting", metrics.sum("herald_messages_waiting"));
    print_count("NOTIFYs delivered", metrics.sum("herald_notify_delivered_total"));
    print_count("memory, MiB", metrics.sum("process_resident_memory_bytes") / (1 << 20));
    return kOk;
}

}  // namespace

Command status_command() {
    static const std::string help =
        "Says whether a server serves, which version it is, and how much it holds. The\n"
        "exit code is 0 only if it does: 1 where it says that it cannot, 3 where nobody\n"
        "answers.\n"
        "\n"
        "  herald status\n"
        "\n"
        "No token is needed for that.\n";
    return {.name = "status",
            .summary = "whether a server serves, and how much",
            .syntax = {.options = with_api_options({{.name = "json", .help = "as an object"}})},
            .help = help,
            .run = run_status};
}

}  // namespace herald::cli
