// cli/mailbox.cpp: `herald mailbox`: sets, shows and clears the message counts of a mailbox over
// HTTP.
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_pages.h"
#include "cli/mailbox_settings.h"
#include "cli/terminal.h"
#include "cli/user_agent.h"

namespace herald::cli {
namespace {

using Poco::JSON::Object;

/// Counts of one kind that the options give, over those of `before`; nothing where neither has any.
std::optional<Object> counts_of(const Arguments& arguments, const std::string& prefix,
                                const Object::Ptr& before) {
    constexpr std::pair<const char*, const char*> kNames[] = {
        {"new", "new"}, {"old", "old"}, {"urgent-new", "urgent_new"}, {"urgent-old", "urgent_old"}};
    Object counts(Poco::JSON_PRESERVE_KEY_ORDER);
    bool has_any = !before.isNull();
    for (const auto& [option, key] : kNames) {
        const auto given = arguments.number(prefix + option);
        has_any = has_any || given.has_value();
        const std::uint32_t kept = before.isNull() ? 0 : before->optValue<std::uint32_t>(key, 0);
        counts.set(key, given.value_or(kept));
    }
    if (!has_any) return std::nullopt;
    return counts;
}

bool sets_anything(const Arguments& arguments) {
    for (const char* name : {"new", "old", "urgent-new", "urgent-old"}) {
        if (arguments.has(name) || arguments.has(std::string("fax-") + name)) return true;
    }
    return false;
}

std::string describe_kind(const std::string& kind, const Object::Ptr& counts) {
    const auto part = [&](const char* key, const char* urgent_key, const std::string& word) {
        const auto urgent = counts->optValue<std::uint32_t>(urgent_key, 0);
        std::string text = std::to_string(counts->optValue<std::uint32_t>(key, 0)) + " " + word;
        if (urgent > 0) text += " (" + std::to_string(urgent) + " urgent)";
        return text;
    };
    return kind + ": " + part("new", "urgent_new", "new") + ", " + part("old", "urgent_old", "old");
}

Object::Ptr object_or_empty(const std::string& json) {
    try {
        return Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
    } catch (const Poco::Exception&) {
        return new Object;
    }
}

void show_mailbox(const std::string& aor, const Object::Ptr& mailbox) {
    std::string text;
    for (const char* kind : {"voice", "video", "fax", "pager", "multimedia", "text", "none"}) {
        const Object::Ptr counts = mailbox->getObject(kind);
        if (!counts.isNull()) text += (text.empty() ? "" : "; ") + describe_kind(kind, counts);
    }
    print_line(aor + "  " + (text.empty() ? "empty" : text));
}

/// One of a mailbox's sources, as it is told to people; empty for what counts nothing.
std::string name_of_source(const Object::Ptr& publication) {
    const auto source = publication->optValue<std::string>("source", "");
    if (source == "hard") return "set here";
    if (source == "mailbox settings") return {};
    if (source.starts_with("pbx ") || source.starts_with("member ")) return source;
    const auto publisher = publication->optValue<std::string>("publisher", "");
    return "published by " + (publisher.empty() ? "somebody" : publisher);
}

/// Who says what is counted.
void show_sources(const ApiClient& api, const std::string& segment) {
    const Result<std::string> answer = api.call("GET", "/v1/resources/message-summary/" + segment);
    const Object::Ptr resource = answer ? object_or_empty(*answer) : Object::Ptr(new Object);
    const auto publications = resource->getArray("publications");
    std::string text;
    for (std::size_t i = 0; !publications.isNull() && i < publications->size(); ++i) {
        const Object::Ptr one = publications->getObject(static_cast<unsigned>(i));
        const auto name = one.isNull() ? std::string() : name_of_source(one);
        if (!name.empty()) text += (text.empty() ? "" : "; ") + name;
    }
    if (!text.empty()) print_line("  from: " + text);
}

/// Whether the PBX that keeps the messages is heard of.
void show_pbx(const ApiClient& api, const std::string& path) {
    const Result<std::string> answer = api.call("GET", path + "/source");
    if (!answer) return;
    const Object::Ptr source = object_or_empty(*answer);
    const auto text = [&](const char* key) {
        return source->isNull(key) ? std::string() : source->optValue<std::string>(key, "");
    };
    if (text("pbx").empty()) return;
    const bool is_subscribed = source->optValue<bool>("subscribed", false);
    const auto next = source->optValue<std::uint64_t>("next_s", 0);
    std::string line = "  pbx " + text("pbx") + " (" + text("uri") + "): ";
    line += is_subscribed ? "subscribed" : "not subscribed";
    if (!text("why").empty()) line += ", " + text("why");
    line += next == 0 ? "; it is being asked" : "; asked again in " + std::to_string(next) + " s";
    print_line(line);
}

/// What the server holds at `path`; an empty mailbox where it holds nothing.
Result<Object::Ptr> current(const ApiClient& api, const std::string& path) {
    const Result<std::string> answer = api.call("GET", path);
    if (answer) return object_or_empty(*answer);
    if (answer.fault().kind == FaultKind::not_found) return Object::Ptr(new Object);
    return answer.fault();
}

/// What others publish is not ours to set: it would be counted twice.
Result<Object::Ptr> change_mailbox(const ApiClient& api, const std::string& path,
                                   const Arguments& arguments) {
    const auto changed = [&](const std::string& before) -> Result<std::string> {
        // Other classes stay as they are; whether messages wait follows from the counts.
        Object::Ptr mailbox = before.empty() ? Object::Ptr(new Object) : object_or_empty(before);
        mailbox->remove("waiting");
        for (const char* kind : {"voice", "fax"}) {
            const std::string prefix = std::string(kind) == "fax" ? "fax-" : "";
            if (const auto counts = counts_of(arguments, prefix, mailbox->getObject(kind)))
                mailbox->set(kind, *counts);
        }
        std::ostringstream json;
        mailbox->stringify(json);
        return json.str();
    };
    const auto put = change_at(api, path + "?source=here", changed);
    if (!put) return put.fault();
    return object_or_empty(*put);
}

int clear_mailbox(const ApiClient& api, const std::string& path, const std::string& aor) {
    const Result<std::string> answer = api.call("DELETE", path);
    const bool is_gone = !answer && answer.fault().kind == FaultKind::not_found;
    if (!answer && !is_gone) return report_api_fault("mailbox", answer.fault());
    print_line(aor + "  cleared");
    return kOk;
}

int run_mailbox(const Arguments& arguments) {
    const Result<std::string> aor = resource_uri(arguments.operands().front());
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!aor || !api) {
        print_error("mailbox", aor ? api.fault().detail : aor.fault().detail);
        return kMisuse;
    }
    if (arguments.has("clear") && sets_anything(arguments)) {
        print_error("mailbox", "--clear forgets all counts: it cannot be combined with others");
        return kMisuse;
    }
    const std::string segment = path_segment(*aor);
    const std::string path = "/v1/mailboxes/" + segment;
    if (sets_mailbox_settings(arguments)) {
        const Result<std::string> settings = change_mailbox_settings(*api, path, arguments);
        if (!settings) return report_api_fault("mailbox", settings.fault());
        print_line(*aor + "  " + *settings);
        if (!sets_anything(arguments) && !arguments.has("clear") && !arguments.has("ask-pbx"))
            return kOk;
    }
    if (arguments.has("ask-pbx")) {
        const Result<std::string> answer = api->call("POST", path + "/source/ask");
        if (!answer) return report_api_fault("mailbox", answer.fault());
    }
    if (arguments.has("clear")) return clear_mailbox(*api, path, *aor);
    if (arguments.has("json") && !sets_anything(arguments))
        return print_json("mailbox", api->call("GET", path));
    const Result<Object::Ptr> mailbox =
        sets_anything(arguments) ? change_mailbox(*api, path, arguments) : current(*api, path);
    if (!mailbox) return report_api_fault("mailbox", mailbox.fault());
    show_mailbox(*aor, *mailbox);
    if (sets_anything(arguments)) return kOk;
    show_sources(*api, segment);
    show_pbx(*api, path);
    return kOk;
}

}  // namespace

Command mailbox_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Sets the message counts of a mailbox, which lights or clears the lamps of all\n"
        "phones subscribed to it (message-summary, RFC 3842). Counts not named stay as\n"
        "they are; without any the counts are only shown, together with those that\n"
        "voicemail servers publish themselves, which stay theirs, with who said so, and\n"
        "how the PBX that is asked for them is doing.\n"
        "\n"
        "  herald mailbox sip:alice@localhost --new 2 --old 1\n"
        "  herald mailbox sip:alice@localhost\n"
        "  herald mailbox sip:alice@localhost --clear\n"
        "\n"
        "A lamp may count other mailboxes too, and a PBX may keep the messages:\n"
        "\n"
        "  herald mailbox sip:alice@localhost --members sip:sales@localhost\n"
        "  herald mailbox sip:alice@localhost --pbx asterisk --pbx-user 100\n"
        "  herald mailbox sip:alice@localhost --ask-pbx\n"
        "\n" +
        std::string(kApiHelp);
    const auto count = [](std::string_view name, std::string_view text) {
        return Option{.name = name, .kind = Kind::number, .value = "N", .help = text};
    };
    std::vector<Option> options{
        count("new", "new voice messages, urgent ones included"),
        count("old", "old ones"),
        count("urgent-new", "urgent ones of the new"),
        count("urgent-old", "urgent ones of the old"),
        count("fax-new", "new fax messages"),
        count("fax-old", "old ones"),
        count("fax-urgent-new", "urgent ones of the new"),
        count("fax-urgent-old", "urgent ones of the old"),
        {.name = "clear", .help = "forget all counts"},
        {.name = "ask-pbx", .help = "ask the PBX now, whatever was to be waited for"},
        {.name = "json", .help = "what is there, as the server sends it"}};
    for (auto& option : mailbox_settings_options()) options.push_back(option);
    return {.name = "mailbox",
            .summary = "set, show or clear the message counts of a mailbox",
            .syntax = {.operands = "URI",
                       .least_operands = 1,
                       .most_operands = 1,
                       .options = with_api_options(std::move(options))},
            .help = help,
            .run = run_mailbox};
}

}  // namespace herald::cli
