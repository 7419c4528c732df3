// http/event_streams.cpp: from the feed to its readers.
#include "http/event_streams.h"

#include <utility>

namespace herald::http {

namespace {

/// Bytes and events of one batch.
constexpr std::size_t kBatch = 4 << 10;
constexpr std::size_t kMostEvents = 256;
/// The text of a longer event is made anew for each reader.
constexpr std::size_t kMostKept = 2048;

base::Counter& refused_streams(base::Metrics& metrics, const char* reason) {
    return metrics.counter("herald_http_event_streams_refused_total",
                           "Readers of GET /v1/events there was no room for (http.event_streams, "
                           "http.event_streams_per_token)",
                           {{"reason", reason}});
}

}  // namespace

EventStreams::EventStreams(base::Loop& loop, server::Feed& feed, base::Metrics& metrics,
                           base::Task<void()> news)
    : feed_(feed),
      wake_(std::make_shared<Wake>(loop, std::move(news))),
      open_(metrics.gauge("herald_http_event_streams", "Readers of GET /v1/events")),
      cut_(metrics.counter("herald_http_event_streams_cut_total",
                           "Readers of GET /v1/events that were too slow")),
      full_(refused_streams(metrics, "all")),
      token_full_(refused_streams(metrics, "token")) {
    listener_ = feed.listen([wake = wake_] {
        if (wake->is_posted.exchange(true)) return;
        wake->loop.post([wake] {
            wake->is_posted = false;
            if (wake->news) wake->news();
        });
    });
}

EventStreams::~EventStreams() {
    feed_.ignore(listener_);
    wake_->news = {};
    open_.set(0);
}

EventStreams::Room EventStreams::room_for(const std::string& token, const Limits& limits) const {
    if (count_ >= limits.event_streams) return Room::none;
    const auto known = by_token_.find(token);
    const bool has_most =
        known != by_token_.end() && known->second >= limits.event_streams_per_token;
    return has_most ? Room::none_for_token : Room::enough;
}

void EventStreams::count_open(const std::string& token) {
    ++by_token_[token];
    open_.set(++count_);
}

void EventStreams::count_closed(const std::string& token) {
    const auto known = by_token_.find(token);
    if (--known->second == 0) by_token_.erase(known);
    open_.set(--count_);
}

const std::string& EventStreams::lines_of(const server::Event& event) {
    auto& place = lines_[event.number % lines_.size()];
    if (place.number != event.number) place = {event.number, to_lines(event)};
    if (place.text.size() > kMostKept) place.number = 0;
    return place.text;
}

std::string EventStreams::lines_of_gap(const EventStream& stream, std::uint64_t lost) const {
    server::Event gap{.kind = server::EventKind::events_lost, .resource = {}};
    gap.run = feed_.run();
    gap.number = stream.at;
    if (lost > 0) gap.details.emplace_back("count", std::to_string(lost));
    return to_lines(gap);
}

bool EventStreams::take(EventStream& stream, std::string& out) {
    const auto page = feed_.read(stream.at, kMostEvents);
    if (page.lost > 0 && stream.has_begun) return false;
    if (page.lost > 0 || stream.has_gap) {
        stream.at += page.lost;
        out += lines_of_gap(stream, page.lost);
    }
    stream.has_gap = false;
    stream.has_begun = true;
    for (const auto& event : page.events) {
        if (out.size() >= kBatch) break;
        stream.at = event->number;
        if (stream.filter.passes(*event)) out += lines_of(*event);
    }
    return true;
}

std::string EventStreams::heartbeat(const EventStream& stream) const {
    return "id: " + server::to_text(server::EventPosition{feed_.run(), stream.at}) + "\n\n";
}

}  // namespace herald::http
