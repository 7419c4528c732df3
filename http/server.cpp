// http/server.cpp: the API, and where it listens.
#include "http/server.h"

#include <utility>

#include "http/api.h"
#include "http/listener.h"

namespace herald::http {

namespace {

Api::Doors doors_of(const Options& options) {
    return {.tokens = options.tokens,
            .hosts = Hosts(options.hosts),
            .origins = Origins(options.origins),
            .clients = Clients(options.clients),
            .trusted_proxies = options.trusted_proxies};
}

}  // namespace

struct Server::State {
    State(const Options& options, server::Admin& admin, base::Metrics& metrics)
        : api({admin, metrics, options.realm, options.version, nullptr, options.reload},
              doors_of(options)) {}

    Api api;
    std::unique_ptr<Listener> listener;  ///< last: it asks the API
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Options& options, server::Admin& admin,
                                              base::Metrics& metrics) {
    auto state = std::make_unique<State>(options, admin, metrics);
    auto listener = Listener::start({options.listen, options.threads, options.limits, options.tls,
                                     options.asks_for_certificates, options.hsts},
                                    state->api, admin.feed(), metrics);
    if (!listener) return listener.fault();
    state->listener = *std::move(listener);
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::reopen(const Options& options) {
    state_->api.open(doors_of(options));
}

void Server::secure(std::shared_ptr<const sip::TlsContext> context) {
    state_->listener->secure(std::move(context));
}

sip::Endpoint Server::address() const {
    return state_->listener->address();
}

}  // namespace herald::http
