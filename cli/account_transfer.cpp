// cli/account_transfer.cpp: many accounts at once: listed, written out, and taken from a file.
#include "cli/account_transfer.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/json_pages.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string accounts_page(const Arguments& arguments, const std::string& after) {
    std::string path = "/v1/accounts?limit=1000";
    for (const char* name : {"domain", "role", "search"}) {
        if (const auto value = arguments.text(name))
            path += "&" + std::string(name) + "=" + path_segment(*value);
    }
    if (!after.empty()) path += "&after=" + path_segment(after);
    return path;
}

std::string joined_packages(const Array::Ptr& values) {
    std::string text;
    for (std::size_t i = 0; !values.isNull() && i < values->size(); ++i)
        text +=
            (text.empty() ? "" : " ") + values->getElement<std::string>(static_cast<unsigned>(i));
    return text;
}

/// In quotes where it needs them (RFC 4180).
std::string csv_cell(const std::string& text) {
    const auto shown = printable(text);
    if (shown.find_first_of(",\"\r\n") == std::string::npos) return shown;
    std::string quoted("\"");
    for (const char c : shown) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

void print_account(const Object::Ptr& account, bool is_export) {
    const auto text = [&](const char* key) { return account->optValue<std::string>(key, ""); };
    const auto resources = joined_packages(account->getArray("resources"));
    if (is_export) {
        print_line(csv_cell(text("aor")) + "," + csv_cell(text("username")) + "," +
                   csv_cell(text("realm")) + "," + csv_cell(text("role")) + "," +
                   csv_cell(resources));
        return;
    }
    std::string line = printable(text("aor")) + "  " + printable(text("role")) + "  " +
                       printable(text("username")) + " in " + printable(text("realm"));
    if (!resources.empty()) line += "  for " + printable(resources);
    print_line(line);
}

struct Printed {
    std::size_t rows = 0;
    std::string next;
};

Result<Printed> print_accounts(const std::string& json, bool is_export) {
    try {
        const auto page = Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
        const Array::Ptr rows = page->getArray("accounts");
        Printed printed;
        for (; rows && printed.rows < rows->size(); ++printed.rows)
            print_account(rows->getObject(static_cast<unsigned>(printed.rows)), is_export);
        if (!page->isNull("next")) printed.next = page->optValue<std::string>("next", "");
        return printed;
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

Result<std::vector<FileAccount>> accounts_in(const std::string& format, const std::string& text,
                                             const Arguments& arguments) {
    if (format == "csv") return read_csv_accounts(text);
    if (format == "kamailio" || format == "opensips") return read_kamailio_accounts(text);
    if (format == "asterisk")
        return read_asterisk_accounts(text, std::string(arguments.text_or("domain", "")));
    return Fault{FaultKind::invalid_configuration,
                 "unknown format '" + format + "', expected csv, kamailio, opensips or asterisk"};
}

Object::Ptr json_of(const FileAccount& account) {
    Object::Ptr row = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
    row->set("line", account.line);
    row->set("aor", account.aor);
    const auto set = [&](const char* key, const std::string& value) {
        if (!value.empty()) row->set(key, value);
    };
    set("username", account.username);
    set("realm", account.realm);
    set("role", account.role);
    if (!account.password.empty()) {
        row->set("password", account.password);
    } else {
        Object hashes(Poco::JSON_PRESERVE_KEY_ORDER);
        if (!account.ha1_md5.empty()) hashes.set("MD5", account.ha1_md5);
        if (!account.ha1_sha256.empty()) hashes.set("SHA-256", account.ha1_sha256);
        if (hashes.size() > 0) row->set("ha1", hashes);
    }
    if (!account.resources.empty()) {
        Array list;
        for (const auto& resource : account.resources) list.add(resource);
        row->set("resources", list);
    }
    return row;
}

std::string accounts_order(const std::vector<FileAccount>& accounts, const Arguments& arguments) {
    Array rows;
    for (const auto& account : accounts) rows.add(json_of(account));
    Object order(Poco::JSON_PRESERVE_KEY_ORDER);
    order.set("accounts", rows);
    order.set("dry_run", arguments.has("dry-run"));
    order.set("replace", arguments.has("replace"));
    std::ostringstream json;
    order.stringify(json);
    return json.str();
}

int tell_imported(const std::string& answer) {
    try {
        const auto done = Poco::JSON::Parser().parse(answer).extract<Object::Ptr>();
        const bool is_trial = done->optValue<bool>("dry_run", false);
        print_line(std::string(is_trial ? "would add " : "added ") +
                   std::to_string(done->optValue<std::uint64_t>("added", 0)) + ", " +
                   (is_trial ? "replace " : "replaced ") +
                   std::to_string(done->optValue<std::uint64_t>("replaced", 0)));
        return kOk;
    } catch (const Poco::Exception& exception) {
        return report_api_fault("account", {FaultKind::malformed,
                                            "cannot read the answer: " + exception.displayText()});
    }
}

}  // namespace

int list_accounts(const ApiClient& api, const Arguments& arguments) {
    if (arguments.has("json")) {
        return print_json_pages(api, "account", [&](const std::string& after) {
            return accounts_page(arguments, after);
        });
    }
    const bool is_export = arguments.operands()[0] == "export";
    if (is_export) print_line("aor,username,realm,role,resources");
    std::size_t count = 0;
    std::string after;
    do {
        const auto answer = api.call("GET", accounts_page(arguments, after));
        if (!answer) return report_api_fault("account", answer.fault());
        const auto printed = print_accounts(*answer, is_export);
        if (!printed) return report_api_fault("account", printed.fault());
        after = printed->next;
        count += printed->rows;
    } while (!after.empty());
    if (count == 0 && !is_export) print_line("no accounts");
    return kOk;
}

int import_accounts(const ApiClient& api, const Arguments& arguments) {
    const auto& words = arguments.operands();
    if (words.size() != 3) {
        print_error("account", "expected import FORMAT FILE, as in: import csv accounts.csv");
        return kMisuse;
    }
    std::ifstream in(words[2]);
    if (!in) {
        print_error("account", "cannot read " + words[2]);
        return kMisuse;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto accounts = accounts_in(words[1], text, arguments);
    if (!accounts) {
        print_error("account", words[2] + ": " + accounts.fault().detail);
        return accounts.fault().kind == FaultKind::malformed ? kFailed : kMisuse;
    }
    const auto answer = api.call("POST", "/v1/accounts", accounts_order(*accounts, arguments));
    if (!answer) return report_api_fault("account", answer.fault());
    return tell_imported(*answer);
}

}  // namespace herald::cli
