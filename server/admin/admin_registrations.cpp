// server/admin/admin_registrations.cpp: registrations as an operator reads, sets and removes them.
#include "server/admin/admin_registrations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/admin/admin_page.h"
#include "server/core/flow_text.h"
#include "server/register/registration_orders.h"

namespace herald::server {

namespace {

struct RemovalEvent {
    std::string_view event;
    packages::Cause cause;
};
constexpr std::array<RemovalEvent, 5> kRemovals{{
    {"deactivated", packages::Cause::deactivated},
    {"probation", packages::Cause::probation},
    {"rejected", packages::Cause::rejected},
    {"unregistered", packages::Cause::removed},
    {"expired", packages::Cause::expired},
}};

std::string certificate_of(const Context& context, const packages::Binding& binding) {
    const auto flow = flow_of_binding(binding.flow, context.home.epoch);
    return flow ? context.authenticator.certificate_of(*flow) : std::string();
}

RegistrationInfo registration_info(const Context& context, const std::string& aor,
                                   const Publication& publication) {
    const auto& binding = *binding_of(publication);
    RegistrationInfo info;
    info.id = std::to_string(store::counter_of(publication.id));
    info.aor = aor;
    info.contact = binding.contact;
    info.display_name = binding.display_name;
    info.instance = binding.instance;
    info.reg_id = binding.reg_id;
    info.path = binding.path;
    info.flow = binding.flow;
    info.certificate = certificate_of(context, binding);
    info.user_agent = binding.user_agent;
    info.call_id = binding.call_id;
    info.cseq = binding.cseq;
    info.publisher = publication.publisher;
    info.created = binding.created;
    if (!publication.is_permanent()) info.expires_at = publication.expires_at;
    info.parameters = binding.parameters;
    info.public_gruu = binding.public_gruu;
    return info;
}

struct FoundBinding {
    std::uint64_t id;
    const std::string* aor;
    const Publication* publication;
};

/// One shard's rows after `after`, the first `limit` by id; and how many match in all.
RegistrationPage registrations_page(Context& context, const std::string& aor, std::uint64_t after,
                                    std::size_t limit) {
    const auto* reg = &packages::registrations();
    std::vector<FoundBinding> found;
    RegistrationPage page;
    context.resources.for_each([&](std::uint32_t, Resource& resource) {
        if (resource.package != reg || (!aor.empty() && resource.aor != aor)) return;
        for (const auto& publication : resource.publications) {
            if (!binding_of(publication)) continue;
            ++page.total;
            const auto number = store::counter_of(publication.id);
            if (number > after) found.push_back({number, &resource.aor, &publication});
        }
    });
    const auto count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(),
                      [](const FoundBinding& a, const FoundBinding& b) { return a.id < b.id; });
    for (std::size_t i = 0; i < count; ++i)
        page.rows.push_back(registration_info(context, *found[i].aor, *found[i].publication));
    return page;
}

class ShardRegistrations final : public RegistrationAdmin {
public:
    explicit ShardRegistrations(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<RegistrationPage> page(std::string_view aor, std::string_view after,
                                  std::size_t limit) override;
    Status put(std::string_view aor, std::string_view contact, std::uint32_t expires,
               std::string_view path) override;
    Status remove(std::string_view aor, std::string_view contact, std::string_view event,
                  std::uint32_t retry_after) override;

private:
    const AdminCarrier& carrier_;
};

Result<RegistrationPage> ShardRegistrations::page(std::string_view aor, std::string_view after,
                                                  std::size_t limit) {
    const auto from = row_id(after);
    if (!from) return from.fault();
    std::string canonical;
    if (!aor.empty()) {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        canonical = *std::move(ours);
    }
    limit = page_size(limit);
    return page_of_all<RegistrationPage>(
        carrier_, limit, [canonical, from = *from, limit](Shard& owner, auto answer) {
            answer(registrations_page(owner.context(), canonical, from, limit + 1));
        });
}

Status ShardRegistrations::put(std::string_view aor, std::string_view contact,
                               std::uint32_t expires, std::string_view path) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    RegistrationOrder order{.aor = *ours,
                            .contact = std::string(contact),
                            .expires = expires,
                            .path = std::string(path)};
    return carrier_.order(carrier_.owner_of(*ours), [order](Shard& shard, auto answer) {
        shard.registration_orders().put(order, answer);
    });
}

Status ShardRegistrations::remove(std::string_view aor, std::string_view contact,
                                  std::string_view event, std::uint32_t retry_after) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    const auto found = std::find_if(kRemovals.begin(), kRemovals.end(),
                                    [&](const RemovalEvent& each) { return each.event == event; });
    if (found == kRemovals.end()) {
        return Fault{FaultKind::malformed,
                     "event is deactivated, probation, rejected, unregistered or expired"};
    }
    RegistrationOrder order{.aor = *ours,
                            .contact = std::string(contact),
                            .cause = found->cause,
                            .retry_after = retry_after};
    return carrier_.order(carrier_.owner_of(*ours), [order](Shard& shard, auto answer) {
        shard.registration_orders().remove(order, answer);
    });
}

}  // namespace

std::unique_ptr<RegistrationAdmin> registration_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardRegistrations>(carrier);
}

}  // namespace herald::server
