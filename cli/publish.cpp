// cli/publish.cpp: `herald publish`: publishes presence, or any document, and tells what came of
// it.
#include <fstream>
#include <sstream>

#include "base/id.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/presence_document.h"
#include "cli/publisher.h"
#include "cli/render.h"
#include "cli/session.h"

namespace herald::cli {
namespace {

class Publish final : private Publisher::Listener {
public:
    Publish(Session& session, Publisher::Options options)
        : session_(session),
          keep_(options.keep),
          publisher_(session.agent(), std::move(options), *this) {}

    void publish() { publisher_.publish(); }
    void remove() { publisher_.remove(); }

private:
    void on_published(const std::string& entity_tag, std::uint32_t expires,
                      bool is_refresh) override;
    void on_trouble(const std::string& sentence) override;
    void on_removed() override;
    void on_failed(const Reply& reply) override;

    Session& session_;
    const bool keep_;
    Publisher publisher_;
};

void Publish::on_published(const std::string& entity_tag, std::uint32_t expires, bool is_refresh) {
    session_.progress().clear();
    const std::string until =
        time_of_day(session_.loop().clock().wall() + std::chrono::seconds(expires));
    if (!is_refresh) {
        const std::string how = keep_ ? ", kept alive; Ctrl-C removes it" : "";
        print_line("published: entity-tag " + printable(entity_tag) + ", expires in " +
                   std::to_string(expires) + " s (" + until + ")" + how);
    }
    if (!keep_) session_.finish(kOk);
}

void Publish::on_trouble(const std::string& sentence) {
    session_.progress().clear();
    print_error("publish", sentence);
}

void Publish::on_removed() {
    session_.progress().clear();
    print_line("removed");
    session_.finish(kOk);
}

void Publish::on_failed(const Reply& reply) {
    session_.progress().clear();
    const bool is_unknown = reply.status == 412;
    print_error("publish",
                is_unknown ? "there is no publication with that entity-tag (412)" : reply.why);
    session_.finish(reply.is_answered ? kFailed : kNoAnswer);
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || !text) return Fault{FaultKind::io, "cannot read " + path};
    return text.str();
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const base::Split part = base::split_once(list, ',');
        if (const auto word = base::trim(part.before); !word.empty()) words.emplace_back(word);
        list = part.after;
    }
    return words;
}

/// The document --status, --activity, --mood and --note describe.
Result<std::string> drafted(const Arguments& arguments, const std::string& entity) {
    PresenceDraft draft;
    draft.entity = entity;
    draft.device = base::random_token(5);
    draft.is_open = arguments.text_or("status", "open") == "open";
    draft.activities = split(arguments.text_or("activity", ""));
    draft.mood = arguments.text_or("mood", "");
    draft.note = arguments.text_or("note", "");
    draft.now = base::SystemClock().wall();
    for (const std::string& activity : draft.activities) {
        if (Status known = check_activity(activity); !known) return known.fault();
    }
    if (!draft.mood.empty()) {
        if (Status known = check_mood(draft.mood); !known) return known.fault();
    }
    if (!base::is_utf8(draft.note)) return Fault{FaultKind::malformed, "--note is not UTF-8 text"};
    return presence_document(draft);
}

/// Type of a file's content where --type does not say it, by the package.
std::string_view type_for(std::string_view event) {
    if (event == "dialog") return "application/dialog-info+xml";
    if (event == "message-summary") return "application/simple-message-summary";
    return "application/pidf+xml";
}

/// Refuses options of which one would silently not count.
Status check_combination(const Arguments& arguments, std::string_view event) {
    const auto misuse = [](std::string sentence) {
        return Fault{FaultKind::malformed, std::move(sentence)};
    };
    for (const char* name : {"remove", "replace"}) {
        if (arguments.text(name) == "") return misuse("--" + std::string(name) + " is empty");
    }
    for (const char* name : {"status", "activity", "mood", "note"}) {
        const std::string option = "--" + std::string(name);
        if (!arguments.has(name)) continue;
        if (arguments.has("file")) return misuse("--file and " + option + " cannot be combined");
        if (arguments.has("remove")) {
            return misuse("--remove and " + option + " cannot be combined");
        }
        if (event != "presence") {
            return misuse(option + " is for presence; give --file for " + std::string(event));
        }
    }
    for (const char* name : {"file", "replace", "keep"}) {
        if (arguments.has("remove") && arguments.has(name)) {
            return misuse("--remove and --" + std::string(name) + " cannot be combined");
        }
    }
    return {};
}

Result<Publisher::Options> publication_options(const Arguments& arguments) {
    const Result<std::string> resource = resource_uri(arguments.operands().front());
    if (!resource) return resource.fault();
    const Result<std::string> publisher =
        arguments.has("from") ? from_uri(arguments, *resource) : resource;
    if (!publisher) return publisher.fault();
    Publisher::Options options;
    options.resource = *resource;
    options.publisher = *publisher;
    options.event = arguments.text_or("event", "presence");
    options.expires = arguments.number_or("expires", 3600);
    options.keep = arguments.has("keep");
    if (Status sensible = check_combination(arguments, options.event); !sensible)
        return sensible.fault();
    options.entity_tag = arguments.has("remove") ? arguments.text_or("remove", "")
                                                 : arguments.text_or("replace", "");
    if (arguments.has("remove")) return options;

    const auto file = arguments.text("file");
    if (!file && !arguments.has("status")) {
        return Fault{FaultKind::malformed,
                     "what to publish? Give --status open, --status closed or --file FILE"};
    }
    const Result<std::string> body =
        file ? read_file(std::string(*file)) : drafted(arguments, *resource);
    if (!body) return body.fault();
    if (body->empty())
        return Fault{FaultKind::malformed, std::string(file.value_or("")) + " is empty"};
    options.body = *body;
    options.content_type =
        file ? arguments.text_or("type", type_for(options.event)) : "application/pidf+xml";
    return options;
}

int run_publish(const Arguments& arguments) {
    const Result<Publisher::Options> options = publication_options(arguments);
    if (!options) {
        print_error("publish", options.fault().detail);
        return options.fault().kind == FaultKind::io ? kFailed : kMisuse;
    }
    Session session(arguments, user_of(options->publisher));
    Publish publish(session, *options);
    std::optional<Interrupts> interrupts;
    if (options->keep) interrupts.emplace(session.loop(), [&] { publish.remove(); });
    session.progress().announce(session.loop(), "waiting for an answer…");
    arguments.has("remove") ? publish.remove() : publish.publish();
    return session.run();
}

}  // namespace

Command publish_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Publishes the state of a resource. It stays until it expires, is replaced or is\n"
        "removed; with --keep this command stays too, refreshes it and removes it at\n"
        "Ctrl-C. Several publications of a resource are composed by the server.\n"
        "\n"
        "  herald publish sip:alice@localhost --status open --note \"at my desk\"\n"
        "  herald publish sip:alice@localhost --status open --activity meeting --keep\n"
        "  herald publish sip:alice@localhost --status closed --replace ENTITY-TAG\n"
        "  herald publish sip:alice@localhost --remove ENTITY-TAG\n"
        "  herald publish sip:alice@localhost --event dialog --file dialog-info.xml\n"
        "\n"
        "Activities and moods are those of RFC 4480; several activities stand between\n"
        "commas.\n" +
        std::string(kSipHelp);
    return {.name = "publish",
            .summary = "publish the state of a resource",
            .syntax =
                {.operands = "URI",
                 .least_operands = 1,
                 .most_operands = 1,
                 .options = with_sip_options({
                     {.name = "status",
                      .kind = Kind::text,
                      .value = "open|closed",
                      .help = "reachable or not"},
                     {.name = "activity",
                      .kind = Kind::text,
                      .value = "NAME",
                      .help = "such as meeting, on-the-phone"},
                     {.name = "mood", .kind = Kind::text, .value = "NAME", .help = "such as happy"},
                     {.name = "note",
                      .kind = Kind::text,
                      .value = "TEXT",
                      .help = "words for the watchers"},
                     {.name = "keep", .help = "stay and keep it alive until Ctrl-C"},
                     {.name = "replace",
                      .kind = Kind::text,
                      .value = "ENTITY-TAG",
                      .help = "put it in place of that publication"},
                     {.name = "remove",
                      .kind = Kind::text,
                      .value = "ENTITY-TAG",
                      .help = "remove that publication"},
                     {.name = "file",
                      .kind = Kind::text,
                      .value = "FILE",
                      .help = "publish what is in it"},
                     {.name = "type",
                      .kind = Kind::text,
                      .value = "TYPE",
                      .help = "its Content-Type (that of the package)"},
                     {.name = "event",
                      .kind = Kind::text,
                      .value = "PACKAGE",
                      .help = "event package (presence)",
                      .letter = 'e'},
                     {.name = "expires",
                      .kind = Kind::number,
                      .value = "SECONDS",
                      .help = "how long it stands (3600)",
                      .least = 1},
                     {.name = "from",
                      .kind = Kind::text,
                      .value = "URI",
                      .help = "who publishes (the resource itself)"},
                 })},
            .help = help,
            .run = run_publish};
}

}  // namespace herald::cli
