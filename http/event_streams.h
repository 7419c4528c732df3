// http/event_streams.h: the feed as the readers of GET /v1/events get it. None of them holds a
// thread, nor more than a batch of bytes: what one has not read yet waits in the feed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task.h"
#include "base/text_map.h"
#include "http/events.h"
#include "http/limits.h"
#include "server/feed/feed.h"

namespace herald::http {

/// One reader, and where he is.
struct EventStream {
    EventFilter filter;
    std::string token;       ///< name of his
    std::uint64_t at = 0;    ///< number of the last event he was sent, or that was not for him
    bool has_gap = false;    ///< he is to be told that some are missing
    bool has_begun = false;  ///< he was sent what there was
};

/// On the thread of its loop.
class EventStreams {
public:
    /// `news` is called on the loop's thread after something happened. The feed outlives this.
    EventStreams(base::Loop& loop, server::Feed& feed, base::Metrics& metrics,
                 base::Task<void()> news);
    ~EventStreams();
    EventStreams(const EventStreams&) = delete;
    EventStreams& operator=(const EventStreams&) = delete;

    static EventStream begin(const EventOrder& order) {
        return {.filter = order.filter,
                .token = order.token,
                .at = order.after,
                .has_gap = order.has_gap};
    }

    /// Whether one more reader fits in, and what keeps him out.
    enum class Room : std::uint8_t { enough, none, none_for_token };
    Room room_for(const std::string& token, const Limits& limits) const;
    void count_open(const std::string& token);
    void count_closed(const std::string& token);
    void count_refused(Room room) { (room == Room::none ? full_ : token_full_).add(); }
    std::size_t open() const noexcept { return count_; }

    /// Appends what is new for `stream`, a batch at most. False: the feed no longer has all that it
    /// has not read.
    bool take(EventStream& stream, std::string& out);
    /// Something to say where nothing happens, that tells where the stream is.
    std::string heartbeat(const EventStream& stream) const;

    /// Of those that do not read, or not fast enough.
    void count_cut() { cut_.add(); }

private:
    const std::string& lines_of(const server::Event& event);
    std::string lines_of_gap(const EventStream& stream, std::uint64_t lost) const;

    /// What the thread of the feed may touch.
    struct Wake {
        Wake(base::Loop& its_loop, base::Task<void()> its_news)
            : loop(its_loop), news(std::move(its_news)) {}

        base::Loop& loop;
        base::Task<void()> news;
        std::atomic<bool> is_posted{false};
    };
    struct Lines {
        std::uint64_t number = 0;
        std::string text;
    };

    server::Feed& feed_;
    std::shared_ptr<Wake> wake_;
    std::uint64_t listener_ = 0;
    std::array<Lines, 256> lines_;  ///< by number: most readers read the same at the same time
    std::size_t count_ = 0;
    base::TextMap<std::size_t> by_token_;  ///< none of them zero
    base::Counter& open_;
    base::Counter& cut_;
    base::Counter& full_;
    base::Counter& token_full_;
};

}  // namespace herald::http
