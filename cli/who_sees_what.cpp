// cli/who_sees_what.cpp: `herald watchers`, `allow`, `block`, `rules` and `explain`: who may see
// what of whom, over HTTP.
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

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

/// Calls `show(object)` with what the server answered; the exit code.
template <class Show>
int show_answer(std::string_view command, const Result<std::string>& answer, Show show) {
    if (!answer) return report_api_fault(command, answer.fault());
    try {
        show(Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>());
        return kOk;
    } catch (const Poco::Exception& exception) {
        return report_api_fault(
            command, {FaultKind::malformed, "cannot read the answer: " + exception.displayText()});
    }
}

template <class Show>
void for_each(const Object::Ptr& object, const std::string& name, Show show) {
    const Array::Ptr list = object->getArray(name);
    for (std::size_t i = 0; list && i < list->size(); ++i)
        show(list->getObject(static_cast<unsigned>(i)));
}

void print_watcher(const Object::Ptr& watcher) {
    std::string line = member_text(*watcher, "status") + "  " + member_text(*watcher, "watcher") +
                       "  " + member_text(*watcher, "package") + "  by " +
                       member_text(*watcher, "decided_by");
    if (const auto rule = member_text(*watcher, "rule"); !rule.empty()) line += " (" + rule + ")";
    print_line(line);
}

int list_watchers(const ApiClient& api, const Arguments& arguments) {
    const auto path_of = [&](const std::string& after) {
        auto path = "/v1/watchers/" + path_segment(arguments.operands()[0]) + "?limit=1000";
        if (const auto event = arguments.text("event")) path += "&package=" + path_segment(*event);
        if (const auto state = arguments.text("state")) path += "&state=" + path_segment(*state);
        if (!after.empty()) path += "&after=" + path_segment(after);
        return path;
    };
    if (arguments.has("json")) return print_json_pages(api, "watchers", path_of);
    std::string after;
    std::size_t shown = 0;
    do {
        const auto answer = api.call("GET", path_of(after));
        const auto code = show_answer("watchers", answer, [&](const auto& page) {
            for_each(page, "watchers", [&](const auto& watcher) {
                ++shown;
                print_watcher(watcher);
            });
            after = member_text(*page, "next");
        });
        if (code != kOk) return code;
    } while (!after.empty());
    if (shown == 0) print_line("no watchers");
    return kOk;
}

/// An entry of a list, in place of what was decided about the same watcher before; with --once
/// about the subscriptions there are.
int decide(const ApiClient& api, const Arguments& arguments, std::string_view command,
           std::string_view decision) {
    const auto& operands = arguments.operands();
    const bool is_once = arguments.has("once");
    Object entry;
    entry.set("watcher", operands[1]);
    entry.set("package", std::string(arguments.text_or("event", "presence")));
    if (is_once) entry.set("decision", std::string(decision));
    if (is_once) entry.set("remember", false);
    std::ostringstream json;
    entry.stringify(json);
    const auto path = is_once ? "/v1/watchers/" + path_segment(operands[0]) + "/decisions"
                              : "/v1/lists/" + path_segment(operands[0]) + "/" +
                                    std::string(decision) + "/entries";
    const auto answer = api.call("POST", path, json.str());
    if (!answer) return report_api_fault(command, answer.fault());
    print_line(printable(operands[1]) + "  " + std::string(decision) + " for " +
               printable(operands[0]) + (is_once ? ", this time" : ""));
    return kOk;
}

int put_rules(const ApiClient& api, const std::string& path, std::string_view file) {
    std::ifstream in{std::string(file)};
    if (!in) {
        print_error("rules", "cannot read " + std::string(file));
        return kMisuse;
    }
    const std::string document{std::istreambuf_iterator<char>(in), {}};
    const auto answer = api.call("PUT", path, document, "application/auth-policy+xml");
    if (!answer) return report_api_fault("rules", answer.fault());
    print_line("in effect");
    return kOk;
}

/// Of rules that are not in effect.
int try_rules(const ApiClient& api, const std::string& path, std::string_view file,
              std::string_view watcher) {
    std::ifstream in{std::string(file)};
    if (!in) {
        print_error("rules", "cannot read " + std::string(file));
        return kMisuse;
    }
    Object order;
    order.set("watcher", std::string(watcher));
    order.set("rules", std::string{std::istreambuf_iterator<char>(in), {}});
    std::ostringstream json;
    order.stringify(json);
    const auto answer = api.call("POST", path + "/dry-run", json.str());
    return show_answer("rules", answer, [](const Object::Ptr& preview) {
        print_line(member_text(*preview, "watcher") + ": " + member_text(*preview, "decision") +
                   ", decided by: " + member_text(*preview, "decided_by"));
        const Array::Ptr changes = preview->getArray("changes");
        for (std::size_t i = 0; changes && i < changes->size(); ++i)
            print_line(printable(changes->getElement<std::string>(static_cast<unsigned>(i))));
    });
}

int rules(const ApiClient& api, const Arguments& arguments) {
    const auto path = "/v1/rules/" + path_segment(arguments.operands()[0]);
    if (const auto file = arguments.text("try"))
        return try_rules(api, path, *file, arguments.text_or("watcher", "nobody@invalid"));
    if (const auto file = arguments.text("put")) return put_rules(api, path, *file);
    const auto answer = api.call(arguments.has("remove") ? "DELETE" : "GET", path);
    if (!answer) return report_api_fault("rules", answer.fault());
    print_line(arguments.has("remove") ? "removed" : base::trim(*answer));
    return kOk;
}

std::string or_else(std::string text, const char* otherwise) {
    return text.empty() ? std::string(otherwise) : std::move(text);
}

void print_publication(const Object::Ptr& publication) {
    const auto until = member_text(*publication, "expires_at");
    print_line("  " + member_text(*publication, "rank") + " by " +
               or_else(member_text(*publication, "publisher"), "an operator") + ", " +
               member_text(*publication, "type") + ", since " +
               member_text(*publication, "arrived") +
               (until.empty() ? std::string(", without an end") : ", until " + until));
}

/// Why a rule does not apply, for people.
std::string_view reason_of(std::string_view why) {
    constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
        {"package", "it is about another event package"},
        {"identity", "it is about somebody else"},
        {"other-identity", "it is for those whom no rule names"},
        {"anonymous-request", "it is for those nobody knows"},
        {"external-list", "it asks for a list that is not kept here"},
        {"sphere", "the owner is in another sphere"},
        {"validity", "it is not valid now"},
        {"unknown-condition", "it has a condition Herald does not know"}};
    for (const auto& [name, reason] : kReasons) {
        if (name == why) return reason;
    }
    return why;
}

void print_verdict(const Object::Ptr& verdict) {
    const auto why = member_text(*verdict, "why_not");
    print_line("  " + member_text(*verdict, "rule") +
               (why.empty() ? std::string(": applies")
                            : ": does not apply, " + std::string(reason_of(why))));
}

void print_notify(const Object::Ptr& notify) {
    const auto answer = member_text(*notify, "answer");
    const bool is_lost = answer == "408";
    print_line("    NOTIFY " + member_text(*notify, "cseq") + " at " + member_text(*notify, "at") +
               ", " + member_text(*notify, "state") + ": " +
               (is_lost ? "answered by nobody" : answer) + (is_lost ? " in " : " after ") +
               member_text(*notify, "took_ms") + " ms");
}

void print_subscription(const Object::Ptr& subscription) {
    const auto answered = member_text(*subscription, "last_answer");
    const auto retry = member_text(*subscription, "next_retry");
    const auto failures = member_text(*subscription, "failures");
    std::string line = "  " + member_text(*subscription, "state") + " until " +
                       member_text(*subscription, "expires_at") + ", last NOTIFY " +
                       or_else(member_text(*subscription, "last_notify"), "never");
    if (!answered.empty()) line += " answered " + (answered == "408" ? "by nobody" : answered);
    if (!failures.empty() && failures != "0") line += ", " + failures + " failed in a row";
    if (!retry.empty()) line += ", next at " + retry;
    print_line(line);
    for_each(subscription, "notifies", print_notify);
}

void print_steps(const Object::Ptr& object) {
    print_line("How it becomes one document:");
    const Array::Ptr steps = object->getArray("steps");
    if (!steps || steps->empty()) print_line("  as it is");
    for (std::size_t i = 0; steps && i < steps->size(); ++i)
        print_line("  " + printable(steps->getElement<std::string>(static_cast<unsigned>(i))));
}

/// For who has to answer "why does he see this of her?".
void print_explanation(const Object::Ptr& object) {
    const auto titled = [&](const char* title, const char* name, auto print, const char* none) {
        print_line(title);
        const Array::Ptr list = object->getArray(name);
        if (!list || list->empty()) print_line(none);
        for_each(object, name, print);
    };
    print_line(member_text(*object, "watcher") + " and " + member_text(*object, "package") +
               " of " + member_text(*object, "resource") + ": " + member_text(*object, "decision") +
               ", decided by: " + member_text(*object, "decided_by"));
    titled("What is known:", "publications", print_publication, "  nothing");
    print_steps(object);
    titled("Rules:", "rules", print_verdict, "  none");
    titled("Subscriptions:", "subscriptions", print_subscription, "  none");
    print_line("What is shown:");
    const auto document =
        object->isNull("document") ? std::string() : object->optValue<std::string>("document", "");
    print_line(document.empty() ? "  nothing" : printable(std::string(base::trim(document))));
}

int explain(const ApiClient& api, const Arguments& arguments) {
    const auto& operands = arguments.operands();
    const auto path = "/v1/explain?watcher=" + path_segment(operands[0]) +
                      "&resource=" + path_segment(operands[1]) +
                      "&package=" + path_segment(arguments.text_or("event", "presence"));
    const auto answer = api.call("GET", path);
    if (answer && arguments.has("json")) return print_line(base::trim(*answer)), kOk;
    return show_answer("explain", answer, print_explanation);
}

template <class Run>
int with_api(std::string_view command, const Arguments& arguments, Run run) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (api) return run(*api);
    print_error(command, api.fault().detail);
    return kMisuse;
}

const Option kEvent{.name = "event",
                    .kind = Option::Kind::text,
                    .value = "PACKAGE",
                    .help = "the event package; presence without"};

const Option kOnce{
    .name = "once",
    .help = "only the subscriptions there are, as long as they live; no list says it"};

/// What each command's page shows.
const std::string kWatchersHelp =
    "  herald watchers sip:alice@example.com\n"
    "  herald watchers sip:alice@example.com --state pending\n"
    "\n" +
    std::string(kApiHelp);
const std::string kAllowHelp =
    "  herald allow sip:alice@example.com sip:bob@example.org\n"
    "  herald allow example.com '*@example.org' --event dialog\n"
    "  herald allow sip:alice@example.com '*' --once\n"
    "\n" +
    std::string(kApiHelp);
const std::string kBlockHelp =
    "  herald block sip:alice@example.com sip:eve@example.org\n"
    "  herald block sip:alice@example.com '*@example.org' --politely\n"
    "\n" +
    std::string(kApiHelp);
const std::string kRulesHelp =
    "  herald rules sip:alice@example.com\n"
    "  herald rules sip:alice@example.com --put rules.xml\n"
    "  herald rules sip:alice@example.com --try rules.xml --watcher sip:bob@example.org\n"
    "\n" +
    std::string(kApiHelp);
const std::string kExplainHelp =
    "  herald explain sip:bob@example.org sip:alice@example.com\n"
    "\n" +
    std::string(kApiHelp);

Command decision_command(std::string_view name, std::string_view summary, std::string_view help,
                         int (*run)(const Arguments&)) {
    return {.name = name,
            .summary = summary,
            .syntax = {.operands = "OWNER WATCHER",
                       .least_operands = 2,
                       .most_operands = 2,
                       .options = with_api_options({kEvent, kOnce})},
            .help = help,
            .run = run};
}

}  // namespace

Command watchers_command() {
    using Kind = Option::Kind;
    return {
        .name = "watchers",
        .summary = "list who watches somebody, and who waits for it",
        .syntax = {.operands = "OWNER",
                   .least_operands = 1,
                   .most_operands = 1,
                   .options =
                       with_api_options({{.name = "event",
                                          .kind = Kind::text,
                                          .value = "PACKAGE",
                                          .help = "only of this event package"},
                                         {.name = "state",
                                          .kind = Kind::text,
                                          .value = "pending|active|waiting|terminated",
                                          .help = "only in this state"},
                                         {.name = "json", .help = "as the server sends them"}})},
        .help = kWatchersHelp,
        .run = [](const Arguments& arguments) {
            return with_api("watchers", arguments,
                            [&](const ApiClient& api) { return list_watchers(api, arguments); });
        }};
}

Command allow_command() {
    return decision_command("allow", "let somebody, *@domain or * see an owner", kAllowHelp,
                            [](const Arguments& arguments) {
                                return with_api("allow", arguments, [&](const ApiClient& api) {
                                    return decide(api, arguments, "allow", "allow");
                                });
                            });
}

Command block_command() {
    auto command = decision_command(
        "block", "refuse somebody, *@domain or *", kBlockHelp, [](const Arguments& arguments) {
            return with_api("block", arguments, [&](const ApiClient& api) {
                return decide(api, arguments, "block",
                              arguments.has("politely") ? "polite-block" : "block");
            });
        });
    command.syntax.options.push_back(
        {.name = "politely", .help = "he sees what he would of who is never there"});
    return command;
}

Command rules_command() {
    using Kind = Option::Kind;
    return {.name = "rules",
            .summary = "show, set or remove the rules of an owner or a domain",
            .syntax = {.operands = "OWNER",
                       .least_operands = 1,
                       .most_operands = 1,
                       .options = with_api_options(
                           {{.name = "put",
                             .kind = Kind::text,
                             .value = "FILE",
                             .help = "set them: application/auth-policy+xml"},
                            {.name = "try",
                             .kind = Kind::text,
                             .value = "FILE",
                             .help = "change nothing, say what would: whose subscription, and how"},
                            {.name = "watcher",
                             .kind = Kind::text,
                             .value = "WATCHER",
                             .help = "with --try: what would become of him"},
                            {.name = "remove", .help = "remove them; lists stay"}})},
            .help = kRulesHelp,
            .run = [](const Arguments& arguments) {
                return with_api("rules", arguments,
                                [&](const ApiClient& api) { return rules(api, arguments); });
            }};
}

Command explain_command() {
    return {.name = "explain",
            .summary = "why somebody sees what he sees of somebody",
            .syntax = {.operands = "WATCHER OWNER",
                       .least_operands = 2,
                       .most_operands = 2,
                       .options = with_api_options(
                           {kEvent, {.name = "json", .help = "as the server sends it"}})},
            .help = kExplainHelp,
            .run = [](const Arguments& arguments) {
                return with_api("explain", arguments,
                                [&](const ApiClient& api) { return explain(api, arguments); });
            }};
}

}  // namespace herald::cli
