// http/idempotency.cpp: answers to requests that may come twice.
#include "http/idempotency.h"

#include <utility>

#include "http/tokens.h"

namespace herald::http {

namespace {

constexpr std::size_t kOverhead = 256;

/// No part can pass for another.
std::string name_of(const Idempotency::Asked& asked) {
    std::string all;
    for (const auto part : {asked.actor, asked.path, asked.key})
        (all += std::to_string(part.size()) + ':') += part;
    return sha256_hex(all);
}

/// What may go better another time is not kept.
bool is_kept(const Result<Answer>& answer) {
    return answer && answer->status < 500 && !answer->events;
}

}  // namespace

Idempotency::Idempotency(std::size_t most_bytes, base::Metrics& metrics)
    : most_bytes_(most_bytes),
      gauge_(metrics.gauge("herald_http_idempotency_bytes",
                           "Bytes of answers kept for who repeats a request "
                           "(http.idempotency_memory)")) {}

std::size_t Idempotency::weight_of(const Kept& kept) noexcept {
    std::size_t weight = kOverhead + kept.answer.body.size();
    for (const auto& [name, value] : kept.answer.headers) weight += name.size() + value.size();
    return weight;
}

void Idempotency::forget(Order::iterator kept) {
    bytes_ -= weight_of(*kept);
    by_name_.erase(kept->name);
    kept_.erase(kept);
    gauge_.set(bytes_);
}

/// Requests under way stay: they are as many as there are threads.
void Idempotency::make_room(base::Instant now) {
    for (auto it = kept_.begin(); it != kept_.end();) {
        const auto each = it++;
        if (bytes_ <= most_bytes_ && each->at + kLife > now) return;
        if (each->is_made) forget(each);
    }
}

/// A request that is being answered; forgotten where nothing comes of it.
class Idempotency::Underway {
public:
    Underway(Idempotency& all, Order::iterator mine) : all_(all), mine_(mine) {}
    ~Underway() {
        const std::lock_guard lock(all_.mutex_);
        if (!is_ended_) all_.forget(mine_);
    }
    Underway(const Underway&) = delete;
    Underway& operator=(const Underway&) = delete;

    void end_with(const Answer& answer) {
        const std::lock_guard lock(all_.mutex_);
        all_.bytes_ -= weight_of(*mine_);
        mine_->answer = answer;
        mine_->is_made = true;
        is_ended_ = true;
        all_.bytes_ += weight_of(*mine_);
        all_.make_room(mine_->at);
        all_.gauge_.set(all_.bytes_);
    }

private:
    Idempotency& all_;
    Order::iterator mine_;
    bool is_ended_ = false;  ///< from then on it may be gone
};

Result<Answer> Idempotency::once(const Asked& asked, base::Instant now, const Make& make) {
    const auto name = name_of(asked);
    const auto body = sha256_hex(asked.body);
    Order::iterator mine;
    {
        const std::lock_guard lock(mutex_);
        make_room(now);
        const auto found = by_name_.find(name);
        if (found != by_name_.end()) {
            const Kept& kept = *found->second;
            if (kept.body != body)
                return Fault{FaultKind::conflict, "Another request had this Idempotency-Key."};
            if (!kept.is_made)
                return Fault{FaultKind::conflict,
                             "The first request with this Idempotency-Key is under way."};
            return kept.answer;
        }
        mine = kept_.insert(kept_.end(), {.name = name, .body = body, .answer = {}, .at = now});
        by_name_.emplace(name, mine);
        bytes_ += weight_of(*mine);
    }
    Underway underway{*this, mine};
    auto answer = make();
    if (is_kept(answer)) underway.end_with(*answer);
    return answer;
}

}  // namespace herald::http
