// server/message/stored_messages.cpp: messages kept for users who are not there, and their delivery
// when they come (RFC 3428 7).
#include "server/message/stored_messages.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "server/core/flow_text.h"
#include "server/message/message_decision.h"
#include "server/message/message_text.h"

namespace herald::server {

namespace {

/// Users delivered to at once; the others wait for their turn.
constexpr std::size_t kMostRounds = 256;
/// Answers after which a message is given up: one that says nobody is there for good, and any.
constexpr std::uint32_t kMostFailures = 3;
/// RFC 5393 5.3.3.
constexpr std::uint32_t kDefaultBreadth = 60;

base::Counter& ended(base::Metrics& metrics, const char* how) {
    return metrics.counter("herald_messages_ended_total", "Kept messages, by how they ended",
                           {{"how", how}});
}

/// The contact without the parameters a push service knows the device by (RFC 8599 13).
std::string without_push(std::string_view contact) {
    if (contact.find("pn-") == std::string_view::npos) return std::string(contact);
    const auto uri = sip::parse_uri(contact);
    if (!uri) return std::string(contact);
    const auto start = uri->parameters.empty()
                           ? contact.size()
                           : static_cast<std::size_t>(uri->parameters.data() - contact.data()) - 1;
    std::string kept(contact.substr(0, start));
    auto parameters = uri->parameters;
    while (const auto next = sip::next_parameter(parameters)) {
        if (base::istarts_with(next->name, "pn-")) continue;
        kept.append(";").append(next->name);
        if (next->has_value) kept.append("=").append(next->value);
    }
    return kept;
}

std::string request_uri_of(std::string_view contact) {
    auto kept = without_push(contact);
    const auto uri = sip::parse_uri(kept);
    if (!uri) return kept;
    std::string text;
    sip::append_request_uri(text, *uri);
    return text;
}

/// The URI of the first route.
std::string first_route(std::string_view route) {
    const auto open = route.find('<');
    const auto close = route.find('>', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    return std::string(route.substr(open + 1, close - open - 1));
}

}  // namespace

DeliveryVerdict delivery_verdict(int status) noexcept {
    if (status < 300) return DeliveryVerdict::delivered;
    if (is_absence(status) || status == 486 || status == 513) return DeliveryVerdict::absent;
    if (status == 401 || status == 404 || status == 407) return DeliveryVerdict::failed;
    if (status >= 500 && status < 600) return DeliveryVerdict::absent;
    return DeliveryVerdict::refused;
}

std::vector<RelayTarget> targets_of(const std::vector<const packages::Binding*>& bindings,
                                    std::uint32_t epoch,
                                    const std::unordered_set<std::string>& except) {
    std::vector<RelayTarget> targets;
    for (const auto* binding : bindings) {
        RelayTarget target;
        target.request_uri = request_uri_of(binding->contact);
        if (except.count(target.request_uri) > 0) continue;
        target.route = binding->path;
        target.next_hop = first_route(binding->path);
        target.flow = flow_of_binding(binding->flow, epoch);
        target.instance = binding->instance;
        target.is_flow_only = binding->reg_id != 0 && binding->path.empty();
        targets.push_back(std::move(target));
    }
    // The newest first (RFC 5627 6.1): of flows of one device it is the likeliest to be good.
    std::reverse(targets.begin(), targets.end());
    return targets;
}

StoredMessages::StoredMessages(Context& context, Relay& relay, Registrar& registrar)
    : context_(context),
      relay_(relay),
      registrar_(registrar),
      waiting_(context.metrics.gauge("herald_messages_waiting",
                                     "Messages kept for users who are not there")),
      kept_(context.metrics.counter("herald_messages_kept_total",
                                    "Messages kept for users who were not there")),
      delivered_(ended(context.metrics, "delivered")),
      refused_(ended(context.metrics, "refused")),
      expired_(ended(context.metrics, "expired")),
      undeliverable_(ended(context.metrics, "undeliverable")) {}

StoredMessages::~StoredMessages() {
    waiting_.subtract(count_);
}

bool StoredMessages::has_room(std::string_view aor, std::uint64_t size) const {
    const auto& config = context_.config;
    if (count_ >= config.message_total) return false;
    const auto found = queues_.find(std::string(aor));
    if (found == queues_.end()) return size <= config.message_per_user_bytes;
    const auto& queue = found->second;
    return queue.waiting + queue.reservations < config.message_per_user &&
           queue.bytes + queue.reserved + size <= config.message_per_user_bytes;
}

bool StoredMessages::knows(std::string_view aor, std::uint64_t mark) const {
    if (queues_.empty()) return false;
    const auto found = queues_.find(std::string(aor));
    if (found == queues_.end()) return false;
    const auto& entries = found->second.entries;
    return std::any_of(entries.begin(), entries.end(),
                       [&](const Entry& entry) { return entry.mark == mark; });
}

bool StoredMessages::is_delivering(std::string_view aor) const {
    if (queues_.empty()) return false;
    const auto found = queues_.find(std::string(aor));
    return found != queues_.end() && found->second.is_delivering;
}

StoredMessages::Entry* StoredMessages::find(std::string_view aor, std::uint64_t id) {
    const auto found = queues_.find(std::string(aor));
    if (found == queues_.end()) return nullptr;
    auto& entries = found->second.entries;
    const auto at = std::lower_bound(
        entries.begin(), entries.end(), id,
        [](const Entry& entry, std::uint64_t wanted) { return entry.id < wanted; });
    return at == entries.end() || at->id != id ? nullptr : &*at;
}

void StoredMessages::add(Queue& queue, Entry entry) {
    if (!entry.is_done) {
        ++count_;
        waiting_.add();
        ++queue.waiting;
        queue.bytes += entry.size;
    }
    // Ids are given out in order of arrival, and the store answers in that order.
    const auto at =
        std::upper_bound(queue.entries.begin(), queue.entries.end(), entry.id,
                         [](std::uint64_t id, const Entry& other) { return id < other.id; });
    queue.entries.insert(at, entry);
}

void StoredMessages::drop_if_idle(const std::string& aor) {
    const auto found = queues_.find(aor);
    if (found == queues_.end()) return;
    const auto& queue = found->second;
    if (queue.entries.empty() && queue.reservations == 0 && !queue.is_delivering)
        queues_.erase(found);
}

void StoredMessages::keep(store::Message message, Done done) {
    const std::string aor = message.recipient;
    auto& queue = queues_[aor];
    queue.reserved += message.size;
    ++queue.reservations;
    Entry entry;
    entry.id = message.id;
    entry.mark = context_.mark_of(message.mark);
    entry.size = message.size;
    entry.keep_until = message.keep_until;
    entry.made = context_.loop.now();
    context_.port.commit(
        store::PutMessage{std::move(message)},
        [this, aor, entry, done = std::move(done)](store::Outcome outcome) mutable {
            auto& waiting = queues_[aor];
            waiting.reserved -= entry.size;
            --waiting.reservations;
            if (outcome == store::Outcome::committed) {
                kept_.add();
                add(waiting, entry);
                arm(aor, *find(aor, entry.id), entry.keep_until);
            }
            done(outcome);
            if (const auto now = queues_.find(aor); now != queues_.end() && now->second.is_wanted)
                deliver(aor);
            drop_if_idle(aor);
        });
}

void StoredMessages::recover(const store::Message& row) {
    Entry entry;
    entry.id = row.id;
    entry.mark = context_.mark_of(row.mark);
    entry.size = row.size;
    entry.keep_until = row.keep_until;
    entry.made = context_.loop.now();
    entry.is_done = row.is_done;
    add(queues_[row.recipient], entry);
    arm(row.recipient, *find(row.recipient, row.id), row.keep_until);
}

void StoredMessages::resume() {
    std::vector<std::string> there;
    for (const auto& [aor, queue] : queues_) {
        if (queue.waiting > 0 && !registrar_.bindings(aor).empty()) there.push_back(aor);
    }
    for (const auto& aor : there) deliver(aor);
}

void StoredMessages::deliver(const std::string& aor) {
    const auto found = queues_.find(aor);
    if (found == queues_.end()) return;
    auto& queue = found->second;
    queue.is_wanted = true;
    if (queue.is_delivering || queue.waiting == 0) return;
    queue.is_delivering = true;
    ready_.push_back(aor);
    schedule();
}

void StoredMessages::schedule() {
    if (std::exchange(is_scheduled_, true)) return;
    context_.loop.post([this] {
        is_scheduled_ = false;
        start_ready();
    });
}

void StoredMessages::start_ready() {
    while (!ready_.empty() && rounds_ < kMostRounds) {
        const auto aor = std::move(ready_.front());
        ready_.pop_front();
        ++rounds_;
        queues_[aor].is_wanted = false;
        next(aor);
    }
}

/// Reads the oldest message that waits, or ends the round.
void StoredMessages::next(const std::string& aor) {
    auto& queue = queues_[aor];
    const auto oldest = std::find_if(queue.entries.begin(), queue.entries.end(),
                                     [](const Entry& entry) { return !entry.is_done; });
    if (oldest == queue.entries.end()) return end_round(aor);
    if (targets_of(registrar_.bindings(aor), context_.home.epoch, queue.silent).empty())
        return end_round(aor);
    context_.port.load(oldest->id, [this, aor, id = oldest->id](Result<store::Message> message) {
        auto* entry = find(aor, id);
        if (!entry || entry->is_done) return next(aor);
        if (!message) {
            base::log_error("message.unreadable", {{"aor", aor}, {"why", message.fault().detail}});
            return end_round(aor);
        }
        send(aor, *std::move(message));
    });
}

void StoredMessages::send(const std::string& aor, store::Message message) {
    if (message.keep_until <= context_.wall()) {
        give_up(aor, message, *find(aor, message.id), expired_);
        return next(aor);
    }
    auto targets = targets_of(registrar_.bindings(aor), context_.home.epoch, queues_[aor].silent);
    if (targets.empty()) return end_round(aor);
    RelayOrder order;
    order.text = delivery_text(message, context_.wall());
    order.breadth = targets.size() > 1 ? kDefaultBreadth : 0;
    order.targets = std::move(targets);
    order.patience = std::chrono::seconds(context_.config.message_patience);
    relay_.start(std::move(order),
                 [this, aor, message = std::make_shared<store::Message>(std::move(message))](
                     const RelayReport& report) { on_report(aor, *message, report); });
}

void StoredMessages::on_report(const std::string& aor, const store::Message& message,
                               const RelayReport& report) {
    if (report.stage == RelayReport::Stage::settled) return on_settled(aor, message.id, report);
    on_answer(aor, message, report.best.status);
}

void StoredMessages::on_answer(const std::string& aor, const store::Message& message, int status) {
    auto* entry = find(aor, message.id);
    if (!entry || entry->is_done) return;
    switch (delivery_verdict(status)) {
        case DeliveryVerdict::delivered:
            delivered_.add();
            return end(aor, *entry);
        case DeliveryVerdict::refused:
            return give_up(aor, message, *entry, refused_);
        case DeliveryVerdict::failed:
            if (++entry->failures >= kMostFailures)
                return give_up(aor, message, *entry, undeliverable_);
            return;
        case DeliveryVerdict::absent:
            return;
    }
}

void StoredMessages::give_up(const std::string& aor, const store::Message& message, Entry& entry,
                             base::Counter& counter) {
    counter.add();
    base::log_info("message.given_up", {{"aor", aor}, {"call_id", message.mark.call_id}});
    end(aor, entry);
    if (failed_) failed_(message);
}

/// The next one goes to those who answered.
void StoredMessages::on_settled(const std::string& aor, std::uint64_t id,
                                const RelayReport& report) {
    auto& queue = queues_[aor];
    queue.silent.insert(report.silent.begin(), report.silent.end());
    const auto* entry = find(aor, id);
    if (entry && !entry->is_done) return end_round(aor);
    next(aor);
}

void StoredMessages::end_round(const std::string& aor) {
    auto& queue = queues_[aor];
    queue.is_delivering = false;
    queue.silent.clear();
    --rounds_;
    if (std::exchange(queue.is_wanted, false)) deliver(aor);
    drop_if_idle(aor);
    if (!ready_.empty()) schedule();
}

/// Not to be delivered any more. The row of a young one stays for repetitions of its request.
void StoredMessages::end(const std::string& aor, Entry& entry, Done done) {
    auto& queue = queues_[aor];
    --queue.waiting;
    queue.bytes -= entry.size;
    --count_;
    waiting_.subtract();
    entry.is_done = true;
    const auto id = entry.id;
    if (context_.loop.now() - entry.made >= kTombstoneLife) {
        erase(aor, id);
        return commit_end(id, {}, std::move(done));
    }
    entry.keep_until = context_.wall() + kTombstoneLife;
    arm(aor, entry, entry.keep_until);
    commit_end(id, entry.keep_until, std::move(done));
}

void StoredMessages::commit_end(std::uint64_t id, base::WallTime keep_until, Done done) {
    context_.port.commit(
        store::RemoveMessage{id, keep_until},
        [this, id, keep_until, done = std::move(done)](store::Outcome outcome) mutable {
            if (done) done(outcome);
            if (outcome == store::Outcome::committed) return;
            // Delivered twice after a restart, unless the store comes back.
            context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                                       [this, id, keep_until] { commit_end(id, keep_until); });
        });
}

void StoredMessages::erase(const std::string& aor, std::uint64_t id) {
    auto& entries = queues_[aor].entries;
    const auto at = std::find_if(entries.begin(), entries.end(),
                                 [&](const Entry& entry) { return entry.id == id; });
    if (at == entries.end()) return;
    context_.loop.timers().cancel(at->expiry);
    entries.erase(at);
    drop_if_idle(aor);
}

void StoredMessages::arm(const std::string& aor, Entry& entry, base::WallTime when) {
    context_.expiry().arm(entry.expiry, when, {},
                          [this, aor, id = entry.id] { on_expiry(aor, id); });
}

void StoredMessages::on_expiry(const std::string& aor, std::uint64_t id) {
    auto* entry = find(aor, id);
    if (!entry) return;
    entry->expiry = {};
    if (context_.expiry().is_early(entry->keep_until)) return arm(aor, *entry, entry->keep_until);
    if (entry->is_done) {
        erase(aor, id);
        return commit_end(id, {});
    }
    context_.port.load(id, [this, aor, id](Result<store::Message> message) {
        auto* late = find(aor, id);
        if (!late || late->is_done) return;
        if (!message) return arm(aor, *late, context_.wall() + kExpiryRetry);
        give_up(aor, *message, *late, expired_);
    });
}

void StoredMessages::forget(std::string_view aor, std::uint64_t id) {
    auto* entry = find(aor, id);
    if (!entry || entry->is_done) return;
    delivered_.add();
    end(std::string(aor), *entry);
}

void StoredMessages::forget(Cell cell) {
    const auto is_in = [&](const std::string& aor) { return context_.cell_of(aor) == cell; };
    std::erase_if(ready_, is_in);
    std::erase_if(queues_, [&](const auto& entry) {
        if (!is_in(entry.first)) return false;
        const auto& queue = entry.second;
        for (const auto& kept : queue.entries) {
            auto timer = kept.expiry;
            context_.loop.timers().cancel(timer);
        }
        count_ -= queue.waiting;
        waiting_.subtract(queue.waiting);
        return true;
    });
}

std::vector<std::uint64_t> StoredMessages::ids(std::string_view aor) const {
    std::vector<std::uint64_t> found;
    for (const auto& [owner, queue] : queues_) {
        if (!aor.empty() && owner != aor) continue;
        for (const auto& entry : queue.entries) {
            if (!entry.is_done) found.push_back(entry.id);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool StoredMessages::remove(std::string_view aor, std::uint64_t id, Done done) {
    auto* entry = find(aor, id);
    if (!entry || entry->is_done) return false;
    end(std::string(aor), *entry, std::move(done));
    return true;
}

}  // namespace herald::server
