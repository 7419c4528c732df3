// server/register/device_gruus.cpp: the GRUUs of registered devices, and which device a temporary
// one stands for (RFC 5627).
#include "server/register/device_gruus.h"

#include <algorithm>

#include "server/register/register_decision.h"

namespace herald::server {

/// RFC 5627 5.4: a new temporary GRUU with each registration.
void DeviceGruus::name(std::string_view aor, packages::Binding& binding) const {
    if (binding.instance.empty()) return;
    binding.public_gruu = gruus_.public_gruu(aor, binding.instance);
    binding.temporary_gruu = gruus_.temporary_gruu(
        domain_of(aor), {gruus_.subject(aor, binding.instance, binding.call_id),
                         bucket_of(context_.home.bucket_key, aor)});
}

const packages::Binding* DeviceGruus::find(const TemporaryGruu& gruu) const {
    const auto found = by_subject_.find(gruu.subject);
    if (found == by_subject_.end()) return nullptr;
    const auto* publication = context_.resources[found->second.slot].by_id(found->second.id);
    return publication ? binding_of(*publication) : nullptr;
}

std::uint64_t DeviceGruus::subject_of(std::uint32_t slot, const packages::Binding& binding) const {
    return gruus_.subject(context_.resources[slot].aor, binding.instance, binding.call_id);
}

void DeviceGruus::add(std::uint32_t slot, const Publication& publication) {
    const auto* binding = binding_of(publication);
    if (!binding || binding->instance.empty()) return;
    by_subject_.emplace(subject_of(slot, *binding), Place{slot, publication.id});
}

void DeviceGruus::remove(std::uint32_t slot, const Publication& publication) {
    const auto* binding = binding_of(publication);
    if (!binding || binding->instance.empty()) return;
    const auto [first, last] = by_subject_.equal_range(subject_of(slot, *binding));
    const auto found = std::find_if(
        first, last, [&](const auto& entry) { return entry.second.id == publication.id; });
    if (found != last) by_subject_.erase(found);
}

/// Their resources are there still.
void DeviceGruus::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(by_subject_, [&](const auto& entry) {
        return context_.resources[entry.second.slot].cell == cell;
    });
}

}  // namespace herald::server
