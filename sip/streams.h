// sip/streams.h: the streams of one shard, of TCP, TLS and WebSocket: accepted, opened, framed,
// written once a turn, closed.
//
//   connecting --up--> open --framing or TLS lost--> draining --peer closes, or 2 s--> (gone)
//       \____ refused, timeout, error, end of stream, full ____________________/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/index.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "sip/channel.h"
#include "sip/known_clients.h"
#include "sip/open_streams.h"
#include "sip/socket.h"
#include "sip/spare_buffers.h"
#include "sip/stream_limits.h"
#include "sip/tls.h"
#include "sip/tls_failures.h"
#include "sip/transport.h"
#include "sip/websocket_handshake.h"

namespace herald::sip {

struct StreamOptions {
    unsigned shard = 0;
    std::shared_ptr<StreamLimits> limits_of_all;  ///< of all shards; null: the usual, for this one
    std::shared_ptr<KnownClients> clients;        ///< of all shards; null: nobody asks
    std::size_t out_buffer = 1 << 20;
    std::chrono::seconds idle_timeout{3600};
    std::chrono::seconds partial_timeout{30};
    std::chrono::seconds first_message_timeout{32};
    std::chrono::seconds connect_timeout{4};
    std::chrono::seconds handshake_timeout{10};
    WebSocketRules web;
    ParseLimits limits;
};

/// A listener of streams: its number as in Flow, and what it speaks.
struct StreamListener {
    std::uint8_t number = 0;
    Protocol protocol = Protocol::tcp;
    ClientCertificates clients = ClientCertificates::none;
};

class Streams {
public:
    /// Messages go to `sink`, which is set before the loop's next turn.
    Streams(base::Loop& loop, base::Metrics& metrics, const StreamOptions& options,
            TransportSink* const& sink);
    ~Streams();
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    /// Accepts from `socket`, which listens.
    void listen(Socket socket, const StreamListener& listener);
    /// The certificates of connections that begin from now on. Without any no TLS is spoken.
    void secure(std::shared_ptr<const TlsContext> context) { context_ = std::move(context); }
    /// As Transport::open(): an open connection to `peer`, else a new one that counts as of
    /// `listener`.
    Result<Flow> open(const Endpoint& peer, const StreamListener& listener,
                      std::string_view domain);
    bool send(const Flow& flow, std::string_view bytes);
    bool is_open(const Flow& flow) const;
    /// From now on something must come by `flow` within `limit`, again and again, or it is closed.
    void expect(const Flow& flow, base::Duration limit);
    /// For any thread: those not closed yet; one that failed is closed within the turn.
    const OpenStreams& open_streams() const noexcept { return open_; }

    /// Writes what was queued, and closes what failed meanwhile. At the end of a turn.
    void flush();
    bool has_output() const noexcept { return !dirty_.empty(); }
    /// Handshakes cost so much that a turn has only some; the others follow in the next.
    void end_turn() noexcept { handshakes_ = 0; }
    /// No more accepting, no more reading.
    void stop_input();

    std::size_t size() const noexcept { return connections_.size(); }

private:
    enum class State : std::uint8_t { connecting, open, draining };

    struct Connection {
        Socket socket;
        Endpoint peer;
        Channel channel;
        std::string out;
        std::size_t written = 0;  ///< of out
        std::size_t held = 0;     ///< bytes of an unfinished message, as told to the limits
        base::Instant active;     ///< last byte in or out
        base::Instant born;
        base::Instant since;  ///< in this state, or with an unfinished message
        base::TimerId timer;
        base::Duration silence{};  ///< the longest between two bytes in; zero: as all others
        base::Instant heard{};     ///< last byte in
        std::uint8_t listener = 0;
        Protocol protocol = Protocol::tcp;
        State state = State::open;
        bool is_guest = false;    ///< came by itself and has sent no whole message yet
        bool is_partial = false;  ///< a message has begun, at `since`
        bool is_dirty = false;    ///< in dirty_
        bool is_failed = false;   ///< nothing more is sent; closed by flush()
        bool is_full = false;     ///< not read until its peer reads
        bool is_known = false;    ///< its client showed a certificate
    };
    struct Listener {
        Socket socket;
        StreamListener its;
    };
    /// What a connection begins with.
    struct Beginning {
        Socket socket;
        Endpoint peer;
        StreamListener listener;
        Channel::Layers layers;
        State state;
    };

    Flow flow_of(std::uint32_t slot) const;
    Connection* find(const Flow& flow);
    const Connection* find(const Flow& flow) const;
    std::uint32_t find_to(const Endpoint& peer, Protocol protocol, std::string_view domain) const;
    Result<Flow> add(Beginning beginning);
    void remove(std::uint32_t slot);
    void close(std::uint32_t slot);
    void fail(std::uint32_t slot, const Fault& why);
    void hang_up(std::uint32_t slot);

    void accept_from(std::size_t listener);
    void admit(Socket socket, const Endpoint& peer, const StreamListener& listener);
    std::optional<Channel::Layers> layers_of(const StreamListener& listener) const;
    void count_end(const char* why);
    void pause_accepting();
    void on_ready(base::SlotId id, std::uint32_t events);
    void on_connected(std::uint32_t slot);
    void read(std::uint32_t slot);
    bool read_once(std::uint32_t slot);
    bool may_read(const Connection& connection);
    void hear(std::uint32_t slot, std::string_view wire);
    void note_handshake(std::uint32_t slot);
    void forget_client(std::uint32_t slot);
    void deliver(std::uint32_t slot);
    void drain(std::uint32_t slot);
    void discard(std::uint32_t slot);
    void write(std::uint32_t slot);
    void mark_dirty(std::uint32_t slot);
    void rewatch(std::uint32_t slot);
    std::uint32_t wanted_events(const Connection& connection) const;
    void note_input(std::uint32_t slot, bool message_came);
    void hold_unfinished(std::uint32_t slot);

    void arm(std::uint32_t slot);
    base::Instant deadline(const Connection& connection) const;
    void on_timer(std::uint64_t payload);

    base::Loop& loop_;
    base::Metrics& metrics_;
    const StreamOptions options_;
    const std::shared_ptr<const WebSocketRules> web_rules_;
    TransportSink* const& sink_;
    const base::Timers::Owner owner_;
    const std::uint64_t seed_;
    base::Counter& open_count_;
    base::Counter& refused_;
    base::Counter& unfinished_;
    base::Counter& full_handshakes_;
    base::Counter& resumed_;
    TlsFailures failures_;
    const std::shared_ptr<StreamLimits> limits_;
    base::Slab<Connection> connections_;
    OpenStreams open_;
    base::Index by_peer_;
    std::vector<Listener> listeners_;
    std::vector<base::SlotId> dirty_;     ///< with something to write, or failed
    std::vector<base::SlotId> flushing_;  ///< those of this flush()
    SpareBuffers spare_;
    std::unique_ptr<char[]> room_;  ///< what is being read
    std::string plain_;             ///< the same, decrypted
    std::shared_ptr<const TlsContext> context_;
    int handshakes_ = 0;          ///< steps of this turn
    base::Instant told_short_{};  ///< when a lack of descriptors was last logged
    base::TimerId resume_;        ///< accepting, after a lack of descriptors
    bool is_reading_ = true;
};

}  // namespace herald::sip
