// cli/user_agent.cpp: hands arriving requests to who awaits them.
#include "cli/user_agent.h"

#include "base/id.h"
#include "base/text.h"
#include "cli/command.h"
#include "sip/uri.h"

namespace herald::cli {
namespace {

sip::StackOptions stack_options(const UserAgent::Options& options) {
    sip::StackOptions stack;
    stack.timers = options.timers;
    stack.max_server_transactions = 10'000;
    stack.lasting_key = base::random_key();
    stack.user_agent = "Herald/" + std::string(version());
    return stack;
}

}  // namespace

UserAgent::UserAgent(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics,
                     Options options)
    : loop_(loop),
      options_(std::move(options)),
      stack_(loop, transport, *this, metrics, stack_options(options_)),
      exchanges_(loop, transport, stack_, options_) {}

void UserAgent::add(RequestReceiver& receiver) {
    receivers_.push_back(&receiver);
}

void UserAgent::remove(RequestReceiver& receiver) {
    std::erase(receivers_, &receiver);
}

void UserAgent::on_request(sip::ServerTransactionId id, const sip::Message& request,
                           const sip::Flow&) {
    const sip::Answer answer = answer_to(request);
    stack_.answer(id, answer);
}

sip::Answer UserAgent::answer_to(const sip::Message& request) {
    if (request.method() == sip::Method::options) return {.status = 200, .headers = allow()};
    const std::vector<RequestReceiver*> receivers = receivers_;
    for (RequestReceiver* const receiver : receivers) {
        if (receiver->method() != request.method()) continue;
        if (auto answer = receiver->on_request(request)) return std::move(*answer);
    }
    if (request.method() == sip::Method::notify) return {.status = 481};
    return {.status = 405, .headers = allow()};
}

std::string UserAgent::allow() const {
    std::string line = "Allow: NOTIFY, OPTIONS";
    for (const RequestReceiver* const receiver : receivers_) {
        const auto name = sip::name_of(receiver->method());
        if (line.find(name) == std::string::npos) line.append(", ").append(name);
    }
    return line + "\r\n";
}

Result<std::string> resource_uri(std::string_view typed) {
    std::string text(base::trim(typed));
    if (!text.empty() && text.find_first_of(":@.") == std::string::npos) {
        return Fault{FaultKind::malformed,
                     "'" + text + "' names no domain; did you mean " + text + "@localhost?"};
    }
    if (text.find(':') == std::string::npos ||
        !(base::istarts_with(text, "sip:") || base::istarts_with(text, "sips:") ||
          base::istarts_with(text, "pres:"))) {
        text = "sip:" + text;
    }
    const Result<sip::Uri> uri = sip::parse_uri(text);
    if (!uri || uri->host.empty()) {
        return Fault{FaultKind::malformed,
                     "'" + std::string(typed) + "' is not a SIP URI like sip:alice@example.com"};
    }
    return text;
}

}  // namespace herald::cli
