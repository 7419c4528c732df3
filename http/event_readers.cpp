// http/event_readers.cpp: the connections that read events.
#include "http/event_readers.h"

#include <memory>
#include <utility>

namespace herald::http {

namespace {

/// Batches for one reader before it is the next one's turn, and readers in one turn of the loop.
constexpr int kMostBatches = 4;
constexpr std::size_t kReadersAtOnce = 256;

}  // namespace

EventReaders::EventReaders(base::Loop& loop, server::Feed& feed, base::Metrics& metrics,
                           ConnectionTable& table, const Limits& limits)
    : loop_(loop),
      table_(table),
      limits_(limits),
      streams_(loop, feed, metrics, [this] { serve_all(); }) {}

std::optional<TooMany> EventReaders::refusal_of(const std::string& token) {
    const auto room = streams_.room_for(token, limits_);
    if (room == EventStreams::Room::enough) return std::nullopt;
    streams_.count_refused(room);
    return room == EventStreams::Room::none_for_token ? TooMany::of_token : TooMany::of_all;
}

void EventReaders::begin(std::uint32_t slot, const EventOrder& order) {
    Connection& connection = table_[slot];
    connection.stream = std::make_unique<EventStream>(EventStreams::begin(order));
    connection.state = Connection::State::streaming;
    connection.reader = RequestReader(0);
    streams_.count_open(order.token);
    connection.say("retry: 2000\n\n");
    table_.wait(slot, limits_.heartbeat);
    if (write(slot)) serve(slot);
}

void EventReaders::serve(std::uint32_t slot) {
    for (int batch = 0; batch < kMostBatches; ++batch) {
        Connection& connection = table_[slot];
        if (!connection.out.empty()) return;
        std::string events;
        const bool is_alive = streams_.take(*connection.stream, events);
        if (!events.empty()) connection.say(events);
        if (!is_alive) return cut(slot);
        if (connection.out.empty()) return;
        if (!write(slot)) return;
    }
    serve_all();
}

/// A round over all readers, in slices: others have requests.
void EventReaders::serve_all() {
    is_news_ = true;
    if (has_round_ || is_stopped_) return;
    has_round_ = true;
    loop_.post([this] { serve_some(); });
}

void EventReaders::serve_some() {
    if (round_.empty() && std::exchange(is_news_, false)) {
        table_.for_each([this](std::uint32_t slot, const Connection& connection) {
            if (connection.stream) round_.push_back(table_.id_of(slot));
        });
    }
    for (std::size_t n = 0; n < kReadersAtOnce && !round_.empty(); ++n) {
        const auto id = round_.back();
        round_.pop_back();
        if (!table_.holds(id) || !table_[id.slot].stream) continue;
        serve(id.slot);
        if (table_.holds(id)) table_.rewatch(id.slot);
    }
    has_round_ = !round_.empty() || is_news_;
    if (has_round_) loop_.post([this] { serve_some(); });
}

/// A reader who took nothing since the last time is gone, or as good as gone.
void EventReaders::beat(std::uint32_t slot) {
    Connection& connection = table_[slot];
    const bool is_stuck = !connection.out.empty() && connection.written == connection.marked;
    if (is_stuck) return cut(slot);
    connection.marked = connection.written;
    table_.wait(slot, limits_.heartbeat);
    if (!connection.out.empty()) return;
    connection.say(streams_.heartbeat(*connection.stream));
    if (write(slot)) table_.rewatch(slot);
}

/// False: nobody was there, and the connection is gone.
bool EventReaders::write(std::uint32_t slot) {
    const bool is_there = table_[slot].write_out();
    is_there ? table_.charge(slot) : table_.close(slot);
    return is_there;
}

void EventReaders::cut(std::uint32_t slot) {
    streams_.count_cut();
    table_.close(slot);
}

}  // namespace herald::http
