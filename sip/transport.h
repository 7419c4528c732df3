// sip/transport.h: what carries messages: the seam between the stack and sockets (or a test's
// wire).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::sip {

/// Bytes of a request, Via and all, that may go by UDP where the path MTU is not known (RFC 3261
/// 18.1.1).
inline constexpr std::size_t kMostOnUdp = 1300;
/// Bytes that one datagram holds: no message by UDP is longer.
inline constexpr std::size_t kMostInDatagram = 65507;

/// Gets what arrives. Runs on the transport's thread.
class TransportSink {
public:
    virtual ~TransportSink() = default;
    /// One datagram, or one framed message of a stream (keep-alives are gone already). The bytes
    /// may be changed in place and live until the call returns.
    virtual void on_message(std::span<char> bytes, const Flow& flow, Framing framing) = 0;
    /// A stream sent bytes that cannot be framed; the transport closes it after the sink answered
    /// what can be answered.
    virtual void on_unframeable(std::span<char> bytes, const Flow& flow,
                                ParseResult::Error why) = 0;
    /// A stream ended, or could not be opened; everything queued on it is lost.
    virtual void on_flow_closed(const Flow& flow) = 0;
    /// ICMP said that nobody listens at `peer` (UDP, RFC 3261 18.4).
    virtual void on_unreachable(const Endpoint& peer) = 0;
};

/// Where a listener is reached: for Via, Contact and Record-Route.
struct ListenerAddress {
    Protocol protocol = Protocol::udp;
    Endpoint bound;
    std::string host;        ///< what peers are told; numeric or a name, IPv6 in brackets
    std::uint16_t port = 0;  ///< what peers are told
};

/// How far behind a transport is with its input.
enum class Load : std::uint8_t {
    normal,
    high,     ///< more comes than is read, and has for a while
    extreme,  ///< input is about to be lost
};

class Transport {
public:
    virtual ~Transport() = default;
    /// Queues one message; it leaves at the end of the loop's turn at the latest. False: the flow
    /// is gone or its buffer is full (the stream is then closed later, by on_flow_closed).
    virtual bool send(const Flow& flow, std::string_view bytes) = 0;
    /// A flow to `peer` from a listener of that family: for UDP a value, for streams an open
    /// connection to that very address and port, or a new one (messages wait until it is up). By
    /// TLS only to who proves to be `domain`: the host of the URI that led to the peer, before
    /// anything was looked up (RFC 5922 7.2). Faults: unreachable, limit_reached.
    virtual Result<Flow> open(Protocol protocol, const Endpoint& peer,
                              std::string_view domain = {}) = 0;
    /// Something must come by `flow`, a stream, within `limit`, again and again, or it is closed
    /// (RFC 5626 4.4.1, 5.4).
    virtual void expect(const Flow&, base::Duration) {}
    /// Whether `flow` can still be sent on: always for UDP of a listener we have.
    virtual bool is_open(const Flow& flow) const = 0;
    /// The listener `flow` came in by or leaves from.
    virtual const ListenerAddress& listener(const Flow& flow) const = 0;
    virtual std::span<const ListenerAddress> listeners() const = 0;
    /// Of datagrams only: streams that are not read push back by themselves.
    virtual Load load() const { return Load::normal; }
};

}  // namespace herald::sip
