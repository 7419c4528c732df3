// cli/mailbox_settings.cpp: the options of `herald mailbox` that say whose messages a lamp counts,
// where they come from, and who is told.
#include "cli/mailbox_settings.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/user_agent.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::array<std::string_view, 5> kNames{"members", "per-account", "unsolicited", "pbx",
                                                 "pbx-user"};

Object::Ptr settings_in(const std::string& json) {
    try {
        return Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
    } catch (const Poco::Exception&) {
        return new Object;
    }
}

/// "sip:a@b,c@d": empty for none.
Result<Array::Ptr> members_of(std::string_view text) {
    Array::Ptr members = new Array;
    while (!text.empty()) {
        const auto [one, rest, found] = base::split_once(text, ',');
        const auto aor = resource_uri(base::trim(one));
        if (!aor) return aor.fault();
        members->add(*aor);
        text = rest;
    }
    return members;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the Ptr counts

void set_source(Object& settings, const Arguments& arguments) {
    const Object::Ptr before = settings.getObject("source");
    const auto kept = [&](const char* key) {
        return before.isNull() || before->isNull(key) ? std::string()
                                                      : before->optValue<std::string>(key, "");
    };
    const std::string pbx(arguments.text_or("pbx", kept("pbx")));
    const std::string user(arguments.text_or("pbx-user", kept("user")));
    settings.remove("source");
    if (pbx.empty()) return;
    Object::Ptr source = new Object;
    source->set("pbx", pbx);
    if (!user.empty()) source->set("user", user);
    settings.set("source", source);
}

std::string describe_settings(const Object& settings) {
    std::string text = "members:";
    const Array::Ptr members = settings.getArray("members");
    for (std::size_t i = 0; !members.isNull() && i < members->size(); ++i)
        text += " " + members->getElement<std::string>(static_cast<unsigned>(i));
    if (members.isNull() || members->size() == 0) text += " none";
    if (settings.optValue<bool>("per_account", false)) text += " (each told by itself)";
    const bool is_default = !settings.has("unsolicited") || settings.isNull("unsolicited");
    text += "; unsolicited: ";
    text += is_default ? "default" : settings.getValue<bool>("unsolicited") ? "yes" : "no";
    const Object::Ptr source = settings.getObject("source");
    if (source.isNull()) return text + "; pbx: none";
    text += "; pbx: " + source->optValue<std::string>("pbx", "");
    const bool has_user = source->has("user") && !source->isNull("user");
    return has_user ? text + " (" + source->getValue<std::string>("user") + ")" : text;
}

/// `settings` as the arguments want them.
Result<Object::Ptr> changed_settings(Object::Ptr settings, const Arguments& arguments) {
    if (const auto text = arguments.text("members")) {
        const auto members = members_of(*text);
        if (!members) return members.fault();
        settings->set("members", *members);
    }
    if (const auto text = arguments.text("per-account")) {
        if (*text != "yes" && *text != "no")
            return Fault{FaultKind::malformed, "--per-account: expected yes or no"};
        settings->set("per_account", *text == "yes");
    }
    if (const auto text = arguments.text("unsolicited")) {
        settings->remove("unsolicited");
        if (*text != "default") settings->set("unsolicited", *text == "yes");
    }
    set_source(*settings, arguments);
    return settings;
}

}  // namespace

std::vector<Option> mailbox_settings_options() {
    using Kind = Option::Kind;
    return {
        {.name = "members",
         .kind = Kind::text,
         .value = "URI,...",
         .help = "mailboxes this one's lamp counts too; \"\": none"},
        {.name = "per-account",
         .kind = Kind::text,
         .value = "yes|no",
         .help = "tell of each member by itself, not of the sum"},
        {.name = "unsolicited",
         .kind = Kind::text,
         .value = "yes|no|default",
         .help = "tell registered phones that did not subscribe"},
        {.name = "pbx",
         .kind = Kind::text,
         .value = "NAME",
         .help = "the PBX that keeps the messages; \"\": none"},
        {.name = "pbx-user", .kind = Kind::text, .value = "USER", .help = "the mailbox there"},
    };
}

bool sets_mailbox_settings(const Arguments& arguments) {
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](std::string_view name) { return arguments.has(name); });
}

Result<std::string> change_mailbox_settings(const ApiClient& api, const std::string& path,
                                            const Arguments& arguments) {
    const auto change = [&](const std::string& before) -> Result<std::string> {
        const auto settings = changed_settings(
            before.empty() ? Object::Ptr(new Object) : settings_in(before), arguments);
        if (!settings) return settings.fault();
        std::ostringstream json;
        (*settings)->stringify(json);
        return json.str();
    };
    const auto put = change_at(api, path + "/settings", change);
    if (!put) return put.fault();
    return describe_settings(*settings_in(*put));
}

}  // namespace herald::cli
