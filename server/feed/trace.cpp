// server/feed/trace.cpp: the SIP messages of one user or one address, kept for an operator.
#include "server/feed/trace.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"

namespace herald::server {

namespace {

/// Beside its bytes.
constexpr std::size_t kTracedOverhead = sizeof(TracedMessage) + 64;

std::string_view head_of(std::string_view message) noexcept {
    return message.substr(0, message.find("\r\n\r\n"));
}

bool is_credentials(std::string_view line) {
    return base::istarts_with(line, "authorization:") ||
           base::istarts_with(line, "proxy-authorization:");
}

/// From `begin` to the end of a quoted value, or of a word.
void mask(std::string& text, std::size_t begin, std::size_t line_end) {
    const bool is_quoted = begin < line_end && text[begin] == '"';
    if (is_quoted) ++begin;
    const auto end = std::min(text.find_first_of(is_quoted ? "\"" : " ,;", begin), line_end);
    for (std::size_t i = begin; i < end; ++i) text[i] = '*';
}

/// The digest's response, or all of a token.
void mask_credentials(std::string& text, std::size_t begin, std::size_t end) {
    constexpr std::string_view kResponse = "response=";
    const auto value = text.find(':', begin) + 1;
    const auto scheme = text.find_first_not_of(' ', value);
    const auto after = std::min(text.find(' ', scheme), end);
    const bool is_digest =
        base::iequals(std::string_view(text).substr(scheme, after - scheme), "digest");
    if (!is_digest) return mask(text, std::min(after + 1, end), end);
    for (auto at = text.find(kResponse, after); at < end; at = text.find(kResponse, at + 1))
        mask(text, at + kResponse.size(), end);
}

std::size_t weight_of(const TracedMessage& message) noexcept {
    return message.bytes.size() + kTracedOverhead;
}

}  // namespace

std::string masked(std::string_view message) {
    std::string text(message);
    const auto head_end = head_of(message).size();
    for (std::size_t begin = 0; begin < head_end;) {
        const auto end = std::min(text.find("\r\n", begin), head_end);
        if (is_credentials(std::string_view(text).substr(begin, end - begin)))
            mask_credentials(text, begin, end);
        begin = end + 2;
    }
    return text;
}

bool names_user(std::string_view message, std::string_view user) {
    const auto head = head_of(message);
    for (auto at = head.find(user); at != std::string_view::npos; at = head.find(user, at + 1)) {
        const auto end = at + user.size();
        const bool begins = at > 0 && head[at - 1] == ':';
        if (begins && end < head.size() && (head[end] == '@' || head[end] == ';')) return true;
    }
    return false;
}

Trace::Trace(std::size_t bytes, const base::Clock& clock, base::Metrics& metrics)
    : most_bytes_(bytes),
      clock_(clock),
      bytes_gauge_(metrics.gauge("herald_trace_bytes", "Bytes of messages kept by traces")) {}

Trace::Status Trace::status_of(const All::value_type& one) const {
    const auto left = std::max(one.second.ends - clock_.now(), base::Duration::zero());
    return {.id = one.first,
            .order = one.second.order,
            .seconds_left =
                static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(left).count()),
            .messages = one.second.messages};
}

void Trace::forget(const One& one) {
    for (const auto& message : one.kept) bytes_ -= weight_of(*message);
    bytes_gauge_.set(bytes_);
}

/// What ended can be read for as long again.
void Trace::drop_ended() {
    const auto now = clock_.now();
    for (auto it = all_.begin(); it != all_.end();) {
        const auto& [order, ends, messages, lost, kept] = it->second;
        if (ends + std::chrono::seconds(order.seconds) > now) {
            ++it;
            continue;
        }
        forget(it->second);
        it = all_.erase(it);
    }
    want(std::any_of(all_.begin(), all_.end(),
                     [&](const auto& one) { return one.second.ends > now; }));
}

Result<Trace::Status> Trace::start(const TraceOrder& order) {
    const std::lock_guard lock(mutex_);
    if (order.to_collector && !collector_)
        return Fault{FaultKind::conflict, "server.hep names no collector"};
    drop_ended();
    if (all_.size() >= kMostTraces) {
        return Fault{FaultKind::limit_reached,
                     "There are " + std::to_string(kMostTraces) + " traces: stop one first"};
    }
    const auto [it, is_new] = all_.try_emplace(std::to_string(++started_));
    it->second.order = order;
    it->second.ends = clock_.now() + std::chrono::seconds(order.seconds);
    it->second.lost_before = lost_;
    want(true);
    return status_of(*it);
}

std::vector<Trace::Status> Trace::list() {
    const std::lock_guard lock(mutex_);
    drop_ended();
    std::vector<Status> list;
    for (const auto& one : all_) list.push_back(status_of(one));
    return list;
}

Result<Trace::Page> Trace::read(std::string_view id, std::uint64_t after, std::size_t most) {
    const std::lock_guard lock(mutex_);
    drop_ended();
    const auto found = all_.find(id);
    if (found == all_.end())
        return Fault{FaultKind::not_found, "There is no trace " + std::string(id)};
    Page page{.status = status_of(*found), .messages = {}};
    page.lost = lost_ - found->second.lost_before;
    for (const auto& message : found->second.kept) {
        if (page.messages.size() == most) break;
        if (message->number > after) page.messages.push_back(message);
    }
    return page;
}

herald::Status Trace::stop(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(id);
    if (found == all_.end())
        return Fault{FaultKind::not_found, "There is no trace " + std::string(id)};
    forget(found->second);
    all_.erase(found);
    drop_ended();
    return {};
}

/// The oldest message of all traces goes.
void Trace::make_room() {
    One* oldest = nullptr;
    for (auto& [id, one] : all_) {
        if (one.kept.empty()) continue;
        if (oldest == nullptr || one.kept.front()->number < oldest->kept.front()->number)
            oldest = &one;
    }
    if (oldest == nullptr) return;
    bytes_ -= weight_of(*oldest->kept.front());
    oldest->kept.pop_front();
    ++lost_;
}

void Trace::on_message(sip::Direction direction, const sip::Flow& flow, const sip::Endpoint& local,
                       std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    TracedMessagePtr message;
    bool has_live = false, is_to_be_sent = false;
    for (auto& [id, one] : all_) {
        if (one.ends <= now) continue;
        has_live = true;
        if (!one.order.peer.empty() && one.order.peer != flow.peer.host()) continue;
        if (!one.order.user.empty() && !names_user(bytes, one.order.user)) continue;
        if (!message) {
            message = std::make_shared<const TracedMessage>(
                TracedMessage{++latest_, clock_.wall(), direction, flow.protocol, local, flow.peer,
                              masked(bytes)});
        }
        ++one.messages;
        is_to_be_sent = is_to_be_sent || one.order.to_collector;
        bytes_ += weight_of(*message);
        one.kept.push_back(message);
    }
    if (is_to_be_sent) collector_->send(*message, now);
    while (bytes_ > most_bytes_) make_room();
    bytes_gauge_.set(bytes_);
    if (!has_live) want(false);
}

}  // namespace herald::server
