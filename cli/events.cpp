// cli/events.cpp: `herald events`: what happens in a running server, as it happens.
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Object;

constexpr auto kBetweenTries = std::chrono::seconds(2);

/// "2026-01-01T12:00:00Z  watcher.pending  sip:alice@example.com  watcher=sip:bob@example.com"
std::string event_line(const Object::Ptr& event) {
    const auto member = [&](const std::string& name) {
        return event->isNull(name) ? std::string("-")
                                   : printable(event->getValue<std::string>(name));
    };
    std::string line = member("at") + "  " + member("kind") + "  " + member("resource");
    for (const auto& name : event->getNames()) {
        if (name == "at" || name == "kind" || name == "resource" || name == "id") continue;
        line += "  " + printable(name) + "=" + member(name);
    }
    return line;
}

/// Reads one stream: fields line by line (HTML 9.2), events where they end.
class Reader {
public:
    Reader(bool is_json, std::string position)
        : is_json_(is_json), position_(std::move(position)) {}

    const std::string& position() const noexcept { return position_; }

    /// False: nobody reads what is printed any more.
    bool take(std::string_view line) {
        if (!std::exchange(has_begun_, true)) std::fputs("following; Ctrl-C ends it\n", stderr);
        const auto [name, value, found] = base::split_once(line, ':');
        const auto text = value.substr(0, 1) == " " ? value.substr(1) : value;
        if (name == "id") position_ = text;
        if (name == "data") data_ = text;
        if (!line.empty() || data_.empty()) return true;
        return print(std::exchange(data_, {}));
    }

private:
    bool print(const std::string& json) const {
        if (is_json_) return print_line(json);
        try {
            // What each kind says keeps its place.
            Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
            return print_line(event_line(parser.parse(json).extract<Object::Ptr>()));
        } catch (const Poco::Exception& exception) {
            print_error("events", "cannot read an event: " + exception.displayText());
            return true;
        }
    }

    bool is_json_;
    bool has_begun_ = false;
    std::string position_, data_;
};

std::string path_of(const Arguments& arguments) {
    std::string path = "/v1/events";
    for (const char* name : {"user", "kind", "package"}) {
        const auto value = arguments.text(name);
        if (value)
            path +=
                (path.size() == 10 ? "?" : "&") + std::string(name) + "=" + path_segment(*value);
    }
    return path;
}

int run_events(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("events", api.fault().detail);
        return kMisuse;
    }
    Reader reader(arguments.has("json"), std::string(arguments.text_or("after", "")));
    bool is_read = true, has_begun = false;
    while (is_read) {
        const auto ended = api->follow(path_of(arguments), reader.position(), [&](auto line) {
            has_begun = true;
            return is_read = reader.take(line);
        });
        // A server that starts again is waited for; one that was never there is not.
        const bool is_away = !ended && (ended.fault().kind == FaultKind::unreachable ||
                                        ended.fault().kind == FaultKind::timeout);
        if (!ended && (!is_away || !has_begun)) return report_api_fault("events", ended.fault());
        if (is_read) std::this_thread::sleep_for(kBetweenTries);
    }
    return kOk;
}

}  // namespace

Command events_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Prints what happens in a running server, a line for each event, until you end it.\n"
        "Where the connection ends it goes on behind the last event.\n"
        "\n"
        "  herald events\n"
        "  herald events --kind watcher.pending,watcher.decided\n"
        "  herald events --user sip:alice@example.com,example.org --json\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "events",
            .summary = "follow what happens",
            .syntax = {.options = with_api_options(
                           {{.name = "user",
                             .kind = Kind::text,
                             .value = "NAMES",
                             .help = "only of these users and domains"},
                            {.name = "kind",
                             .kind = Kind::text,
                             .value = "KINDS",
                             .help = "only of these kinds"},
                            {.name = "package",
                             .kind = Kind::text,
                             .value = "PACKAGE",
                             .help = "only of this event package"},
                            {.name = "after",
                             .kind = Kind::text,
                             .value = "ID",
                             .help = "what happened after this event, too"},
                            {.name = "json", .help = "as the server sends them"}})},
            .help = help,
            .run = run_events};
}

}  // namespace herald::cli
