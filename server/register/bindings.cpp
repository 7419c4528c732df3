// server/register/bindings.cpp: who is registered, and where (RFC 3261 10.3, RFC 5627).
#include "server/register/bindings.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// A blank keeps it from ever being what a SIP-If-Match asks for.
std::string tag_of(std::uint64_t id) {
    return "binding " + std::to_string(store::counter_of(id));
}

/// What is there already, or an operator's, has its share whatever there is.
void weigh(Publication& publication, Limits& limits) {
    const auto* binding = binding_of(publication);
    if (publication.share || !binding) return;
    publication.share =
        limits.bindings.hold(limits.holder(publication.publisher), weight_of(*binding));
}

}  // namespace

std::uint64_t weight_of(const packages::Binding& binding) noexcept {
    constexpr std::uint64_t kAround = 1000;
    const auto text = binding.contact.size() + binding.display_name.size() +
                      binding.instance.size() + binding.path.size() + binding.flow.size() +
                      binding.user_agent.size() + binding.call_id.size();
    std::uint64_t more = 0;
    for (const auto& each : binding.parameters) more += each.size() + sizeof each;
    for (const auto& each : binding.former) more += 2 * each.call_id.size() + sizeof each;
    return kAround + 2 * text + more;
}

Bindings::Bindings(Context& context, Publications& publications)
    : context_(context),
      publications_(publications),
      package_(packages::registrations()),
      gruus_(context),
      removals_(context) {
    publications_.on_leaving(
        [this](std::uint32_t slot, const Publication& publication, packages::Cause cause) {
            gruus_.remove(slot, publication);
            removals_.note_departure(slot, publication, cause);
            if (cause == packages::Cause::refreshed) return;
            if (const auto* binding = binding_of(publication))
                credits_.drop(context_.resources[slot].aor, *binding);
            tell_binding(slot, publication, cause);
        });
}

void Bindings::tell_binding(std::uint32_t slot, const Publication& publication,
                            packages::Cause cause) {
    const auto* binding = binding_of(publication);
    if (binding) binding_changed_.tell(context_.resources[slot].aor, *binding, cause);
}

Publication Bindings::publication_of(const std::string& aor, const std::string& publisher,
                                     const ContactPlan& contact) const {
    const auto* target = contact.target;
    Publication next;
    next.id = target ? target->id : context_.new_row(aor);
    next.entity_tag = target ? target->entity_tag : tag_of(next.id);
    next.source = target ? target->source : "b" + std::to_string(store::counter_of(next.id));
    next.publisher = publisher;
    next.rank = packages::Rank::registration;
    next.arrived = context_.wall();
    next.expires_at = contact.binding->expires_at;
    next.granted = contact.expires;
    next.document = contact.binding;
    next.cause = target ? packages::Cause::refreshed : packages::Cause::made;
    next.type = packages::kBindingType;
    return next;
}

void Bindings::put(std::uint32_t slot, Publication publication) {
    weigh(publication, context_.limits);
    gruus_.add(slot, publication);
    removals_.note_successor(slot, publication);
    const auto cause = publication.cause;
    if (cause == packages::Cause::made || cause == packages::Cause::created)
        tell_binding(slot, publication, cause);
    publications_.put(slot, std::move(publication));
}

bool Bindings::takes(const store::Publication& row) const {
    // What is left of a removed one has no type.
    return row.type == packages::kBindingType ||
           (row.is_removed && row.rank == static_cast<std::uint8_t>(packages::Rank::registration));
}

void Bindings::resume(const Cells& /*cells*/) {
    removals_.expect_copies();
}

void Bindings::recover(store::Publication row, base::WallTime not_before) {
    if (row.is_removed) return removals_.restore(row.aor, std::move(row.mark));
    auto read = packages::binding_from_text(row.body);
    if (!read) {
        base::log_warning("binding.skipped", {{"aor", row.aor}, {"why", read.fault().detail}});
        return;
    }
    auto binding = std::make_shared<packages::Binding>(*std::move(read));
    binding->call_id = row.mark.call_id;
    binding->cseq = row.mark.cseq;
    binding->expires_at = row.expires_at;
    removals_.note_former(row.aor, *binding);
    gruus_.name(row.aor, *binding);
    Publication publication;
    publication.id = row.id;
    publication.mark = context_.mark_of(row.mark);
    publication.entity_tag = std::move(row.entity_tag);
    publication.source = std::move(row.source);
    publication.publisher = std::move(row.publisher);
    publication.rank = packages::Rank::registration;
    publication.arrived = row.arrived;
    publication.expires_at = row.expires_at;
    publication.granted = row.granted;
    publication.document = std::move(binding);
    publication.type = packages::kBindingType;
    weigh(publication, context_.limits);
    const auto slot = context_.resources.obtain(package_, row.aor);
    gruus_.add(slot, publication);
    publications_.restore(slot, std::move(publication), not_before);
}

std::vector<const packages::Binding*> Bindings::of(std::string_view aor) const {
    std::vector<const packages::Binding*> found;
    const auto slot = context_.resources.find(package_, aor);
    if (slot == Resource::kNone) return found;
    for (const auto& publication : context_.resources[slot].publications) {
        if (const auto* binding = binding_of(publication)) found.push_back(binding);
    }
    return found;
}

/// What this run granted is told as it was meant.
void Bindings::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    context_.resources.for_each([&](std::uint32_t, Resource& resource) {
        for (auto& publication : resource.publications) {
            const auto* binding = binding_of(publication);
            if (!binding || publication.is_permanent()) continue;
            if (publications_.expiry().is_recovered(publication.id)) continue;
            auto moved = std::make_shared<packages::Binding>(*binding);
            moved->expires_at += step;
            publication.document = std::move(moved);
        }
    });
}

void Bindings::forget_some(Cell cell, Forgetting& forgetting) {
    gruus_.forget_some(cell, forgetting);
    credits_.forget_some(context_, cell, forgetting);
    removals_.forget_some(cell, forgetting);
}

bool Bindings::is_unknown_gruu(const sip::Uri& uri, std::string_view aor) const {
    if (!uri.parameter("gr")) return false;
    if (const auto gruu = gruus_.read(uri)) return gruus_.find(*gruu) == nullptr;
    const auto instance = public_gruu_instance(uri);
    if (!instance) return true;
    const auto devices = of(aor);
    return !devices.empty() && std::none_of(devices.begin(), devices.end(), [&](const auto* each) {
        return base::iequals(each->instance, *instance);
    });
}

}  // namespace herald::server
