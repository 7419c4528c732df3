// server/subscriber/upstream_events.cpp: what happens to a subscription that Herald made: answers
// to its SUBSCRIBEs, and NOTIFYs.
#include <algorithm>
#include <utility>

#include "server/core/answers.h"
#include "server/subscriber/upstream.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

constexpr std::uint32_t kLongestRetryAfter = 3600;
/// A refused refresh is retried after this time at the latest.
constexpr base::Duration kRefreshRetry = std::chrono::seconds(30);
/// When to ask again in a dialog that began without a document: a PBX that has just started may not
/// yet know what it knew before.
constexpr base::Duration kDoubt = std::chrono::seconds(2);

/// Whether the PBX itself is unreachable, whichever resource is asked for.
bool is_unreachable(const sip::ClientOutcome& outcome) {
    return outcome.how != sip::ClientOutcome::How::response || outcome.status == 408 ||
           outcome.status == 503;
}

std::string why_unreachable(const sip::ClientOutcome& outcome) {
    switch (outcome.how) {
        case sip::ClientOutcome::How::response:
            return std::to_string(outcome.status);
        case sip::ClientOutcome::How::timeout:
            return "it does not answer";
        case sip::ClientOutcome::How::transport_error:
            return "it cannot be reached";
    }
    return {};
}

base::Duration retry_after_of(const sip::ClientOutcome& outcome) {
    if (!outcome.message) return {};
    const auto value = outcome.message->header(sip::Header::retry_after).value_or("");
    return std::chrono::seconds(
        std::min(sip::parse_delta_seconds(value).value_or(0), kLongestRetryAfter));
}

/// The dialog is the NOTIFY's (RFC 6665 4.4.1), its route set as a UAS has it.
void adopt(Line::Dialog& dialog, const sip::Message& request) {
    if (dialog.remote_tag.empty()) {
        dialog.remote_tag = request.from_tag();
        dialog.route_set = sip::read_routes(request, sip::Header::record_route).value_or("");
    }
    dialog.remote_cseq = request.cseq();
    if (const auto contact = sip::sole_contact(request)) dialog.remote_target = contact->uri;
}

}  // namespace

void Upstream::on_done(Line& line, const sip::ClientOutcome* outcome) {
    using Trouble = PbxWatch::Trouble;
    if (line.is_leaving) return erase(line);
    if (!outcome)
        return on_trouble(line, Trouble::unreachable, "no address of it can be reached", {});
    if (is_unreachable(*outcome))
        return on_trouble(line, Trouble::unreachable, why_unreachable(*outcome),
                          retry_after_of(*outcome));
    if (is_login_refused(line, outcome->status)) {
        const auto* why = line.request.is_signed
                              ? "it refuses the user name or the password of mwi.pbx"
                              : "it wants a user name and a password, and mwi.pbx has none";
        return on_trouble(line, Trouble::login_refused, why, {});
    }
    pbxs_.answered(line.pbx);
    if (input_of_status(outcome->status) == UpstreamInput::accepted)
        return on_accepted(line, *outcome);
    on_refused(line, outcome->status, retry_after_of(*outcome));
}

/// Some PBXs refuse a login with 403, which may also be about the one resource: it is, while other
/// resources of the same PBX are subscribed.
bool Upstream::is_login_refused(const Line& line, int status) const {
    if (status == 401 || status == 407) return true;
    if (status != 403 || !line.request.is_signed) return false;
    const auto is_had = [&](const Line& other) {
        return other.pbx == line.pbx && has_dialog(other.state) && other.id != line.id;
    };
    return lines_.ids_where(is_had).empty();
}

/// What the PBX told stays valid until the subscription lapses (RFC 6665 4.1.2.2).
void Upstream::on_trouble(Line& line, PbxWatch::Trouble trouble, std::string_view why,
                          base::Duration least) {
    if (!step(line, UpstreamInput::failed)) return;
    if (has_dialog(line.state)) {
        arm(line, std::max(base::Duration{}, line.expires_at - context_.loop.now()));
    } else {
        wait(line, why);
    }
    pbxs_.failed(line.pbx, line.id, trouble, why, least);
}

/// The NOTIFY is still owed unless it came first.
void Upstream::on_accepted(Line& line, const sip::ClientOutcome& outcome) {
    const bool was_notified = line.state == UpstreamState::active;
    if (!step(line, UpstreamInput::accepted) || was_notified) return;
    const auto field =
        outcome.message ? outcome.message->header(sip::Header::expires) : std::nullopt;
    const auto asked = line.request.asked;
    const auto granted =
        std::min(asked, sip::parse_delta_seconds(field.value_or("")).value_or(asked));
    if (line.state == UpstreamState::refreshing)
        line.expires_at = context_.loop.now() + std::chrono::seconds(granted);
    arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
}

void Upstream::on_refused(Line& line, int status, base::Duration least) {
    const bool had_dialog = has_dialog(line.state);
    if (!step(line, input_of_status(status))) return;
    if (had_dialog && status == 481) {
        // The PBX has forgotten the dialog, nothing else.
        wait(line, "481");
        return begin(line);
    }
    if (!has_dialog(line.state)) return come_back(line, std::to_string(status), least);
    // Valid until it lapses (RFC 6665 4.1.2.2); the refresh is retried before.
    const auto left = std::max(base::Duration{}, line.expires_at - context_.loop.now());
    const auto delay = std::max(std::min(next_delay(line), kRefreshRetry), least);
    arm(line, std::min(left, delay));
}

bool Upstream::on_notify(sip::ServerTransactionId transaction, const sip::Message& request) {
    auto* line = lines_.by_tag(request.to_tag());
    if (!line || line->dialog.call_id != request.call_id()) return false;
    const auto& dialog = line->dialog;
    // One dialog only: the first wins (RFC 6665 5.4.9).
    if (!dialog.remote_tag.empty() && dialog.remote_tag != request.from_tag()) return false;
    auto read = read_notify(*line, request, context_.resources.settings(*line->package));
    if (const auto* refusal = std::get_if<sip::Answer>(&read))
        return context_.stack.answer(transaction, *refusal), true;
    if (!dialog.remote_tag.empty() && request.cseq() < dialog.remote_cseq) {
        context_.stack.answer(transaction, answer(500, "CSeq out of order"));
        lose_count(*line);
        return true;
    }
    adopt(line->dialog, request);
    notified_.add();
    context_.stack.answer(transaction, sip::Answer{});
    if (!line->is_leaving) hear(*line, std::get<Told>(read));
    return true;
}

/// A NOTIFY whose CSeq is below one seen before. While a refresh is under way it is the answer of a
/// PBX that restarted with an old copy of the dialog (Kamailio), and a new dialog is needed.
/// Otherwise it may just be late (RFC 3261 12.2.2).
void Upstream::lose_count(Line& line) {
    if (line.state != UpstreamState::refreshing || line.is_leaving) return;
    if (step(line, UpstreamInput::ended)) come_back(line, "CSeq out of order");
}

void Upstream::hear(Line& line, const Told& told) {
    const bool is_silent = told.document.type.empty();
    if (!is_silent) {
        line.document = line.package->merge(line.document, told.document,
                                            context_.resources.settings(*line.package));
    }
    if (told.is_over) {
        told_.publish(line);
        return on_terminated(line, told);
    }
    const bool is_new = !has_dialog(line.state);
    if (!step(line, UpstreamInput::notified)) return;
    const auto life = base::Duration(std::chrono::seconds(told.granted));
    line.expires_at = context_.loop.now() + life;
    // Well before the end, and not all lines at once.
    arm(line, jittered(life * 4 / 5) + life / 10);
    if (!is_silent || !told.is_active) return told_.publish(line);
    if (is_new && told_.has(line)) return arm(line, std::min(kDoubt, life / 2));
    // The PBX itself no longer hears of this resource (Kamailio).
    told_.withdraw(line);
}

void Upstream::on_terminated(Line& line, const Told& told) {
    step(line, UpstreamInput::ended);
    const std::string why = "terminated " + told.reason;
    switch (comeback_of(told.reason)) {
        case Comeback::soon:
            return come_back(line, why);
        case Comeback::later:
            return come_back(line, why, std::chrono::seconds(told.retry_after));
        case Comeback::resource_gone:
            told_.withdraw(line);
            return come_back(line, why, kSeldom);
        case Comeback::seldom:
            return come_back(line, why, kSeldom);
    }
}

}  // namespace herald::server
