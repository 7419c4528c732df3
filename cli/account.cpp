// cli/account.cpp: `herald account`: who may log in, over HTTP.
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/account_transfer.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/user_agent.h"

namespace herald::cli {
namespace {

using Poco::JSON::Object;

/// --password, HERALD_PASSWORD, or asked for. Faults: malformed, where there is none.
Result<std::string> password_for(const Arguments& arguments, const std::string& aor) {
    if (const auto given = arguments.text("password")) return std::string(*given);
    if (auto value = environment("HERALD_PASSWORD"); !value.empty()) return value;
    const auto typed = ask_password("New password of " + printable(aor) + ": ");
    if (typed && !typed->empty()) return *typed;
    return Fault{FaultKind::malformed, "missing password: give --password or set HERALD_PASSWORD"};
}

/// What an account keeps when it gets a new password or role. PUT replaces the whole. Faults:
/// malformed.
Result<Object> kept(const std::string& before) {
    Object account(Poco::JSON_PRESERVE_KEY_ORDER);
    if (before.empty()) return account;
    try {
        const auto earlier = Poco::JSON::Parser().parse(before).extract<Object::Ptr>();
        for (const char* name : {"username", "realm", "role", "resources", "packages", "delegates",
                                 "partial_dialogs"}) {
            if (earlier->has(name)) account.set(name, earlier->get(name));
        }
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
    return account;
}

Poco::JSON::Array texts_of(std::string_view list) {
    Poco::JSON::Array texts;
    while (!list.empty()) {
        const auto [one, rest, found] = base::split_once(list, ',');
        if (const auto text = base::trim(one); !text.empty()) texts.add(std::string(text));
        list = rest;
    }
    return texts;
}

/// A new account, or one there is with a new password, and what else the options say.
Result<std::string> account_json(const std::string& before, const std::string& password,
                                 const Arguments& arguments) {
    Result<Object> account = kept(before);
    if (!account) return account.fault();
    account->set("password", password);
    if (const auto role = arguments.text("role")) account->set("role", std::string(*role));
    for (const char* name : {"resources", "packages"}) {
        if (const auto list = arguments.text(name)) account->set(name, texts_of(*list));
    }
    std::ostringstream json;
    account->stringify(json);
    return json.str();
}

int add(const ApiClient& api, const Arguments& arguments, const std::string& aor,
        const std::string& path) {
    const Result<std::string> password = password_for(arguments, aor);
    if (!password) return report_misuse("account", password.fault().detail);
    const auto json = account_json({}, *password, arguments);
    if (!json) return report_api_fault("account", json.fault());
    const auto done = api.replace(path, {}, *json);
    if (!done && done.fault().kind == FaultKind::precondition_failed) {
        print_error("account", aor +
                                   " has an account already; herald account password gives it a "
                                   "new password");
        return kFailed;
    }
    if (!done) return report_api_fault("account", done.fault());
    print_line(aor + "  has an account");
    return kOk;
}

int set_password(const ApiClient& api, const Arguments& arguments, const std::string& aor,
                 const std::string& path) {
    const Result<std::string> password = password_for(arguments, aor);
    if (!password) return report_misuse("account", password.fault().detail);
    const auto done = change_at(api, path, [&](const std::string& before) -> Result<std::string> {
        if (before.empty()) return Fault{FaultKind::not_found, aor + " has no account"};
        return account_json(before, *password, arguments);
    });
    if (!done) return report_api_fault("account", done.fault());
    print_line(aor + "  has a new password");
    return kOk;
}

int show_account(const ApiClient& api, const std::string& path) {
    const Result<std::string> answer = api.call("GET", path);
    if (!answer) return report_api_fault("account", answer.fault());
    try {
        const auto parsed = Poco::JSON::Parser().parse(*answer);
        std::ostringstream text;
        parsed.extract<Object::Ptr>()->stringify(text, 2);
        print_line(text.str());
    } catch (const Poco::Exception&) {
        print_line(printable(*answer));
    }
    return kOk;
}

int remove(const ApiClient& api, const std::string& aor, const std::string& path) {
    const Result<std::string> answer = api.call("DELETE", path);
    if (!answer) return report_api_fault("account", answer.fault());
    print_line(aor + "  removed");
    return kOk;
}

int run_for_one(const ApiClient& api, const Arguments& arguments) {
    const std::string& verb = arguments.operands()[0];
    if (arguments.operands().size() < 2)
        return report_misuse("account", "missing address of the account");
    const Result<std::string> aor = resource_uri(arguments.operands()[1]);
    if (!aor) return report_misuse("account", aor.fault().detail);
    const std::string path = "/v1/accounts/" + path_segment(*aor);
    if (verb == "add") return add(api, arguments, *aor, path);
    if (verb == "password") return set_password(api, arguments, *aor, path);
    if (verb == "show") return show_account(api, path);
    return remove(api, *aor, path);
}

int run_account(const Arguments& arguments) {
    const auto& words = arguments.operands();
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) return report_misuse("account", api.fault().detail);
    const std::string& verb = words[0];
    if (verb == "list" || verb == "export") return list_accounts(*api, arguments);
    if (verb == "import") return import_accounts(*api, arguments);
    for (const auto* known : {"add", "password", "show", "remove"}) {
        if (verb == known) return run_for_one(*api, arguments);
    }
    return report_misuse("account",
                         "unknown action '" + verb +
                             "', expected add, password, show, remove, list, import or export");
}

}  // namespace

Command account_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Adds, shows, lists or removes the accounts users authenticate with. Adding one\n"
        "that exists is refused; password gives it a new password, and the role if --role\n"
        "is given; all else stays. The server keeps no passwords, only hashes.\n"
        "\n"
        "  herald account add sip:alice@example.com\n"
        "  herald account add sip:pbx@example.com --role publisher --resources '*@example.com'\n"
        "  herald account password sip:alice@example.com\n"
        "  herald account remove sip:alice@example.com\n"
        "  herald account list --search alice\n"
        "\n"
        "The new password is taken from --password, which other users of this machine\n"
        "can see, or from HERALD_PASSWORD, or asked for.\n"
        "\n"
        "Many at once, from a file: a table with a heading (aor, and username, realm,\n"
        "password, ha1, ha1_sha256, role or resources), the subscriber table of Kamailio or\n"
        "OpenSIPS written out with its heading, or Asterisk's pjsip.conf. All are made, or,\n"
        "with a mistake in any line, none.\n"
        "\n"
        "  herald account import csv accounts.csv --dry-run\n"
        "  herald account import kamailio subscriber.csv\n"
        "  herald account import asterisk pjsip.conf --domain example.com\n"
        "  herald account export > accounts.csv\n"
        "\n"
        "What is exported holds no secrets.\n" +
        std::string(kApiHelp);
    return {
        .name = "account",
        .summary = "accounts: add, show, remove, list, import, export",
        .syntax = {.operands = "add|password|show|remove|list|import|export [URI | FORMAT FILE]",
                   .least_operands = 1,
                   .most_operands = 3,
                   .options = with_api_options({
                       {.name = "password",
                        .kind = Kind::text,
                        .value = "WORD",
                        .help = "the new password"},
                       {.name = "role",
                        .kind = Kind::text,
                        .value = "user|publisher|monitor|admin",
                        .help = "what it may do (user, or what it was); with list: only these"},
                       {.name = "resources",
                        .kind = Kind::text,
                        .value = "URI,...",
                        .help = "whom a publisher publishes for, or *@domain"},
                       {.name = "packages",
                        .kind = Kind::text,
                        .value = "NAME,...",
                        .help = "of which event packages (all)"},
                       {.name = "domain",
                        .kind = Kind::text,
                        .value = "NAME",
                        .help = "of the users in pjsip.conf; with list: only these"},
                       {.name = "search",
                        .kind = Kind::text,
                        .value = "TEXT",
                        .help = "list: only those with this in their address or username"},
                       {.name = "dry-run", .help = "import: only say what would be done"},
                       {.name = "replace", .help = "import: replace accounts that exist"},
                       {.name = "json", .help = "list: as the server sends them"},
                   })},
        .help = help,
        .run = run_account};
}

}  // namespace herald::cli
