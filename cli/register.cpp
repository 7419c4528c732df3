// cli/register.cpp: `herald register`: sets, shows and removes contacts of a user; with --stay it
// is the device itself, and shows the messages that come.
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/registration.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "pidf/cpim.h"
#include "sip/fields.h"

namespace herald::cli {
namespace {

class Register final : private Registration::Listener, private RequestReceiver {
public:
    Register(Session& session, Registration::Options options)
        : session_(session),
          keep_(options.keep),
          registration_(session.agent(), std::move(options), *this) {
        if (!keep_) return;
        session_.agent().add(*this);
        session_.agent().add(told_);
    }
    ~Register() override {
        if (!keep_) return;
        session_.agent().remove(*this);
        session_.agent().remove(told_);
    }

    Registration& registration() noexcept { return registration_; }

private:
    /// What a server tells its devices without a subscription: to fetch their configuration.
    struct ToldDevice final : RequestReceiver {
        explicit ToldDevice(Session& its) : session(its) {}
        sip::Method method() const noexcept override { return sip::Method::notify; }
        std::optional<sip::Answer> on_request(const sip::Message& message) override;

        Session& session;
    };

    void on_listed(const std::vector<ListedContact>& contacts, std::uint32_t granted,
                   bool is_refresh) override;
    void on_trouble(const std::string& sentence) override;
    void on_removed(const std::vector<ListedContact>& contacts) override;
    void on_failed(const Reply& reply) override;
    sip::Method method() const noexcept override { return sip::Method::message; }
    std::optional<sip::Answer> on_request(const sip::Message& message) override;
    void list(const std::vector<ListedContact>& contacts);

    Session& session_;
    const bool keep_;
    Registration registration_;
    ToldDevice told_{session_};
};

void Register::list(const std::vector<ListedContact>& contacts) {
    if (contacts.empty()) print_line("no contact is registered");
    const auto now = session_.loop().clock().wall();
    for (const ListedContact& contact : contacts) {
        print_line(printable(contact.uri) + "  expires in " + std::to_string(contact.expires) +
                   " s (" + time_of_day(now + std::chrono::seconds(contact.expires)) + ")");
    }
}

void Register::on_listed(const std::vector<ListedContact>& contacts, std::uint32_t granted,
                         bool is_refresh) {
    session_.progress().clear();
    if (is_refresh) return;
    list(contacts);
    if (keep_)
        print_line("registered for " + std::to_string(granted) +
                   " s, kept alive; Ctrl-C removes it");
    if (!keep_) session_.finish(kOk);
}

void Register::on_trouble(const std::string& sentence) {
    session_.progress().clear();
    print_error("register", sentence);
}

void Register::on_removed(const std::vector<ListedContact>& contacts) {
    session_.progress().clear();
    print_line("removed");
    if (!contacts.empty()) list(contacts);
    session_.finish(kOk);
}

void Register::on_failed(const Reply& reply) {
    session_.progress().clear();
    print_error("register", reply.why);
    session_.finish(reply.is_answered ? kFailed : kNoAnswer);
}

/// Text, with its type where that is not text/plain; of anything else what it is.
std::string shown(const sip::Message& message) {
    const auto type = message.header(sip::Header::content_type).value_or("text/plain");
    const auto media = sip::parse_media_type(type);
    const auto coding = message.header(sip::Header::content_encoding);
    const bool is_text = media && media->starts_with("text/") && !coding;
    if (is_text && *media == "text/plain") return printable(message.body());
    if (is_text) return "(" + *media + ") " + printable(message.body());
    if (const auto cpim = pidf::parse_cpim(message.body());
        media && *media == pidf::kCpimType && cpim)
        return "(" + std::string(pidf::kCpimType) + ") " + printable(cpim->content);
    return "(" + printable(type) + ", " + std::to_string(message.body().size()) + " bytes)";
}

/// What is shown is answered 200: it reached a person's screen.
std::optional<sip::Answer> Register::on_request(const sip::Message& message) {
    const auto from = sip::parse_name_address(message.from());
    const std::string line = time_of_day(session_.loop().clock().wall()) + "  " +
                             printable(from ? from->uri : message.from()) + "  ";
    if (!print_line(line + shown(message))) session_.finish(kFailed);
    return sip::Answer{.status = 200};
}

std::optional<sip::Answer> Register::ToldDevice::on_request(const sip::Message& message) {
    const auto event = message.header(sip::Header::event).value_or("");
    const std::string line = time_of_day(session.loop().clock().wall()) + "  told: ";
    if (!print_line(line + printable(event))) session.finish(kFailed);
    return sip::Answer{.status = 200};
}

Result<Registration::Options> registration_options(const Arguments& arguments) {
    const auto misuse = [](const char* sentence) { return Fault{FaultKind::malformed, sentence}; };
    const Result<std::string> aor = resource_uri(arguments.operands().front());
    if (!aor) return aor.fault();
    const Result<std::string> sender = arguments.has("from") ? from_uri(arguments, *aor) : aor;
    if (!sender) return sender.fault();
    Registration::Options options{.aor = *aor, .sender = *sender};
    options.expires = arguments.number_or("expires", options.expires);
    options.keep = arguments.has("stay");
    options.user_agent = arguments.text_or("user-agent", "");
    if (printable(options.user_agent) != options.user_agent)
        return misuse("--user-agent is one line of text");
    const bool has_contact = arguments.operands().size() > 1;
    if (has_contact) {
        const Result<std::string> contact = resource_uri(arguments.operands()[1]);
        if (!contact) return contact.fault();
        options.contact = *contact;
    }
    if (has_contact && options.keep)
        return misuse("--stay registers this program; leave the contact away");
    if (arguments.has("remove") && options.keep)
        return misuse("--remove and --stay cannot be combined");
    return options;
}

int run_register(const Arguments& arguments) {
    const Result<Registration::Options> options = registration_options(arguments);
    if (!options) {
        print_error("register", options.fault().detail);
        return kMisuse;
    }
    Session session(arguments, user_of(options->sender));
    Register command(session, *options);
    Registration& registration = command.registration();
    std::optional<Interrupts> interrupts;
    if (options->keep) interrupts.emplace(session.loop(), [&] { registration.remove(); });
    session.progress().announce(session.loop(), "waiting for an answer…");
    const bool has_contact = !options->contact.empty();
    if (arguments.has("remove")) {
        has_contact ? registration.remove() : registration.remove_all();
    } else {
        has_contact || options->keep ? registration.set() : registration.fetch();
    }
    return session.run();
}

}  // namespace

Command register_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Shows where a user is registered; with a contact, registers it first. A contact\n"
        "stays until it expires or is removed. With --stay this program is the device: it\n"
        "registers its own address, refreshes it, prints each message that comes and\n"
        "what it is told to do, and removes the registration at Ctrl-C.\n"
        "\n"
        "  herald register sip:alice@localhost\n"
        "  herald register sip:alice@localhost sip:alice@192.0.2.7 --expires 600\n"
        "  herald register sip:alice@localhost sip:alice@192.0.2.7 --remove\n"
        "  herald register sip:alice@localhost --remove\n"
        "  herald register sip:alice@localhost --stay\n"
        "  herald register sip:alice@localhost --stay --user-agent 'snomD785/10.1 00041312AB34'\n"
        "\n"
        "--remove without a contact removes all of them. --user-agent says what the device is\n"
        "instead of this program, to try what phones of a maker would be told.\n" +
        std::string(kSipHelp);
    return {.name = "register",
            .summary = "show, set and remove contacts of a user, or be one",
            .syntax = {.operands = "URI [CONTACT]",
                       .least_operands = 1,
                       .most_operands = 2,
                       .options = with_sip_options({
                           {.name = "stay", .help = "be the device until Ctrl-C, show messages"},
                           {.name = "user-agent",
                            .kind = Kind::text,
                            .value = "TEXT",
                            .help = "what it says it is, as \"snomD785/10.1 00041312AB34\""},
                           {.name = "remove", .help = "take the contact away, or all"},
                           {.name = "expires",
                            .kind = Kind::number,
                            .value = "SECONDS",
                            .help = "how long it stands (3600)",
                            .least = 1},
                           {.name = "from",
                            .kind = Kind::text,
                            .value = "URI",
                            .help = "who registers (the user)"},
                       })},
            .help = help,
            .run = run_register};
}

}  // namespace herald::cli
