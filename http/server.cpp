// http/server.cpp: the API on POCO's TCP server: one thread for each connection that is busy, and
// no more than allowed.
#include "http/server.h"

#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketStream.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timestamp.h>

#include "base/log.h"
#include "base/text.h"
#include "http/api.h"
#include "http/problem.h"
#include "http/watchdog.h"

namespace herald::http {

namespace {

namespace net = Poco::Net;

/// An idle connection holds a thread that long.
constexpr std::chrono::seconds kKeepAlive{5};
constexpr int kRequestsPerConnection = 1000;
constexpr int kWaitingConnections = 64;
/// What is still read of a request that was refused, and how long.
constexpr std::size_t kMostDrained = 8 << 20;
constexpr std::chrono::seconds kLongestDrain{2};

Poco::Timespan timespan(std::chrono::seconds seconds) {
    return {static_cast<long>(seconds.count()), 0};
}

/// What the threads share.
struct Shared {
    Shared(Context context, const Options& options)
        : api(std::move(context), Tokens(options.tokens)),
          max_body(options.max_body),
          timeout(options.request_timeout) {}

    Api api;
    std::size_t max_body;
    std::chrono::seconds timeout;
    Watchdog watchdog;
    net::TCPServer* server = nullptr;
};

/// Names a connection to the watchdog.
Watchdog::Key key_of(const net::StreamSocket& socket) {
    return socket.impl();
}

bool is_chunked(const net::HTTPServerRequest& request) {
    return request.getChunkedTransferEncoding();
}

/// What makes it worth reading on before a connection is closed: the answer is lost to a reset
/// while something unread is left.
void drain(std::istream& stream) {
    char piece[16384];
    for (std::size_t size = 0; stream.good() && size < kMostDrained;) {
        stream.read(piece, sizeof piece);
        size += static_cast<std::size_t>(stream.gcount());
    }
}

void send(net::HTTPServerResponse& response, const Answer& answer, bool with_body) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(answer.status),
                                std::string(title_of(answer.status)));
    response.setDate(Poco::Timestamp());
    response.set("Server", "Herald");
    if (!answer.type.empty()) response.setContentType(answer.type);
    if (answer.status != 204 && answer.status != 304)
        response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
    response.set("Cache-Control", "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    std::ostream& stream = response.send();
    if (with_body) stream << answer.body;
    stream.flush();
}

/// Answers one request.
class Handler {
public:
    Handler(Shared& shared, Watchdog::Key key) : shared_(shared), key_(key) {}

    void handle(net::HTTPServerRequest& request, net::HTTPServerResponse& response) {
        bool was_read = !has_body(request);
        const ReadBody read = [&]() -> Result<std::string> {
            auto body = read_body(request, response);
            was_read = body.has_value();
            return body;
        };

        const Answer answer = answer_of(request, read);
        shared_.watchdog.arrived(key_);
        const bool others_wait = shared_.server->queuedConnections() > 0;
        if (!was_read || others_wait) response.setKeepAlive(false);
        send(response, answer, request.getMethod() != "HEAD");
        log_answer(request, answer.status);
        if (!was_read) {
            shared_.watchdog.expect(key_, kLongestDrain);
            drain(request.stream());
        }
        shared_.watchdog.expect(key_, kKeepAlive + shared_.timeout);
    }

private:
    static bool has_body(const net::HTTPServerRequest& request) {
        return is_chunked(request) ||
               (request.hasContentLength() && request.getContentLength64() != 0);
    }

    /// Two lengths are two opinions about where the next request begins (RFC 9112 6.3).
    static bool has_clear_length(const net::HTTPServerRequest& request) {
        int lengths = is_chunked(request) ? 1 : 0;
        for (const auto& [name, value] : request) {
            if (base::iequals(name, "Transfer-Encoding") && !is_chunked(request)) return false;
            if (!base::iequals(name, "Content-Length")) continue;
            ++lengths;
            if (!base::to_u64(value)) return false;
        }
        return lengths <= 1;
    }

    /// RFC 9112 3.2: a request that names no host, or two, may mean another server.
    static bool has_one_host(const net::HTTPServerRequest& request) {
        const auto hosts = std::count_if(request.begin(), request.end(), [](const auto& header) {
            return base::iequals(header.first, "Host");
        });
        return hosts == 1 || (hosts == 0 && request.getVersion() == net::HTTPMessage::HTTP_1_0);
    }

    /// RFC 9110 5.3: lines of one name are one list.
    static std::string joined(const net::HTTPServerRequest& request, const std::string& name) {
        std::string all;
        for (auto line = request.find(name); line != request.end(); ++line) {
            if (!base::iequals(line->first, name)) continue;
            (all += all.empty() ? "" : ", ") += line->second;
        }
        return all;
    }

    Answer answer_of(net::HTTPServerRequest& request, const ReadBody& read) {
        if (!base::istarts_with(request.getVersion(), "HTTP/1.")) {
            return problem(505, "version_not_supported", "Only HTTP/1.1 and 1.0 are spoken here.",
                           request.getURI());
        }
        if (!has_one_host(request)) {
            return problem(400, "malformed", "Send one Host header.", request.getURI());
        }
        if (!has_clear_length(request)) {
            return problem(
                400, "malformed",
                "The length of this request is unclear: want one Content-Length, or chunks.",
                request.getURI());
        }
        const Request head{
            .method = request.getMethod(),
            .target = request.getURI(),
            .authorization = request.get("Authorization", ""),
            .content_type = request.get("Content-Type", ""),
            .if_match = joined(request, "If-Match"),
            .if_none_match = joined(request, "If-None-Match"),
            .has_length = is_chunked(request) || request.hasContentLength(),
        };
        try {
            return shared_.api.answer(head, read);
        } catch (const std::exception& error) {
            // A bug of ours, or memory ran out: the peer learns that nothing is known of the
            // outcome.
            base::log_error(
                "http.failed",
                {{"method", head.method}, {"path", head.target}, {"why", error.what()}});
            return problem(500, "unknown_outcome",
                           "The request may or may not have been carried out.", head.target);
        }
    }

    Result<std::string> read_body(net::HTTPServerRequest& request,
                                  net::HTTPServerResponse& response) {
        const Fault too_large{FaultKind::too_large, "The body is longer than http.max_body, " +
                                                        std::to_string(shared_.max_body) +
                                                        " bytes."};
        if (request.hasContentLength() &&
            static_cast<std::uint64_t>(request.getContentLength64()) > shared_.max_body) {
            return too_large;
        }
        if (request.getExpectContinue()) response.sendContinue();
        std::string body;
        char piece[16384];
        std::istream& stream = request.stream();
        while (stream.good() && body.size() <= shared_.max_body) {
            stream.read(piece, sizeof piece);
            body.append(piece, static_cast<std::size_t>(stream.gcount()));
        }
        if (body.size() > shared_.max_body) return too_large;
        if (!shared_.watchdog.arrived(key_)) {
            return Fault{FaultKind::timeout,
                         "The body did not arrive within http.request_timeout."};
        }
        if (request.hasContentLength() &&
            body.size() != static_cast<std::uint64_t>(request.getContentLength64())) {
            return Fault{FaultKind::malformed, "The body ended after " +
                                                   std::to_string(body.size()) +
                                                   " bytes, before its Content-Length."};
        }
        return body;
    }

    /// Changes are told at info: who did what when is asked later. Bodies and credentials are never
    /// logged.
    static void log_answer(const net::HTTPServerRequest& request, int status) {
        const std::string& method = request.getMethod();
        const bool is_change = method == "PUT" || method == "DELETE";
        const auto level = is_change ? base::LogLevel::info : base::LogLevel::debug;
        if (!base::log_enabled(level)) return;
        base::log(level, "http.answered",
                  {{"method", method},
                   {"path", base::split_once(request.getURI(), '?').before},
                   {"status", status},
                   {"peer", request.clientAddress().toString()}});
    }

    Shared& shared_;
    Watchdog::Key key_;
};

/// Serves one connection, request after request, under the watchdog's eyes. POCO's own loop answers
/// what it cannot read with a bare 400, or not at all.
class Connection final : public net::TCPServerConnection {
public:
    Connection(const net::StreamSocket& socket, Shared& shared, net::HTTPServerParams::Ptr params)
        : TCPServerConnection(socket), shared_(shared), params_(std::move(params)) {}

    void run() override {
        net::StreamSocket peer = socket();
        peer.setSendTimeout(timespan(shared_.timeout));
        shared_.watchdog.add(key_of(peer), shared_.timeout, [peer]() mutable { end_input(peer); });
        try {
            net::HTTPServerSession session(peer, params_);
            while (session.hasMoreRequests() && serve(session)) {
            }
        } catch (const std::exception&) {
            // The peer went away, or was cut.
        }
        shared_.watchdog.remove(key_of(peer));
    }

private:
    static void end_input(net::StreamSocket& socket) noexcept {
        try {
            socket.shutdownReceive();
        } catch (const std::exception&) {
            // Already closed.
        }
    }

    /// One request. False: it was the last.
    bool serve(net::HTTPServerSession& session) {
        net::HTTPServerResponseImpl response(session);
        std::optional<net::HTTPServerRequestImpl> request;
        try {
            request.emplace(response, session, params_.get());
        } catch (const net::NoMessageException&) {
            return false;
        } catch (const Poco::Exception&) {
            // Whose connection broke, or who was too slow, is not told.
            const bool is_there = session.networkException() == nullptr;
            if (shared_.watchdog.arrived(key_of(socket())) && is_there) refuse_unreadable(session);
            return false;
        }
        const bool is_old = request->getVersion() == net::HTTPMessage::HTTP_1_0;
        response.setVersion(is_old ? net::HTTPMessage::HTTP_1_0 : net::HTTPMessage::HTTP_1_1);
        response.setKeepAlive(request->getKeepAlive() && session.canKeepAlive());
        Handler(shared_, key_of(socket())).handle(*request, response);
        session.setKeepAlive(response.getKeepAlive() && session.canKeepAlive());
        return true;
    }

    void refuse_unreadable(net::HTTPServerSession& session) {
        net::HTTPServerResponseImpl response(session);
        response.setVersion(net::HTTPMessage::HTTP_1_1);
        response.setKeepAlive(false);
        send(response, shared_.api.answer_unreadable(), true);
        shared_.watchdog.expect(key_of(socket()), kLongestDrain);
        socket().shutdownSend();
        net::SocketInputStream rest(socket());
        drain(rest);
    }

    Shared& shared_;
    net::HTTPServerParams::Ptr params_;
};

class ConnectionFactory final : public net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Shared& shared, net::HTTPServerParams::Ptr params)
        : shared_(shared), params_(std::move(params)) {}

    net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
        return new Connection(socket, shared_, params_);
    }

private:
    Shared& shared_;
    net::HTTPServerParams::Ptr params_;
};

net::HTTPServerParams::Ptr params_of(const Options& options) {
    net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
    params->setMaxThreads(static_cast<int>(options.threads));
    params->setMaxQueued(kWaitingConnections);
    params->setTimeout(timespan(options.request_timeout));
    params->setKeepAlive(true);
    params->setKeepAliveTimeout(timespan(kKeepAlive));
    params->setMaxKeepAliveRequests(kRequestsPerConnection);
    return params;
}

net::ServerSocket listening_socket(const sip::Endpoint& endpoint) {
    sockaddr_storage storage{};
    const auto size = endpoint.to_sockaddr(storage);
    net::ServerSocket socket;
    socket.bind(net::SocketAddress(reinterpret_cast<const sockaddr*>(&storage), size), true, false);
    socket.listen(kWaitingConnections);
    return socket;
}

}  // namespace

struct Server::State {
    State(const Options& options, const net::ServerSocket& socket, Context context)
        : shared(std::move(context), options),
          threads("http", 2, static_cast<int>(options.threads)),
          server(new ConnectionFactory(shared, params_of(options)), threads, socket,
                 params_of(options)) {
        shared.server = &server;
        server.start();
    }
    ~State() {
        server.stop();
        shared.watchdog.cut_all();
        threads.joinAll();
    }

    Shared shared;
    Poco::ThreadPool threads;
    net::TCPServer server;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Options& options, server::Admin& admin,
                                              base::Metrics& metrics) {
    try {
        const auto socket = listening_socket(options.listen);
        auto state = std::make_unique<State>(
            options, socket, Context{admin, metrics, options.realm, options.version});
        return std::unique_ptr<Server>(new Server(std::move(state)));
    } catch (const std::exception& error) {
        const auto* of_poco = dynamic_cast<const Poco::Exception*>(&error);
        return Fault{FaultKind::io,
                     "cannot serve HTTP on " + options.listen.to_string() + ": " +
                         (of_poco != nullptr ? of_poco->displayText() : error.what())};
    }
}

sip::Endpoint Server::address() const {
    const net::SocketAddress address = state_->server.socket().address();
    return sip::Endpoint(address.addr());
}

}  // namespace herald::http
