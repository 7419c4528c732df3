// server/message/relay.cpp: sends one request to the devices of a user and finds the best answer
// (RFC 3261 16.6 to 16.9, RFC 5626 7).
#include "server/message/relay.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/core/answers.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

using Stage = RelayReport::Stage;

/// For the Via.
constexpr std::size_t kViaRoom = 150;

/// Answers that help the sender to make a better request (RFC 3261 16.7 step 6).
bool is_helpful(int status) noexcept {
    return status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
}

/// The next flow of a device is tried after these (RFC 5626 7).
bool is_flow_failure(int status) noexcept {
    return status == 430 || status == 408;
}

bool is_relayed(sip::Header id, int status, AnswerScope scope) noexcept {
    const bool is_whole = scope == AnswerScope::whole;
    switch (id) {
        case sip::Header::contact:
            return is_whole || (status >= 300 && status < 400) || status == 485;
        case sip::Header::record_route:
            return is_whole;
        case sip::Header::via:
        case sip::Header::from:
        case sip::Header::to:
        case sip::Header::call_id:
        case sip::Header::cseq:
        case sip::Header::content_length:
        case sip::Header::content_type:
        case sip::Header::timestamp:
            return false;
        default:
            return true;
    }
}

bool is_challenge(const sip::Answer& answer) noexcept {
    return answer.status == 401 || answer.status == 407;
}

/// The lines of `headers` that are challenges.
std::string challenges_in(std::string_view headers) {
    std::string found;
    while (!headers.empty()) {
        const auto line = headers.substr(0, headers.find("\r\n") + 2);
        headers.remove_prefix(line.size());
        if (base::istarts_with(line, "WWW-Authenticate:") ||
            base::istarts_with(line, "Proxy-Authenticate:"))
            found += line;
    }
    return found;
}

}  // namespace

bool is_better(int status, int than) noexcept {
    const bool is_global = status >= 600;
    if (is_global != (than >= 600)) return is_global;
    if (status / 100 != than / 100) return status / 100 < than / 100;
    return is_helpful(status) && !is_helpful(than);
}

sip::Answer relayed_answer(const sip::Message& response, AnswerScope scope) {
    sip::Answer answer;
    answer.status = response.status();
    answer.reason = response.reason();
    answer.to_tag = response.to_tag();
    answer.is_tagless = answer.to_tag.empty();
    for (const auto& field : response.fields()) {
        if (!is_relayed(field.id, answer.status, scope)) continue;
        answer.headers.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    if (answer.status < 300 && scope == AnswerScope::message) return answer;
    answer.content_type = response.header(sip::Header::content_type).value_or("");
    answer.body = response.body();
    return answer;
}

/// RFC 3261 16.7 step 7: who is challenged by several devices may answer them all at once.
void Relay::collect(Job& job, sip::Answer answer) {
    if (!job.best) {
        job.best = std::move(answer);
        return;
    }
    auto& best = *job.best;
    const bool are_challenges = is_challenge(best) && is_challenge(answer);
    if (is_better(answer.status, best.status)) std::swap(best, answer);
    if (are_challenges) best.headers += challenges_in(answer.headers);
}

Relay::Relay(Context& context, sip::Locator& locator)
    : context_(context),
      locator_(locator),
      patience_(context.loop.timers().add_owner(
          [this](std::uint64_t user) { on_patience(unpack(user)); })),
      large_(context.loop, context.stack.transport()),
      sent_(context.metrics.counter("herald_relay_sent_total",
                                    "Requests sent on to devices and other domains, "
                                    "retransmissions not counted")),
      too_large_(context.metrics.counter("herald_relay_too_large_total",
                                         "Requests over 1300 bytes for whom only UDP leads to")) {}

const RelayTarget& Relay::target_of(const Branch& branch) const {
    return jobs_[branch.job.slot].order.targets[branch.targets.front()];
}

void Relay::start(RelayOrder order, Done done) {
    const auto id = jobs_.take(Job{.order = std::move(order), .done = std::move(done)});
    auto& job = jobs_[id.slot];
    if (const auto patience = job.order.patience; patience > base::Duration{})
        job.patience =
            context_.loop.timers().arm(patience_, pack(id), context_.loop.now() + patience);
    add_branches(id, job);
    // By id: a branch may be over before the next one begins.
    const auto branches = job.branches;
    for (const auto branch : branches) begin(branch);
    if (!branches.empty()) return;
    context_.loop.post([this, id] {
        if (jobs_.holds(id)) settle(id);
    });
}

/// One for each device, with its flows in the order given.
void Relay::add_branches(base::SlotId id, Job& job) {
    const auto& targets = job.order.targets;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
        const auto same =
            std::find_if(job.branches.begin(), job.branches.end(), [&](const base::SlotId each) {
                return !targets[i].instance.empty() &&
                       target_of(branches_[each.slot]).instance == targets[i].instance;
            });
        if (same == job.branches.end()) {
            job.branches.push_back(branches_.take(Branch{.job = id, .targets = {i}}));
        } else {
            branches_[same->slot].targets.push_back(i);
        }
    }
    if (job.order.breadth > 0 && !job.branches.empty())
        job.share = std::max<std::uint32_t>(
            1, job.order.breadth / static_cast<std::uint32_t>(job.branches.size()));
}

void Relay::begin(base::SlotId id) {
    auto& branch = branches_[id.slot];
    // No target is begun twice.
    auto& legs = jobs_[branch.job.slot].order.targets[branch.targets.front()].legs;
    branch.path = sip::Path({context_.loop, context_.stack.transport(), locator_}, std::move(legs));
    branch.last.reset();
    take_next_way(id);
}

/// RFC 3263 4.3: each way gets a transaction of its own.
void Relay::take_next_way(base::SlotId id) {
    follow(id,
           branches_[id.slot].path.next([this, id](sip::Path::Step step) { follow(id, step); }));
}

void Relay::follow(base::SlotId id, sip::Path::Step step) {
    switch (step) {
        case sip::Path::Step::ready:
            return send(id);
        case sip::Path::Step::looking:
            return;
        case sip::Path::Step::over:
            context_.loop.post([this, id] {
                if (branches_.holds(id)) give_up(id);
            });
    }
}

sip::Flow Relay::carrier_of(const Branch& branch, std::size_t size) {
    const auto& flow = branch.path.flow();
    if (branch.path.is_named()) return large_.carrier(flow, size);
    const auto& target = target_of(branch);
    return large_.carrier(flow, size, sip::routing_of(target.request_uri, target.routes).next_hop);
}

void Relay::send(base::SlotId id) {
    auto& branch = branches_[id.slot];
    const auto& target = target_of(branch);
    const auto size = jobs_[branch.job.slot].order.text.size() + target.request_uri.size() +
                      target.routes.size() + kViaRoom;
    const auto flow = carrier_of(branch, size);
    // Nobody has shown to be there, and enough went there already.
    if (target.credit && !target.credit->allows(flow, size)) return take_next_way(id);
    const bool is_too_large = size > sip::kMostOnUdp && !sip::is_reliable(flow.protocol);
    if (is_too_large) too_large_.add();
    if (is_too_large && !context_.config.message_large_on_udp) return fail_later(id, 513);
    branch.is_switched = flow.protocol != branch.path.flow().protocol;
    branch.has_left = false;
    branch.transaction = context_.stack.start(flow, *this, pack(id));
    if (!branch.transaction) return fail_later(id, 503);
    sent_.add();
}

void Relay::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    auto* branch = branches_.find(unpack(user));
    if (!branch) return;
    const auto before = out.size();
    const auto& job = jobs_[branch->job.slot];
    const auto& target = target_of(*branch);
    const auto routing = sip::routing_of(target.request_uri, target.routes);
    sip::append_start_line(out, job.order.method, routing);
    out += via.substr(0, via.size() - 2);
    out += job.order.via_parameter;
    out += "\r\n";
    sip::append_route_line(out, routing);
    if (job.share > 0) {
        out += "Max-Breadth: ";
        base::append_number(out, job.share);
        out += "\r\n";
    }
    out += job.order.text;
    if (!target.credit || branch->is_switched) return;
    const bool may_go = target.credit->spend(branch->path.flow(), out.size() - before);
    if (std::exchange(branch->has_left, true) && !may_go) out.resize(before);
}

void Relay::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto id = unpack(user);
    auto* branch = branches_.find(id);
    if (!branch) return;
    branch->transaction = {};
    const bool is_answer = outcome.how == sip::ClientOutcome::How::response;
    const auto& credit = target_of(*branch).credit;
    if (is_answer && credit) credit->prove(outcome.flow);
    if (const auto& load = jobs_[branch->job.slot].order.load; load && is_answer && outcome.message)
        load->learn(outcome.message->via().text, context_.loop.now());
    if (!is_answer && branch->is_switched) {
        // The device takes no stream after all.
        large_.on_refused(outcome.flow);
        return send(id);
    }
    if (is_answer && is_flow_failure(outcome.status)) return fail(id, outcome.status);
    const bool is_whole = jobs_[branch->job.slot].order.is_whole;
    if (is_answer && outcome.message)
        branch->last =
            relayed_answer(*outcome.message, is_whole ? AnswerScope::whole : AnswerScope::message);
    if (outcome.how == sip::ClientOutcome::How::timeout) branch->last = answer(408);
    if (sip::is_next_way_due(outcome)) return take_next_way(id);
    conclude(id, branch->last ? *std::move(branch->last) : answer(outcome.status));
}

/// No way is left. What nobody answered at is tried at the next flow of the device.
void Relay::give_up(base::SlotId id) {
    auto& branch = branches_[id.slot];
    const bool is_absent = !branch.last || branch.last->status == 408;
    if (!is_absent || branch.targets.size() == 1)
        return conclude(id, branch.last ? *std::move(branch.last) : answer(480));
    branch.targets.erase(branch.targets.begin());
    begin(id);
}

void Relay::fail_later(base::SlotId id, int status) {
    context_.loop.post([this, id, status] {
        if (branches_.holds(id)) fail(id, status);
    });
}

void Relay::fail(base::SlotId id, int status) {
    auto& branch = branches_[id.slot];
    if (is_flow_failure(status) && branch.targets.size() > 1) {
        branch.targets.erase(branch.targets.begin());
        return begin(id);
    }
    conclude(id, answer(status));
}

/// The device has answered, or will not.
void Relay::conclude(base::SlotId id, sip::Answer answer) {
    const auto job_id = branches_[id.slot].job;
    auto& job = jobs_[job_id.slot];
    branches_.release(id);
    std::erase(job.branches, id);
    if (answer.status < 300) {
        if (!job.is_answered) {
            report_answer(job, std::move(answer));
        } else if (job.is_settled && !std::exchange(job.is_success, true)) {
            job.done({.stage = Stage::late, .best = std::move(answer), .silent = {}});
        }
    } else {
        collect(job, std::move(answer));
    }
    if (job.branches.empty()) settle(job_id);
}

void Relay::report_answer(Job& job, sip::Answer answer) {
    job.is_answered = true;
    job.is_success = answer.status < 300;
    job.done({.stage = Stage::answered, .best = std::move(answer), .silent = {}});
}

/// There is nothing left to wait for.
void Relay::settle(base::SlotId id) {
    auto& job = jobs_[id.slot];
    if (!job.is_answered) {
        // RFC 3261 16.7 step 6: a lone 503 is about the device, not about us.
        if (job.best && job.best->status == 503) job.best = answer(500);
        const bool is_over = job.branches.empty();
        report_answer(job, is_over && job.best ? *std::move(job.best) : answer(408));
    }
    if (!std::exchange(job.is_settled, true)) {
        context_.loop.timers().cancel(job.patience);
        RelayReport report{.stage = Stage::settled, .best = {}, .silent = {}};
        for (const auto branch : job.branches)
            report.silent.push_back(target_of(branches_[branch.slot]).name);
        job.done(report);
    }
    if (!job.branches.empty()) return;
    auto done = std::move(job.done);
    jobs_.release(id);
    done({.stage = Stage::over, .best = {}, .silent = {}});
}

void Relay::on_patience(base::SlotId id) {
    if (!jobs_.holds(id)) return;
    jobs_[id.slot].patience = {};
    settle(id);
}

}  // namespace herald::server
