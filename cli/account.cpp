// cli/account.cpp: `herald account`: who may log in, over HTTP.
#include <cstdlib>
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

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
    if (const char* const value = std::getenv("HERALD_PASSWORD"); value && *value)
        return std::string(value);
    const auto typed = ask_password("New password of " + printable(aor) + ": ");
    if (typed && !typed->empty()) return *typed;
    return Fault{FaultKind::malformed, "missing password: give --password or set HERALD_PASSWORD"};
}

/// What an account that is there already keeps when it gets a new password. PUT replaces the whole.
/// Faults as ApiClient::call; malformed.
Result<Object> kept(const ApiClient& api, const std::string& path) {
    Object account(Poco::JSON_PRESERVE_KEY_ORDER);
    const Result<std::string> answer = api.call("GET", path);
    if (!answer && answer.fault().kind == FaultKind::not_found) return account;
    if (!answer) return answer.fault();
    try {
        const auto earlier = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
        for (const char* name : {"username", "realm", "role", "resources", "packages", "delegates",
                                 "partial_dialogs"}) {
            if (earlier->has(name)) account.set(name, earlier->get(name));
        }
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
    return account;
}

int add(const ApiClient& api, const Arguments& arguments, const std::string& aor,
        const std::string& path) {
    const Result<std::string> password = password_for(arguments, aor);
    if (!password) {
        print_error("account", password.fault().detail);
        return kMisuse;
    }
    Result<Object> account = kept(api, path);
    if (!account) return report_api_fault("account", account.fault());
    account->set("password", *password);
    if (const auto role = arguments.text("role")) account->set("role", std::string(*role));
    std::ostringstream json;
    account->stringify(json);
    const Result<std::string> answer = api.call("PUT", path, json.str());
    if (!answer) return report_api_fault("account", answer.fault());
    print_line(aor + "  has an account");
    return kOk;
}

int show(const ApiClient& api, const std::string& path) {
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

int run_account(const Arguments& arguments) {
    const std::string& verb = arguments.operands()[0];
    const Result<std::string> aor = resource_uri(arguments.operands()[1]);
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!aor || !api) {
        print_error("account", aor ? api.fault().detail : aor.fault().detail);
        return kMisuse;
    }
    const std::string path = "/v1/accounts/" + path_segment(*aor);
    if (verb == "add") return add(*api, arguments, *aor, path);
    if (verb == "show") return show(*api, path);
    if (verb == "remove") return remove(*api, *aor, path);
    print_error("account", "unknown action '" + verb + "', expected add, show or remove");
    return kMisuse;
}

}  // namespace

Command account_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Adds, shows or removes the account a user authenticates with. Adding one that\n"
        "exists gives it the new password, and the role if --role is given; all else\n"
        "stays. The server keeps no passwords, only hashes.\n"
        "\n"
        "  herald account add sip:alice@example.com\n"
        "  herald account show sip:alice@example.com\n"
        "  herald account remove sip:alice@example.com\n"
        "\n"
        "The new password is taken from --password, which other users of this machine\n"
        "can see, or from HERALD_PASSWORD, or asked for.\n" +
        std::string(kApiHelp);
    return {.name = "account",
            .summary = "add, show or remove an account",
            .syntax = {.operands = "add|show|remove URI",
                       .least_operands = 2,
                       .most_operands = 2,
                       .options = with_api_options({
                           {.name = "password",
                            .kind = Kind::text,
                            .value = "WORD",
                            .help = "the new password"},
                           {.name = "role",
                            .kind = Kind::text,
                            .value = "user|publisher|monitor|admin",
                            .help = "what it may do (user, or what it was)"},
                       })},
            .help = help,
            .run = run_account};
}

}  // namespace herald::cli
