// cli/provision.cpp: `herald provision`: tells registered devices to fetch their configuration or
// to start again, over HTTP, and shows what became of each.
#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>
#include <thread>

#include <unistd.h>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_pages.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr const char* kProvision = "provision";
constexpr const char* kJobs = "/v1/provisioning/jobs";
constexpr auto kLook = std::chrono::milliseconds(100);
/// Before and between the lines that tell how far a job is.
constexpr auto kPatience = std::chrono::seconds(2), kBetweenLines = std::chrono::seconds(1);
constexpr std::uint32_t kBarWidth = 30;
/// As they are shown: outcomes, then what is not over.
constexpr std::array<const char*, 7> kDeviceStates{
    "delivered", "refused", "challenged", "unreachable", "cancelled", "sent", "waiting"};

Result<Object::Ptr> job_object(const std::string& json) {
    try {
        return Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

std::uint32_t count_of(const Object::Ptr& job, const std::string& state) {
    const auto devices = job->getObject("devices");
    return devices ? devices->optValue<std::uint32_t>(state, 0) : 0;
}

/// "12 delivered, 1 refused": what there is of.
std::string summary_of(const Object::Ptr& job) {
    std::string text;
    for (const auto* state : kDeviceStates) {
        const auto count = count_of(job, state);
        if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + state;
    }
    if (const auto count = count_of(job, "effective"); count > 0)
        text += ", " + std::to_string(count) + " seen to do it";
    return text.empty() ? "no devices" : text;
}

std::string bar_of(const Object::Ptr& job) {
    const auto total = std::max(count_of(job, "total"), 1U);
    const auto open = count_of(job, "waiting") + count_of(job, "sent");
    const auto filled = (total - std::min(open, total)) * std::uint64_t{kBarWidth} / total;
    return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
}

/// A bar that stays where it is on a terminal, a line where there is none.
class JobProgress {
public:
    void show(const Object::Ptr& job) {
        const auto now = std::chrono::steady_clock::now();
        const auto text = summary_of(job);
        if (!is_terminal_) {
            if (now < next_) return;
            next_ = now + kBetweenLines;
            print_line(text);
            return;
        }
        print("\r\033[K" + bar_of(job) + text);
        is_shown_ = true;
    }
    void clear() {
        if (is_shown_) print("\r\033[K");
    }

private:
    static void print(const std::string& text) {
        static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
    }
    const bool is_terminal_ = can_redraw(STDERR_FILENO) && can_redraw(STDOUT_FILENO);
    bool is_shown_ = false;
    std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + kPatience;
};

std::string status_text(const Object::Ptr& device) {
    const auto status = device->isNull("status") ? 0 : device->optValue<int>("status", 0);
    const auto state = member_text(*device, "state");
    const auto done = member_text(*device, "effective_at").empty() ? "" : ", done";
    return (status == 0 ? state : state + " (" + std::to_string(status) + ")") + done;
}

using Cells = std::array<std::string, 4>;

/// In columns, each as wide as the widest of these rows.
void print_devices(const std::vector<Cells>& rows) {
    std::array<std::size_t, 4> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        print_line(line);
    }
}

/// Of who has not been delivered to, or of all, each with what became of it.
std::vector<Cells> rows_of(const Object::Ptr& page, bool shows_all) {
    std::vector<Cells> rows;
    const Array::Ptr list = page->getArray("devices");
    for (std::size_t i = 0; list && i < list->size(); ++i) {
        const auto device = list->getObject(static_cast<unsigned>(i));
        if (!shows_all && member_text(*device, "state") == "delivered") continue;
        rows.push_back({member_text(*device, "aor"), member_text(*device, "contact"),
                        member_text(*device, "event"), status_text(device)});
    }
    return rows;
}

int print_devices(const ApiClient& api, const std::string& id, bool shows_all) {
    std::string after;
    do {
        const auto answer =
            api.call("GET", std::string(kJobs) + "/" + path_segment(id) + "?limit=1000" +
                                (after.empty() ? "" : "&after=" + path_segment(after)));
        if (!answer) return report_api_fault(kProvision, answer.fault());
        const auto page = job_object(*answer);
        if (!page) return report_api_fault(kProvision, page.fault());
        print_devices(rows_of(*page, shows_all));
        after = member_text(**page, "next");
    } while (!after.empty());
    return kOk;
}

Result<Object::Ptr> job_of(const ApiClient& api, const std::string& id) {
    const auto answer = api.call("GET", std::string(kJobs) + "/" + path_segment(id) + "?limit=1");
    if (!answer) return answer.fault();
    const auto page = job_object(*answer);
    if (!page) return page.fault();
    const auto job = (*page)->getObject("job");
    if (!job) return Fault{FaultKind::malformed, "cannot read the answer: there is no job in it"};
    return job;
}

/// Until every device has its outcome; who is unreachable is not waited for here.
int follow_job(const ApiClient& api, const std::string& id) {
    JobProgress progress;
    Result<Object::Ptr> job = job_of(api, id);
    for (; job; job = job_of(api, id)) {
        const bool is_open = count_of(*job, "waiting") + count_of(*job, "sent") > 0;
        if (!is_open || member_text(**job, "state") == "paused") break;
        progress.show(*job);
        std::this_thread::sleep_for(kLook);
    }
    progress.clear();
    if (!job) return report_api_fault(kProvision, job.fault());
    if (const int code = print_devices(api, id, false); code != kOk) return code;
    print_line(summary_of(*job));
    return count_of(*job, "delivered") == count_of(*job, "total") ? kOk : kFailed;
}

int list_jobs(const ApiClient& api) {
    std::string after;
    bool is_empty = true;
    do {
        const auto answer =
            api.call("GET", std::string(kJobs) + "?limit=1000" +
                                (after.empty() ? "" : "&after=" + path_segment(after)));
        if (!answer) return report_api_fault(kProvision, answer.fault());
        const auto page = job_object(*answer);
        if (!page) return report_api_fault(kProvision, page.fault());
        const Array::Ptr jobs = (*page)->getArray("jobs");
        for (std::size_t i = 0; jobs && i < jobs->size(); ++i) {
            const auto job = jobs->getObject(static_cast<unsigned>(i));
            print_line("job " + member_text(*job, "id") + "  " + member_text(*job, "action") +
                       "  " + member_text(*job, "state") + ": " + summary_of(job));
            is_empty = false;
        }
        after = member_text(**page, "next");
    } while (!after.empty());
    if (is_empty) print_line("no jobs");
    return kOk;
}

int show_job(const ApiClient& api, const std::string& id) {
    const auto job = job_of(api, id);
    if (!job) return report_api_fault(kProvision, job.fault());
    if (const int code = print_devices(api, id, true); code != kOk) return code;
    print_line("job " + id + "  " + member_text(**job, "action") + "  " +
               member_text(**job, "state") + ": " + summary_of(*job));
    return kOk;
}

int change_job(const ApiClient& api, const std::string& id, const std::string& verb) {
    const auto done = api.call("POST", std::string(kJobs) + "/" + path_segment(id) + "/" + verb);
    if (!done) return report_api_fault(kProvision, done.fault());
    const auto job = job_of(api, id);
    if (!job) return report_api_fault(kProvision, job.fault());
    print_line("job " + id + "  " + member_text(**job, "state"));
    return kOk;
}

/// "user-agent" as the API calls it.
std::string member_of(std::string_view option) {
    std::string name(option);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

Object selection_of(const Arguments& arguments) {
    Object select(Poco::JSON_PRESERVE_KEY_ORDER);
    const auto& operands = arguments.operands();
    if (operands.size() > 1) {
        Array aors;
        for (auto each = operands.begin() + 1; each != operands.end(); ++each) aors.add(*each);
        select.set("aors", aors);
    }
    for (const char* name : {"user-agent", "vendor", "model", "firmware-below", "domain"}) {
        if (const auto value = arguments.text(name))
            select.set(member_of(name), std::string(*value));
    }
    if (const auto instance = arguments.text("instance")) {
        Array instances;
        instances.add(std::string(*instance));
        select.set("instances", instances);
    }
    if (arguments.has("all")) select.set("all", true);
    return select;
}

int start(const ApiClient& api, const Arguments& arguments) {
    const auto select = selection_of(arguments);
    if (select.size() == 0) {
        print_error(kProvision,
                    "who is meant? give addresses, --instance, --user-agent, --vendor, --model, "
                    "--firmware-below, --domain or --all");
        return kMisuse;
    }
    Object order(Poco::JSON_PRESERVE_KEY_ORDER);
    order.set("select", select);
    order.set("action", arguments.operands()[0]);
    for (const char* name : {"rate", "confirm", "retry-for", "retry-every", "attempts"}) {
        if (const auto number = arguments.number(name)) order.set(member_of(name), *number);
    }
    for (const char* name : {"event", "content-type", "body", "start", "window"}) {
        if (const auto value = arguments.text(name))
            order.set(member_of(name), std::string(*value));
    }
    std::ostringstream json;
    order.stringify(json);
    const auto answer = api.call("POST", kJobs, json.str());
    if (!answer) return report_api_fault(kProvision, answer.fault());
    const auto started = job_object(*answer);
    if (!started) return report_api_fault(kProvision, started.fault());
    const auto id = member_text(**started, "id");
    if (!arguments.has("no-wait")) return follow_job(api, id);
    print_line("job " + id);
    return kOk;
}

std::string page_path(const std::string& list, const std::string& after) {
    return list + "?limit=1000" + (after.empty() ? "" : "&after=" + path_segment(after));
}

int run_provision(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error(kProvision, api.fault().detail);
        return kMisuse;
    }
    const auto& operands = arguments.operands();
    const std::string& verb = operands[0];
    if (verb == "list") {
        if (!arguments.has("json")) return list_jobs(*api);
        return print_json_pages(*api, kProvision,
                                [](const std::string& after) { return page_path(kJobs, after); });
    }
    const bool is_about_one = verb == "show" || verb == "follow" || verb == "pause" ||
                              verb == "resume" || verb == "cancel";
    if (!is_about_one) return start(*api, arguments);
    if (operands.size() != 2) {
        print_error(kProvision, "which job? `herald provision list` names them");
        return kMisuse;
    }
    if (verb == "show" && arguments.has("json")) {
        const auto path = std::string(kJobs) + "/" + path_segment(operands[1]);
        return print_json_pages(*api, kProvision,
                                [&](const std::string& after) { return page_path(path, after); });
    }
    if (verb == "show") return show_job(*api, operands[1]);
    if (verb == "follow") return follow_job(*api, operands[1]);
    return change_job(*api, operands[1], verb);
}

}  // namespace

Command provision_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Tells registered devices to fetch their configuration (check-sync, resync), to\n"
        "start again (reboot, restart), to report, or what --event says (custom), in the\n"
        "words of each vendor; shows how far that is, and in the end each device that was\n"
        "not told, and why. Devices that are not reachable are told when they register.\n"
        "\n"
        "  herald provision check-sync --all\n"
        "  herald provision reboot --user-agent 'snom*' --rate 5 --confirm 120\n"
        "  herald provision custom sip:alice@localhost --event 'check-sync;reboot=false'\n"
        "  herald provision list\n"
        "  herald provision show 7\n"
        "  herald provision pause 7\n"
        "\n"
        "show, follow, pause, resume and cancel take the number of a job.\n" +
        std::string(kApiHelp);
    return {
        .name = kProvision,
        .summary = "tell devices to fetch their configuration, and see who did",
        .syntax = {.operands = "ACTION [URI...|JOB]",
                   .least_operands = 1,
                   .most_operands = 1000,
                   .options = with_api_options({
                       {.name = "all", .help = "every registered device"},
                       {.name = "json", .help = "list and show: as the server sends them"},
                       {.name = "user-agent",
                        .kind = Kind::text,
                        .value = "PATTERN",
                        .help = "devices whose User-Agent fits, * for any text"},
                       {.name = "instance",
                        .kind = Kind::text,
                        .value = "URN",
                        .help = "the device with this +sip.instance"},
                       {.name = "vendor",
                        .kind = Kind::text,
                        .value = "PATTERN",
                        .help = "devices of this vendor"},
                       {.name = "model",
                        .kind = Kind::text,
                        .value = "PATTERN",
                        .help = "devices of this model"},
                       {.name = "firmware-below",
                        .kind = Kind::text,
                        .value = "VERSION",
                        .help = "devices whose firmware is older"},
                       {.name = "domain",
                        .kind = Kind::text,
                        .value = "NAME",
                        .help = "devices of users of this domain"},
                       {.name = "confirm",
                        .kind = Kind::number,
                        .value = "N",
                        .help = "that many are meant, where the server asks"},
                       {.name = "rate",
                        .kind = Kind::number,
                        .value = "N",
                        .help = "devices a second",
                        .least = 1,
                        .most = 2000},
                       {.name = "start",
                        .kind = Kind::text,
                        .value = "TIME",
                        .help = "not before, as 2027-01-15T02:00:00Z"},
                       {.name = "window",
                        .kind = Kind::text,
                        .value = "HOURS",
                        .help = "only at these hours of the day, as 22:00-05:30"},
                       {.name = "retry-for",
                        .kind = Kind::number,
                        .value = "SECONDS",
                        .help = "how long unreachable devices are waited for",
                        .least = 1,
                        .most = 2592000},
                       {.name = "retry-every",
                        .kind = Kind::number,
                        .value = "SECONDS",
                        .help = "try unreachable devices again so often",
                        .least = 10,
                        .most = 2592000},
                       {.name = "attempts",
                        .kind = Kind::number,
                        .value = "N",
                        .help = "tries of each device, at most",
                        .least = 1,
                        .most = 1000},
                       {.name = "event", .kind = Kind::text, .value = "EVENT", .help = "of custom"},
                       {.name = "content-type",
                        .kind = Kind::text,
                        .value = "TYPE",
                        .help = "of custom's body"},
                       {.name = "body", .kind = Kind::text, .value = "TEXT", .help = "of custom"},
                       {.name = "no-wait", .help = "print the number of the job and go"},
                   })},
        .help = help,
        .run = run_provision};
}

}  // namespace herald::cli
