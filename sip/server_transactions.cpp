// sip/server_transactions.cpp: non-INVITE server transactions; the table of their states is in
// transaction.cpp.
#include "sip/server_transactions.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "sip/packed_answer.h"

namespace herald::sip {
namespace {

/// Lapsed records may stay this much longer, so that they go in batches.
constexpr auto kExpiryPace = std::chrono::milliseconds(100);

/// A refusal that says more is remembered without it: nobody's request makes a copy of itself stay.
constexpr std::size_t kMostOfRefusal = 1024;

/// After these the same client sends the request once more, changed, with the same CSeq or another:
/// not a merged one.
bool invites_another_try(int status) {
    constexpr int kStatuses[] = {401, 407, 420, 421, 423, 503};
    return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

ServerTransactionId id_of(base::SlotId id) {
    return {id.slot, id.generation};
}

}  // namespace

ServerTransactions::ServerTransactions(base::Loop& loop, base::Metrics& metrics,
                                       const ServerTransactionOptions& options,
                                       Provisional provisional)
    : loop_(loop),
      options_(options),
      provisional_(std::move(provisional)),
      pending_owner_(loop.timers().add_owner([this](std::uint64_t payload) { on_timer(payload); })),
      expiry_owner_(loop.timers().add_owner([this](std::uint64_t) { on_expiry(); })),
      known_(
          metrics.gauge("herald_sip_server_transactions",
                        "Requests remembered: waiting for an answer, or answered until Timer J")),
      bytes_(metrics.gauge("herald_sip_server_transaction_bytes",
                           "Memory of requests waiting for an answer and of answers remembered")),
      forgotten_(metrics.counter("herald_sip_server_transactions_forgotten_total",
                                 "Answered requests forgotten before Timer J for want of room")),
      pending_shares_(options.trusted_peers),
      completed_shares_(options.trusted_peers),
      completed_(options.max_completed, options.timers.lifetime(), options.max_completed_bytes,
                 &completed_shares_) {}

ServerTransactions::~ServerTransactions() {
    pending_.for_each(
        [this](std::uint32_t, Pending& pending) { loop_.timers().cancel(pending.timer); });
    loop_.timers().cancel(expiry_);
    known_.set(0);
    bytes_.set(0);
}

ServerTransactions::Match ServerTransactions::match(const base::Hash128& transaction) const {
    const std::uint32_t slot = by_transaction_.find(transaction.low, [&](std::uint32_t at) {
        return pending_[at].key.transaction == transaction;
    });
    if (slot != base::Index::kNone) return {.state = pending_[slot].state};
    const auto packed = completed_.find(transaction, loop_.now());
    if (!packed) return {};
    if (packed->empty()) return {.state = ServerState::completed};
    return {.state = ServerState::completed, .answer = unpack(*packed)};
}

bool ServerTransactions::has_merged(const RequestKey& key) const {
    if (key.merged == 0) return false;
    const std::uint32_t slot = by_merged_.find(key.merged, [&](std::uint32_t at) {
        const RequestKey& other = pending_[at].key;
        return other.merged == key.merged && other.transaction != key.transaction;
    });
    return slot != base::Index::kNone || completed_.has_merged(key, loop_.now());
}

bool ServerTransactions::is_full_for(const Endpoint& peer) const noexcept {
    return pending_.size() >= options_.max_pending ||
           pending_bytes_ >= options_.max_pending_bytes ||
           pending_shares_.is_greedy(peer, pending_bytes_, options_.max_pending_bytes);
}

ServerTransactionId ServerTransactions::begin(const RequestKey& key, const Message& request,
                                              const Flow& flow) {
    const base::SlotId id = pending_.take(Pending{.key = key,
                                                  .flow = flow,
                                                  .message = &request,
                                                  .site = pending_shares_.site_of(flow.peer),
                                                  .arrived = loop_.now()});
    by_transaction_.insert(key.transaction.low, id.slot);
    if (key.merged != 0) by_merged_.insert(key.merged, id.slot);
    count();
    return id_of(id);
}

void ServerTransactions::keep(ServerTransactionId id) {
    Pending* const pending = pending_.find(slot_of(id));
    if (pending == nullptr) return;
    pending->owned = std::make_unique<OwnedMessage>(*pending->message);
    pending->message = &**pending->owned;
    pending_bytes_ += weight_of(*pending);
    pending_shares_.add(pending->site, weight_of(*pending));
    arm(slot_of(id), pending->arrived + options_.timers.provisional_after());
}

const Message* ServerTransactions::request(ServerTransactionId id) const {
    const Pending* const pending = pending_.find(slot_of(id));
    return pending == nullptr ? nullptr : pending->message;
}

const Flow& ServerTransactions::flow(ServerTransactionId id) const {
    return pending_[id.slot].flow;
}

bool ServerTransactions::provisional(ServerTransactionId id) {
    Pending* const pending = pending_.find(slot_of(id));
    if (pending == nullptr) return false;
    const ServerStep next = step(pending->state, ServerInput::provisional);
    pending->state = next.next;
    return next.action == ServerAction::send;
}

void ServerTransactions::complete(ServerTransactionId id, const Answer& answer) {
    const Pending* const pending = pending_.find(slot_of(id));
    if (pending == nullptr) return;
    assert(step(pending->state, ServerInput::final).next == ServerState::completed);
    RequestKey key = pending->key;
    if (invites_another_try(answer.status)) key.merged = 0;
    // No copy comes over a stream, so there only the merged key is worth its room (Timer J is 0).
    if (!is_reliable(pending->flow.protocol) || key.merged != 0) {
        packed_.clear();
        pack(answer, packed_);
        if (answer.status >= 300 && packed_.size() > kMostOfRefusal) {
            packed_.clear();
            pack({.status = answer.status, .retry_after = answer.retry_after}, packed_);
        }
        remember(*pending, key, packed_);
    }
    release(slot_of(id));
}

void ServerTransactions::give_up(ServerTransactionId id) {
    const Pending* const pending = pending_.find(slot_of(id));
    if (pending == nullptr) return;
    remember(*pending, pending->key, {});
    release(slot_of(id));
}

void ServerTransactions::forget(ServerTransactionId id) {
    if (pending_.holds(slot_of(id))) release(slot_of(id));
}

void ServerTransactions::arm(base::SlotId id, base::Instant when) {
    pending_[id.slot].timer = loop_.timers().arm(pending_owner_, id.number(), when);
}

void ServerTransactions::on_timer(std::uint64_t payload) {
    const auto id = base::SlotId::of(payload);
    Pending* const pending = pending_.find(id);
    if (pending == nullptr) return;
    const base::Instant end = pending->arrived + options_.timers.lifetime();
    // By now the client gave up; RFC 4320 4.2 leaves it at that.
    if (loop_.now() >= end) return release(id);
    arm(id, end);
    if (!provisional(id_of(id))) return;
    provisional_(*pending->message, pending->flow, loop_.now() - pending->arrived);
}

void ServerTransactions::on_expiry() {
    completed_.expire(loop_.now());
    expiry_ = {};
    if (const auto next = completed_.next_expiry()) {
        expiry_ = loop_.timers().arm(expiry_owner_, 0, std::max(*next, loop_.now() + kExpiryPace));
    }
    count();
}

std::size_t ServerTransactions::weight_of(const Pending& pending) noexcept {
    return sizeof pending + pending.message->bytes().size();
}

void ServerTransactions::remember(const Pending& pending, const RequestKey& key,
                                  std::string_view packed) {
    if (completed_.remember(key, packed, pending.flow.peer, loop_.now())) forgotten_.add();
    if (!expiry_ && completed_.next_expiry()) {
        expiry_ = loop_.timers().arm(expiry_owner_, 0, *completed_.next_expiry());
    }
}

void ServerTransactions::release(base::SlotId id) {
    Pending& pending = pending_[id.slot];
    loop_.timers().cancel(pending.timer);
    by_transaction_.erase(pending.key.transaction.low, id.slot);
    if (pending.key.merged != 0) by_merged_.erase(pending.key.merged, id.slot);
    if (pending.owned) {
        pending_bytes_ -= weight_of(pending);
        pending_shares_.take_back(pending.site, weight_of(pending));
    }
    pending_.release(id);
    count();
}

void ServerTransactions::count() {
    known_.set(pending_.size() + completed_.size());
    bytes_.set(pending_bytes_ + completed_.memory());
}

}  // namespace herald::sip
