// server/register/contact_credits.cpp: what may be sent by UDP to each registered contact.
#include "server/register/contact_credits.h"

#include "server/core/flow_text.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// No name, no route leads anywhere else.
bool is_at(const packages::Binding& binding, const sip::Endpoint& source) {
    const auto uri = sip::parse_uri(binding.contact);
    const auto host = uri ? sip::Endpoint::from(uri->host, 0) : std::nullopt;
    return host && binding.path.empty() && sip::same_host(*host, source);
}

}  // namespace

std::shared_ptr<Credit> ContactCredits::find(const std::string& aor,
                                             std::string_view contact) const {
    const auto known = by_aor_.find(aor);
    if (known == by_aor_.end()) return nullptr;
    for (const auto& each : known->second) {
        if (each.contact == contact) return each.credit;
    }
    return nullptr;
}

std::shared_ptr<Credit> ContactCredits::of(const std::string& aor,
                                           const packages::Binding& binding) {
    if (binding.flow.empty()) return nullptr;
    if (auto known = find(aor, binding.contact)) return known;
    auto credit = std::make_shared<Credit>(kUsualCredit);
    if (is_proven_in(binding.flow)) credit->renew(kUsualCredit, flow_from_text(binding.flow).peer);
    by_aor_[aor].push_back({binding.contact, credit});
    return credit;
}

void ContactCredits::renew(const std::string& aor, const packages::Binding& binding,
                           std::size_t bytes, const sip::Endpoint& source) {
    auto known = find(aor, binding.contact);
    // Nothing is to be remembered of who is where he says, and known to be there.
    if (!known && source.is_valid() && is_at(binding, source)) return;
    if (!known) {
        known = std::make_shared<Credit>(bytes);
        by_aor_[aor].push_back({binding.contact, known});
    }
    known->renew(bytes, source);
}

void ContactCredits::drop(const std::string& aor, const packages::Binding& binding) {
    const auto known = by_aor_.find(aor);
    if (known == by_aor_.end()) return;
    std::erase_if(known->second, [&](const auto& each) { return each.contact == binding.contact; });
    if (known->second.empty()) by_aor_.erase(known);
}

void ContactCredits::forget_some(const Context& context, Cell cell, Forgetting& forgetting) {
    forgetting.erase(by_aor_,
                     [&](const auto& entry) { return context.cell_of(entry.first) == cell; });
}

}  // namespace herald::server
