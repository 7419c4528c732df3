// sip/streams.h: the streams of one shard, of TCP, TLS and WebSocket: accepted, opened, sent on,
// closed. One of them is a Stream (sip/stream.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/known_clients.h"
#include "sip/stream_acceptor.h"
#include "sip/stream_deadlines.h"
#include "sip/stream_input.h"
#include "sip/stream_layers.h"
#include "sip/stream_limits.h"
#include "sip/stream_output.h"
#include "sip/stream_table.h"

namespace herald::sip {

struct StreamOptions {
    unsigned shard = 0;
    std::shared_ptr<StreamLimits> limits_of_all;  ///< of all shards; null: the usual, for this one
    std::shared_ptr<KnownClients> clients;        ///< of all shards; null: nobody asks
    std::size_t out_buffer = 1 << 20;
    StreamPatience patience;
    WebSocketRules web;
    ParseLimits limits;
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
    void secure(std::shared_ptr<const TlsContext> context) { layers_.secure(std::move(context)); }
    /// As Transport::open(): an open connection to `peer`, else a new one that counts as of
    /// `listener`.
    Result<Flow> open(const Endpoint& peer, const StreamListener& listener,
                      std::string_view domain);
    bool send(const Flow& flow, std::string_view bytes);
    bool is_open(const Flow& flow) const;
    /// From now on something must come by `flow` within `limit`, again and again, or it is closed.
    void expect(const Flow& flow, base::Duration limit);
    /// For any thread: those not closed yet; one that failed is closed within the turn.
    const OpenStreams& open_streams() const noexcept { return table_.open(); }

    /// Writes what was queued, and closes what failed meanwhile. At the end of a turn.
    void flush();
    bool has_output() const noexcept { return output_.has_any(); }
    /// Handshakes cost so much that a turn has only some; the others follow in the next.
    void end_turn() noexcept { layers_.end_turn(); }
    /// No more accepting, no more reading.
    void stop_input();

private:
    /// What a connection begins with.
    struct Beginning {
        Socket socket;
        Endpoint peer;
        StreamListener listener;
        Channel::Layers layers;
        Stream::State state;
    };

    void admit(Socket socket, const Endpoint& peer, const StreamListener& listener);
    Result<Flow> add(Beginning beginning);
    void on_ready(base::SlotId id, std::uint32_t events);
    void on_connected(std::uint32_t slot);
    void on_late(std::uint32_t slot);
    void read(std::uint32_t slot);
    void write(std::uint32_t slot);
    void hang_up(std::uint32_t slot);
    void fail(std::uint32_t slot, const Fault& why);
    void drain(std::uint32_t slot);
    void close(std::uint32_t slot);
    void let_go(std::uint32_t slot);

    base::Loop& loop_;
    const ParseLimits parse_limits_;
    TransportSink* const& sink_;
    const std::shared_ptr<StreamLimits> limits_;
    StreamTable table_;
    StreamLayers layers_;
    StreamDeadlines deadlines_;
    StreamOutput output_;
    StreamInput input_;
    StreamAcceptor acceptor_;
};

}  // namespace herald::sip
