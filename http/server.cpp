// http/server.cpp: the API on a loop and a pool: one thread reads and writes every connection,
// others carry out what takes time.
#include "http/server.h"

#include <thread>
#include <utility>

#include "base/loop.h"
#include "base/time.h"
#include "http/acceptor.h"
#include "http/api.h"
#include "http/connections.h"
#include "http/workers.h"
#include "sip/socket.h"

namespace herald::http {

struct Server::State {
    State(const Options& options, sip::Socket socket, server::Admin& admin, base::Metrics& metrics)
        : address(sip::local_endpoint(socket)),
          api({admin, metrics, options.realm, options.version},
              {Tokens(options.tokens), Hosts(options.hosts), Origins(options.origins),
               Clients(options.clients)}),
          loop(clock),
          workers(options.threads),
          connections(loop, metrics, api, workers, admin.feed(), options.limits),
          acceptor(loop, std::move(socket),
                   [this](sip::Socket taken, const sip::Endpoint& peer) {
                       connections.add(std::move(taken), peer);
                   }),
          thread([this, context = options.tls, asks = options.asks_for_certificates,
                  hsts = options.hsts] {
              connections.secure(context);
              connections.ask_for_certificates(asks);
              connections.tell_to_stay_secure(hsts);
              loop.run();
          }) {}

    ~State() {
        loop.post([this] {
            acceptor.stop();
            connections.stop([this] { loop.stop(); });
        });
        thread.join();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void secure(std::shared_ptr<const sip::TlsContext> context) {
        loop.post([this, context = std::move(context)] { connections.secure(context); });
    }

    const sip::Endpoint address;
    Api api;
    base::SystemClock clock;
    base::Loop loop;
    Workers workers;
    Connections connections;
    Acceptor acceptor;
    std::thread thread;  ///< last: everything is there when it starts
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Options& options, server::Admin& admin,
                                              base::Metrics& metrics) {
    auto socket = sip::bind_socket(sip::Protocol::tcp, options.listen, sip::Sharing::alone);
    if (!socket) return Fault{FaultKind::io, "cannot serve HTTP: " + socket.fault().detail};
    return std::unique_ptr<Server>(
        new Server(std::make_unique<State>(options, *std::move(socket), admin, metrics)));
}

void Server::secure(std::shared_ptr<const sip::TlsContext> context) {
    state_->secure(std::move(context));
}

sip::Endpoint Server::address() const {
    return state_->address;
}

}  // namespace herald::http
