// http/listener.h: an address where HTTP is spoken: a loop and a pool. One thread reads and writes
// every connection, others carry out what takes time.
#pragma once

#include <cstdint>
#include <memory>

#include "base/metrics.h"
#include "base/result.h"
#include "http/limits.h"
#include "http/service.h"
#include "server/feed/feed.h"
#include "sip/endpoint.h"
#include "sip/tls.h"

namespace herald::http {

/// Serves from start() until it is destroyed, which waits for requests under way.
class Listener {
public:
    struct Setup {
        sip::Endpoint listen;  ///< port 0: any free one
        unsigned threads = 8;  ///< requests carried out at once
        Limits limits;
        std::shared_ptr<const sip::TlsContext> tls;  ///< null: plain HTTP
        bool asks_for_certificates = false;
        std::uint32_t hsts = 0;  ///< seconds (RFC 6797); 0: not said
    };

    /// All outlive the listener. Faults: io (the address is taken, or not ours).
    static Result<std::unique_ptr<Listener>> start(const Setup& setup, Service& service,
                                                   server::Feed& feed, base::Metrics& metrics);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// The certificate of connections that come from now on. Any thread.
    void secure(std::shared_ptr<const sip::TlsContext> context);
    /// Where it listens.
    sip::Endpoint address() const;

private:
    struct State;
    explicit Listener(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace herald::http
