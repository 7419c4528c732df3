// server/admin/admin_profiles.cpp: profiles as an operator puts them, and which of them a device
// gets.
#include "server/admin/admin_profiles.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "packages/enrolment.h"
#include "packages/registration.h"
#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"
#include "server/core/flow_text.h"
#include "server/core/resource_walk.h"
#include "server/provisioning/device_model.h"
#include "server/register/register_decision.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

using packages::DeviceFacts;
using packages::DeviceProfile;
using packages::ProfilePtr;
using packages::ProfileType;

DeviceFacts facts_of(const std::string& aor, const packages::Binding& binding) {
    auto told = model_of(binding.user_agent);
    DeviceFacts facts;
    facts.aor = aor;
    facts.domain = domain_of(aor);
    facts.instance = base::lower(binding.instance);
    facts.mac = packages::mac_in_instance(facts.instance);
    facts.vendor = std::move(told.vendor);
    facts.model = std::move(told.model);
    facts.version = std::move(told.version);
    facts.user_agent = binding.user_agent;
    const auto flow = flow_from_text(binding.flow);
    if (!flow.peer.is_valid()) return facts;
    facts.address = flow.peer.host();
    facts.transport = base::lower(sip::via_name(flow.protocol));
    return facts;
}

bool is_same_device(const DeviceFacts& wanted, const DeviceFacts& facts) {
    if (!wanted.instance.empty()) return facts.instance == wanted.instance;
    if (!wanted.mac.empty()) return facts.mac == wanted.mac;
    return facts.aor == wanted.aor;
}

/// Looks for the newest registration of a device in one shard. Whose phone it is is looked up; by
/// an instance or a MAC address all are looked through, in slices between which the shard serves
/// others.
class DeviceSearch : public std::enable_shared_from_this<DeviceSearch> {
public:
    /// Called with nullopt where there is none.
    using Answer = std::function<void(std::optional<DeviceFacts>)>;

    DeviceSearch(Context& context, DeviceFacts wanted, Answer answer)
        : context_(context), wanted_(std::move(wanted)), answer_(std::move(answer)) {}

    void run() {
        if (is_by_address()) {
            const auto slot = context_.resources.find(packages::registrations(), wanted_.aor);
            if (slot != Resource::kNone) look_at(context_.resources[slot]);
            return answer_(std::move(found_));
        }
        const bool has_more =
            walk_.go_on(context_.resources, context_.loop.clock(),
                        [this](std::uint32_t, const Resource& resource) { look_at(resource); });
        if (!has_more) return answer_(std::move(found_));
        context_.loop.post([self = shared_from_this()] { self->run(); });
    }

private:
    bool is_by_address() const { return wanted_.instance.empty() && wanted_.mac.empty(); }

    void look_at(const Resource& resource) {
        if (resource.package != &packages::registrations()) return;
        for (const auto& publication : resource.publications) {
            const auto* binding = binding_of(publication);
            if (!binding || store::is_older(publication.id, newest_)) continue;
            auto facts = facts_of(resource.aor, *binding);
            if (!is_same_device(wanted_, facts)) continue;
            newest_ = publication.id;
            found_ = std::move(facts);
        }
    }

    Context& context_;
    const DeviceFacts wanted_;
    const Answer answer_;
    ResourceWalk walk_;
    std::optional<DeviceFacts> found_;
    std::uint64_t newest_ = 0;
};

void fill_in(std::string& fact, const std::string& said) {
    if (!said.empty()) fact = said;
}

class ShardProfiles final : public ProfileAdmin {
public:
    explicit ShardProfiles(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<ProfilePtr> find(ProfileType type, std::string_view name) override;
    Result<ProfilePtr> put(DeviceProfile profile, const ProfileCondition& condition) override;
    Status remove(ProfileType type, const std::string& name,
                  const ProfileCondition& condition) override;
    Result<ProfilePage> page(const ProfileQuery& query) override;
    Result<packages::Rendered> preview(const DeviceProfile& profile, std::string_view file,
                                       const DeviceQuestion& question) override;
    Result<ProfileVerdict> explain(ProfileType type, const DeviceQuestion& question) override;

private:
    Profiles::Ptr now() const;
    Status make_canonical(std::string& aor) const;
    Result<DeviceFacts> named(const std::string& device) const;
    Result<DeviceFacts> facts_for(const DeviceQuestion& question) const;

    const AdminCarrier& carrier_;
};

Profiles::Ptr ShardProfiles::now() const {
    return carrier_.first().agents().get<ProfileKeeper>().profiles().now();
}

Result<ProfilePtr> ShardProfiles::find(ProfileType type, std::string_view name) {
    if (auto found = now()->find(type, name)) return found;
    return Fault{FaultKind::not_found, "There is no profile " + packages::key_of(type, name)};
}

/// An AOR as it is kept; anything else stays as it is.
Status ShardProfiles::make_canonical(std::string& aor) const {
    if (aor.find('@') == std::string::npos) return {};
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    aor = *std::move(ours);
    return {};
}

Result<ProfilePtr> ShardProfiles::put(DeviceProfile profile, const ProfileCondition& condition) {
    if (auto done = make_canonical(profile.target); !done) return done.fault();
    if (auto done = make_canonical(profile.account); !done) return done.fault();
    const auto shared = std::make_shared<DeviceProfile>(std::move(profile));
    return carrier_.ask<ProfilePtr>(
        carrier_.owner_of(kProfilesAddress), [shared, condition](Shard& shard, auto answer) {
            shard.agents().template get<ProfileKeeper>().put(std::move(*shared), condition, answer);
        });
}

Status ShardProfiles::remove(ProfileType type, const std::string& name,
                             const ProfileCondition& condition) {
    const auto done = carrier_.ask<ProfilePtr>(
        carrier_.owner_of(kProfilesAddress), [type, name, condition](Shard& shard, auto answer) {
            shard.agents().template get<ProfileKeeper>().remove(type, name, condition, answer);
        });
    return done ? Status() : Status(done.fault());
}

Result<ProfilePage> ShardProfiles::page(const ProfileQuery& query) {
    const auto limit = page_size(query.limit);
    const auto set = now();
    ProfilePage page;
    for (const auto& profile : set->page({}, set->size())) {
        if (!query.type.empty() && name_of(profile->type) != query.type) continue;
        ++page.total;
        const auto key = packages::key_of(profile->type, profile->name);
        if (key <= query.after) continue;
        if (page.rows.size() < limit) {
            page.rows.push_back(profile);
        } else if (page.next.empty()) {
            page.next = packages::key_of(page.rows.back()->type, page.rows.back()->name);
        }
    }
    return page;
}

/// What the name itself says.
Result<DeviceFacts> ShardProfiles::named(const std::string& device) const {
    DeviceFacts facts;
    if (device.empty()) return facts;
    facts.mac = packages::mac_address(device);
    if (!facts.mac.empty()) return facts;
    if (base::istarts_with(device, "urn:")) {
        facts.instance = base::lower(device);
        facts.mac = packages::mac_in_instance(facts.instance);
        return facts;
    }
    auto ours = carrier_.our_resource(device);
    if (!ours) return ours.fault();
    facts.aor = *std::move(ours);
    facts.domain = domain_of(facts.aor);
    return facts;
}

Result<DeviceFacts> ShardProfiles::facts_for(const DeviceQuestion& question) const {
    auto wanted = named(question.device);
    if (!wanted) return wanted.fault();
    auto facts = *wanted;
    for (auto* shard : carrier_.shards()) {
        if (question.device.empty()) break;
        auto found = carrier_.ask<std::optional<DeviceFacts>>(
            *shard, [wanted = *wanted](Shard& owner, auto answer) {
                std::make_shared<DeviceSearch>(owner.context(), wanted, answer)->run();
            });
        if (!found) return found.fault();
        if (*found) facts = **found;
    }
    fill_in(facts.vendor, question.vendor);
    fill_in(facts.model, question.model);
    fill_in(facts.version, question.version);
    if (facts.domain.empty()) facts.domain = carrier_.domains().first();
    return facts;
}

Result<packages::Rendered> ShardProfiles::preview(const DeviceProfile& profile,
                                                  std::string_view file,
                                                  const DeviceQuestion& question) {
    const auto facts = facts_for(question);
    if (!facts) return facts.fault();
    return now()->render(profile, file, *facts);
}

Result<ProfileVerdict> ShardProfiles::explain(ProfileType type, const DeviceQuestion& question) {
    auto facts = facts_for(question);
    if (!facts) return facts.fault();
    ProfileVerdict verdict;
    verdict.candidates = now()->explain(type, *facts);
    verdict.facts = *std::move(facts);
    return verdict;
}

}  // namespace

std::unique_ptr<ProfileAdmin> profile_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardProfiles>(carrier);
}

}  // namespace herald::server
