// cli/message.cpp: `herald message`: sends a message (RFC 3428) and reports its outcome.
#include <iostream>

#include "base/id.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "sip/fields.h"

namespace herald::cli {
namespace {

/// Longest text: more is a file, not a message.
constexpr std::size_t kLongestText = 1'000'000;

/// The text from the command line, or from standard input without its last line end.
Result<std::string> message_body(const std::string& operand) {
    std::string text = operand;
    if (operand == "-") {
        text.resize(kLongestText + 1);
        std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(std::cin.gcount()));
        if (text.ends_with('\n')) text.pop_back();
    }
    if (text.empty()) return Fault{FaultKind::malformed, "the message is empty"};
    if (text.size() > kLongestText) return Fault{FaultKind::malformed, "the message is too long"};
    return text;
}

Result<OutgoingRequest> request_for(const Arguments& arguments) {
    const Result<std::string> to = resource_uri(arguments.operands().front());
    if (!to) return to.fault();
    const Result<std::string> from = from_uri(arguments, *to);
    if (!from) return from.fault();
    Result<std::string> text = message_body(arguments.operands()[1]);
    if (!text) return text.fault();
    OutgoingRequest request;
    request.method = sip::Method::message;
    request.uri = *to;
    request.from = "<" + *from + ">;tag=" + base::random_token(8);
    request.to = "<" + *to + ">";
    request.call_id = base::random_token(15);
    request.content_type = arguments.text_or("type", "text/plain;charset=UTF-8");
    const bool is_line = printable(request.content_type) == request.content_type;
    if (!is_line || !sip::parse_media_type(request.content_type))
        return Fault{FaultKind::malformed, "--type is not a media type like text/plain"};
    const bool is_own_text = !arguments.has("type");
    if (is_own_text && !base::is_utf8(*text))
        return Fault{FaultKind::malformed, "the message is not UTF-8 text: give its --type"};
    request.body = *std::move(text);
    const auto now = base::SystemClock().wall().time_since_epoch() / std::chrono::seconds(1);
    request.headers = "Date: " + base::to_http_date(now) + "\r\n";
    if (const auto expires = arguments.number("expires"))
        request.headers += "Expires: " + std::to_string(*expires) + "\r\n";
    return request;
}

/// RFC 3428 7: a device answers 200, a server that keeps or passes on the message 202.
std::string outcome_of(const Reply& reply, const std::string& recipient) {
    if (reply.status != 202) return "delivered to " + recipient;
    const auto server = reply.message->header(sip::Header::server);
    if (!server) return recipient + " is not there; the message is kept for later";
    return "accepted by " + printable(*server) + ": whether it reached " + recipient +
           " is not known (202)";
}

int report(const Reply& reply, const std::string& recipient) {
    if (reply.status / 100 != 2) {
        print_error("message", recipient + " did not get it: " + reply.why);
        return reply.is_answered ? kFailed : kNoAnswer;
    }
    print_line(outcome_of(reply, recipient));
    return kOk;
}

int run_message(const Arguments& arguments) {
    Result<OutgoingRequest> request = request_for(arguments);
    if (!request) {
        print_error("message", request.fault().detail);
        return kMisuse;
    }
    const std::string from = request->from.substr(1, request->from.find('>') - 1);
    const std::string recipient = printable(request->uri);
    Session session(arguments, user_of(from));
    session.progress().announce(session.loop(), "waiting for an answer…");
    session.agent().send(*std::move(request), [&](const Reply& reply) {
        session.progress().clear();
        session.finish(report(reply, recipient));
    });
    return session.run();
}

}  // namespace

Command message_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Sends a message and says whether a device took it, or a server keeps it until\n"
        "its recipient is there. Instead of a text, - reads it from standard input.\n"
        "\n"
        "  herald message sip:alice@localhost \"Lunch?\"\n"
        "  herald message sip:alice@localhost \"Lunch?\" --from sip:bob@localhost --expires 600\n"
        "  date | herald message sip:alice@localhost -\n"
        "  herald message sip:alice@localhost - --type text/html < page.html\n"
        "\n"
        "Without --from the sender is the user logged in here, at the recipient's domain.\n"
        "The exit code is 0 for delivered or kept, 1 for refused, 3 for no answer.\n" +
        std::string(kSipHelp);
    return {.name = "message",
            .summary = "write to somebody",
            .syntax =
                {.operands = "URI TEXT",
                 .least_operands = 2,
                 .most_operands = 2,
                 .options = with_sip_options({
                     {.name = "from", .kind = Kind::text, .value = "URI", .help = "who is writing"},
                     {.name = "type",
                      .kind = Kind::text,
                      .value = "TYPE",
                      .help = "media type of the text (text/plain)"},
                     {.name = "expires",
                      .kind = Kind::number,
                      .value = "SECONDS",
                      .help = "worth nothing any more after that time",
                      .least = 1},
                 })},
            .help = help,
            .run = run_message};
}

}  // namespace herald::cli
