// cli/token.cpp: `herald token`: who may use the HTTP API.
#include <sstream>
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

int list_tokens(const ApiClient& api) {
    const auto answer = api.call("GET", "/v1/tokens");
    if (!answer) return report_api_fault("token", answer.fault());
    const auto page = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
    const Array::Ptr rows = page->getArray("tokens");
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const auto row = rows->getObject(static_cast<unsigned>(i));
        std::string line = member_text(*row, "name") + "  " + member_text(*row, "role");
        if (const auto limit = member_text(*row, "limit"); !limit.empty())
            line += "  for " + limit + " only";
        print_line(line + "  (" + member_text(*row, "source") + ")");
    }
    return kOk;
}

int make(const ApiClient& api, const Arguments& arguments, const std::string& name) {
    Object order(Poco::JSON_PRESERVE_KEY_ORDER);
    order.set("name", name);
    order.set("role", std::string(arguments.text_or("role", "read")));
    if (const auto limit = arguments.text("limit")) order.set("limit", std::string(*limit));
    std::ostringstream json;
    order.stringify(json);
    const auto answer = api.call("POST", "/v1/tokens", json.str());
    if (arguments.has("json")) return print_json("token", answer);
    if (!answer) return report_api_fault("token", answer.fault());
    const auto made = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
    print_line(made->optValue<std::string>("token", ""));
    return kOk;
}

int run_verb(const ApiClient& api, const Arguments& arguments) {
    const auto& words = arguments.operands();
    if (words[0] == "list" && words.size() == 1) {
        return arguments.has("json") ? print_json("token", api.call("GET", "/v1/tokens"))
                                     : list_tokens(api);
    }
    if (words.size() != 2) return report_misuse("token", "expected list, make NAME or revoke NAME");
    if (words[0] == "make") return make(api, arguments, words[1]);
    if (words[0] != "revoke") return report_misuse("token", "unknown action '" + words[0] + "'");
    const auto done = api.call("DELETE", "/v1/tokens/" + path_segment(words[1]));
    if (!done) return report_api_fault("token", done.fault());
    print_line(words[1] + "  revoked");
    return kOk;
}

int run_token(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) return report_misuse("token", api.fault().detail);
    try {
        return run_verb(*api, arguments);
    } catch (const Poco::Exception& exception) {
        return report_api_fault(
            "token", {FaultKind::malformed, "cannot read the answer: " + exception.displayText()});
    }
}

}  // namespace

Command token_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Lists, makes and revokes the tokens of the HTTP API. A new one is printed, and\n"
        "never shown again: the server keeps only its hash. Those that stand in\n"
        "http.tokens of the configuration are removed there.\n"
        "\n"
        "  herald token make grafana --role read\n"
        "  herald token make door --role write --limit sip:door@example.com\n"
        "  herald token list\n"
        "  herald token revoke grafana\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "token",
            .summary = "tokens of the HTTP API: list, make, revoke",
            .syntax = {.operands = "list|make|revoke [NAME]",
                       .least_operands = 1,
                       .most_operands = 2,
                       .options = with_api_options({
                           {.name = "role",
                            .kind = Kind::text,
                            .value = "read|write|admin",
                            .help = "what a new one may do (read)"},
                           {.name = "limit",
                            .kind = Kind::text,
                            .value = "URI|DOMAIN",
                            .help = "whom it is good for (everybody)"},
                           {.name = "json", .help = "as the server sends it"},
                       })},
            .help = help,
            .run = run_token};
}

}  // namespace herald::cli
