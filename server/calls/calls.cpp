// server/calls/calls.cpp: the calls of one shard's users as others than watchers need them.
#include "server/calls/calls.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

constexpr std::string_view kKeeperSource = "keeper setting";
/// Of the calls that operators set, before their id.
constexpr std::string_view kOperators = "call ";
/// Timers of the loop turn once in 49 days; a look too many does no harm.
constexpr auto kLongestLook = std::chrono::hours(24);
/// How long an operator's call that is over is remembered.
constexpr auto kEndTold = std::chrono::seconds(300);

packages::Document document_of(const pidf::DialogInfo& info) {
    return {std::string(pidf::kDialogInfoType), pidf::to_text(info)};
}

pidf::Dialog dialog_of(const packages::Lamp& lamp) {
    pidf::Dialog dialog = *lamp.told;
    dialog.id = lamp.id;
    dialog.state = lamp.state;
    dialog.event = lamp.event;
    return dialog;
}

}  // namespace

Calls::Calls(Context& context, Publications& publications, StateOrders& orders, Upstream& upstream)
    : context_(context),
      shadows_(context, publications),
      orders_(orders),
      upstream_(upstream),
      dialog_(*packages::find("dialog")),
      registrations_(packages::registrations()),
      lit_count_(context.metrics.gauge("herald_lamps_lit", "Users who have a call")),
      suspicious_(context.metrics.gauge(
          "herald_lamps_suspicious",
          "Calls whose source has said nothing for longer than dialog.suspicious")),
      decayed_(context.metrics.counter(
          "herald_dialogs_decayed_total",
          "Calls taken for over because their source said nothing any more")) {}

const Resource* Calls::find(std::string_view aor) const {
    const auto slot = context_.resources.find(dialog_, aor);
    return slot == Resource::kNone ? nullptr : &context_.resources[slot];
}

std::vector<packages::Lamp> Calls::lamps_of(const Resource& resource,
                                            const std::vector<packages::Input>& inputs) const {
    return packages::lamps_of(
        {resource.aor, inputs, context_.wall(), context_.resources.settings(dialog_)});
}

base::WallTime Calls::suspicious_at(const packages::Lamp& lamp) const {
    return lamp.input->arrived + settings().suspicious;
}

const packages::DialogSettings& Calls::settings() const {
    return packages::dialog_settings_of(context_.resources.settings(dialog_));
}

std::vector<CallInfo> Calls::calls_of(const std::string& aor) const {
    std::vector<CallInfo> calls;
    const auto* resource = find(aor);
    if (!resource) return calls;
    const auto inputs = resource->inputs();
    for (const auto& lamp : lamps_of(*resource, inputs)) {
        if (!lamp.is_live()) continue;
        calls.push_back({aor, lamp.id, dialog_of(lamp), std::string(lamp.input->source),
                         std::string(lamp.input->publisher), lamp.input->arrived,
                         std::chrono::duration_cast<std::chrono::seconds>(context_.wall() -
                                                                          lamp.input->arrived),
                         lamp.until, suspicious_at(lamp) <= context_.wall()});
    }
    return calls;
}

std::vector<std::string> Calls::lit(std::string_view after, std::size_t most,
                                    bool is_suspicious) const {
    std::vector<std::string> aors;
    for (const auto& [aor, lit] : lit_) {
        if (aor > after && (!is_suspicious || lit.suspicious > 0)) aors.push_back(aor);
    }
    const auto kept = std::min(most, aors.size());
    std::partial_sort(aors.begin(), aors.begin() + static_cast<std::ptrdiff_t>(kept), aors.end());
    aors.resize(kept);
    return aors;
}

void Calls::put(const std::string& aor, pidf::Dialog dialog, base::WallTime expires_at, Done done) {
    std::string source(kOperators);
    source += dialog.id;
    if (!dialog.is_live()) expires_at = context_.wall() + kEndTold;
    const pidf::DialogInfo info{true, aor, {std::move(dialog)}, {}};
    orders_.put({.package = &dialog_,
                 .aor = aor,
                 .source = std::move(source),
                 .rank = packages::Rank::hard,
                 .document = document_of(info),
                 .expires_at = expires_at,
                 .condition = {}},
                std::move(done));
}

void Calls::end(const std::string& aor, std::optional<std::string> id, Done done) {
    const auto* resource = find(aor);
    auto orders = resource ? ending_orders(*resource, id) : std::make_shared<Orders>();
    if (orders->empty() && id) return done(Fault{FaultKind::not_found, "There is no such call"});
    carry_out(std::move(orders), std::move(done));
}

/// What an operator set is removed; what others said is corrected, and they go on from there.
std::shared_ptr<Calls::Orders> Calls::ending_orders(const Resource& resource,
                                                    const std::optional<std::string>& id) const {
    auto orders = std::make_shared<Orders>();
    const auto inputs = resource.inputs();
    const auto lamps = lamps_of(resource, inputs);
    const auto lamp = std::find_if(lamps.begin(), lamps.end(),
                                   [&](const auto& each) { return id && each.id == *id; });
    if (id && lamp == lamps.end()) return orders;
    for (const auto& input : inputs) {
        if (input.rank == packages::Rank::remembered) continue;
        auto corrected = packages::with_ended(input, id ? &*lamp : nullptr);
        if (!corrected) continue;
        const bool is_operators = input.source.starts_with(kOperators);
        StateOrder order{.package = &dialog_,
                         .aor = resource.aor,
                         .source = std::string(input.source),
                         .rank = input.rank,
                         .document = {},
                         .expires_at = {},
                         .condition = {}};
        if (!is_operators) order.document = *std::move(corrected);
        order.is_correction = !is_operators;
        orders->push_back(std::move(order));
    }
    return orders;
}

/// One after the other: a resource lets few wait.
void Calls::carry_out(std::shared_ptr<Orders> orders, Done done) {
    if (orders->empty()) return done(Status{});
    auto next = std::move(orders->front());
    orders->pop_front();
    orders_.put(std::move(next), [this, orders = std::move(orders),
                                  done = std::move(done)](const Status& status) mutable {
        // What went by itself meanwhile is over, too.
        if (!status && status.fault().kind != FaultKind::not_found) return done(status);
        carry_out(std::move(orders), std::move(done));
    });
}

packages::DialogKeeper Calls::keeper(std::string_view aor) const {
    const auto* resource = find(aor);
    const auto* set = resource ? resource->by_source(kKeeperSource) : nullptr;
    if (!set || !set->document) return {};
    return static_cast<const packages::DialogInput&>(*set->document).keeper;
}

void Calls::put_keeper(const std::string& aor, const packages::DialogKeeper& keeper, Done done) {
    std::optional<packages::Document> document;
    if (!keeper.pbx.empty())
        document = {std::string(packages::kDialogKeeperType), packages::to_text(keeper)};
    orders_.put({.package = &dialog_,
                 .aor = aor,
                 .source = std::string(kKeeperSource),
                 .rank = packages::Rank::hard,
                 .document = std::move(document),
                 .expires_at = {},
                 .condition = {}},
                [this, aor, done = std::move(done)](const Status& status) mutable {
                    // Where none was set there is none to remove.
                    const bool is_done = status || status.fault().kind == FaultKind::not_found;
                    if (is_done) follow(aor);
                    done(is_done ? Status{} : status);
                });
}

void Calls::follow(const std::string& aor) {
    const auto now = keeper(aor);
    upstream_.follow(aor, {&dialog_, now.pbx, now.user, true});
}

void Calls::on_changed(std::uint32_t resource) {
    const auto* package = context_.resources[resource].package;
    const bool is_registration = package == &registrations_ && settings().has_registration;
    if (package != &dialog_ && !is_registration) return;
    const std::string aor = context_.resources[resource].aor;
    if (is_registration) return shadows_.show_registration(aor);
    look(aor);
}

/// Somebody's lamps may be others than they were.
void Calls::look(const std::string& aor) {
    const auto* resource = find(aor);
    if (!resource) return put_out(aor);
    const auto inputs = resource->inputs();
    const auto now = context_.wall();
    auto next = now + kLongestLook;
    std::uint64_t live = 0, suspicious = 0, decayed = 0;
    for (const auto& lamp : lamps_of(*resource, inputs)) {
        decayed += lamp.is_decayed;
        if (!lamp.is_live()) continue;
        ++live;
        suspicious += suspicious_at(lamp) <= now;
        for (const auto when : {lamp.until, suspicious_at(lamp)})
            if (when > now) next = std::min(next, when);
    }
    if (live == 0) {
        if (const auto known = lit_.find(aor); known != lit_.end())
            count(known->second, 0, decayed);
        return put_out(aor);
    }
    const auto [known, is_new] = lit_.try_emplace(aor);
    if (is_new) lit_count_.add();
    auto& lit = known->second;
    count(lit, suspicious, decayed);
    context_.loop.timers().cancel(lit.look_again);
    lit.look_again = context_.loop.timers().arm(
        context_.loop.now() + std::chrono::duration_cast<base::Duration>(next - now),
        [this, aor] { look(aor); });
    if (settings().is_on_the_phone) shadows_.show_call(aor, true);
}

void Calls::count(Lit& lit, std::uint64_t suspicious, std::uint64_t decayed) {
    suspicious_.add(suspicious);
    suspicious_.subtract(std::exchange(lit.suspicious, suspicious));
    if (decayed > lit.decayed) decayed_.add(decayed - lit.decayed);
    lit.decayed = decayed;
}

void Calls::put_out(const std::string& aor) {
    const auto known = lit_.find(aor);
    if (known == lit_.end()) return;
    suspicious_.subtract(known->second.suspicious);
    context_.loop.timers().cancel(known->second.look_again);
    lit_count_.subtract();
    lit_.erase(known);
    if (settings().is_on_the_phone) shadows_.show_call(aor, false);
}

void Calls::resume(const Cells& cells) {
    std::vector<std::string> callers, registered;
    context_.resources.for_each_of(cells, [&](std::uint32_t, const Resource& resource) {
        if (resource.package == &dialog_) callers.push_back(resource.aor);
        if (resource.package == &registrations_) registered.push_back(resource.aor);
    });
    for (const auto& aor : callers) {
        if (!keeper(aor).pbx.empty()) follow(aor);
        look(aor);
    }
    if (!settings().has_registration) return;
    for (const auto& aor : registered) shadows_.show_registration(aor);
}

void Calls::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        lit_, [&](const auto& entry) { return context_.cell_of(entry.first) == cell; },
        [&](auto& entry) {
            context_.loop.timers().cancel(entry.second.look_again);
            suspicious_.subtract(entry.second.suspicious);
            lit_count_.subtract();
        });
}

}  // namespace herald::server
