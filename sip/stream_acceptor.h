// sip/stream_acceptor.h: takes in who connects, as long as there are descriptors and room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task.h"
#include "sip/socket.h"
#include "sip/stream.h"
#include "sip/stream_limits.h"

namespace herald::sip {

/// One of a shard.
class StreamAcceptor {
public:
    /// Gets a connection that was counted in with the limits, and counts it out again.
    using Admit = base::Task<void(Socket socket, const Endpoint& peer, const StreamListener&)>;

    /// All outlive it.
    StreamAcceptor(base::Loop& loop, base::Metrics& metrics, StreamLimits& limits, Admit admit);
    ~StreamAcceptor();
    StreamAcceptor(const StreamAcceptor&) = delete;
    StreamAcceptor& operator=(const StreamAcceptor&) = delete;

    /// Accepts from `socket`, which listens.
    void listen(Socket socket, const StreamListener& listener);
    /// For good.
    void stop();

private:
    struct Listener {
        Socket socket;
        StreamListener its;
    };

    void accept_from(std::size_t listener);
    void pause();
    void tell_of_lack();
    void watch_for(std::uint32_t events);

    base::Loop& loop_;
    StreamLimits& limits_;
    Admit admit_;
    base::Counter& refused_;
    std::vector<Listener> listeners_;
    base::Instant told_short_{};  ///< when a lack of descriptors was last logged
    base::TimerId resume_;        ///< after a lack of descriptors
    bool is_accepting_ = true;
};

}  // namespace herald::sip
