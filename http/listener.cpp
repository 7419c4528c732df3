// http/listener.cpp: an address where HTTP is spoken.
#include "http/listener.h"

#include <thread>
#include <utility>

#include "base/loop.h"
#include "base/time.h"
#include "http/acceptor.h"
#include "http/connections.h"
#include "http/workers.h"
#include "sip/socket.h"

namespace herald::http {

struct Listener::State {
    State(const Setup& setup, sip::Socket socket, Service& service, server::Feed& feed,
          base::Metrics& metrics)
        : address(sip::local_endpoint(socket)),
          loop(clock),
          workers(setup.threads),
          connections(loop, metrics, service, workers, feed, setup.limits),
          acceptor(loop, std::move(socket),
                   [this](sip::Socket taken, const sip::Endpoint& peer) {
                       connections.add(std::move(taken), peer);
                   }),
          thread(
              [this, context = setup.tls, asks = setup.asks_for_certificates, hsts = setup.hsts] {
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

    const sip::Endpoint address;
    base::SystemClock clock;
    base::Loop loop;
    Workers workers;
    Connections connections;
    Acceptor acceptor;
    std::thread thread;  ///< last: everything is there when it starts
};

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::start(const Setup& setup, Service& service,
                                                  server::Feed& feed, base::Metrics& metrics) {
    auto socket = sip::bind_socket(sip::Protocol::tcp, setup.listen, sip::Sharing::alone);
    if (!socket) return Fault{FaultKind::io, "cannot serve HTTP: " + socket.fault().detail};
    return std::unique_ptr<Listener>(
        new Listener(std::make_unique<State>(setup, *std::move(socket), service, feed, metrics)));
}

void Listener::secure(std::shared_ptr<const sip::TlsContext> context) {
    state_->loop.post(
        [this, context = std::move(context)] { state_->connections.secure(context); });
}

sip::Endpoint Listener::address() const {
    return state_->address;
}

}  // namespace herald::http
