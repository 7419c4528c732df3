// cli/status.cpp: `herald status`: whether a server serves, and how much.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

/// The sum of all samples of the metric `name`, whatever their labels.
double sum_of(std::string_view exposition, std::string_view name) {
    double sum = 0;
    while (!exposition.empty()) {
        const base::Split line = base::split_once(exposition, '\n');
        exposition = line.after;
        const auto end = line.before.find_first_of("{ ");
        if (line.before.substr(0, end) != name) continue;
        const std::string value(line.before.substr(line.before.rfind(' ') + 1));
        sum += std::strtod(value.c_str(), nullptr);
    }
    return sum;
}

/// "0.2.0", of herald_build_info{version="0.2.0"}.
std::string_view version_in(std::string_view exposition) {
    constexpr std::string_view kBefore = "herald_build_info{version=\"";
    const auto at = exposition.find(kBefore);
    if (at == exposition.npos) return "?";
    return base::split_once(exposition.substr(at + kBefore.size()), '"').before;
}

void print_count(std::string_view what, double count) {
    std::string line(what);
    line.resize(24, ' ');
    print_line(line + std::to_string(static_cast<std::uint64_t>(count)));
}

int run_status(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("status", api.fault().detail);
        return kMisuse;
    }
    const Result<std::string> ready = api->call("GET", "/readyz");
    if (!ready) return report_api_fault("status", ready.fault());
    const Result<std::string> metrics = api->call("GET", "/metrics");
    if (!metrics) return report_api_fault("status", metrics.fault());
    print_line("Herald " + printable(version_in(*metrics)) + " serves.");
    print_count("subscriptions", sum_of(*metrics, "herald_subscriptions"));
    print_count("watched or published", sum_of(*metrics, "herald_resources"));
    print_count("messages waiting", sum_of(*metrics, "herald_messages_waiting"));
    print_count("NOTIFYs delivered", sum_of(*metrics, "herald_notify_delivered_total"));
    print_count("memory, MiB", sum_of(*metrics, "process_resident_memory_bytes") / (1 << 20));
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
            .syntax = {.options = with_api_options({})},
            .help = help,
            .run = run_status};
}

}  // namespace herald::cli
