// tests/unit/http/fake_profiles.h: profiles kept as the server keeps them, in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/admin/admin_profiles.h"

namespace herald::http {

/// Keeps profiles as the server does, in memory.
class FakeProfiles final : public server::ProfileAdmin {
public:
    FakeProfiles(std::vector<std::string>& asked, std::optional<Fault>& fault)
        : asked_(asked), fault_(fault) {}

    packages::ProfileSet::Ptr profiles_now = packages::ProfileSet::of({});
    packages::DeviceFacts facts;  ///< of whatever device is asked about

    Result<packages::ProfilePtr> find(packages::ProfileType type, std::string_view name) override {
        if (fault_) return *fault_;
        if (auto found = profiles_now->find(type, name)) return found;
        return Fault{FaultKind::not_found, "There is no profile"};
    }
    Result<packages::ProfilePtr> put(packages::DeviceProfile profile,
                                     const server::ProfileCondition& condition) override {
        if (fault_) return *fault_;
        const auto before = profiles_now->find(profile.type, profile.name);
        if (!server::is_met(condition, before.get()))
            return Fault{FaultKind::precondition_failed, "Another one"};
        profile.revision = ++revision_;
        auto made = packages::finished(std::move(profile));
        if (!made) return made.fault();
        auto after = packages::ProfileSet::with(*profiles_now, *made);
        if (!after) return after.fault();
        profiles_now = *std::move(after);
        return *std::move(made);
    }
    Status remove(packages::ProfileType type, const std::string& name,
                  const server::ProfileCondition& condition) override {
        if (fault_) return *fault_;
        const auto before = profiles_now->find(type, name);
        if (before && !server::is_met(condition, before.get()))
            return Fault{FaultKind::precondition_failed, "Another one"};
        auto after = packages::ProfileSet::without(*profiles_now, type, name);
        if (!after) return after.fault();
        profiles_now = *std::move(after);
        return {};
    }
    Result<server::ProfilePage> page(const server::ProfileQuery& query) override {
        if (fault_) return *fault_;
        asked_.push_back("profiles " + query.type + " " + query.after + " " +
                         std::to_string(query.limit));
        return server::ProfilePage{profiles_now->page(query.after, query.limit), "next",
                                   profiles_now->size()};
    }
    Result<packages::Rendered> preview(const packages::DeviceProfile& profile,
                                       std::string_view file,
                                       const server::DeviceQuestion& question) override {
        asked_.push_back("preview " + question.device + " " + question.model);
        return profiles_now->render(profile, file, facts);
    }
    Result<server::ProfileVerdict> explain(packages::ProfileType type,
                                           const server::DeviceQuestion& question) override {
        asked_.push_back("explain " + question.device);
        return server::ProfileVerdict{facts, profiles_now->explain(type, facts)};
    }

private:
    std::vector<std::string>& asked_;
    std::optional<Fault>& fault_;
    std::uint64_t revision_ = 0;
};

}  // namespace herald::http
