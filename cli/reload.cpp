// cli/reload.cpp: `herald reload`: the configuration is read again, and what came of it.
#include <string>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_pages.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

void print_keys(const std::string& what, const Array::Ptr& keys) {
    for (std::size_t i = 0; keys && i < keys->size(); ++i)
        print_line(what + printable(keys->getElement<std::string>(static_cast<unsigned>(i))));
}

int run_reload(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("reload", api.fault().detail);
        return kMisuse;
    }
    const auto answer = api->call("POST", "/v1/reload");
    if (arguments.has("json")) return print_json("reload", answer);
    if (!answer) return report_api_fault("reload", answer.fault());
    try {
        const auto report = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
        const Array::Ptr applied = report->getArray("applied");
        const Array::Ptr waiting = report->getArray("needs_restart");
        print_keys("in effect      ", applied);
        print_keys("needs restart  ", waiting);
        const auto count = (applied ? applied->size() : 0) + (waiting ? waiting->size() : 0);
        if (count == 0) print_line("nothing changed");
        return kOk;
    } catch (const Poco::Exception& exception) {
        return report_api_fault(
            "reload", {FaultKind::malformed, "cannot read the answer: " + exception.displayText()});
    }
}

}  // namespace

Command reload_command() {
    static const std::string help =
        "Has a running server read its configuration again, as SIGHUP does, and says\n"
        "which keys count from now on and which from the next start on. Nothing of a file\n"
        "with a mistake is taken over: the exit code is 1 then.\n"
        "\n"
        "  herald reload\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "reload",
            .summary = "read the configuration again, and say what changed",
            .syntax = {.options =
                           with_api_options({{.name = "json", .help = "as the server sends it"}})},
            .help = help,
            .run = run_reload};
}

}  // namespace herald::cli
