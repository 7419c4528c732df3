// http/server.h: the HTTP server: sockets, threads, limits. What it answers is in api.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "http/limits.h"
#include "server/admin/admin.h"
#include "server/config/config.h"
#include "server/config/reload.h"
#include "sip/address_range.h"
#include "sip/endpoint.h"
#include "sip/tls.h"

namespace herald::http {

struct Options {
    sip::Endpoint listen;  ///< port 0: any free one
    unsigned threads = 8;  ///< requests carried out at once
    Limits limits;
    std::vector<std::string> hosts;         ///< see hosts.h
    std::vector<std::string> origins;       ///< see origins.h
    std::vector<server::HttpToken> tokens;  ///< who may do what; none: only the open routes answer
    std::vector<server::HttpClient> clients;  ///< who needs none, with a certificate
    bool asks_for_certificates = false;
    std::uint32_t hsts = 0;                          ///< seconds (RFC 6797); 0: not said
    std::string realm;                               ///< of accounts that name none
    std::string version;                             ///< of the program, for herald_build_info
    std::vector<sip::AddressRange> trusted_proxies;  ///< see forwarded.h
    std::function<server::ReloadReport()> reload;    ///< empty: there is nothing to read again
    std::shared_ptr<const sip::TlsContext> tls;      ///< null: plain HTTP
};

/// Serves from start() until it is destroyed, which waits for requests under way.
class Server {
public:
    /// `admin` and `metrics` outlive the server. Faults: io (the address is taken, or not ours).
    static Result<std::unique_ptr<Server>> start(const Options& options, server::Admin& admin,
                                                 base::Metrics& metrics);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Tokens, hosts, origins, clients and proxies of requests that come from now on. Any thread.
    void reopen(const Options& options);
    /// The certificate of connections that come from now on. Any thread.
    void secure(std::shared_ptr<const sip::TlsContext> context);
    /// Where it listens.
    sip::Endpoint address() const;

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace herald::http
