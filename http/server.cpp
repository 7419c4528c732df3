// http/server.cpp: the API on POCO's TCP server: one thread for each connection that is busy, and
// no more than allowed.
#include "http/server.h"

#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>

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
/// What is still read of a request that was refused, so that the answer is not lost to a reset, and
/// how long.
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

/// Answers one request.
class Handler final : public net::HTTPRequestHandler {
public:
    explicit Handler(Shared& shared) : shared_(shared) {}

    void handleRequest(net::HTTPServerRequest& request,
                       net::HTTPServerResponse& response) override {
        const net::StreamSocket socket = static_cast<net::HTTPServerRequestImpl&>(request).socket();
        const Watchdog::Key key = key_of(socket);
        bool was_read = !has_body(request);
        const ReadBody read = [&]() -> Result<std::string> {
            auto body = read_body(request, response, key);
            was_read = body.has_value();
            return body;
        };

        const Answer answer = answer_of(request, read);
        shared_.watchdog.arrived(key);
        const bool others_wait = shared_.server->queuedConnections() > 0;
        if (!was_read || others_wait) response.setKeepAlive(false);
        send(request, response, answer);
        log_answer(request, answer.status);
        if (!was_read) drain(request, key);
        shared_.watchdog.expect(key, kKeepAlive + shared_.timeout);
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

    Answer answer_of(net::HTTPServerRequest& request, const ReadBody& read) {
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
                                  net::HTTPServerResponse& response, Watchdog::Key key) {
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
        if (!shared_.watchdog.arrived(key)) {
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

    static void send(const net::HTTPServerRequest& request, net::HTTPServerResponse& response,
                     const Answer& answer) {
        response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(answer.status),
                                    std::string(title_of(answer.status)));
        if (!answer.type.empty()) response.setContentType(answer.type);
        if (answer.status != 204)
            response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
        response.set("Cache-Control", "no-store");
        response.set("X-Content-Type-Options", "nosniff");
        for (const auto& [name, value] : answer.headers) response.set(name, value);
        std::ostream& stream = response.send();
        if (request.getMethod() != "HEAD") stream << answer.body;
        stream.flush();
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

    void drain(net::HTTPServerRequest& request, Watchdog::Key key) {
        shared_.watchdog.expect(key, kLongestDrain);
        char piece[16384];
        std::istream& stream = request.stream();
        for (std::size_t size = 0; stream.good() && size < kMostDrained;) {
            stream.read(piece, sizeof piece);
            size += static_cast<std::size_t>(stream.gcount());
        }
    }

    Shared& shared_;
};

class HandlerFactory final : public net::HTTPRequestHandlerFactory {
public:
    explicit HandlerFactory(Shared& shared) : shared_(shared) {}

    net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest& request) override {
        // Any status but 200 keeps POCO from inviting a body before we know that we want it.
        if (request.getExpectContinue())
            request.response().setStatus(net::HTTPResponse::HTTP_CONTINUE);
        return new Handler(shared_);
    }

private:
    Shared& shared_;
};

/// A connection under the watchdog's eyes.
class Connection final : public net::HTTPServerConnection {
public:
    Connection(const net::StreamSocket& socket, Shared& shared, net::HTTPServerParams::Ptr params,
               net::HTTPRequestHandlerFactory::Ptr factory)
        : HTTPServerConnection(socket, std::move(params), std::move(factory)), shared_(shared) {}

    void run() override {
        net::StreamSocket peer = socket();
        peer.setSendTimeout(timespan(shared_.timeout));
        shared_.watchdog.add(key_of(peer), shared_.timeout, [peer]() mutable { end_input(peer); });
        try {
            HTTPServerConnection::run();
        } catch (const net::NetException&) {
            // The peer went away, or was cut.
        } catch (const Poco::TimeoutException&) {
        } catch (const std::exception&) {
            refuse_unreadable();
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

    /// POCO gives up without an answer on headers it cannot make sense of.
    void refuse_unreadable() noexcept {
        try {
            const Answer answer =
                problem(400, "malformed", "The head of this request cannot be read.", "");
            const std::string text = "HTTP/1.1 400 Bad Request\r\nContent-Type: " + answer.type +
                                     "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                                     "\r\nConnection: close\r\n\r\n" + answer.body;
            socket().sendBytes(text.data(), static_cast<int>(text.size()));
        } catch (const std::exception&) {
            // Nobody is there to be told.
        }
    }

    Shared& shared_;
};

class ConnectionFactory final : public net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Shared& shared, net::HTTPServerParams::Ptr params)
        : shared_(shared), params_(std::move(params)), handlers_(new HandlerFactory(shared)) {}

    net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
        return new Connection(socket, shared_, params_, handlers_);
    }

private:
    Shared& shared_;
    net::HTTPServerParams::Ptr params_;
    net::HTTPRequestHandlerFactory::Ptr handlers_;
};

net::HTTPServerParams::Ptr params_of(const Options& options) {
    net::HTTPServerParams::Ptr params(new net::HTTPServerParams);
    params->setMaxThreads(static_cast<int>(options.threads));
    params->setMaxQueued(kWaitingConnections);
    params->setTimeout(timespan(options.request_timeout));
    params->setKeepAlive(true);
    params->setKeepAliveTimeout(timespan(kKeepAlive));
    params->setMaxKeepAliveRequests(kRequestsPerConnection);
    params->setSoftwareVersion("Herald");
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

Result<std::unique_ptr<Server>> Server::start(Options options, server::Admin& admin,
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
