// server/message/message_delivery.cpp: brings users who come what was kept for them (RFC 3428 7,
// 8).
#include "server/message/message_delivery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "server/message/message_decision.h"
#include "server/message/message_text.h"

namespace herald::server {

namespace {

/// Users delivered to at once; the others wait for their turn.
constexpr std::size_t kMostRounds = 256;

/// A message as it was read, with its times by the clock as it is now: that may have been set since
/// they were written.
store::Message by_clock(const MessageQueue& queue, store::Message message) {
    for (const auto& kept : queue.messages()) {
        if (kept.id != message.id || kept.is_done) continue;
        const auto moved = kept.keep_until - message.keep_until;
        message.keep_until += moved;
        if (message.expires_at != base::WallTime{}) message.expires_at += moved;
    }
    return message;
}

}  // namespace

DeliveryVerdict delivery_verdict(int status) noexcept {
    if (status < 300) return DeliveryVerdict::delivered;
    if (is_absence(status) || status == 486 || status == 513) return DeliveryVerdict::absent;
    if (status == 401 || status == 404 || status == 407) return DeliveryVerdict::failed;
    if (status >= 500 && status < 600) return DeliveryVerdict::absent;
    return DeliveryVerdict::refused;
}

MessageDelivery::MessageDelivery(Context& context, StoredMessages& stored, Relay& relay,
                                 Bindings& bindings)
    : context_(context), stored_(stored), relay_(relay), bindings_(bindings) {
    stored_.on_kept([this](const std::string& aor) { look_again(aor); });
}

bool MessageDelivery::is_delivering(const std::string& aor) const {
    const auto found = rounds_.find(aor);
    return found != rounds_.end() && found->second.is_running;
}

void MessageDelivery::resume(const Cells& cells) {
    for (const auto& aor : stored_.queues().users()) {
        if (context_.is_in(cells, aor) && !bindings_.of(aor).empty()) deliver(aor);
    }
}

bool MessageDelivery::is_delivering(Cell cell) const {
    return std::any_of(rounds_.begin(), rounds_.end(), [&](const auto& entry) {
        return entry.second.is_running && context_.cell_of(entry.first) == cell;
    });
}

void MessageDelivery::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_in = [&](const std::string& aor) { return context_.cell_of(aor) == cell; };
    forgetting.erase_queued(ready_, is_in);
    forgetting.erase(rounds_, [&](const auto& entry) { return is_in(entry.first); });
}

void MessageDelivery::deliver(const std::string& aor) {
    const bool is_waiting = stored_.queues().of(aor).oldest().has_value();
    if (!is_waiting && !stored_.queues().of(aor).is_reserved() && !is_delivering(aor)) return;
    auto& round = rounds_[aor];
    round.is_wanted = true;
    if (round.is_running || !is_waiting || is_busy(aor)) return;
    round.is_running = true;
    ready_.push_back(aor);
    schedule();
}

void MessageDelivery::look_again(const std::string& aor) {
    const auto found = rounds_.find(aor);
    if (found == rounds_.end()) return;
    if (found->second.is_wanted) deliver(aor);
    drop_if_idle(aor);
}

void MessageDelivery::schedule() {
    if (std::exchange(is_scheduled_, true)) return;
    context_.loop.post([this] {
        is_scheduled_ = false;
        start_ready();
    });
}

void MessageDelivery::start_ready() {
    while (!ready_.empty() && running_ < kMostRounds) {
        const auto aor = std::move(ready_.front());
        ready_.pop_front();
        ++running_;
        rounds_[aor].is_wanted = false;
        next(aor);
    }
}

std::vector<RelayTarget> MessageDelivery::targets(const std::string& aor) {
    return targets_of(bindings_, aor, bindings_.of(aor), rounds_[aor].silent);
}

/// Reads the oldest message that waits, or ends the round.
void MessageDelivery::next(const std::string& aor) {
    const auto oldest = stored_.queues().of(aor).oldest();
    if (!oldest || targets(aor).empty()) return end_round(aor);
    context_.port.load(*oldest, [this, aor, id = *oldest](Result<store::Message> message) {
        if (!stored_.queues().of(aor).is_waiting(id)) return next(aor);
        if (!message) {
            base::log_error("message.unreadable", {{"aor", aor}, {"why", message.fault().detail}});
            return end_round(aor);
        }
        send(aor, by_clock(stored_.queues().of(aor), *std::move(message)));
    });
}

void MessageDelivery::send(const std::string& aor, store::Message message) {
    if (message.keep_until <= context_.wall()) {
        stored_.give_up(message, StoredMessages::Why::expired);
        return next(aor);
    }
    auto to = targets(aor);
    if (to.empty()) return end_round(aor);
    RelayOrder order;
    order.text = delivery_text(message, context_.wall());
    order.breadth = to.size() > 1 ? kDefaultBreadth : 0;
    order.targets = std::move(to);
    order.patience = patience_of(context_.config);
    relay_.start(std::move(order),
                 [this, message = std::make_shared<store::Message>(std::move(message))](
                     const RelayReport& report) { on_report(*message, report); });
}

void MessageDelivery::on_report(const store::Message& message, const RelayReport& report) {
    switch (report.stage) {
        case RelayReport::Stage::answered:
        case RelayReport::Stage::late:
            return on_answer(message, report.best.status);
        case RelayReport::Stage::settled:
            return on_settled(message.recipient, message.id, report);
        case RelayReport::Stage::over:
            return;
    }
}

void MessageDelivery::on_answer(const store::Message& message, int status) {
    switch (delivery_verdict(status)) {
        case DeliveryVerdict::delivered:
            return stored_.deliver(message.recipient, message.id);
        case DeliveryVerdict::refused:
            return stored_.give_up(message, StoredMessages::Why::refused);
        case DeliveryVerdict::failed:
            return stored_.fail(message);
        case DeliveryVerdict::absent:
            return;
    }
}

/// The next one goes to those who answered.
void MessageDelivery::on_settled(const std::string& aor, std::uint64_t id,
                                 const RelayReport& report) {
    rounds_[aor].silent.insert(report.silent.begin(), report.silent.end());
    if (stored_.queues().of(aor).is_waiting(id)) return end_round(aor);
    next(aor);
}

void MessageDelivery::end_round(const std::string& aor) {
    auto& round = rounds_[aor];
    round.is_running = false;
    round.silent.clear();
    --running_;
    if (std::exchange(round.is_wanted, false)) deliver(aor);
    drop_if_idle(aor);
    if (!ready_.empty()) schedule();
}

void MessageDelivery::drop_if_idle(const std::string& aor) {
    const auto found = rounds_.find(aor);
    if (found == rounds_.end()) return;
    const auto& round = found->second;
    const bool may_begin = stored_.queues().of(aor).is_reserved() || is_busy(aor);
    const bool is_needed = round.is_running || (round.is_wanted && may_begin);
    if (!is_needed) rounds_.erase(found);
}

}  // namespace herald::server
