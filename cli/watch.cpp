// cli/watch.cpp: `herald watch`: subscribes, and prints each NOTIFY until Ctrl-C.
#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/subscriber.h"

namespace herald::cli {
namespace {

/// Body types to ask for, the preferred one first. Empty: the server's default.
std::string_view accept_for(std::string_view event) {
    if (event == "presence") return "application/pidf+xml";
    if (event == "message-summary") return "application/simple-message-summary";
    if (event == "dialog") return "application/dialog-info+xml";
    if (event == "reg") return "application/reginfo+xml";
    return event.ends_with(".winfo") ? "application/watcherinfo+xml" : "";
}

/// Packages whose state only the owner may see.
bool is_private(std::string_view event) {
    return event == "message-summary" || event == "reg" || event == "ua-profile" ||
           event.ends_with(".winfo");
}

enum class Form : std::uint8_t { lines, json, raw };

/// One resource being watched.
class Watch final : private Subscriber::Listener {
public:
    /// Called when the subscription is over.
    using Over = base::Task<void(int exit_code)>;

    Watch(Session& session, Subscriber::Options options, Form form, Over over)
        : session_(session),
          form_(form),
          over_(std::move(over)),
          subscriber_(session.agent(), std::move(options), *this) {}

    void start() { subscriber_.start(); }
    void leave() { subscriber_.leave(); }

private:
    void on_notification(const Notification& notification) override;
    void on_trouble(const std::string& sentence) override;
    void on_ended(const Ending& ending) override;
    std::string text_of(const Notification& notification);

    Session& session_;
    const Form form_;
    const bool colours_ = wants_colours();
    Over over_;
    std::string last_;  ///< what was shown last, without its time
    Subscriber subscriber_;
};

std::string Watch::text_of(const Notification& notification) {
    if (form_ == Form::raw) return std::string(notification.message.bytes());
    const Shown shown{.when = session_.loop().clock().wall(),
                      .resource = subscriber_.options().resource,
                      .event = subscriber_.options().event,
                      .state = notification.state,
                      .reason = notification.reason,
                      .expires = notification.expires,
                      .is_fetch = subscriber_.options().is_fetch,
                      .content_type = notification.content_type,
                      .body = notification.body};
    return form_ == Form::json ? render_json(shown) : render(shown, colours_);
}

void Watch::on_notification(const Notification& notification) {
    session_.progress().clear();
    std::string text = text_of(notification);
    // A refresh brings the whole state again; a person wants to see changes.
    const bool is_repeated = form_ == Form::lines && text == last_;
    last_ = text;
    if (is_repeated) return;
    if (form_ == Form::lines) {
        const std::string time = time_of_day(session_.loop().clock().wall());
        text = coloured(time, Colour::dim, colours_) + "  " + text;
    }
    if (!print_line(text)) session_.finish(kFailed);
}

void Watch::on_trouble(const std::string& sentence) {
    session_.progress().clear();
    print_error("watch", subscriber_.options().resource + ": " + sentence);
}

void Watch::on_ended(const Ending& ending) {
    session_.progress().clear();
    if (!ending.sentence.empty())
        print_error("watch", subscriber_.options().resource + ": " + ending.sentence);
    switch (ending.why) {
        case Ending::Why::fetched:
        case Ending::Why::left:
            return over_(kOk);
        case Ending::Why::no_answer:
            return over_(kNoAnswer);
        case Ending::Why::refused:
        case Ending::Why::terminated:
            break;
    }
    over_(kFailed);
}

Form form_of(const Arguments& arguments) {
    if (arguments.has("json")) return Form::json;
    return arguments.has("raw") ? Form::raw : Form::lines;
}

Result<Subscriber::Options> options_for(const Arguments& arguments, const std::string& operand) {
    const Result<std::string> resource = resource_uri(operand);
    if (!resource) return resource.fault();
    Subscriber::Options options;
    options.resource = *resource;
    options.event = arguments.text_or("event", "presence");
    const bool is_owner =
        is_private(options.event) && !arguments.has("from") && !arguments.has("user");
    const Result<std::string> watcher = is_owner ? resource : from_uri(arguments, *resource);
    if (!watcher) return watcher.fault();
    options.watcher = *watcher;
    options.accept = arguments.text_or("accept", accept_for(options.event));
    options.expires = arguments.number_or("expires", 3600);
    options.is_fetch = arguments.has("once");
    return options;
}

/// Runs all of them until the last is over; returns the worst exit code.
int watch_all(Session& session, std::vector<Subscriber::Options> all, Form form) {
    std::vector<std::unique_ptr<Watch>> watches;
    watches.reserve(all.size());
    std::size_t left = all.size();
    int worst = kOk;
    for (Subscriber::Options& options : all) {
        watches.push_back(
            std::make_unique<Watch>(session, std::move(options), form, [&](int exit_code) {
                worst = std::max(worst, exit_code);
                if (--left == 0) session.finish(worst);
            }));
    }
    const Interrupts interrupts(session.loop(), [&] {
        session.progress().announce(session.loop(), "unsubscribing…");
        for (const auto& watch : watches) watch->leave();
    });
    session.progress().announce(session.loop(), "waiting for an answer…");
    for (const auto& watch : watches) watch->start();
    return session.run();
}

int run_watch(const Arguments& arguments) {
    if (arguments.has("json") && arguments.has("raw")) {
        print_error("watch", "--json and --raw cannot be combined");
        return kMisuse;
    }
    std::vector<Subscriber::Options> all;
    for (const std::string& operand : arguments.operands()) {
        Result<Subscriber::Options> options = options_for(arguments, operand);
        if (!options) {
            print_error("watch", options.fault().detail);
            return kMisuse;
        }
        all.push_back(std::move(*options));
    }
    Session session(arguments, user_of(all.front().watcher));
    return watch_all(session, std::move(all), form_of(arguments));
}

}  // namespace

Command watch_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Subscribes to a resource and prints each change on a line of its own, until\n"
        "Ctrl-C. The subscription is refreshed, and made anew should the server lose it.\n"
        "\n"
        "  herald watch sip:alice@localhost\n"
        "  herald watch sip:alice@localhost sip:bob@localhost --from sip:carol@localhost\n"
        "  herald watch sip:alice@localhost --event message-summary\n"
        "  herald watch sip:alice@localhost --once --json | jq .presence.basic\n"
        "\n"
        "Without --from the watcher is the user logged in here, at the resource's domain;\n"
        "for message-summary and reg it is the resource itself.\n" +
        std::string(kSipHelp);
    return {
        .name = "watch",
        .summary = "subscribe to a resource and print each change",
        .syntax =
            {.operands = "URI...",
             .least_operands = 1,
             .most_operands = 100,
             .options = with_sip_options({
                 {.name = "event",
                  .kind = Kind::text,
                  .value = "PACKAGE",
                  .help = "event package (presence)",
                  .letter = 'e'},
                 {.name = "from", .kind = Kind::text, .value = "URI", .help = "who is watching"},
                 {.name = "once", .help = "print the state as it is, and end"},
                 {.name = "json", .help = "one JSON object per NOTIFY"},
                 {.name = "raw", .help = "each NOTIFY as it came"},
                 {.name = "accept",
                  .kind = Kind::text,
                  .value = "TYPES",
                  .help = "body types asked for"},
                 {.name = "expires",
                  .kind = Kind::number,
                  .value = "SECONDS",
                  .help = "how long before it is refreshed (3600)",
                  .least = 1},
             })},
        .help = help,
        .run = run_watch};
}

}  // namespace herald::cli
