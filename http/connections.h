// http/connections.h: the connections of the HTTP server, on one thread that waits for nobody.
//
//                    nothing more is needed        its answer
//   receiving ------------------------------------------------> sending --the last--> draining
//      \___ asked for events: streaming, until one of the two ends it
//      |   ^ \______ whole, and takes time ______> answering ____^   |                    |
//      |   |____________________________ another may come ___________|      2 s, or its end
//      late (in the head without a word), or nobody there: gone
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "base/task.h"
#include "http/access_log.h"
#include "http/event_streams.h"
#include "http/limits.h"
#include "http/request_reader.h"
#include "http/service.h"
#include "http/workers.h"
#include "sip/endpoint.h"
#include "sip/socket.h"
#include "sip/tls.h"
#include "sip/tls_failures.h"

namespace herald::http {

/// Runs on the loop's thread. A connection costs a descriptor and what it has in its buffers, never
/// a thread. Requests that wait for somebody go to `workers`; all others, health among them, are
/// answered here.
class Connections {
public:
    /// All outlive this, except `workers`, which ends before it.
    Connections(base::Loop& loop, base::Metrics& metrics, Service& service, Workers& workers,
                server::Feed& feed, const Limits& limits);
    ~Connections();
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
    enum class State : std::uint8_t { receiving, answering, sending, streaming, draining };

    struct Connection {
        Connection(sip::Socket its_socket, const sip::Endpoint& its_peer,
                   std::unique_ptr<sip::TlsSession> its_session, std::size_t max_body)
            : socket(std::move(its_socket)),
              peer(its_peer),
              session(std::move(its_session)),
              reader(max_body) {
            reader.come_from(peer);
        }

        sip::Socket socket;
        sip::Endpoint peer;
        std::uint64_t source = 0;                  ///< hash of its address, or of its site
        std::unique_ptr<sip::TlsSession> session;  ///< null: in clear
        RequestReader reader;
        std::string out;          ///< encrypted already
        std::size_t written = 0;  ///< of out
        std::size_t marked = 0;   ///< of out, when the timer was armed
        std::size_t lent = 0;     ///< bytes of its request at the workers
        std::size_t charged = 0;  ///< bytes counted
        std::size_t drained = 0;
        base::Instant since;  ///< it waits for a request
        base::TimerId timer;
        std::unique_ptr<EventStream> stream;  ///< of events, once it was asked for
        State state = State::receiving;
        bool is_last = false;     ///< nothing is read behind this request
        bool has_ended = false;   ///< the peer sends no more
        bool is_hung_up = false;  ///< there is no peer any more
        bool is_known = false;    ///< its certificate was looked at
    };

    void on_ready(base::SlotId id, std::uint32_t events);
    void on_timer(base::SlotId id);
    /// An answer that was made elsewhere, ready to be sent.
    struct Made {
        Answer told;  ///< without its body
        std::string bytes;
    };
    void on_answer(base::SlotId id, Made made);
    void drive(base::SlotId id);
    bool receive(std::uint32_t slot);
    bool begin(std::uint32_t slot);
    void read(std::uint32_t slot);
    void hear(std::uint32_t slot, std::string_view plain);
    void note_certificate(std::uint32_t slot);
    std::optional<std::string_view> decrypt(std::uint32_t slot, std::string_view wire);
    void say(std::uint32_t slot, std::string_view bytes);
    void say_goodbye(std::uint32_t slot);
    void refuse(std::uint32_t slot);
    void hand_over(std::uint32_t slot);
    Answer answer_from_head(const Head& head);
    Answer answer_fault(const Request& request, const Fault& fault);
    void await_body(std::uint32_t slot);
    void respond(std::uint32_t slot, const Answer& answer);
    void write(std::uint32_t slot);
    void write_out(std::uint32_t slot);
    void on_written(std::uint32_t slot);
    bool refuses_stream(std::uint32_t slot, const std::string& token);
    void stream(std::uint32_t slot, const EventOrder& order);
    void serve(std::uint32_t slot);
    void serve_all();
    void serve_some();
    void beat(std::uint32_t slot);
    void drain(std::uint32_t slot);
    void discard(std::uint32_t slot);
    void close(std::uint32_t slot);
    bool make_room();
    void charge(std::uint32_t slot);
    bool is_crowded(const Connection& connection) const;
    void wait(std::uint32_t slot, base::Duration limit);
    void rewatch(std::uint32_t slot);
    void end_if_done();

    base::Loop& loop_;
    Service& service_;
    Workers& workers_;
    const Limits limits_;
    const base::Timers::Owner owner_;
    base::Counter& open_;
    base::Counter& buffered_;
    base::Counter& gave_way_;
    base::Counter& refused_;
    base::Slab<Connection> connections_;
    std::size_t used_ = 0;  ///< bytes, as charged
    const std::uint64_t seed_ = base::random_key()[0];
    std::unordered_map<std::uint64_t, std::size_t> by_source_;  ///< ... of each, none of them zero
    std::unique_ptr<char[]> room_;
    std::string plain_;  ///< what was read, decrypted
    std::shared_ptr<const sip::TlsContext> context_;
    sip::ClientCertificates asked_ = sip::ClientCertificates::none;
    std::uint32_t hsts_ = 0;
    sip::TlsFailures failures_;
    AccessLog log_;
    EventStreams streams_;
    std::vector<base::SlotId> round_;  ///< streams that are still to be looked at
    bool has_round_ = false;
    bool is_news_ = false;     ///< since the round began
    base::Task<void()> done_;  ///< set: stopping
};

}  // namespace herald::http
