// cli/devices.cpp: `herald devices`: the phones that are registered, over HTTP.
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

/// What there is to know beforehand, and which profile it has.
std::string learned_text(const Object::Ptr& device) {
    const auto learned = device->getObject("learned");
    if (!learned) return {};
    std::string text;
    if (learned->optValue<bool>("challenges", false)) text += "  challenges";
    const Array::Ptr refusals = learned->getArray("refuses");
    for (std::size_t i = 0; refusals && i < refusals->size(); ++i)
        text += "  refuses " + member_text(*refusals->getObject(static_cast<unsigned>(i)), "event");
    const auto offered = member_text(*learned, "offered"),
               fetched = member_text(*learned, "fetched");
    if (!fetched.empty()) text += "  has " + fetched;
    if (!offered.empty() && offered != fetched) text += "  was offered " + offered;
    return text;
}

/// One line for each; where the next page begins, empty: there is none.
Result<std::string> print_learned(const std::string& json, std::size_t& count) {
    try {
        const auto page = Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
        const Array::Ptr list = page->getArray("devices");
        for (std::size_t i = 0; list && i < list->size(); ++i, ++count) {
            const auto device = list->getObject(static_cast<unsigned>(i));
            std::string line = member_text(*device, "aor") + "  " + member_text(*device, "contact");
            for (const char* name : {"mac", "vendor", "model", "version"}) {
                const auto text = member_text(*device, name);
                line += "  " + (text.empty() ? std::string("-") : text);
            }
            line += learned_text(device);
            print_line(line);
        }
        return member_text(*page, "next");
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

std::string devices_path(const Arguments& arguments, const std::string& after) {
    std::string path = "/v1/devices?limit=1000";
    if (!arguments.operands().empty()) path += "&aor=" + path_segment(arguments.operands()[0]);
    if (const auto pattern = arguments.text("user-agent"))
        path += "&user_agent=" + path_segment(*pattern);
    for (const char* name : {"domain", "vendor", "model"}) {
        if (const auto value = arguments.text(name))
            path += "&" + std::string(name) + "=" + path_segment(*value);
    }
    if (arguments.has("remembered")) path += "&remembered=true";
    if (!after.empty()) path += "&after=" + path_segment(after);
    return path;
}

int run_devices(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("devices", api.fault().detail);
        return kMisuse;
    }
    if (arguments.has("json")) {
        return print_json_pages(*api, "devices", [&](const std::string& after) {
            return devices_path(arguments, after);
        });
    }
    std::size_t count = 0;
    std::string after;
    do {
        const Result<std::string> answer = api->call("GET", devices_path(arguments, after));
        if (!answer) return report_api_fault("devices", answer.fault());
        const Result<std::string> next = print_learned(*answer, count);
        if (!next) return report_api_fault("devices", next.fault());
        after = *next;
    } while (!after.empty());
    if (count == 0) print_line("no devices");
    return kOk;
}

}  // namespace

Command devices_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Lists the phones that are registered, or those of one user: address, contact,\n"
        "MAC address where it is known, vendor, model and version, and what was learned:\n"
        "whether it challenges orders, refuses some, which profile it has and was offered.\n"
        "\n"
        "  herald devices\n"
        "  herald devices sip:alice@localhost\n"
        "  herald devices --user-agent 'snom*'\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "devices",
            .summary = "list the phones that are registered",
            .syntax = {.operands = "[URI]",
                       .least_operands = 0,
                       .most_operands = 1,
                       .options = with_api_options({
                           {.name = "user-agent",
                            .kind = Kind::text,
                            .value = "PATTERN",
                            .help = "only those whose User-Agent fits, * for any text"},
                           {.name = "domain",
                            .kind = Kind::text,
                            .value = "NAME",
                            .help = "only those of users of this domain"},
                           {.name = "vendor",
                            .kind = Kind::text,
                            .value = "PATTERN",
                            .help = "only those of this vendor"},
                           {.name = "model",
                            .kind = Kind::text,
                            .value = "PATTERN",
                            .help = "only those of this model"},
                           {.name = "remembered",
                            .help = "those something is remembered of, registered or not"},
                           {.name = "json",
                            .help = "as the server sends them, a thousand in each line"},
                       })},
            .help = help,
            .run = run_devices};
}

}  // namespace herald::cli
