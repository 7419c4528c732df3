// cli/lists.cpp: `herald lists`: the lists of all owners and domains as a table, out and in.
#include <fstream>
#include <iterator>
#include <string>

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

constexpr std::string_view kHeading = "scope,list,watcher,package";

/// A cell of a table (RFC 4180), in quotes where it needs them.
std::string cell(const Object::Ptr& row, const std::string& name) {
    const auto text = printable(row->optValue<std::string>(name, ""));
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted("\"");
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

/// Prints the rows of a page, and returns where the next one begins; empty: there is none.
std::string print_page(const std::string& answer) {
    const auto page = Poco::JSON::Parser().parse(answer).extract<Object::Ptr>();
    const Array::Ptr rows = page->getArray("rows");
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const auto row = rows->getObject(static_cast<unsigned>(i));
        print_line(cell(row, "scope") + "," + cell(row, "list") + "," + cell(row, "watcher") + "," +
                   cell(row, "package"));
    }
    return page->isNull("next") ? std::string() : page->optValue<std::string>("next", "");
}

int export_lists(const ApiClient& api) {
    print_line(std::string(kHeading));
    std::string after;
    do {
        auto path = std::string("/v1/lists/export?limit=1000");
        if (!after.empty()) path += "&after=" + path_segment(after);
        const auto answer = api.call("GET", path);
        if (!answer) return report_api_fault("lists", answer.fault());
        try {
            after = print_page(*answer);
        } catch (const Poco::Exception& exception) {
            return report_api_fault("lists", {FaultKind::malformed, "cannot read the answer: " +
                                                                        exception.displayText()});
        }
    } while (!after.empty());
    return kOk;
}

int import_lists(const ApiClient& api, std::string_view file) {
    std::ifstream in{std::string(file)};
    if (!in) {
        print_error("lists", "cannot read " + std::string(file));
        return kMisuse;
    }
    const std::string rows{std::istreambuf_iterator<char>(in), {}};
    const bool is_json = base::trim(rows).starts_with('{');
    const auto answer =
        api.call("POST", "/v1/lists/import", rows, is_json ? "application/json" : "text/csv");
    if (!answer) return report_api_fault("lists", answer.fault());
    print_line("imported");
    return kOk;
}

int run_lists(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("lists", api.fault().detail);
        return kMisuse;
    }
    const auto file = arguments.text("import");
    return file ? import_lists(*api, *file) : export_lists(*api);
}

const std::string kHelp =
    "  herald lists > lists.csv\n"
    "  herald lists --import lists.csv\n"
    "\n"
    "An import takes all rows or none, in place of what the owners and domains named had.\n"
    "\n" +
    std::string(kApiHelp);

}  // namespace

Command lists_command() {
    return {.name = "lists",
            .summary = "who may see whom, of all owners and domains, as a table",
            .syntax = {.options = with_api_options(
                           {{.name = "import",
                             .kind = Option::Kind::text,
                             .value = "FILE",
                             .help = "set them: a table as it is printed, or JSON"}})},
            .help = kHelp,
            .run = run_lists};
}

}  // namespace herald::cli
