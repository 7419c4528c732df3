// cli/api_client.cpp: requests to the HTTP API of a running server.
#include "cli/api_client.h"

#include <fstream>
#include <memory>
#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

constexpr const char* kDefaultApi = "http://127.0.0.1:8080";
/// Where a server leaves its token: one started here, the one that is installed.
constexpr const char* kTokenFiles[] = {"var/token", "/var/lib/herald/token"};
constexpr int kPatienceSeconds = 10;
/// A stream of events is heard of more often.
constexpr int kLongestSilence = 40;

/// Its first line; empty where there is none.
std::string token_in(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return std::string(base::trim(line));
}

/// Empty where none is found. Faults: malformed, where the file that was named has none.
Result<std::string> token_for(const Arguments& arguments) {
    if (const auto given = arguments.text("token")) return std::string(*given);
    if (const auto named = arguments.text("token-file")) {
        std::string token = token_in(std::string(*named));
        if (!token.empty()) return token;
        return Fault{FaultKind::malformed, "no token can be read from " + std::string(*named)};
    }
    if (std::string token = environment("HERALD_TOKEN"); !token.empty()) return token;
    for (const char* path : kTokenFiles) {
        if (std::string token = token_in(path); !token.empty()) return token;
    }
    return std::string();
}

FaultKind kind_of(int status) {
    switch (status) {
        case 400:
            return FaultKind::malformed;
        case 401:
            return FaultKind::unauthenticated;
        case 403:
            return FaultKind::forbidden;
        case 404:
            return FaultKind::not_found;
        case 409:
            return FaultKind::conflict;
        case 412:
            return FaultKind::precondition_failed;
        default:
            return FaultKind::unavailable;
    }
}

/// The `detail` of a problem document (RFC 9457), else its `title`, else the reason phrase.
std::string sentence_of(const Poco::Net::HTTPResponse& response, const std::string& body) {
    std::string status = std::to_string(response.getStatus()) + " " + response.getReason();
    try {
        const auto problem = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
        const std::string title = problem->optValue<std::string>("title", status);
        return problem->optValue<std::string>("detail", title);
    } catch (const Poco::Exception&) {
        return status;
    }
}

/// Nobody is asked whether a certificate that is not good will do.
Poco::Net::Context::Ptr trusting(const std::string& authorities) {
    using Poco::Net::Context;
    constexpr int kDepth = 9;
    Context::Ptr context(new Context(Context::TLS_CLIENT_USE, "", "", authorities,
                                     Context::VERIFY_STRICT, kDepth, authorities.empty()));
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    Poco::Net::SSLManager::instance().initializeClient(
        nullptr, new Poco::Net::RejectCertificateHandler(false), context);
    return context;
}

std::unique_ptr<Poco::Net::HTTPClientSession> session_with(const std::string& host,
                                                           std::uint16_t port) {
    return std::make_unique<Poco::Net::HTTPClientSession>(host, port);
}

std::unique_ptr<Poco::Net::HTTPClientSession> secure_session_with(const std::string& host,
                                                                  std::uint16_t port,
                                                                  const std::string& authorities) {
    return std::make_unique<Poco::Net::HTTPSClientSession>(host, port, trusting(authorities));
}

}  // namespace

const std::string_view kApiHelp =
    "The token is taken from --token-file, from HERALD_TOKEN or from the file var/token,\n"
    "which a server started in this directory has written, or /var/lib/herald/token,\n"
    "which an installed one has; or from --token, which other users of this machine can see.\n";

std::vector<Option> with_api_options(std::vector<Option> own) {
    using Kind = Option::Kind;
    own.push_back({.name = "api",
                   .kind = Kind::text,
                   .value = "URL",
                   .help = "the server's API (HERALD_API, else http://127.0.0.1:8080)"});
    own.push_back({.name = "ca",
                   .kind = Kind::text,
                   .value = "FILE",
                   .help = "PEM file of who vouches for it, where it is https (HERALD_CA)"});
    own.push_back(
        {.name = "token", .kind = Kind::text, .value = "TOKEN", .help = "what lets you in"});
    own.push_back({.name = "token-file",
                   .kind = Kind::text,
                   .value = "FILE",
                   .help = "the file it is the first line of"});
    return own;
}

Result<ApiClient> ApiClient::from(const Arguments& arguments) {
    const std::string from_environment = environment("HERALD_API");
    const std::string url = std::string(
        arguments.text_or("api", from_environment.empty() ? kDefaultApi : from_environment));
    ApiClient client;
    try {
        const Poco::URI uri(url);
        client.is_secure_ = uri.getScheme() == "https";
        if ((uri.getScheme() != "http" && !client.is_secure_) || uri.getHost().empty()) {
            return Fault{FaultKind::malformed, "'" + url + "' is not a URL like " + kDefaultApi};
        }
        client.authorities_ = std::string(arguments.text_or("ca", environment("HERALD_CA")));
        client.host_ = uri.getHost();
        client.port_ = uri.getPort();
        client.base_path_ = uri.getPath();
    } catch (const Poco::Exception&) {
        return Fault{FaultKind::malformed, "'" + url + "' is not a URL like " + kDefaultApi};
    }
    while (client.base_path_.ends_with('/')) client.base_path_.pop_back();
    Result<std::string> token = token_for(arguments);
    if (!token) return token.fault();
    client.token_ = *std::move(token);
    return client;
}

Result<ApiClient::Tagged> ApiClient::carry_out(const Exchange& exchange) const {
    const std::string place = host_ + ":" + std::to_string(port_);
    try {
        const auto session = is_secure_ ? secure_session_with(host_, port_, authorities_)
                                        : session_with(host_, port_);
        session->setTimeout(Poco::Timespan(kPatienceSeconds, 0));
        Poco::Net::HTTPRequest request(exchange.method, base_path_ + exchange.path,
                                       Poco::Net::HTTPMessage::HTTP_1_1);
        request.set("Accept", "application/json");
        if (!token_.empty()) request.set("Authorization", "Bearer " + token_);
        if (!exchange.body.empty()) request.setContentType(exchange.type);
        if (!exchange.condition.empty()) request.set(exchange.condition, exchange.tag);
        request.setContentLength(static_cast<std::streamsize>(exchange.body.size()));
        session->sendRequest(request) << exchange.body;
        Poco::Net::HTTPResponse response;
        std::string answer;
        Poco::StreamCopier::copyToString(session->receiveResponse(response), answer);
        const int status = response.getStatus();
        if (status / 100 == 2) return Tagged{answer, response.get("ETag", "")};
        return Fault{kind_of(status), sentence_of(response, answer)};
    } catch (const Poco::TimeoutException&) {
        return Fault{FaultKind::timeout, "no answer from " + place + " within " +
                                             std::to_string(kPatienceSeconds) + " s"};
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::unreachable,
                     "cannot reach the API at " + place + ": " + exception.displayText()};
    }
}

Result<std::string> ApiClient::call(const std::string& method, const std::string& path,
                                    const std::string& body, const std::string& type) const {
    auto done = carry_out({.method = method, .path = path, .body = body, .type = type});
    return done ? Result<std::string>(std::move(done->body)) : Result<std::string>(done.fault());
}

Result<ApiClient::Tagged> ApiClient::read(const std::string& path) const {
    auto done = carry_out({.method = "GET", .path = path, .body = {}, .type = {}});
    if (!done && done.fault().kind == FaultKind::not_found) return Tagged{};
    return done;
}

Result<std::string> ApiClient::replace(const std::string& path, const Tagged& before,
                                       const std::string& body) const {
    Exchange exchange{.method = "PUT", .path = path, .body = body, .type = "application/json"};
    if (!before.etag.empty()) {
        exchange.condition = "If-Match";
        exchange.tag = before.etag;
    } else if (before.body.empty()) {
        exchange.condition = "If-None-Match";
        exchange.tag = "*";
    }
    auto done = carry_out(exchange);
    return done ? Result<std::string>(std::move(done->body)) : Result<std::string>(done.fault());
}

Result<std::string> change_at(const ApiClient& api, const std::string& path, const Change& change) {
    constexpr int kAttempts = 8;
    for (int attempt = 1;; ++attempt) {
        const auto before = api.read(path);
        if (!before) return before.fault();
        auto wanted = change(before->body);
        if (!wanted) return wanted;
        const auto done = api.replace(path, *before, *wanted);
        if (done) return wanted;
        const bool was_slower = done.fault().kind == FaultKind::precondition_failed;
        if (!was_slower || attempt == kAttempts) return done.fault();
    }
}

Status ApiClient::follow(const std::string& path, const std::string& last_event,
                         const std::function<bool(std::string_view)>& line) const {
    const std::string place = host_ + ":" + std::to_string(port_);
    try {
        Poco::Net::HTTPClientSession session(host_, port_);
        session.setTimeout(Poco::Timespan(kLongestSilence, 0));
        Poco::Net::HTTPRequest request("GET", base_path_ + path, Poco::Net::HTTPMessage::HTTP_1_1);
        if (!token_.empty()) request.set("Authorization", "Bearer " + token_);
        if (!last_event.empty()) request.set("Last-Event-ID", last_event);
        session.sendRequest(request);
        Poco::Net::HTTPResponse response;
        std::istream& body = session.receiveResponse(response);
        const int status = response.getStatus();
        std::string text;
        if (status / 100 != 2) {
            Poco::StreamCopier::copyToString(body, text);
            return Fault{kind_of(status), sentence_of(response, text)};
        }
        while (std::getline(body, text) && line(text)) {
        }
        return {};
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::unreachable,
                     "cannot reach the API at " + place + ": " + exception.displayText()};
    }
}

std::string path_segment(std::string_view text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (base::is_alpha(c) || base::is_digit(c) ||
            std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

int report_api_fault(std::string_view command, const Fault& fault) {
    std::string text = fault.detail;
    if (fault.kind == FaultKind::unauthenticated)
        text += " (give --token-file, HERALD_TOKEN or a file var/token)";
    print_error(command, text);
    return fault.kind == FaultKind::unreachable || fault.kind == FaultKind::timeout ? kNoAnswer
                                                                                    : kFailed;
}

}  // namespace herald::cli
