// server/message/passage.cpp: requests sent on without a transaction (RFC 3261 16.11).
#include "server/message/passage.h"

#include <string_view>
#include <utility>

#include "base/hash128.h"
#include "base/text.h"
#include "server/core/answers.h"
#include "sip/branch.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

/// Memory of a request whose way is looked up, beside its text.
constexpr std::size_t kAroundRequest = 2000;
/// By UDP a refusal goes to who asked as often as he may have lost it, and is shorter than three
/// times his request: he may have asked in another's name.
constexpr std::uint32_t kMostCopies = 3;
constexpr std::size_t kMostGrowth = 3;
/// Bytes of a request of which no more is known.
constexpr std::uint32_t kLeastRequest = 300;

base::Counter& passed(base::Metrics& metrics, const char* what) {
    return metrics.counter("herald_edge_passed_total",
                           "Calls through the edge: what was sent on without a transaction",
                           {{"what", what}});
}

/// What a client must read of a refusal.
bool is_needed(sip::Header id) noexcept {
    switch (id) {
        case sip::Header::from:
        case sip::Header::to:
        case sip::Header::call_id:
        case sip::Header::cseq:
        case sip::Header::www_authenticate:
        case sip::Header::proxy_authenticate:
        case sip::Header::retry_after:
            return true;
        default:
            return false;
    }
}

/// `answer` without its topmost Via; `is_brief` leaves out what a client can do without. False:
/// there is no other Via, so it goes no further.
bool append_answer(std::string& out, const sip::Message& answer, bool is_brief) {
    out += "SIP/2.0 ";
    base::append_number(out, static_cast<std::uint64_t>(answer.status()));
    out.append(" ").append(answer.reason()).append("\r\n");
    bool is_top = true;
    bool has_more = false;
    for (const auto& field : answer.fields()) {
        auto value = field.value;
        if (field.id == sip::Header::via) {
            if (std::exchange(is_top, false)) static_cast<void>(sip::next_list_value(value));
            if (value = base::trim(value); value.empty()) continue;
            has_more = true;
        } else if (field.id == sip::Header::content_length || (is_brief && !is_needed(field.id))) {
            continue;
        }
        out.append(field.name).append(": ").append(value).append("\r\n");
    }
    const auto body = is_brief ? std::string_view() : answer.body();
    out += "Content-Length: ";
    base::append_number(out, body.size());
    out.append("\r\n\r\n").append(body);
    return has_more;
}

}  // namespace

Passage::Passage(Context& context, sip::Locator& locator, const FlowTokens& tokens)
    : context_(context),
      locator_(locator),
      tokens_(tokens),
      requests_(passed(context.metrics, "requests")),
      answers_(passed(context.metrics, "answers")) {}

void Passage::send(const sip::Message& request, const sip::Flow& flow, PassageOrder order) {
    Waiting waiting{.method = std::string(request.method_text()),
                    .order = std::move(order),
                    .branch = branch_of(request, flow),
                    .path = {},
                    .flow = flow,
                    .request = nullptr,
                    .share = {}};
    waiting.path = sip::Path({context_.loop, context_.stack.transport(), locator_},
                             std::move(waiting.order.legs));
    if (!sip::is_reliable(flow.protocol))
        copies_of(waiting.branch).bytes = static_cast<std::uint32_t>(request.bytes().size());
    const auto id = waiting_.take(std::move(waiting));
    const auto step =
        waiting_[id.slot].path.next([this, id](sip::Path::Step found) { on_found(id, found); });
    follow(id, step, request);
}

/// RFC 3261 16.11: of what the copies, the CANCEL and the ACK of a refusal have in common.
std::string Passage::branch_of(const sip::Message& request, const sip::Flow& flow) const {
    const auto& via = request.via();
    auto text = base::lower(via.host);
    text.append("\n").append(via.branch).append("\n");
    base::append_number(text, via.port);
    if (via.branch.size() <= sip::kBranchCookie.size() ||
        !base::istarts_with(via.branch, sip::kBranchCookie)) {
        text.append("\n").append(request.request_uri()).append("\n").append(request.from_tag());
        text.append("\n").append(request.call_id()).append("\n");
        base::append_number(text, request.cseq());
    }
    const auto hash = base::keyed_hash(context_.home.lasting_key, text);
    return std::string(sip::kBranchCookie) +
           tokens_.issue(
               {.use = FlowToken::Use::answer,
                .flow = context_.stack.way_back(request, flow),
                .about = base::to_hex({reinterpret_cast<const char*>(&hash), sizeof hash})});
}

void Passage::on_found(base::SlotId id, sip::Path::Step step) {
    const auto* waiting = waiting_.find(id);
    if (!waiting) return;
    // It outlives the record.
    const sip::OwnedMessage request(**waiting->request);
    follow(id, step, *request);
}

void Passage::follow(base::SlotId id, sip::Path::Step step, const sip::Message& request) {
    while (step == sip::Path::Step::ready) {
        if (write(waiting_[id.slot])) {
            requests_.add();
            waiting_.release(id.slot);
            return;
        }
        step =
            waiting_[id.slot].path.next([this, id](sip::Path::Step found) { on_found(id, found); });
    }
    step == sip::Path::Step::looking ? wait(id, request) : refuse(id, request, 500);
}

/// Sends it by the way its path found.
bool Passage::write(const Waiting& waiting) {
    const auto& way = waiting.path.flow();
    const auto& ours = context_.stack.transport().listener(way);
    const auto routing = sip::routing_of(waiting.order.request_uri, waiting.order.routes);
    out_.clear();
    sip::append_start_line(out_, waiting.method, routing);
    out_.append("Via: SIP/2.0/").append(sip::via_name(way.protocol)).append(" ");
    out_.append(ours.host).append(":");
    base::append_number(out_, ours.port);
    out_.append(";branch=").append(waiting.branch).append(";rport");
    out_.append(waiting.order.via_parameter).append("\r\n");
    sip::append_route_line(out_, routing);
    out_ += waiting.order.text;
    return context_.stack.transport().send(way, out_);
}

/// Names are looked up meanwhile: it is kept, as far as there is room.
void Passage::wait(base::SlotId id, const sip::Message& request) {
    auto& waiting = waiting_[id.slot];
    if (waiting.request) return;
    const auto& config = context_.config;
    waiting.share = context_.limits.relayed_messages.take(
        context_.limits.holder(Identity{.is_open = true}, waiting.flow.peer),
        2 * request.bytes().size() + kAroundRequest,
        {.bytes = config.message_in_flight, .bytes_each = config.message_in_flight_per_sender});
    if (!waiting.share) return refuse(id, request, 503);
    waiting.request = std::make_unique<const sip::OwnedMessage>(request);
}

void Passage::refuse(base::SlotId id, const sip::Message& request, int status) {
    const auto flow = waiting_[id.slot].flow;
    waiting_.release(id.slot);
    context_.stack.answer_statelessly(request, flow,
                                      status == 503 ? unavailable("Busy") : answer(status));
}

bool Passage::send_back(const sip::Message& answer) {
    const auto branch = answer.via().branch;
    if (!base::istarts_with(branch, sip::kBranchCookie)) return false;
    const auto user = branch.substr(sip::kBranchCookie.size());
    if (!FlowTokens::is_one(user)) return false;
    const auto token = tokens_.read(user);
    if (!token || token->use != FlowToken::Use::answer) return false;
    if (may_answer(*token, answer) && context_.stack.transport().send(token->flow, out_))
        answers_.add();
    return true;
}

/// Where it is counted how often `branch` was answered; another one may have taken its place.
Passage::Copies& Passage::copies_of(std::string_view branch) {
    const auto hash = base::keyed_hash(context_.home.lasting_key, branch);
    auto& copies = copies_[hash % copies_.size()];
    if (copies.branch != hash) copies = {.branch = hash, .count = 0, .bytes = kLeastRequest};
    return copies;
}

/// Writes into out_ what goes back. False: nothing does.
bool Passage::may_answer(const FlowToken& token, const sip::Message& answer) {
    out_.clear();
    if (!append_answer(out_, answer, false)) return false;
    if (answer.status() < 300 || sip::is_reliable(token.flow.protocol)) return true;
    auto& copies = copies_of(answer.via().branch);
    if (copies.count++ >= kMostCopies) return false;
    const auto most = kMostGrowth * copies.bytes;
    if (out_.size() < most) return true;
    out_.clear();
    return append_answer(out_, answer, true) && out_.size() < most;
}

}  // namespace herald::server
