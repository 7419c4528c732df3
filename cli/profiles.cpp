// cli/profiles.cpp: `herald profile`: the profiles devices are configured with, over HTTP.
#include <fstream>
#include <iterator>
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

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::string_view kProfile = "profile";
constexpr const char* kMarks[] = {"public", "secret"};
constexpr const char* kTexts[] = {"for", "account", "vendor", "model", "version", "management_url"};

Result<Object::Ptr> object_in(const std::string& json) {
    try {
        return Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

/// "device/snom" as a path; empty: it is none.
std::string profile_path(const std::string& profile) {
    const auto parts = base::split_once(profile, '/');
    if (!parts.found || parts.before.empty() || parts.after.empty()) return {};
    return "/v1/profiles/" + path_segment(parts.before) + "/" + path_segment(parts.after);
}

std::string profile_line(const Object::Ptr& profile) {
    std::string line = member_text(*profile, "type") + "/" + member_text(*profile, "name") + "  " +
                       member_text(*profile, "content_type");
    for (const char* mark : kMarks) {
        if (profile->optValue<bool>(mark, false)) line += std::string("  ") + mark;
    }
    for (const char* name : kTexts) {
        const auto text = member_text(*profile, name);
        if (!text.empty()) line += std::string("  ") + name + "=" + text;
    }
    return line;
}

int list_profiles(const ApiClient& api, const Arguments& arguments) {
    const auto path_for = [](const std::string& after) {
        const std::string path = "/v1/profiles?limit=1000";
        return after.empty() ? path : path + "&after=" + path_segment(after);
    };
    if (arguments.has("json")) return print_json_pages(api, kProfile, path_for);
    std::string after;
    std::size_t count = 0;
    do {
        const auto answer = api.call("GET", path_for(after));
        if (!answer) return report_api_fault(kProfile, answer.fault());
        const auto page = object_in(*answer);
        if (!page) return report_api_fault(kProfile, page.fault());
        const Array::Ptr rows = (*page)->getArray("profiles");
        for (std::size_t i = 0; rows && i < rows->size(); ++i, ++count)
            print_line(profile_line(rows->getObject(static_cast<unsigned>(i))));
        after = member_text(**page, "next");
    } while (!after.empty());
    if (count == 0) print_line("no profiles");
    return kOk;
}

/// The bytes of a file.
Result<std::string> bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Fault{FaultKind::io, "cannot read " + file};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// What the options say of a profile, with its body.
std::string order_of(const Arguments& arguments, const std::string& body) {
    Object::Ptr order = new Object;
    order->set("body", body);
    for (const char* mark : kMarks) {
        if (arguments.has(mark)) order->set(mark, true);
    }
    if (const auto type = arguments.text("content-type"))
        order->set("content_type", std::string(*type));
    for (const char* name : kTexts) {
        std::string option = name;
        for (char& c : option) c = c == '_' ? '-' : c;
        if (const auto text = arguments.text(option)) order->set(name, std::string(*text));
    }
    std::ostringstream out;
    order->stringify(out);
    return out.str();
}

int put_profile(const ApiClient& api, const Arguments& arguments, const std::string& path) {
    const auto& operands = arguments.operands();
    const auto body =
        operands.size() > 2 ? bytes_of(operands[2]) : Result<std::string>(std::string());
    if (!body) {
        print_error(kProfile, body.fault().detail);
        return kMisuse;
    }
    const auto file = arguments.text("file");
    const std::string type(arguments.text("content-type").value_or("text/plain"));
    const auto answer = file ? api.call("PUT", path + "/files/" + path_segment(*file), *body, type)
                             : api.call("PUT", path, order_of(arguments, *body));
    if (!answer) return report_api_fault(kProfile, answer.fault());
    print_line("set");
    return kOk;
}

std::string query_of(const Arguments& arguments, std::string_view device) {
    std::string query = "?device=" + path_segment(device);
    for (const char* name : {"vendor", "model", "version", "file"}) {
        if (const auto text = arguments.text(name))
            query += std::string("&") + name + "=" + path_segment(*text);
    }
    return query;
}

int print_answer(const Result<std::string>& answer) {
    if (!answer) return report_api_fault(kProfile, answer.fault());
    std::string_view text = *answer;
    if (text.ends_with('\n')) text.remove_suffix(1);
    print_line(text);
    return kOk;
}

int explain_profile(const ApiClient& api, const Arguments& arguments) {
    const auto& operands = arguments.operands();
    const std::string device = operands.size() > 1 ? operands[1] : "";
    const auto answer = api.call("GET", "/v1/explain/profile" + query_of(arguments, device));
    if (!answer) return report_api_fault(kProfile, answer.fault());
    if (arguments.has("json")) return print_line(base::trim(*answer)), kOk;
    const auto verdict = object_in(*answer);
    if (!verdict) return report_api_fault(kProfile, verdict.fault());
    const Array::Ptr rows = (*verdict)->getArray("profiles");
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const auto row = rows->getObject(static_cast<unsigned>(i));
        const auto differs = member_text(*row, "differs");
        const bool is_chosen = row->optValue<bool>("chosen", false);
        print_line(member_text(*row, "name") + "  " +
                   (is_chosen         ? "chosen"
                    : differs.empty() ? "less specific"
                                      : "differs: " + differs));
    }
    if (!rows || rows->size() == 0) print_line("no profiles");
    return kOk;
}

int act_on_one(const ApiClient& api, const Arguments& arguments) {
    const auto& operands = arguments.operands();
    const auto path = operands.size() > 1 ? profile_path(operands[1]) : std::string();
    if (path.empty()) {
        print_error(kProfile,
                    "which profile? Name it as device/snom; `herald profile list` lists them");
        return kMisuse;
    }
    if (operands[0] == "put") return put_profile(api, arguments, path);
    if (operands[0] == "show") return print_answer(api.call("GET", path));
    if (operands[0] == "preview") {
        const std::string device = operands.size() > 2 ? operands[2] : "";
        return print_answer(api.call("GET", path + "/preview" + query_of(arguments, device)));
    }
    const auto answer = api.call("DELETE", path);
    if (!answer) return report_api_fault(kProfile, answer.fault());
    print_line("removed");
    return kOk;
}

int run_profile(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error(kProfile, api.fault().detail);
        return kMisuse;
    }
    const std::string& verb = arguments.operands()[0];
    if (verb == "list") return list_profiles(*api, arguments);
    if (verb == "explain") return explain_profile(*api, arguments);
    if (verb == "put" || verb == "show" || verb == "preview" || verb == "remove")
        return act_on_one(*api, arguments);
    print_error(kProfile, "expected list, put, show, preview, explain or remove");
    return kMisuse;
}

Option text_option(std::string_view name, std::string_view value, std::string_view help) {
    return {.name = name, .kind = Option::Kind::text, .value = value, .help = help};
}

}  // namespace

Command profile_command() {
    static const std::string help =
        "Puts and shows the profiles that devices, users and local networks are configured\n"
        "with, and says which one a device gets. A profile is named TYPE/NAME; types are\n"
        "device, user and local-network.\n"
        "\n"
        "  herald profile put device/snom snom.xml --content-type text/xml --vendor snom\n"
        "  herald profile preview device/snom 00:04:13:12:ab:34\n"
        "  herald profile explain sip:alice@localhost\n"
        "  herald profile list\n"
        "  herald profile show device/snom\n"
        "  herald profile remove device/snom\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = kProfile,
            .summary = "put and show what devices are configured with",
            .syntax = {.operands = "ACTION [TYPE/NAME [FILE|DEVICE]]",
                       .least_operands = 1,
                       .most_operands = 3,
                       .options = with_api_options({
                           text_option("content-type", "TYPE", "of what is put; text/plain"),
                           text_option("file", "NAME", "a file of the profile, not its body"),
                           {.name = "public", .help = "for anybody, without a password"},
                           {.name = "secret", .help = "by TLS only, to who proved who he is"},
                           text_option("for", "WHOM", "an address, an instance or a MAC address"),
                           text_option("account", "URI", "who alone may have it"),
                           text_option("vendor", "NAME", "devices of this vendor"),
                           text_option("model", "NAME", "devices of this model"),
                           text_option("version", "TEXT", "devices with this firmware"),
                           text_option("management-url", "URL", "of a server that manages them"),
                           {.name = "json", .help = "as the server sends it"},
                       })},
            .help = help,
            .run = run_profile};
}

}  // namespace herald::cli
