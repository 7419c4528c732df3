// cli/presence.cpp: `herald presence`: where somebody is, as programs say and read it over HTTP.
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/presence_document.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string presence_line(const Object::Ptr& user) {
    std::string line = printable(user->optValue<std::string>("user", "")) + "  " +
                       printable(user->optValue<std::string>("status", ""));
    const Array::Ptr activities = user->getArray("activities");
    for (std::size_t i = 0; activities && i < activities->size(); ++i)
        line += (i == 0 ? "  " : ", ") +
                printable(activities->getElement<std::string>(static_cast<unsigned>(i)));
    if (!user->isNull("note"))
        line += "  \"" + printable(user->getValue<std::string>("note")) + '"';
    return line;
}

int get(const ApiClient& api, const Arguments& arguments) {
    std::string path = "/v1/presence?users=";
    for (std::size_t i = 1; i < arguments.operands().size(); ++i)
        path += (i == 1 ? "" : ",") + path_segment(arguments.operands()[i]);
    const auto answer = api.call("GET", path);
    if (!answer) return report_api_fault("presence", answer.fault());
    if (arguments.has("json")) return print_line(base::trim(*answer)), kOk;
    try {
        const auto page = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
        const Array::Ptr users = page->getArray("users");
        for (std::size_t i = 0; users && i < users->size(); ++i)
            print_line(presence_line(users->getObject(static_cast<unsigned>(i))));
        return kOk;
    } catch (const Poco::Exception& exception) {
        return report_api_fault("presence", {FaultKind::malformed,
                                             "cannot read the answer: " + exception.displayText()});
    }
}

int set(const ApiClient& api, const Arguments& arguments) {
    Object presence;
    presence.set("status", std::string(arguments.text_or("status", "open")));
    Array activities;
    for (auto rest = arguments.text_or("activity", ""); !rest.empty();) {
        const auto [name, after, found] = base::split_once(rest, ',');
        if (const auto known = check_activity(name); !known) {
            print_error("presence", known.fault().detail);
            return kMisuse;
        }
        activities.add(std::string(name));
        rest = after;
    }
    presence.set("activities", activities);
    if (const auto note = arguments.text("note")) presence.set("note", std::string(*note));
    if (const auto ttl = arguments.number("ttl")) presence.set("ttl", *ttl);
    std::ostringstream json;
    presence.stringify(json);
    const auto& user = arguments.operands()[1];
    const auto answer = api.call("PUT", "/v1/presence/" + path_segment(user), json.str());
    if (!answer) return report_api_fault("presence", answer.fault());
    print_line("set");
    return kOk;
}

int clear_presence(const ApiClient& api, const Arguments& arguments) {
    const auto path = "/v1/presence/" + path_segment(arguments.operands()[1]);
    if (const auto answer = api.call("DELETE", path); !answer)
        return report_api_fault("presence", answer.fault());
    print_line("cleared");
    return kOk;
}

int run_presence(const Arguments& arguments) {
    const auto& words = arguments.operands();
    const bool is_known = words[0] == "get" || words[0] == "set" || words[0] == "clear";
    if (!is_known || (words[0] != "get" && words.size() != 2)) {
        print_error("presence", "expected get USER..., set USER or clear USER");
        return kMisuse;
    }
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("presence", api.fault().detail);
        return kMisuse;
    }
    if (words[0] == "get") return get(*api, arguments);
    return words[0] == "set" ? set(*api, arguments) : clear_presence(*api, arguments);
}

}  // namespace

Command presence_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Shows where users are, all that devices and programs say composed; says it for one of\n"
        "them, for a while and under the name of your token, or takes that back.\n"
        "\n"
        "  herald presence get sip:alice@example.com sip:bob@example.com\n"
        "  herald presence set sip:alice@example.com --activity meeting --note \"until 3\"\n"
        "  herald presence clear sip:alice@example.com\n"
        "\n" +
        std::string(kApiHelp);
    return {
        .name = "presence",
        .summary = "show, say or take back where somebody is",
        .syntax = {.operands = "get|set|clear USER...",
                   .least_operands = 2,
                   .most_operands = 201,
                   .options = with_api_options(
                       {{.name = "status",
                         .kind = Kind::text,
                         .value = "open|closed",
                         .help = "with set; open without"},
                        {.name = "activity",
                         .kind = Kind::text,
                         .value = "NAMES",
                         .help = "with set: away, busy, meeting ..., with commas between them"},
                        {.name = "note", .kind = Kind::text, .value = "TEXT", .help = "with set"},
                        {.name = "ttl",
                         .kind = Kind::number,
                         .value = "SECONDS",
                         .help = "with set: until it ends by itself; 3600 without",
                         .least = 1,
                         .most = 604800},
                        {.name = "json", .help = "with get: as the server sends it"}})},
        .help = help,
        .run = run_presence};
}

}  // namespace herald::cli
