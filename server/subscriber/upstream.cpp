// server/subscriber/upstream.cpp: the resources whose state a PBX keeps, and its NOTIFYs.
#include "server/subscriber/upstream.h"

#include <algorithm>
#include <utility>

#include "server/address/own_address.h"
#include "server/core/answers.h"
#include "server/subscriber/told_list.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

std::string address(std::string_view user, const sip::Uri& at) {
    std::string out = "sip:";
    sip::append_escaped_user(out, user);
    out += '@';
    return out += sip::canonical_host(at.host);
}

/// The resource at the PBX, with the port and the transport it is configured with.
std::string request_uri(std::string_view user, std::string_view pbx) {
    std::string out = "sip:";
    sip::append_escaped_user(out, user);
    out += '@';
    return out += pbx.substr(pbx.find(':') + 1);
}

std::string_view user_of(std::string_view aor) {
    const auto start = aor.find(':') + 1;
    return aor.substr(start, aor.find('@') - start);
}

/// nullptr where the resource has no PBX, or one that is no longer configured, or where the PBX is
/// this very server, which would add what it tells itself to its own counters.
const PbxAddress* pbx_of(const Context& context, const Source& source) {
    if (source.pbx.empty() || source.package->profile().publish_types.empty()) return nullptr;
    const auto* found = pbx_named(context.config.pbxs, source.pbx);
    if (!found) return nullptr;
    const auto at = sip::parse_uri(found->uri);
    const auto listeners = context.stack.transport().listeners();
    return !at || is_own_address(*at, context.domains, listeners) ? nullptr : found;
}

std::unique_ptr<Line> line_of(const std::string& aor, const Source& source, const PbxAddress& pbx,
                              const Config& config) {
    const auto at = sip::parse_uri(pbx.uri);
    const std::string user = source.user.empty() ? std::string(user_of(aor)) : source.user;
    auto line = std::make_unique<Line>();
    line->package = source.package;
    line->aor = aor;
    line->pbx = pbx.name;
    if (source.may_be_listed) line->list = list_of(config.pbx_lists, pbx.name);
    if (line->is_list()) line->members.push_back({aor, listed_user(address(user, *at)), {}, {}});
    const auto& asked = line->is_list() ? line->list : user;
    line->uri = request_uri(asked, pbx.uri);
    line->to = address(asked, *at);
    // A list is of no single user's: the PBX knows who asks by its name.
    line->from = !pbx.username.empty() ? address(pbx.username, *at)
                 : line->is_list()     ? line->to
                                       : aor;
    line->next_hop = pbx.uri;
    line->wanted = config.pbx_expires;
    if (!pbx.username.empty()) line->digest.emplace(pbx.username, pbx.password);
    return line;
}

/// Whether `line` is where what `wanted` asks for comes from already.
bool has(Line& line, const Line& wanted) {
    if (line.pbx != wanted.pbx || line.uri != wanted.uri) return false;
    const auto* member = line.member(wanted.aor);
    return line.is_list() == wanted.is_list() &&
           (!wanted.is_list() || (member && member->user == wanted.members.front().user));
}

/// Whether what is next is a SUBSCRIBE: none is under way, and no NOTIFY is owed.
bool is_idle(const Line& line) noexcept {
    return line.state == UpstreamState::waiting || line.state == UpstreamState::active;
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

/// A list that begins anew, without the members that `is_meant` is true of.
template <class Is>
std::unique_ptr<Line> without(Line& line, Is is_meant) {
    auto rest = std::make_unique<Line>();
    rest->package = line.package;
    rest->pbx = line.pbx;
    rest->list = line.list;
    rest->uri = line.uri;
    rest->to = line.to;
    rest->from = line.from;
    rest->next_hop = line.next_hop;
    rest->digest = std::move(line.digest);
    rest->wanted = line.wanted;
    for (const auto& member : line.members) {
        if (!is_meant(member.aor)) rest->members.push_back({member.aor, member.user, {}, {}});
    }
    return rest;
}

}  // namespace

Upstream::Upstream(Context& context, StateOrders& orders, sip::Locator& locator)
    : context_(context),
      pbxs_(context.loop,
            [this](std::uint64_t id, base::Duration delay) {
                if (auto* line = lines_.find(id)) subscriber_.arm(*line, delay);
            }),
      subscriber_(context, lines_, pbxs_, orders, locator),
      notified_(context.metrics.counter("herald_mwi_pbx_notify_total",
                                        "NOTIFY requests taken from PBXs")) {}

void Upstream::follow(const std::string& aor, const Source& source) {
    const auto* pbx = pbx_of(context_, source);
    auto wanted = pbx ? line_of(aor, source, *pbx, context_.config) : nullptr;
    if (auto* line = lines_.of(*source.package, aor)) {
        if (wanted && has(*line, *wanted)) return;
        leave(*line, aor, wanted.get());
    }
    if (!wanted) return;
    wanted->is_list() ? join(std::move(wanted)) : start(std::move(wanted));
}

void Upstream::start(std::unique_ptr<Line> line) {
    next_start_ = std::max(context_.loop.now(), next_start_);
    subscriber_.arm(lines_.add(std::move(line)), next_start_ - context_.loop.now());
    next_start_ += kPace;
}

/// What was told before of who comes to a list was nobody's: it is asked for again.
void Upstream::join(std::unique_ptr<Line> list) {
    auto* line = lines_.list_of(*list->package, list->pbx);
    if (!line) return start(std::move(list));
    lines_.join(*line, std::move(list->members.front()));
    if (line->state == UpstreamState::active) subscriber_.arm(*line, kPace);
}

/// A line ends, a list once nobody is left on it.
void Upstream::leave(Line& line, const std::string& aor, const Line* wanted) {
    const bool is_elsewhere = !wanted || line.pbx != wanted->pbx;
    if (is_elsewhere) subscriber_.withdraw(line, aor);
    if (line.is_list()) lines_.part(line, aor);
    if (line.members.empty()) subscriber_.leave(line);
}

std::optional<SourceStatus> Upstream::status(const packages::Package& package,
                                             std::string_view aor) const {
    const auto* line = lines_.of(package, aor);
    if (!line) return std::nullopt;
    SourceStatus status{line->pbx, line->uri, has_dialog(line->state), line->why, {}};
    auto next = is_idle(*line) ? line->due : base::Instant{};
    if (const auto absence = pbxs_.absence(line->pbx)) {
        if (!absence->why.empty()) status.why = absence->why;
        next = absence->next;
    }
    if (next != base::Instant{})
        status.next = std::max(base::Duration{}, next - context_.loop.now());
    return status;
}

bool Upstream::hasten(const packages::Package& package, std::string_view aor) {
    auto* line = lines_.of(package, aor);
    if (!line) return false;
    if (!is_idle(*line) || pbxs_.hasten(line->pbx, line->id)) return true;
    // Else what tries on behalf of all is under way, or soon.
    if (pbxs_.may_try(line->pbx, line->id)) subscriber_.arm(*line, {});
    return true;
}

/// Nothing is sent: the PBX goes on notifying, and is answered 481 by the new owner. Who is left of
/// a list is asked for anew: the bucket in its dialog was that of who is gone.
/// Those that come in place of lists that have members elsewhere are looked at as well, maybe.
void Upstream::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_of = [&](const std::string& aor) { return context_.cell_of(aor) == cell; };
    const auto has_any = [&](const Line& line) {
        forgetting.count(line.members.size());
        return is_of(line.aor) || std::any_of(line.members.begin(), line.members.end(),
                                              [&](const Member& each) { return is_of(each.aor); });
    };
    for (const auto id : lines_.find_some(forgetting, has_any)) {
        auto& line = *lines_.find(id);
        auto rest = without(line, is_of);
        subscriber_.erase(line);
        if (rest->members.empty()) continue;
        rest->aor = rest->members.front().aor;
        start(std::move(rest));
    }
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
        subscriber_.lose_count(*line);
        return true;
    }
    adopt(line->dialog, request);
    notified_.add();
    context_.stack.answer(transaction, sip::Answer{});
    if (!line->is_leaving) subscriber_.hear(*line, std::get<Told>(read));
    return true;
}

}  // namespace herald::server
