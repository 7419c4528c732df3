// sip/transaction.h: non-INVITE transactions, both sides, as tables of states (RFC 3261 17, 4320,
// 6026).
//
//   client:     1xx                final, F, transport error
//     trying --------> proceeding ----------------------------> gone   (late answers fail the
//        |                                                       ^      generation)
//        +---------------- final, F, transport error ------------+
//
//   server:     100                 final                J
//     trying --------> proceeding ---------> completed -----> gone   (J: at once on a stream
//        |                 |                   ^                ^     or within a dialog)
//        +---- final ------|-------------------+                |
//        +-----------------+---- given up (RFC 4320: no 408) ---+
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::sip {

/// RFC 3261 17.1.1.1, 17.1.2. F and J are 64 * T1.
struct TransactionTimers {
    base::Duration t1 = std::chrono::milliseconds(500);
    base::Duration t2 = std::chrono::seconds(4);

    /// Timers F and J.
    base::Duration lifetime() const noexcept { return 64 * t1; }
    /// When a request still without answer gets its 100: as Timer E of the client reaches T2 (RFC
    /// 4320 4.1).
    base::Duration provisional_after() const noexcept;
};

struct ClientTransactionId {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;
    explicit operator bool() const noexcept { return slot != UINT32_MAX; }
    friend bool operator==(const ClientTransactionId&, const ClientTransactionId&) = default;
};

/// How a client transaction ended.
struct ClientOutcome {
    enum class How : std::uint8_t { response, timeout, transport_error };
    How how;
    int status;  ///< of the final response; 408 for a timeout, 503 for a transport error (RFC
                 ///< 3261 8.1.3.1)
    /// The final response. nullptr for a timeout, an error and the 2xx to a NOTIFY without Contact:
    /// the one answer that says no more than its status, so it is not parsed whole.
    const Message* message;
    Flow flow;  ///< the request went out on (streams: the connection opened)
};

enum class ClientState : std::uint8_t { trying, proceeding, gone };
enum class ClientInput : std::uint8_t { provisional, final, timer_e, timer_f, transport_error };
enum class ClientAction : std::uint8_t { none, retransmit, report };
struct ClientStep {
    ClientState next;
    ClientAction action;
    friend bool operator==(const ClientStep&, const ClientStep&) = default;
};
/// RFC 3261 17.1.2.2.
ClientStep step(ClientState state, ClientInput input) noexcept;

enum class ServerState : std::uint8_t { trying, proceeding, completed, gone };
/// `give_up` is the application's or 64 * T1 without any answer; `timer_j` ends what was answered.
enum class ServerInput : std::uint8_t { retransmission, provisional, final, give_up, timer_j };
enum class ServerAction : std::uint8_t { none, send, resend };
struct ServerStep {
    ServerState next;
    ServerAction action;
    friend bool operator==(const ServerStep&, const ServerStep&) = default;
};
/// RFC 3261 17.2.2, RFC 4320 4.2.
ServerStep step(ServerState state, ServerInput input) noexcept;

/// Who makes requests. One object serves all its transactions; `user` tells them apart.
class RequestSource {
public:
    virtual ~RequestSource() = default;
    /// Appends the whole request with `via` (a complete `Via: ...CRLF` line) as its topmost Via.
    /// Called for the first sending and for each retransmission, and gives the same bytes each
    /// time.
    virtual void write_request(std::uint64_t user, std::string_view via, std::string& out) = 0;
    /// Exactly once, never from within start(). The id is free when this is called.
    virtual void on_outcome(std::uint64_t user, const ClientOutcome& outcome) = 0;
    /// Whether its requests carry the Vias of others below ours, and their answers too (RFC 3261
    /// 16.6). An answer to any other request has one Via, or was meant for somebody else (8.1.3.3).
    virtual bool is_relay() const noexcept { return false; }
};

struct ServerTransactionId {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;
    explicit operator bool() const noexcept { return slot != UINT32_MAX; }
    friend bool operator==(const ServerTransactionId&, const ServerTransactionId&) = default;
};

}  // namespace herald::sip
