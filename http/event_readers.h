// http/event_readers.h: the connections that read events: each is sent what happens, for as long as
// both like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "http/connection_table.h"
#include "http/event_streams.h"
#include "http/limits.h"
#include "http/service.h"

namespace herald::http {

/// On the thread of its loop.
class EventReaders {
public:
    /// All outlive it; the table's connections too, but for what they are told of here.
    EventReaders(base::Loop& loop, server::Feed& feed, base::Metrics& metrics,
                 ConnectionTable& table, const Limits& limits);

    /// What keeps one more reader with this token out, and is counted; nullopt: nothing does.
    std::optional<TooMany> refusal_of(const std::string& token);
    /// The head of the answer is in `out`; behind it comes what happens.
    void begin(std::uint32_t slot, const EventOrder& order);
    /// Sends what is new to a reader that has taken everything so far.
    void serve(std::uint32_t slot);
    /// It is time for a sign of life.
    void beat(std::uint32_t slot);
    /// One was closed.
    void on_closed(const EventStream& stream) { streams_.count_closed(stream.token); }
    /// Nobody is sent anything from now on.
    void stop() noexcept { is_stopped_ = true; }
    std::size_t count() const noexcept { return streams_.open(); }

private:
    bool write(std::uint32_t slot);
    void cut(std::uint32_t slot);
    void serve_all();
    void serve_some();

    base::Loop& loop_;
    ConnectionTable& table_;
    const Limits limits_;
    EventStreams streams_;
    std::vector<base::SlotId> round_;  ///< readers that are still to be looked at
    bool has_round_ = false;
    bool is_news_ = false;  ///< since the round began
    bool is_stopped_ = false;
};

}  // namespace herald::http
