// cli/session.cpp: what every command that speaks SIP has.
#include "cli/session.h"

#include <csignal>

#include "base/text.h"
#include "sip/uri.h"

namespace herald::cli {

const std::string_view kSipHelp =
    "The password is taken from --password, which other users of this machine can\n"
    "see, or from HERALD_PASSWORD, or asked for when the server wants one.\n";

std::vector<Option> with_sip_options(std::vector<Option> own) {
    using Kind = Option::Kind;
    own.push_back({.name = "server",
                   .kind = Kind::text,
                   .value = "HOST[:PORT]",
                   .help = "send there (HERALD_SERVER, else where the URI's host leads)",
                   .letter = 's'});
    own.push_back({.name = "transport",
                   .kind = Kind::text,
                   .value = "udp|tcp|tls",
                   .help = "instead of what URI and DNS say"});
    own.push_back({.name = "ca",
                   .kind = Kind::text,
                   .value = "FILE",
                   .help = "PEM file of who vouches for servers reached by TLS (the system's)"});
    own.push_back(
        {.name = "user", .kind = Kind::text, .value = "NAME", .help = "name for authentication"});
    own.push_back(
        {.name = "password", .kind = Kind::text, .value = "WORD", .help = "password for it"});
    own.push_back({.name = "timeout",
                   .kind = Kind::number,
                   .value = "SECONDS",
                   .help = "patience for an answer, per address (10)",
                   .least = 1,
                   .most = 3600});
    return own;
}

Session::Session(const Arguments& arguments, std::string_view username) {
    // A reader that went away is noticed by print_line().
    std::signal(SIGPIPE, SIG_IGN);
    network_.trust(std::string(arguments.text_or("ca", "")));
    agent_.emplace(loop_, network_, metrics_, agent_options(arguments, username));
    network_.attach(agent_->sink());
}

UserAgent::Options Session::agent_options(const Arguments& arguments, std::string_view username) {
    UserAgent::Options options;
    const std::string usual = environment("HERALD_SERVER");
    options.server = arguments.text_or("server", usual);
    if (const auto transport = arguments.text("transport"))
        options.protocol = sip::protocol_of(*transport);
    options.locator.protocols.push_back(sip::Protocol::tls);
    options.username = arguments.text_or("user", username);
    options.password = arguments.has("password") ? arguments.text_or("password", "")
                                                 : environment("HERALD_PASSWORD");
    options.ask_password = [this, name = options.username] {
        progress_.clear();
        return ask_password("Password of " + printable(name) + ": ");
    };
    options.patience = std::chrono::seconds(arguments.number_or("timeout", 10));
    return options;
}

int Session::run() {
    loop_.run();
    progress_.clear();
    return exit_code_;
}

void Session::finish(int exit_code) {
    exit_code_ = exit_code;
    loop_.stop();
}

Result<std::string> from_uri(const Arguments& arguments, const std::string& resource) {
    if (const auto from = arguments.text("from")) return resource_uri(*from);
    std::string user = std::string(arguments.text_or("user", environment("USER")));
    if (user.find('@') != std::string::npos) return resource_uri(user);
    std::string text = "sip:";
    sip::append_escaped_user(text, user.empty() ? "anonymous" : user);
    const Result<sip::Uri> uri = sip::parse_uri(resource);
    return text + "@" + sip::canonical_host(uri ? uri->host : "localhost");
}

std::string user_of(const std::string& uri) {
    const Result<sip::Uri> parsed = sip::parse_uri(uri);
    return parsed ? base::percent_decode(parsed->user) : std::string();
}

}  // namespace herald::cli
