// cli/bench/bench_exchange.cpp: requests of the load generator on their way, by number, until a
// final answer or none.
#include "cli/bench/bench_exchange.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"

namespace herald::cli::bench {
namespace {

/// RFC 3261 17.1.2.2: Timer E starts at T1, doubles up to T2.
constexpr base::Duration kT1 = std::chrono::milliseconds(500);
constexpr base::Duration kT2 = std::chrono::seconds(4);
constexpr std::string_view kBranch = "z9hG4bK-bench-";

}  // namespace

Exchange& Exchanges::open(Exchange::Kind kind, std::uint32_t subject, std::uint32_t port) {
    assert(!is_full());
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back().slot = free_.back();
    }
    Exchange& exchange = slots_[free_.back()];
    free_.pop_back();
    ++open_;
    ++exchange.generation;
    exchange.kind = kind;
    exchange.is_open = true;
    exchange.is_authenticated = false;
    exchange.subject = subject;
    exchange.port = port;
    exchange.sequence = 0;
    return exchange;
}

std::string_view Exchanges::via(const Exchange& exchange, std::string_view sent_by) {
    via_ = sent_by;
    via_ += ";rport;branch=";
    via_ += kBranch;
    base::append_number(via_, exchange.slot);
    via_ += '.';
    base::append_number(via_, exchange.generation);
    return via_;
}

void Exchanges::start(Exchange& exchange, base::Instant now) {
    exchange.sent = now;
    wait(exchange, 0, now);
}

Exchange* Exchanges::find(std::string_view branch) noexcept {
    if (!branch.starts_with(kBranch)) return nullptr;
    const base::Split number = base::split_once(branch.substr(kBranch.size()), '.');
    const auto slot = base::to_u64(number.before);
    const auto generation = base::to_u64(number.after);
    if (!slot || !generation || *slot >= slots_.size()) return nullptr;
    Exchange& exchange = slots_[*slot];
    return exchange.is_open && exchange.generation == *generation ? &exchange : nullptr;
}

void Exchanges::close(Exchange& exchange) {
    assert(exchange.is_open);
    exchange.is_open = false;
    free_.push_back(exchange.slot);
    --open_;
}

void Exchanges::close_all() {
    for (Exchange& exchange : slots_) {
        if (exchange.is_open) close(exchange);
    }
}

base::Duration Exchanges::pause(std::size_t repetition) const noexcept {
    if (!options_.retransmits) return options_.timeout;
    return std::min(kT1 * (1 << std::min<std::size_t>(repetition, 3)), kT2);
}

void Exchanges::wait(const Exchange& exchange, std::size_t queue, base::Instant now) {
    const auto until = std::min(now + pause(queue), exchange.sent + options_.timeout);
    queues_[queue].push_back({exchange.slot, exchange.generation, until});
}

Exchanges::Due Exchanges::next_due(base::Instant now) {
    for (std::size_t i = 0; i < queues_.size(); ++i) {
        auto& queue = queues_[i];
        while (!queue.empty()) {
            const Waiting waiting = queue.front();
            Exchange& exchange = slots_[waiting.slot];
            const bool is_waited_for =
                exchange.is_open && exchange.generation == waiting.generation;
            if (is_waited_for && waiting.until > now) break;
            queue.pop_front();
            if (!is_waited_for) continue;
            if (i + 1 == queues_.size() || now - exchange.sent >= options_.timeout) {
                return {Due::Verdict::give_up, &exchange};
            }
            wait(exchange, i + 1, now);
            return {Due::Verdict::repeat, &exchange};
        }
    }
    return {};
}

}  // namespace herald::cli::bench
