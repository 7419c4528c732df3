// sip/tcp.h: the TCP connections of one shard: accepted, opened, framed, written once a turn,
// closed.
//
//   connecting --up--> open --framing lost--> draining --peer closes, or 2 s--> (gone)
//       \____ refused, timeout, error, end of stream, full ____________________/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/index.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "sip/framer.h"
#include "sip/open_streams.h"
#include "sip/socket.h"
#include "sip/stream_limits.h"
#include "sip/transport.h"

namespace herald::sip {

struct StreamOptions {
    unsigned shard = 0;
    std::shared_ptr<StreamLimits> limits_of_all;  ///< of all shards; null: the usual, for this one
    std::size_t out_buffer = 1 << 20;
    std::chrono::seconds idle_timeout{3600};
    std::chrono::seconds partial_timeout{30};
    std::chrono::seconds first_message_timeout{32};
    std::chrono::seconds connect_timeout{4};
    ParseLimits limits;
};

class TcpConnections {
public:
    /// Messages go to `sink`, which is set before the loop's next turn.
    TcpConnections(base::Loop& loop, base::Metrics& metrics, const StreamOptions& options,
                   TransportSink* const& sink);
    ~TcpConnections();
    TcpConnections(const TcpConnections&) = delete;
    TcpConnections& operator=(const TcpConnections&) = delete;

    /// Accepts from `socket`, which listens, as listener number `listener`.
    void listen(Socket socket, std::uint8_t listener);
    /// As Transport::open(): an open connection to `peer`, else a new one that counts as of
    /// `listener`.
    Result<Flow> open(const Endpoint& peer, std::uint8_t listener);
    bool send(const Flow& flow, std::string_view bytes);
    bool is_open(const Flow& flow) const;
    /// For any thread: those not closed yet; one that failed is closed within the turn.
    const OpenStreams& open_streams() const noexcept { return open_; }

    /// Writes what was queued, and closes what failed meanwhile. At the end of a turn.
    void flush();
    bool has_output() const noexcept { return !dirty_.empty(); }
    /// No more accepting, no more reading.
    void stop_input();

    std::size_t size() const noexcept { return connections_.size(); }

private:
    enum class State : std::uint8_t { connecting, open, draining };

    struct Connection {
        Socket socket;
        Endpoint peer;
        Framer framer;
        std::string out;
        std::size_t written = 0;  ///< of out
        std::size_t held = 0;     ///< bytes of an unfinished message, as told to the limits
        base::Instant active;     ///< last byte in or out
        base::Instant born;
        base::Instant since;  ///< draining or connecting, or with an unfinished message
        base::TimerId timer;
        std::uint8_t listener = 0;
        State state = State::open;
        bool is_guest = false;    ///< came by itself and has sent no whole message yet
        bool is_partial = false;  ///< a message has begun, at `since`
        bool is_dirty = false;    ///< in dirty_
        bool is_failed = false;   ///< nothing more is sent; closed by flush()
        bool is_full = false;     ///< not read until its peer reads
    };
    struct Listener {
        Socket socket;
        std::uint8_t number;
    };

    Flow flow_of(std::uint32_t slot) const;
    Connection* find(const Flow& flow);
    const Connection* find(const Flow& flow) const;
    Result<Flow> add(Socket socket, const Endpoint& peer, std::uint8_t listener, State state);
    void remove(std::uint32_t slot);
    void close(std::uint32_t slot);

    void accept_from(std::size_t listener);
    void pause_accepting();
    void on_ready(base::SlotId id, std::uint32_t events);
    void on_connected(std::uint32_t slot);
    void read(std::uint32_t slot);
    bool read_once(std::uint32_t slot);
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
    std::string take_buffer();
    void give_back(std::string& buffer);

    base::Loop& loop_;
    const StreamOptions options_;
    TransportSink* const& sink_;
    const base::Timers::Owner owner_;
    const std::uint64_t seed_;
    base::Counter& open_count_;
    base::Counter& refused_;
    base::Counter& unfinished_;
    const std::shared_ptr<StreamLimits> limits_;
    base::Slab<Connection> connections_;
    OpenStreams open_;
    base::Index by_peer_;
    std::vector<Listener> listeners_;
    std::vector<base::SlotId> dirty_;     ///< with something to write, or failed
    std::vector<base::SlotId> flushing_;  ///< those of this flush()
    std::vector<std::string> spare_;      ///< out-buffers between two uses
    std::unique_ptr<char[]> room_;        ///< what is being read
    base::Instant told_short_{};          ///< when a lack of descriptors was last logged
    base::TimerId resume_;                ///< accepting, after a lack of descriptors
    bool is_reading_ = true;
};

}  // namespace herald::sip
