// cli/subscriptions.cpp: `herald subscriptions`: who watches what, as a table, over HTTP.
#include <algorithm>
#include <array>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_pages.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;
constexpr const char* kTitles[kColumns] = {"RESOURCE", "EVENT",   "WATCHER",
                                           "STATE",    "EXPIRES", "LAST NOTIFY"};

/// What is left until `time` (RFC 3339): "59 min", "12 s".
std::string time_left(const std::string& time) {
    const auto when = base::from_rfc3339(time);
    if (!when) return "";
    const std::int64_t seconds =
        (*when - base::SystemClock().wall().time_since_epoch().count()) / 1000;
    if (seconds < 0) return "now";
    return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " min";
}

/// With the certificate it proved to hold.
std::string watcher(const Object::Ptr& object) {
    const std::string certificate = member_text(*object, "certificate");
    return member_text(*object, "watcher") + (certificate.empty() ? "" : " (" + certificate + ")");
}

std::string last_notify(const Object::Ptr& object) {
    const auto status = object->optValue<int>("last_answer", 0);
    if (status == 0) return "";
    const auto failures = object->optValue<unsigned>("failures", 0);
    return std::to_string(status) +
           (failures > 0 ? " (" + std::to_string(failures) + " failed)" : "");
}

Row row_of(const Object::Ptr& object) {
    return {member_text(*object, "resource"),
            member_text(*object, "package"),
            watcher(object),
            member_text(*object, "state"),
            time_left(object->optValue<std::string>("expires_at", "")),
            last_notify(object)};
}

/// Columns as wide as their widest cell, UTF-8 counted by character.
void print_table(const std::vector<Row>& rows) {
    const auto width = [](std::string_view cell) {
        return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        }));
    };
    std::size_t widths[kColumns] = {};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < kColumns; ++i) {
            line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        print_line(line);
    }
}

std::string subscriptions_path(const Arguments& arguments, const std::string& after) {
    std::string path = "/v1/subscriptions?limit=1000";
    for (const char* name : {"resource", "watcher", "package", "state"}) {
        const char* const option = std::string_view(name) == "package" ? "event" : name;
        if (const auto value = arguments.text(option))
            path += "&" + std::string(name) + "=" + path_segment(*value);
    }
    if (!after.empty()) path += "&after=" + path_segment(after);
    return path;
}

/// Appends one page and returns where the next begins; empty: there is none.
Result<std::string> append_page(std::vector<Row>& rows, const std::string& json) {
    try {
        const auto page = Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
        const Array::Ptr list = page->getArray("subscriptions");
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            rows.push_back(row_of(list->getObject(static_cast<unsigned>(i))));
        }
        return page->optValue<std::string>("next", "");
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

int run_subscriptions(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("subscriptions", api.fault().detail);
        return kMisuse;
    }
    if (arguments.has("json")) {
        return print_json_pages(*api, "subscriptions", [&](const std::string& after) {
            return subscriptions_path(arguments, after);
        });
    }
    std::vector<Row> rows(1);
    std::copy(std::begin(kTitles), std::end(kTitles), rows[0].begin());
    std::string after;
    do {
        const Result<std::string> answer = api->call("GET", subscriptions_path(arguments, after));
        if (!answer) return report_api_fault("subscriptions", answer.fault());
        const Result<std::string> next = append_page(rows, *answer);
        if (!next) return report_api_fault("subscriptions", next.fault());
        after = *next;
    } while (!after.empty());
    if (rows.size() == 1) {
        print_line("no subscriptions");
    } else {
        std::sort(rows.begin() + 1, rows.end());
        print_table(rows);
    }
    return kOk;
}

}  // namespace

Command subscriptions_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Lists the subscriptions a running server holds: who watches what, until when,\n"
        "and how the last NOTIFY was answered.\n"
        "\n"
        "  herald subscriptions\n"
        "  herald subscriptions --resource sip:alice@localhost --state pending\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "subscriptions",
            .summary = "list who watches what",
            .syntax = {.options = with_api_options({
                           {.name = "resource",
                            .kind = Kind::text,
                            .value = "URI",
                            .help = "only those to it"},
                           {.name = "watcher",
                            .kind = Kind::text,
                            .value = "URI",
                            .help = "only those of it"},
                           {.name = "event",
                            .kind = Kind::text,
                            .value = "PACKAGE",
                            .help = "only of this event package",
                            .letter = 'e'},
                           {.name = "state",
                            .kind = Kind::text,
                            .value = "pending|active|suspect|flow_lost|terminated",
                            .help = "only in this state"},
                           {.name = "json",
                            .help = "as the server sends them, a thousand in each line"},
                       })},
            .help = help,
            .run = run_subscriptions};
}

}  // namespace herald::cli
