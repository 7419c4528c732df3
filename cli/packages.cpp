// cli/packages.cpp: `herald packages`: the event packages a running server has.
#include <algorithm>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 2, width), ' ');
    return text;
}

std::string package_line(const Object::Ptr& package) {
    const auto member = [&](const char* name) {
        return printable(package->optValue<std::string>(name, ""));
    };
    return padded(member("name"), 18) + padded(member("title"), 24) + "watched by " +
           padded(member("watch"), 13) + "published by " + padded(member("publish"), 12) +
           member("reference");
}

Status print_all(const std::string& json) {
    try {
        const auto answer = Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
        const Array::Ptr list = answer->getArray("packages");
        for (std::size_t i = 0; list && i < list->size(); ++i)
            print_line(package_line(list->getObject(static_cast<unsigned>(i))));
        return {};
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

int run_packages(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("packages", api.fault().detail);
        return kMisuse;
    }
    const Result<std::string> answer = api->call("GET", "/v1/packages");
    if (!answer) return report_api_fault("packages", answer.fault());
    if (arguments.has("json")) {
        print_line(base::trim(*answer));
        return kOk;
    }
    const Status printed = print_all(*answer);
    return printed ? kOk : report_api_fault("packages", printed.fault());
}

}  // namespace

Command packages_command() {
    static const std::string help =
        "Lists the event packages a running server has, those of its configuration file\n"
        "among them: who may watch, who may publish, where they are specified.\n"
        "\n"
        "  herald packages\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "packages",
            .summary = "list the event packages",
            .syntax = {.options = with_api_options(
                           {{.name = "json", .help = "as the server sends them"}})},
            .help = help,
            .run = run_packages};
}

}  // namespace herald::cli
