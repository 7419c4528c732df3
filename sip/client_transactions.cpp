// sip/client_transactions.cpp: non-INVITE client transactions (RFC 3261 17.1.2); the table is in
// transaction.cpp.
#include "sip/client_transactions.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "base/id.h"
#include "base/text.h"

namespace herald::sip {
namespace {

constexpr std::size_t kLeastBuckets = 256;

struct CSeq {
    std::uint32_t number = 0;
    Method method = Method::unknown;
};

/// The CSeq of a request its source just wrote.
CSeq cseq_of(std::string_view request) {
    constexpr std::string_view kName = "\nCSeq: ";
    const std::size_t at = request.find(kName);
    assert(at != std::string_view::npos);
    if (at == std::string_view::npos) return {};
    const std::string_view value = request.substr(at + kName.size());
    CSeq cseq;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), cseq.number);
    assert(error == std::errc());
    const std::string_view rest = value.substr(
        std::min<std::size_t>(static_cast<std::size_t>(end - value.data()) + 1, value.size()));
    cseq.method = method_of(rest.substr(0, rest.find('\r')));
    return cseq;
}

bool has_one_via(const Message& response) {
    const auto row = response.header(Header::via);
    return row && response.count(Header::via) == 1 && response.via().text.size() == row->size();
}

base::Duration microseconds(std::uint32_t count) {
    return base::Duration(count);
}

}  // namespace

ClientTransactions::ClientTransactions(base::Loop& loop, Transport& transport,
                                       base::Metrics& metrics,
                                       const ClientTransactionOptions& options)
    : loop_(loop),
      transport_(transport),
      options_(options),
      branches_(options.lasting_key),
      seed_(base::random_u64()),
      owner_(loop.timers().add_owner([this](std::uint64_t payload) { on_timer(payload); })),
      under_way_(
          metrics.gauge("herald_sip_client_transactions", "Requests sent and not yet answered")),
      retransmissions_(metrics.counter("herald_sip_retransmissions_total",
                                       "Messages sent or received again", {{"direction", "out"}})),
      oversize_(
          metrics.counter("herald_sip_udp_oversize_total", "Requests over 1300 bytes sent on UDP")),
      buckets_(kLeastBuckets, kNone) {}

ClientTransactions::~ClientTransactions() {
    transactions_.for_each([this](std::uint32_t, Transaction& transaction) {
        loop_.timers().cancel(transaction.timer);
    });
    under_way_.subtract(transactions_.size());
}

ClientTransactionId ClientTransactions::start(const Flow& flow, RequestSource& source,
                                              std::uint64_t user, std::uint64_t name) {
    if (transactions_.size() >= options_.limit) return {};
    const base::SlotId id = transactions_.take(
        Transaction{.source = &source, .user = user, .flow = flow, .started = loop_.now()});
    Transaction& transaction = transactions_[id.slot];
    transaction.is_named = name != 0 && take_name(id.slot, name);
    link(id.slot);
    under_way_.add();

    transaction.is_failing = !send(id.slot);
    const CSeq cseq = cseq_of(out_);
    transaction.cseq = cseq.number;
    transaction.method = cseq.method;
    transaction.interval = static_cast<std::uint32_t>(options_.timers.t1.count());
    transaction.retransmit = transaction.started + options_.timers.t1;
    count_size(flow);
    arm(id.slot);
    return {.slot = id.slot, .generation = id.generation};
}

/// False: another one under way has that name.
bool ClientTransactions::take_name(std::uint32_t slot, std::uint64_t name) {
    const auto shard = static_cast<std::uint16_t>(options_.shard);
    const std::uint64_t its = Branch::named(shard, name).name();
    if (!by_name_.emplace(its, transactions_.id_of(slot)).second) return false;
    names_[slot] = its;
    return true;
}

Branch ClientTransactions::branch_of(std::uint32_t slot) const {
    const auto shard = static_cast<std::uint16_t>(options_.shard);
    if (transactions_[slot].is_named) return Branch::named(shard, names_.at(slot));
    return {.shard = shard, .slot = slot, .generation = transactions_.id_of(slot).generation};
}

std::optional<base::SlotId> ClientTransactions::place_of(const Branch& branch) const {
    if (!branch.is_named()) return base::SlotId{branch.slot, branch.generation};
    const auto found = by_name_.find(branch.name());
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

void ClientTransactions::forget(ClientTransactionId id) {
    if (transactions_.holds(base::SlotId{id.slot, id.generation})) release(id.slot);
}

bool ClientTransactions::send(std::uint32_t slot) {
    Transaction& transaction = transactions_[slot];
    write_via(slot);
    out_.clear();
    transaction.source->write_request(transaction.user, via_, out_);
    return out_.empty() || transport_.send(transaction.flow, out_);
}

void ClientTransactions::write_via(std::uint32_t slot) {
    const Flow& flow = transactions_[slot].flow;
    const std::size_t listener = flow.listener;
    if (listener >= via_starts_.size()) via_starts_.resize(listener + 1);
    std::string& start = via_starts_[listener];
    if (start.empty()) {
        const ListenerAddress& ours = transport_.listener(flow);
        start.append("Via: SIP/2.0/").append(via_name(flow.protocol)).append(" ");
        start.append(ours.host).append(":");
        base::append_number(start, ours.port);
        start.append(";branch=");
    }
    via_ = start;
    branches_.append(via_, branch_of(slot));
    via_ += ";rport\r\n";
}

void ClientTransactions::count_size(const Flow& flow) {
    if (out_.size() > kMostOnUdp && !is_reliable(flow.protocol)) oversize_.add();
}

void ClientTransactions::arm(std::uint32_t slot) {
    Transaction& transaction = transactions_[slot];
    base::Instant when = transaction.started + options_.timers.lifetime();
    if (!is_reliable(transaction.flow.protocol)) when = std::min(when, transaction.retransmit);
    if (transaction.is_failing) when = loop_.now();
    transaction.timer = loop_.timers().arm(owner_, transactions_.id_of(slot).number(), when);
}

void ClientTransactions::on_timer(std::uint64_t payload) {
    const auto id = base::SlotId::of(payload);
    Transaction* const transaction = transactions_.find(id);
    if (transaction == nullptr) return;
    if (transaction->is_failing) return fail(id);
    const bool is_over = loop_.now() >= transaction->started + options_.timers.lifetime();
    const ClientStep next =
        step(transaction->state, is_over ? ClientInput::timer_f : ClientInput::timer_e);
    if (next.action == ClientAction::retransmit) return retransmit(id.slot);
    assert(next.action == ClientAction::report);
    report(id.slot, {.how = ClientOutcome::How::timeout, .status = 408});
}

void ClientTransactions::retransmit(std::uint32_t slot) {
    Transaction& transaction = transactions_[slot];
    const auto t2 = static_cast<std::uint32_t>(options_.timers.t2.count());
    const bool is_proceeding = transaction.state == ClientState::proceeding;
    transaction.interval = is_proceeding ? t2 : std::min(transaction.interval * 2, t2);
    // From when it was due, not from now: lateness must not add up.
    transaction.retransmit += microseconds(transaction.interval);
    retransmissions_.add();
    transaction.is_failing = !send(slot);
    arm(slot);
}

bool ClientTransactions::receive(const ResponseHead& head, const Message* message) {
    const auto branch = Branch::from(head.branch);
    if (!branch || branch->shard != options_.shard) return false;
    const auto place = place_of(*branch);
    Transaction* const transaction = place ? transactions_.find(*place) : nullptr;
    if (transaction == nullptr || !branches_.is_ours(*branch, head.branch)) return false;
    if (transaction->cseq != head.cseq || transaction->method != head.method) return false;
    if (message != nullptr && !has_one_via(*message) && !transaction->source->is_relay())
        return false;

    const ClientStep next =
        step(transaction->state, head.status < 200 ? ClientInput::provisional : ClientInput::final);
    transaction->state = next.next;
    if (next.action == ClientAction::report) {
        report(place->slot,
               {.how = ClientOutcome::How::response, .status = head.status, .message = message});
    }
    return true;
}

void ClientTransactions::fail(base::SlotId id) {
    const Transaction* const transaction = transactions_.find(id);
    if (transaction == nullptr) return;
    if (step(transaction->state, ClientInput::transport_error).action != ClientAction::report) {
        return;
    }
    report(id.slot, {.how = ClientOutcome::How::transport_error, .status = 503});
}

void ClientTransactions::report(std::uint32_t slot, ClientOutcome outcome) {
    const Transaction& transaction = transactions_[slot];
    RequestSource& source = *transaction.source;
    const std::uint64_t user = transaction.user;
    outcome.flow = transaction.flow;
    release(slot);
    source.on_outcome(user, outcome);
}

void ClientTransactions::release(std::uint32_t slot) {
    loop_.timers().cancel(transactions_[slot].timer);
    if (transactions_[slot].is_named) {
        const auto named = names_.find(slot);
        by_name_.erase(named->second);
        names_.erase(named);
    }
    unlink(slot);
    transactions_.release(slot);
    under_way_.subtract();
}

void ClientTransactions::on_flow_closed(const Flow& flow) {
    fail_where(flow, [&flow](const Flow& its) { return its == flow; });
}

void ClientTransactions::on_unreachable(const Endpoint& peer) {
    const Flow flow{.peer = peer, .protocol = Protocol::udp};
    fail_where(flow, [&peer](const Flow& its) {
        return its.protocol == Protocol::udp && its.peer == peer;
    });
}

template <class Matches>
void ClientTransactions::fail_where(const Flow& flow, Matches matches) {
    // By id, from a list of its own: whoever is told of a failure may start and forget others.
    std::vector<base::SlotId> failing = std::exchange(failing_, {});
    for (std::uint32_t slot = bucket_of(flow); slot != kNone; slot = transactions_[slot].next) {
        if (matches(transactions_[slot].flow)) failing.push_back(transactions_.id_of(slot));
    }
    for (const base::SlotId id : failing) fail(id);
    failing.clear();
    failing_ = std::move(failing);
}

std::uint32_t& ClientTransactions::bucket_of(const Flow& flow) noexcept {
    return buckets_[flow.peer.hash(seed_) & (buckets_.size() - 1)];
}

void ClientTransactions::link(std::uint32_t slot) {
    if (transactions_.size() > buckets_.size()) return grow_buckets();
    Transaction& transaction = transactions_[slot];
    std::uint32_t& first = bucket_of(transaction.flow);
    transaction.previous = kNone;
    transaction.next = first;
    if (first != kNone) transactions_[first].previous = slot;
    first = slot;
}

void ClientTransactions::unlink(std::uint32_t slot) noexcept {
    Transaction& transaction = transactions_[slot];
    if (transaction.next != kNone) {
        transactions_[transaction.next].previous = transaction.previous;
    }
    if (transaction.previous != kNone) {
        transactions_[transaction.previous].next = transaction.next;
    } else {
        bucket_of(transaction.flow) = transaction.next;
    }
}

void ClientTransactions::grow_buckets() {
    buckets_.assign(buckets_.size() * 2, kNone);
    transactions_.for_each([this](std::uint32_t slot, Transaction&) { link(slot); });
}

}  // namespace herald::sip
