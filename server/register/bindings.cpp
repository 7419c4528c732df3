// server/register/bindings.cpp: who is registered, and where (RFC 3261 10.3, RFC 5627).
#include "server/register/bindings.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "server/core/flow_text.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Kept of one address-of-record.
constexpr std::size_t kMostRemovals = 256;

/// A blank keeps it from ever being what a SIP-If-Match asks for.
std::string tag_of(std::uint64_t id) {
    return "binding " + std::to_string(store::counter_of(id));
}

/// No name, no route leads anywhere else.
bool is_at(const packages::Binding& binding, const sip::Endpoint& source) {
    const auto uri = sip::parse_uri(binding.contact);
    const auto host = uri ? sip::Endpoint::from(uri->host, 0) : std::nullopt;
    return host && binding.path.empty() && sip::same_host(*host, source);
}

/// No Call-ID has the end of a line in it.
void append_call(store::RequestMark& mark, std::string_view call_id, std::uint32_t cseq) {
    mark.call_id.append("\n").append(std::to_string(cseq + 1)).append(" ").append(call_id);
}

}  // namespace

store::RequestMark removal_mark(const packages::Binding& binding, store::RequestMark by) {
    if (by.call_id.empty()) by = {binding.call_id, binding.cseq + 1, 0};
    const bool is_other = by.call_id != binding.call_id;
    if (is_other) append_call(by, binding.call_id, binding.cseq);
    for (const auto& former : binding.former) append_call(by, former.call_id, former.cseq);
    return by;
}

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
      gruus_(context.home.lasting_key) {
    publications_.on_leaving(
        [this](std::uint32_t slot, const Publication& publication, packages::Cause cause) {
            forget_gruus(slot, publication);
            if (cause != packages::Cause::refreshed) forget_credit(slot, publication);
            note_departure(slot, publication, cause);
            if (cause != packages::Cause::refreshed) tell_binding(slot, publication, cause);
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
    weigh(publication);
    note_gruus(slot, publication);
    note_successor(slot, publication);
    const auto cause = publication.cause;
    if (cause == packages::Cause::made || cause == packages::Cause::created)
        tell_binding(slot, publication, cause);
    publications_.put(slot, std::move(publication));
}

/// What is there already, or an operator's, has its share whatever there is.
void Bindings::weigh(Publication& publication) const {
    const auto* binding = binding_of(publication);
    if (publication.share || !binding) return;
    publication.share = context_.limits.bindings.hold(context_.limits.holder(publication.publisher),
                                                      weight_of(*binding));
}

std::shared_ptr<Credit> Bindings::find_credit(const std::string& aor,
                                              std::string_view contact) const {
    const auto known = credits_.find(aor);
    if (known == credits_.end()) return nullptr;
    for (const auto& each : known->second) {
        if (each.contact == contact) return each.credit;
    }
    return nullptr;
}

std::shared_ptr<Credit> Bindings::credit_of(const std::string& aor,
                                            const packages::Binding& binding) {
    if (binding.flow.empty()) return nullptr;
    if (auto known = find_credit(aor, binding.contact)) return known;
    auto credit = std::make_shared<Credit>(kUsualCredit);
    if (is_proven_in(binding.flow)) credit->renew(kUsualCredit, flow_from_text(binding.flow).peer);
    credits_[aor].push_back({binding.contact, credit});
    return credit;
}

void Bindings::renew_credit(const std::string& aor, const packages::Binding& binding,
                            std::size_t bytes, const sip::Endpoint& source) {
    auto known = find_credit(aor, binding.contact);
    // Nothing is to be remembered of who is where he says, and known to be there.
    if (!known && source.is_valid() && is_at(binding, source)) return;
    if (!known) {
        known = std::make_shared<Credit>(bytes);
        credits_[aor].push_back({binding.contact, known});
    }
    known->renew(bytes, source);
}

void Bindings::forget_credit(std::uint32_t slot, const Publication& publication) {
    const auto* binding = binding_of(publication);
    const auto known = binding ? credits_.find(context_.resources[slot].aor) : credits_.end();
    if (known == credits_.end()) return;
    std::erase_if(known->second,
                  [&](const auto& each) { return each.contact == binding->contact; });
    if (known->second.empty()) credits_.erase(known);
}

bool Bindings::takes(const store::Publication& row) const {
    // What is left of a removed one has no type.
    return row.type == packages::kBindingType ||
           (row.is_removed && row.rank == static_cast<std::uint8_t>(packages::Rank::registration));
}

/// As removal_mark() has them.
void Bindings::note_removals(const std::string& aor, store::RequestMark mark) {
    const std::string all = std::move(mark.call_id);
    auto rest = base::split_once(all, '\n');
    mark.call_id = std::string(rest.before);
    note_removal(aor, std::move(mark));
    while (rest.found) {
        rest = base::split_once(rest.after, '\n');
        const auto made = base::split_once(rest.before, ' ');
        note_removal(aor,
                     {std::string(made.after), base::to_u32_clamped(made.before).value_or(0), 0});
    }
}

void Bindings::note_removal(const std::string& aor, store::RequestMark mark) {
    if (mark.call_id.empty()) return;
    auto& all = removals_[aor];
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& earlier) {
        return earlier.call_id == mark.call_id;
    });
    if (same == all.end()) {
        // Somebody may register and leave as often as he likes.
        if (all.size() == kMostRemovals) all.erase(all.begin());
        return all.push_back(std::move(mark));
    }
    if (same->cseq < mark.cseq) *same = std::move(mark);
}

void Bindings::note_departure(std::uint32_t slot, const Publication& publication,
                              packages::Cause cause) {
    const auto* binding = binding_of(publication);
    const bool may_stay = cause == packages::Cause::refreshed || cause == packages::Cause::expired;
    if (!expects_copies_ || !binding || may_stay) return;
    note_removal(context_.resources[slot].aor, removal_mark(*binding));
}

/// A device that starts anew takes its binding over, within another Call-ID.
void Bindings::note_successor(std::uint32_t slot, const Publication& publication) {
    auto& resource = context_.resources[slot];
    const auto* earlier = expects_copies_ ? resource.by_id(publication.id) : nullptr;
    const auto* binding = earlier ? binding_of(*earlier) : nullptr;
    if (!binding || binding->call_id == binding_of(publication)->call_id) return;
    note_removal(resource.aor, removal_mark(*binding));
}

std::span<const store::RequestMark> Bindings::removals_of(std::string_view aor) const {
    if (removals_.empty()) return {};  // what is asked is hashed all the same
    const auto found = removals_.find(aor);
    if (found == removals_.end()) return {};
    return found->second;
}

bool Bindings::was_removed_by(std::string_view aor, std::uint64_t mark) const {
    const auto removals = removals_of(aor);
    return std::any_of(removals.begin(), removals.end(),
                       [&](const auto& each) { return context_.mark_of(each) == mark; });
}

void Bindings::resume(const Cells& /*cells*/) {
    expects_copies_ = true;
    context_.loop.timers().cancel(copies_end_);
    copies_end_ = context_.loop.timers().arm(context_.loop.now() + kTombstoneLife, [this] {
        copies_end_ = {};
        removals_.clear();
        expects_copies_ = false;
    });
}

/// Copies of what it was registered by before may still be on their way.
void Bindings::note_former(const std::string& aor, const packages::Binding& binding) {
    for (const auto& each : binding.former) {
        if (each.until > context_.wall()) note_removal(aor, {each.call_id, each.cseq + 1, 0});
    }
}

void Bindings::recover(store::Publication row, base::WallTime not_before) {
    if (row.is_removed) return note_removals(row.aor, std::move(row.mark));
    auto read = packages::binding_from_text(row.body);
    if (!read) {
        base::log_warning("binding.skipped", {{"aor", row.aor}, {"why", read.fault().detail}});
        return;
    }
    auto binding = std::make_shared<packages::Binding>(*std::move(read));
    binding->call_id = row.mark.call_id;
    binding->cseq = row.mark.cseq;
    binding->expires_at = row.expires_at;
    note_former(row.aor, *binding);
    name_device(row.aor, *binding);
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
    weigh(publication);
    const auto slot = context_.resources.obtain(package_, row.aor);
    note_gruus(slot, publication);
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

/// RFC 5627 5.4: a new temporary GRUU with each registration.
void Bindings::name_device(std::string_view aor, packages::Binding& binding) const {
    if (binding.instance.empty()) return;
    binding.public_gruu = gruus_.public_gruu(aor, binding.instance);
    binding.temporary_gruu = gruus_.temporary_gruu(
        domain_of(aor), {gruus_.subject(aor, binding.instance, binding.call_id),
                         bucket_of(context_.home.bucket_key, aor)});
}

std::uint64_t Bindings::subject_of(std::uint32_t slot, const packages::Binding& binding) const {
    return gruus_.subject(context_.resources[slot].aor, binding.instance, binding.call_id);
}

void Bindings::note_gruus(std::uint32_t slot, const Publication& publication) {
    const auto* binding = binding_of(publication);
    if (!binding || binding->instance.empty()) return;
    by_subject_.emplace(subject_of(slot, *binding), Place{slot, publication.id});
}

void Bindings::forget_gruus(std::uint32_t slot, const Publication& publication) {
    const auto* binding = binding_of(publication);
    if (!binding || binding->instance.empty()) return;
    const auto [first, last] = by_subject_.equal_range(subject_of(slot, *binding));
    const auto found = std::find_if(
        first, last, [&](const auto& entry) { return entry.second.id == publication.id; });
    if (found != last) by_subject_.erase(found);
}

/// What this run granted is told as it was meant.
void Bindings::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    context_.resources.for_each([&](std::uint32_t, Resource& resource) {
        for (auto& publication : resource.publications) {
            const auto* binding = binding_of(publication);
            if (!binding || publication.is_permanent()) continue;
            if (publications_.is_recovered(publication.id)) continue;
            auto moved = std::make_shared<packages::Binding>(*binding);
            moved->expires_at += step;
            publication.document = std::move(moved);
        }
    });
}

void Bindings::forget(Cell cell) {
    context_.resources.for_each_of({cell}, [this](std::uint32_t slot, const Resource& resource) {
        if (resource.package != &package_) return;
        for (const auto& publication : resource.publications) forget_gruus(slot, publication);
    });
    std::erase_if(credits_,
                  [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
    std::erase_if(removals_,
                  [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
}

bool Bindings::is_unknown_gruu(const sip::Uri& uri, std::string_view aor) const {
    if (!uri.parameter("gr")) return false;
    if (const auto gruu = gruus_.read(uri)) return find(*gruu) == nullptr;
    const auto instance = public_gruu_instance(uri);
    if (!instance) return true;
    const auto devices = of(aor);
    return !devices.empty() && std::none_of(devices.begin(), devices.end(), [&](const auto* each) {
        return base::iequals(each->instance, *instance);
    });
}

const packages::Binding* Bindings::find(const TemporaryGruu& gruu) const {
    const auto found = by_subject_.find(gruu.subject);
    if (found == by_subject_.end()) return nullptr;
    const auto* publication = context_.resources[found->second.slot].by_id(found->second.id);
    return publication ? binding_of(*publication) : nullptr;
}

}  // namespace herald::server
