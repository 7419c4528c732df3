// cli/dialogs.cpp: `herald dialogs`: who is in a call, who says so since when; lights and puts out
// lamps, over HTTP.
#include <sstream>

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
#include "cli/user_agent.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string span_of(std::int64_t seconds) {
    if (seconds < 120) return std::to_string(seconds) + " s";
    return seconds < 7200 ? std::to_string(seconds / 60) + " min"
                          : std::to_string(seconds / 3600) + " h";
}

/// "alice@localhost  confirmed  with carol@localhost  12 min  by pbx@localhost  id d1".
std::string call_line(const Object::Ptr& call) {
    std::string line = member_text(*call, "aor") + "  " + member_text(*call, "state");
    const auto remote = call->getObject("remote");
    const std::string other = remote ? member_text(*remote, "uri") : std::string();
    if (!other.empty()) line += "  with " + other;
    line += "  " + span_of(call->optValue<std::int64_t>("age", 0));
    const std::string publisher = member_text(*call, "publisher");
    line += "  by " + (publisher.empty() ? member_text(*call, "source") : publisher);
    line += "  id " + member_text(*call, "id");
    if (call->optValue<bool>("suspicious", false)) line += "  suspicious";
    return line;
}

/// Prints the calls of one page that are `wanted`, and returns where the next begins; empty: there
/// is none.
template <class Wanted>
Result<std::string> print_calls(const std::string& json, Wanted&& wanted, std::size_t& lines) {
    try {
        const auto page = Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
        const Array::Ptr list = page->getArray("dialogs");
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            const auto call = list->getObject(static_cast<unsigned>(i));
            if (!wanted(call)) continue;
            print_line(call_line(call));
            ++lines;
        }
        return page->isNull("next") ? std::string() : page->optValue<std::string>("next", "");
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

/// `path` with its query so far.
int list_calls(const ApiClient& api, const Arguments& arguments, const std::string& path) {
    const auto path_for = [&](const std::string& after) {
        const char* const join = path.find('?') == std::string::npos ? "?" : "&";
        return after.empty() ? path : path + join + "after=" + path_segment(after);
    };
    if (arguments.has("json")) return print_json_pages(api, "dialogs", path_for);
    std::string after;
    std::size_t lines = 0;
    const auto is_wanted = [&](const Object::Ptr& call) {
        return !arguments.has("suspicious") || call->optValue<bool>("suspicious", false);
    };
    do {
        const Result<std::string> answer = api.call("GET", path_for(after));
        if (!answer) return report_api_fault("dialogs", answer.fault());
        const Result<std::string> next = print_calls(*answer, is_wanted, lines);
        if (!next) return report_api_fault("dialogs", next.fault());
        after = *next;
    } while (!after.empty());
    if (lines == 0) print_line(arguments.has("suspicious") ? "no suspicious calls" : "no calls");
    return kOk;
}

std::string call_of(const Arguments& arguments) {
    Object call(Poco::JSON_PRESERVE_KEY_ORDER);
    call.set("state", std::string(arguments.text_or("state", "confirmed")));
    if (const auto direction = arguments.text("direction"))
        call.set("direction", std::string(*direction));
    if (const auto remote = arguments.text("remote")) {
        Object party;
        party.set("uri", std::string(*remote));
        call.set("remote", party);
    }
    if (const auto expires = arguments.number("expires")) call.set("expires", *expires);
    std::ostringstream json;
    call.stringify(json);
    return json.str();
}

int change_call(const ApiClient& api, const Arguments& arguments, const std::string& aor) {
    std::string path = "/v1/dialogs/" + path_segment(aor);
    if (const auto id = arguments.text("set")) {
        const auto answer = api.call("PUT", path + "/" + path_segment(*id), call_of(arguments));
        if (!answer) return report_api_fault("dialogs", answer.fault());
        print_line(aor + "  " + std::string(arguments.text_or("state", "confirmed")));
        return kOk;
    }
    if (const auto pbx = arguments.text("pbx")) {
        Object keeper;
        keeper.set("pbx", std::string(*pbx));
        keeper.set("user", std::string(arguments.text_or("pbx-user", "")));
        std::ostringstream json;
        keeper.stringify(json);
        const auto answer = api.call("PUT", "/v1/dialog-keepers/" + path_segment(aor), json.str());
        if (!answer) return report_api_fault("dialogs", answer.fault());
        print_line(aor + "  calls of " + (pbx->empty() ? "no PBX" : std::string(*pbx)));
        return kOk;
    }
    if (const auto id = arguments.text("end")) path += "/" + path_segment(*id);
    const auto answer = api.call("DELETE", path);
    if (!answer) return report_api_fault("dialogs", answer.fault());
    print_line(aor + "  cleared");
    return kOk;
}

int run_dialogs(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    const bool has_user = !arguments.operands().empty();
    const Result<std::string> aor =
        has_user ? resource_uri(arguments.operands().front()) : Result<std::string>(std::string());
    if (!aor || !api) {
        print_error("dialogs", aor ? api.fault().detail : aor.fault().detail);
        return kMisuse;
    }
    const int changes = int{arguments.has("set")} + int{arguments.has("end")} +
                        int{arguments.has("clear")} + int{arguments.has("pbx")};
    if (changes > 1 || (changes == 1 && !has_user)) {
        print_error("dialogs", changes > 1 ? "--set, --end, --clear and --pbx cannot be combined"
                                           : "whose call? Name the user, sip:alice@localhost");
        return kMisuse;
    }
    if (changes == 1) return change_call(*api, arguments, *aor);
    std::string path = has_user ? "/v1/dialogs/" + path_segment(*aor) : "/v1/dialogs?limit=1000";
    if (!has_user && arguments.has("suspicious")) path += "&suspicious=true";
    return list_calls(*api, arguments, path);
}

}  // namespace

Command dialogs_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Lists the calls there are, whose lamps they light, who says so and how long ago\n"
        "he last did. A script may light a lamp, and put out one that is stuck.\n"
        "\n"
        "  herald dialogs\n"
        "  herald dialogs --suspicious\n"
        "  herald dialogs sip:alice@localhost --set door --state confirmed --expires 600\n"
        "  herald dialogs sip:alice@localhost --end door\n"
        "  herald dialogs sip:alice@localhost --clear\n"
        "  herald dialogs sip:alice@localhost --pbx freeswitch --pbx-user 1001\n"
        "\n" +
        std::string(kApiHelp);
    return {
        .name = "dialogs",
        .summary = "list calls, light and put out lamps",
        .syntax = {.operands = "[URI]",
                   .least_operands = 0,
                   .most_operands = 1,
                   .options = with_api_options({
                       {.name = "suspicious",
                        .help = "only those whose source has long been silent"},
                       {.name = "set", .kind = Kind::text, .value = "ID", .help = "set a call"},
                       {.name = "state",
                        .kind = Kind::text,
                        .value = "trying|proceeding|early|confirmed|terminated",
                        .help = "the state it is in (confirmed)"},
                       {.name = "direction",
                        .kind = Kind::text,
                        .value = "initiator|recipient",
                        .help = "who called"},
                       {.name = "remote",
                        .kind = Kind::text,
                        .value = "URI",
                        .help = "who is on the other side"},
                       {.name = "expires",
                        .kind = Kind::number,
                        .value = "SECONDS",
                        .help = "when it is over by itself",
                        .least = 1},
                       {.name = "end", .kind = Kind::text, .value = "ID", .help = "end this call"},
                       {.name = "pbx",
                        .kind = Kind::text,
                        .value = "NAME",
                        .help = "subscribe there for the user's calls; empty: nowhere"},
                       {.name = "pbx-user",
                        .kind = Kind::text,
                        .value = "USER",
                        .help = "what the user is called there"},
                       {.name = "clear", .help = "end all calls of the user"},
                       {.name = "json", .help = "as the server sends them"},
                   })},
        .help = help,
        .run = run_dialogs};
}

}  // namespace herald::cli
