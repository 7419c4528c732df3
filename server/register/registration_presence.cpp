// server/register/registration_presence.cpp: presence of users by their registrations (RFC
// 3856 6.11; composition rule CO-10), where the configuration wants it.
#include "server/register/registration_presence.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "packages/presence.h"
#include "server/core/flow_text.h"
#include "server/register/register_decision.h"

namespace herald::server {

namespace {

constexpr std::string_view kSource = "reg";

}  // namespace

RegistrationPresence::RegistrationPresence(Context& context, Publications& publications)
    : context_(context),
      publications_(publications),
      registrations_(packages::registrations()),
      presence_(packages::presence()),
      vanished_(context.metrics.counter("herald_presence_vanished_total",
                                        "Users shown as gone because their last device vanished")) {
    publications.on_leaving(
        [this](std::uint32_t slot, const Publication& publication, packages::Cause cause) {
            if (is_on() && binding_of(publication)) on_leaving(slot, cause);
        });
}

/// An expired binding is looked at after this turn; of a removed one on_changed() hears.
void RegistrationPresence::on_leaving(std::uint32_t slot, packages::Cause cause) {
    const auto& aor = context_.resources[slot].aor;
    if (cause != packages::Cause::expired) return static_cast<void>(vanishing_.erase(aor));
    if (!vanishing_.insert(aor).second) return;
    context_.loop.post([this, aor] {
        if (vanishing_.erase(aor) > 0) look(aor);
    });
}

void RegistrationPresence::on_changed(std::uint32_t resource) {
    if (!is_on() || context_.resources[resource].package != &registrations_) return;
    const std::string aor = context_.resources[resource].aor;
    if (!vanishing_.contains(aor)) changed(aor);
}

void RegistrationPresence::on_registered(const std::string& aor, std::string_view flow) {
    if (!is_on()) return;
    reached(aor, std::string(flow));
    changed(aor);
}

bool RegistrationPresence::is_reachable(const std::string& aor) const {
    const auto slot = context_.resources.find(registrations_, aor);
    if (slot == Resource::kNone) return false;
    const auto lost = lost_.find(aor);
    const auto& all = context_.resources[slot].publications;
    return std::any_of(all.begin(), all.end(), [&](const Publication& publication) {
        const auto* binding = binding_of(publication);
        return binding &&
               (lost == lost_.end() || !lost->second.contains(own_stream(binding->flow)));
    });
}

bool RegistrationPresence::is_shown(std::string_view aor) const {
    const auto slot = context_.resources.find(presence_, aor);
    if (slot == Resource::kNone) return false;
    return context_.resources[slot].unstored_by(kSource) != nullptr;
}

void RegistrationPresence::changed(const std::string& aor) {
    forget_lost(aor);
    if (is_reachable(aor)) {
        end_grace(aor);
        return show(aor);
    }
    // The bindings left are all on streams that have ended: their grace period goes on.
    if (lost_.contains(aor)) return look(aor);
    end_grace(aor);
    hide(aor);
}

void RegistrationPresence::reached(const std::string& aor, const std::string& flow) {
    const std::string stream(own_stream(flow));
    if (stream.empty()) return;
    by_flow_[{stream, context_.cell_of(aor)}].insert(aor);
    const auto lost = lost_.find(aor);
    if (lost == lost_.end()) return;
    lost->second.erase(stream);
    if (lost->second.empty()) lost_.erase(lost);
}

void RegistrationPresence::on_flow_closed(const sip::Flow& flow) {
    if (!is_on()) return;
    const auto stream = binding_flow(flow, context_.home.epoch);
    for (const auto& aor : take_all_of(stream)) {
        lost_[aor].insert(stream);
        look(aor);
    }
}

std::vector<std::string> RegistrationPresence::take_all_of(const std::string& stream) {
    std::vector<std::string> aors;
    auto found = by_flow_.lower_bound({stream, Cell{}});
    while (found != by_flow_.end() && found->first.stream == stream) {
        aors.insert(aors.end(), found->second.begin(), found->second.end());
        found = by_flow_.erase(found);
    }
    return aors;
}

void RegistrationPresence::resume(const Cells& cells) {
    if (!is_on()) return;
    std::vector<std::string> registered;
    context_.resources.for_each_of(cells, [&](std::uint32_t, const Resource& resource) {
        if (resource.package == &registrations_) registered.push_back(resource.aor);
    });
    for (const auto& aor : registered) changed(aor);
}

void RegistrationPresence::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_in = [&](const std::string& aor) { return context_.cell_of(aor) == cell; };
    forgetting.erase(
        grace_, [&](const auto& entry) { return is_in(entry.first); },
        [&](auto& entry) { context_.loop.timers().cancel(entry.second); });
    forgetting.erase(
        by_flow_, [cell](const auto& entry) { return entry.first.cell == cell; },
        [&](const auto& entry) { forgetting.count(entry.second.size()); });
    forgetting.erase(lost_, [&](const auto& entry) { return is_in(entry.first); });
    forgetting.erase(vanishing_, is_in);
}

std::size_t RegistrationPresence::held() const noexcept {
    return grace_.size() + by_flow_.size() + lost_.size() + vanishing_.size();
}

/// Whether the last device of somebody vanished, or is there again.
void RegistrationPresence::look(const std::string& aor) {
    forget_lost(aor);
    if (is_reachable(aor)) return end_grace(aor);
    if (is_shown(aor)) begin_grace(aor);
}

void RegistrationPresence::begin_grace(const std::string& aor) {
    if (grace_.contains(aor)) return;
    const auto grace = std::chrono::seconds(
        context_.settings<packages::PresenceSettings>(presence_).registration_grace);
    grace_[aor] = context_.loop.timers().arm(context_.loop.now() + grace, [this, aor] {
        grace_.erase(aor);
        if (is_reachable(aor)) return;
        vanished_.add();
        hide(aor);
    });
}

void RegistrationPresence::end_grace(const std::string& aor) {
    const auto found = grace_.find(aor);
    if (found == grace_.end()) return;
    context_.loop.timers().cancel(found->second);
    grace_.erase(found);
}

void RegistrationPresence::show(const std::string& aor) {
    if (is_shown(aor)) return;
    auto document = packages::presence_of_registered(aor);
    auto admitted = presence_.admit(document);
    if (!admitted) return;
    Publication made;
    made.source = kSource;
    made.rank = packages::Rank::registration;
    made.arrived = context_.wall();
    made.document = *std::move(admitted);
    made.type = std::move(document.type);
    made.body = std::move(document.body);
    const auto slot = context_.resources.obtain(presence_, aor);
    publications_.put(slot, std::move(made));
    context_.fan_out.changed(slot);
}

void RegistrationPresence::hide(const std::string& aor) {
    if (!is_shown(aor)) return;
    const auto slot = context_.resources.find(presence_, aor);
    publications_.take_out_unstored(slot, kSource, packages::Cause::expired);
    context_.fan_out.changed(slot);
    context_.resources.drop_if_idle(slot);
}

/// Forgets streams that no binding uses any more.
void RegistrationPresence::forget_lost(const std::string& aor) {
    const auto lost = lost_.find(aor);
    if (lost == lost_.end()) return;
    Names used;
    if (const auto slot = context_.resources.find(registrations_, aor); slot != Resource::kNone) {
        for (const auto& publication : context_.resources[slot].publications) {
            if (const auto* binding = binding_of(publication))
                used.emplace(own_stream(binding->flow));
        }
    }
    std::erase_if(lost->second, [&](const auto& flow) { return !used.contains(flow); });
    if (lost->second.empty()) lost_.erase(lost);
}

}  // namespace herald::server
