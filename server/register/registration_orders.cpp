// server/register/registration_orders.cpp: registrations an operator makes, shortens or removes
// (RFC 3680 5.1).
#include "server/register/registration_orders.h"

#include <algorithm>
#include <utility>

#include "server/publish/settled_publication.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostWaitingOrders = 32;

bool has_contact(const packages::Binding& binding, const std::string& contact) {
    if (binding.contact == contact) return true;
    const auto kept = sip::parse_uri(binding.contact);
    const auto asked = sip::parse_uri(contact);
    return kept && asked && sip::equivalent(*kept, *asked);
}

/// Contact and Path become lines of a row, and header values.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

const Publication* find_contact(const Resource& resource, const std::string& contact) {
    const auto& all = resource.publications;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Publication& each) {
        const auto* binding = binding_of(each);
        return binding && has_contact(*binding, contact);
    });
    return found == all.end() ? nullptr : &*found;
}

/// Once: of what becomes known later nobody hears.
void tell(RegistrationOrders::Done& order, store::Outcome outcome) {
    if (auto done = std::exchange(order, nullptr)) done(status_of(outcome));
}

}  // namespace

/// An operator's order on its way through the ladder.
struct RegistrationOrders::Order {
    bool is_removal = false;
    RegistrationOrder wanted;
    Done done;
};

void RegistrationOrders::put(RegistrationOrder order, Done done) {
    const auto uri = sip::parse_uri(order.contact);
    const bool is_sip =
        uri && (uri->scheme == sip::Scheme::sip || uri->scheme == sip::Scheme::sips);
    if (!is_one_line(order.contact) || !is_one_line(order.path))
        return done(Fault{FaultKind::malformed, "contact and path are one line each"});
    if (!is_sip) return done(Fault{FaultKind::malformed, "contact is no SIP URI"});
    if (context_.resource_of(*uri) == order.aor)
        return done(Fault{FaultKind::malformed, "contact is the address-of-record itself"});
    auto one = std::make_unique<Order>();
    one->wanted = std::move(order);
    one->done = std::move(done);
    resume_order(std::move(one));
}

void RegistrationOrders::remove(RegistrationOrder order, Done done) {
    auto one = std::make_unique<Order>();
    one->is_removal = true;
    one->wanted = std::move(order);
    one->done = std::move(done);
    resume_order(std::move(one));
}

void RegistrationOrders::resume_order(std::unique_ptr<Order> order) {
    if (context_.port.is_full())
        return order->done(Fault{FaultKind::unavailable, "Busy; try again"});
    const auto slot = context_.resources.obtain(bindings_.package(), order->wanted.aor);
    auto& resource = context_.resources[slot];
    if (!resource.is_changing) {
        if (order->is_removal) {
            remove_ordered(slot, *order);
        } else {
            put_ordered(slot, *order);
        }
        return context_.resources.drop_if_idle(slot);
    }
    if (resource.waiting && resource.waiting->size() >= kMostWaitingOrders)
        return order->done(Fault{FaultKind::unavailable, "Busy; try again"});
    publications_.wait(
        slot, [this, order = std::move(order)]() mutable { resume_order(std::move(order)); });
}

void RegistrationOrders::remove_ordered(std::uint32_t slot, Order& order) {
    store::ChangePublications rows;
    std::vector<std::uint64_t> ids;
    for (const auto& publication : context_.resources[slot].publications) {
        const auto* binding = binding_of(publication);
        if (!binding) continue;
        const auto& contact = order.wanted.contact;
        if (!contact.empty() && !has_contact(*binding, contact)) continue;
        rows.changes.emplace_back(store::RemovePublication{publication.id, publication.entity_tag,
                                                           context_.wall() + kTombstoneLife,
                                                           removal_mark(*binding)});
        ids.push_back(publication.id);
    }
    if (ids.empty())
        return order.done(Fault{FaultKind::not_found, "No such contact is registered"});
    commit_until_known(context_, publications_, slot, std::move(rows),
                       [this, slot, ids = std::move(ids), wanted = std::move(order.wanted),
                        done = std::move(order.done)](store::Outcome outcome) mutable {
                           if (outcome == store::Outcome::committed) {
                               for (const auto id : ids)
                                   publications_.take_out(slot, id, wanted.cause,
                                                          wanted.retry_after);
                               context_.fan_out.changed(slot);
                           }
                           tell(done, outcome);
                       });
}

/// A new binding, or a new expiry for an existing one.
void RegistrationOrders::put_ordered(std::uint32_t slot, Order& order) {
    const auto& wanted = order.wanted;
    const auto* target = find_contact(context_.resources[slot], wanted.contact);
    Publication next = ordered(wanted, target);
    const auto& binding = *binding_of(next);
    next.body = packages::to_text(binding);
    auto row = row_of(bindings_.package(), wanted.aor, next, {binding.call_id, binding.cseq, 0});
    next.body.clear();
    commit_until_known(
        context_, publications_, slot,
        store::PutPublication{std::move(row), target ? target->entity_tag : std::string()},
        [this, slot, aor = wanted.aor, next = std::make_unique<Publication>(std::move(next)),
         done = std::move(order.done)](store::Outcome outcome) mutable {
            if (outcome == store::Outcome::committed) {
                bindings_.put(slot, std::move(*next));
                context_.fan_out.changed(slot);
                bindings_.tell_registered(aor, {});
            }
            tell(done, outcome);
        });
}

/// The publication that `wanted` makes of `target`, or anew where that is null.
Publication RegistrationOrders::ordered(const RegistrationOrder& wanted,
                                        const Publication* target) const {
    const auto now = context_.wall();
    const auto* earlier = target ? binding_of(*target) : nullptr;
    auto binding = earlier ? std::make_shared<packages::Binding>(*earlier)
                           : std::make_shared<packages::Binding>();
    if (!earlier) {
        binding->contact = wanted.contact;
        binding->path = wanted.path;
        binding->created = now;
    }
    const bool is_permanent = wanted.expires == 0;
    binding->expires_at =
        is_permanent ? base::WallTime{} : now + std::chrono::seconds(wanted.expires);
    const bool is_shorter =
        earlier && !is_permanent &&
        (earlier->expires_at == base::WallTime{} || binding->expires_at < earlier->expires_at);
    Publication next = bindings_.publication_of(
        wanted.aor, std::string(), ContactPlan{target, binding, wanted.expires, false});
    next.mark = target ? target->mark : 0;
    next.cause = is_shorter ? packages::Cause::shortened
                 : earlier  ? packages::Cause::refreshed
                            : packages::Cause::created;
    return next;
}

}  // namespace herald::server
