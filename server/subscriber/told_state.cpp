// server/subscriber/told_state.cpp: what a PBX tells of a resource, read and kept.
#include "server/subscriber/told_state.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/core/answers.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// State outlives its subscription by the time that a refresh and one more attempt may take.
constexpr auto kGrace = std::chrono::seconds(64);
/// Seconds between refreshes at least, even where the PBX grants less.
constexpr std::uint32_t kShortest = 5;
constexpr std::uint32_t kLongestWait = 86400;

std::string source_of(const Line& line) {
    return "pbx " + line.pbx;
}

/// The document of a NOTIFY, checked; its type is empty where there is none.
using DocumentRead = std::variant<packages::Document, sip::Answer>;
DocumentRead document_of(const packages::Package& package, const sip::Message& request,
                         const packages::Settings* settings) {
    if (request.body().empty()) return packages::Document{};
    const auto& types = package.profile().publish_types;
    const auto type = sip::parse_media_type(request.header(sip::Header::content_type).value_or(""));
    if (!type || std::find(types.begin(), types.end(), *type) == types.end())
        return unsupported_media(package.profile());
    packages::Document document{*type, std::string(request.body())};
    const auto admitted = package.admit(document, settings);
    if (!admitted) return from_fault(admitted.fault());
    return document;
}

}  // namespace

std::variant<Told, sip::Answer> read_notify(const Line& line, const sip::Message& request,
                                            const packages::Settings* settings) {
    const auto event = sip::parse_event(request.header(sip::Header::event).value_or(""));
    if (!event || !base::iequals(event->type, line.package->profile().event)) return bad_event();
    const auto field = request.header(sip::Header::subscription_state);
    const auto state = sip::parse_subscription_state(field.value_or("active"));
    if (!state) return from_fault(state.fault());
    auto list = line.is_list() ? read_list(*line.package, request, settings) : ListRead(ToldList{});
    if (auto* refusal = std::get_if<sip::Answer>(&list)) return std::move(*refusal);
    auto document = line.is_list() ? DocumentRead(packages::Document{})
                                   : document_of(*line.package, request, settings);
    if (auto* refusal = std::get_if<sip::Answer>(&document)) return std::move(*refusal);
    const auto most = std::max(line.request.asked, kShortest);
    return Told{.list = line.is_list() && !request.body().empty()
                            ? std::optional(std::get<ToldList>(std::move(list)))
                            : std::nullopt,
                .is_active = base::iequals(state->state, "active"),
                .is_over = base::iequals(state->state, "terminated"),
                .granted = std::clamp(state->expires.value_or(most), kShortest, most),
                .retry_after = std::min(state->retry_after.value_or(0), kLongestWait),
                .reason = std::string(state->reason),
                .document = std::get<packages::Document>(std::move(document))};
}

ToldState::ToldState(Context& context, StateOrders& orders, PbxLines& lines)
    : context_(context), orders_(orders), lines_(lines) {}

void ToldState::put(const Line& line, const std::string& aor, const packages::Document& document,
                    StateOrders::Done done) {
    const auto left = std::max(base::Duration{}, line.expires_at - context_.loop.now());
    const auto until =
        context_.wall() + std::chrono::duration_cast<std::chrono::seconds>(left) + kGrace;
    orders_.put({.package = line.package,
                 .aor = aor,
                 .source = source_of(line),
                 .rank = packages::Rank::published,
                 .document = document,
                 .expires_at = until,
                 .condition = {}},
                std::move(done));
}

void ToldState::remove(const Line& line, const std::string& aor) {
    orders_.put({.package = line.package,
                 .aor = aor,
                 .source = source_of(line),
                 .rank = packages::Rank::published,
                 .document = {},
                 .expires_at = {},
                 .condition = {}},
                nullptr);
}

void ToldState::publish(Line& line) {
    for (auto& member : line.members) publish(line, member);
    if (line.document.type.empty()) return;
    put(line, line.aor, line.document, [this, id = line.id](const Status& status) {
        auto* kept = status ? nullptr : lines_.find(id);
        if (!kept || kept->is_leaving) return;
        context_.expiry().retry(kept->write_again, [this, id] {
            if (auto* again = lines_.find(id)) publish(*again);
        });
    });
}

void ToldState::publish(Line& list, Member& member) {
    if (member.document.type.empty()) return;
    const auto find = [this, id = list.id, aor = member.aor] {
        auto* line = lines_.find(id);
        return line && !line->is_leaving ? line->member(aor) : nullptr;
    };
    put(list, member.aor, member.document, [this, id = list.id, find](const Status& status) {
        auto* kept = status ? nullptr : find();
        if (!kept) return;
        context_.expiry().retry(kept->write_again, [this, id, find] {
            if (auto* again = find()) publish(*lines_.find(id), *again);
        });
    });
}

bool ToldState::has(const Line& line) const {
    return has(line, line.aor);
}

bool ToldState::has(const Line& list, const Member& member) const {
    return has(list, member.aor);
}

bool ToldState::has(const Line& line, const std::string& aor) const {
    const auto slot = context_.resources.find(*line.package, aor);
    return slot != Resource::kNone && context_.resources[slot].by_source(source_of(line));
}

/// A publication that cannot be removed now expires by itself.
void ToldState::withdraw(Line& line) {
    for (auto& member : line.members) withdraw(line, member);
    if (line.is_list()) return;
    line.document = {};
    remove(line, line.aor);
}

void ToldState::withdraw(const Line& list, Member& member) {
    member.document = {};
    remove(list, member.aor);
}

}  // namespace herald::server
