// http/exchange.h: a request and its answer, free of sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sip/certificate.h"
#include "sip/endpoint.h"

namespace herald::http {

/// The head of a request. The body is read later, by who wants it.
struct Request {
    std::string method;         ///< as sent: "GET"
    std::string target;         ///< path and query as sent, still escaped
    std::string authorization;  ///< value of the Authorization header, empty for none
    std::string content_type;
    std::string accept;                   ///< as sent, several lines joined by commas
    std::string if_match, if_none_match;  ///< as sent, several lines joined by commas
    std::string range, if_range;          ///< as sent
    std::string user_agent;
    std::string origin;           ///< of the page that asks (RFC 6454 7); empty: no page does
    std::string asked_method;     ///< of a CORS preflight: what the page means to send
    std::string last_event_id;    ///< where a reader of events left off
    std::string idempotency_key;  ///< of a request that may be repeated
    std::string forwarded_for;    ///< X-Forwarded-For, several lines joined by commas
    sip::Endpoint peer{};         ///< of its connection
    std::string host;             ///< without its port, lower case; empty where HTTP/1.0 named none
    bool has_length = false;      ///< Content-Length or chunks
    /// Whom the certificate names that the client proved to hold; null: it showed none.
    std::shared_ptr<const sip::CertificateNames> certificate{};
};

/// Reads the body of a request. Faults: too_large, timeout, malformed.
using ReadBody = std::function<Result<std::string>()>;

struct EventOrder;

struct Answer {
    int status = 200;
    std::string type;  ///< media type; empty: no body
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<const EventOrder> events{};  ///< what follows, without an end, as it happens
    std::string actor{};                         ///< for the log: name of the token; empty: none
    std::string client{};  ///< for the log: who asked, where that is not the peer
};

}  // namespace herald::http
