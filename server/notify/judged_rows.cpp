// server/notify/judged_rows.cpp: rows of subscriptions that rules changed follow.
#include "server/notify/judged_rows.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace herald::server {

namespace {

constexpr auto kBetweenRows = std::chrono::milliseconds(10);

}  // namespace

void JudgedRows::add(Id id, Subscription& record) {
    record.change = context_.next_number();
    changed_.push_back(id);
    if (changed_.size() == 1) write_soon();
}

void JudgedRows::write_soon() {
    constexpr std::size_t kAtOnce = 256;
    context_.loop.timers().arm(context_.loop.now() + kBetweenRows, [this] {
        for (std::size_t n = 0; n < kAtOnce && !changed_.empty(); ++n) {
            const auto id = changed_.back();
            changed_.pop_back();
            write(id);
        }
        if (!changed_.empty()) write_soon();
    });
}

void JudgedRows::write(Id id) {
    auto* record = context_.subscriptions.find(id);
    // The change under way writes the whole row.
    if (!record || !record->is_live() || record->is_changing) return;
    record->is_changing = true;
    auto touch = touch_of(*record, context_.epoch_of(*record));
    const auto cseq_end = touch.cseq_base + kCseqBlock;
    context_.port.commit(std::move(touch), [this, id, cseq_end](store::Outcome outcome) {
        auto* changed = context_.subscriptions.find(id);
        if (changed) {
            changed->is_changing = false;
            if (outcome == store::Outcome::committed) changed->cseq_end = cseq_end;
        }
        live_.open_gate(id);
    });
}

}  // namespace herald::server
