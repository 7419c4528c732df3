// http/connections.h: what the HTTP server does for those who connect, on one thread that waits for
// nobody. One of them, and its states, is a Connection (http/connection.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task.h"
#include "http/access_log.h"
#include "http/connection_input.h"
#include "http/connection_table.h"
#include "http/event_readers.h"
#include "http/limits.h"
#include "http/response.h"
#include "http/service.h"
#include "http/workers.h"
#include "sip/tls.h"

namespace herald::http {

/// Runs on the loop's thread. A connection costs a descriptor and what it has in its buffers, never
/// a thread. Requests that wait for somebody go to `workers`; all others, health among them, are
/// answered here.
class Connections {
public:
    /// All outlive this, except `workers`, which ends before it.
    Connections(base::Loop& loop, base::Metrics& metrics, Service& service, Workers& workers,
                server::Feed& feed, const Limits& limits);
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// Of connections that come from now on; null: they are in clear.
    void secure(std::shared_ptr<const sip::TlsContext> context) { context_ = std::move(context); }
    /// Clients of TLS are asked for a certificate from now on.
    void ask_for_certificates(bool asks) noexcept {
        asked_ = asks ? sip::ClientCertificates::ask : sip::ClientCertificates::none;
    }
    /// Answers within TLS tell browsers to stay with it for so many seconds (RFC 6797); 0: they do
    /// not.
    void tell_to_stay_secure(std::uint32_t seconds) noexcept { hsts_ = seconds; }
    void add(sip::Socket socket, const sip::Endpoint& peer);
    /// Takes no more requests. `done` runs once those under way were answered, or their readers are
    /// slow.
    void stop(base::Task<void()> done);

private:
    using State = Connection::State;
    /// An answer that was made elsewhere, ready to be sent.
    struct Made {
        Answer told;  ///< without its body
        std::string bytes;
    };

    void on_ready(base::SlotId id, std::uint32_t events);
    void on_late(base::SlotId id);
    void on_closed(const EventStream* stream);
    void on_answer(base::SlotId id, Made made);
    void read(std::uint32_t slot);
    void drive(base::SlotId id);
    bool receive(std::uint32_t slot);
    bool begin(std::uint32_t slot);
    void refuse(std::uint32_t slot);
    void hand_over(std::uint32_t slot);
    void await_body(std::uint32_t slot);
    ResponseStyle style_of(const Connection& connection) const;
    void respond(std::uint32_t slot, const Answer& answer);
    void write(std::uint32_t slot);
    void on_written(std::uint32_t slot);
    void drain(std::uint32_t slot);
    void end_if_done();

    base::Loop& loop_;
    Service& service_;
    Workers& workers_;
    const Limits limits_;
    base::Counter& refused_;
    std::shared_ptr<const sip::TlsContext> context_;
    sip::ClientCertificates asked_ = sip::ClientCertificates::none;
    std::uint32_t hsts_ = 0;
    ConnectionTable table_;
    ConnectionInput input_;
    EventReaders readers_;
    AccessLog log_;
    base::Task<void()> done_;  ///< set: stopping
};

}  // namespace herald::http
