// packages/profile_set.h: all profiles there are, as of one change: which one a device gets, why,
// and what is in it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/text_map.h"
#include "packages/device_facts.h"
#include "packages/device_profile.h"

namespace herald::packages {

/// What a profile says it is for and a device is not.
enum class Mismatch : std::uint8_t { none, target, vendor, model, version, not_public, account };
std::string_view name_of(Mismatch mismatch) noexcept;  ///< "for", "vendor" ...

/// A profile that was looked at for a device.
struct Candidate {
    ProfilePtr profile;
    Mismatch mismatch = Mismatch::none;
    bool is_chosen = false;
};

/// One document made for one device.
struct Rendered {
    std::string content_type, body;
};

/// Immutable: a change makes another one. Any thread.
class ProfileSet {
public:
    using Ptr = std::shared_ptr<const ProfileSet>;
    /// Bytes of all documents made for one device from one template.
    static constexpr std::size_t kMostRendered = 4 << 20;
    /// Texts of which one document may be put together.
    static constexpr std::size_t kMostInclusions = 10'000;

    /// With `profile`, which is finished(), in the place of the one of its type and name.
    /// Faults: malformed ("body": line 3: ...), for what is included and is not there, loops, or
    /// makes too much.
    static Result<Ptr> with(const ProfileSet& before, ProfilePtr profile);
    /// Faults: not_found; conflict where others include it.
    static Result<Ptr> without(const ProfileSet& before, ProfileType type, std::string_view name);
    /// As the store has them; none is left out.
    static Ptr of(std::vector<ProfilePtr> profiles);

    ProfilePtr find(ProfileType type, std::string_view name) const;
    /// The most specific one: "for" comes first, then vendor, model and version, the more of them
    /// the better, then the name. Null: there is none. `is_anonymous`: of the public ones.
    ProfilePtr choose(ProfileType type, const DeviceFacts& facts, bool is_anonymous = false) const;
    /// All of the type, the best first: what was chosen and why not the others.
    std::vector<Candidate> explain(ProfileType type, const DeviceFacts& facts) const;
    /// Whether a profile is for this device by name.
    bool names(ProfileType type, const DeviceFacts& facts) const;

    /// `file` is empty for the body. Faults: not_found.
    Result<Rendered> render(const DeviceProfile& profile, std::string_view file,
                            const DeviceFacts& facts) const;
    /// Another one after each change of the profile, or of what it includes.
    std::uint64_t version_of(const DeviceProfile& profile) const;
    /// "device/common 1f": the profile and its version, for people.
    std::string label_of(const DeviceProfile& profile) const;
    /// Another one after each change of any profile that a device of this name may get.
    std::uint64_t version_for(const DeviceFacts& facts) const;

    /// Another one after each change at all.
    std::uint64_t version() const noexcept { return version_; }

    /// By type and name, after "type/name".
    std::vector<ProfilePtr> page(std::string_view after, std::size_t limit) const;
    std::size_t size() const noexcept { return by_name_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    /// Whether there is one that is not for everybody to see.
    bool has_private(ProfileType type) const noexcept { return shelf(type).has_private; }

private:
    using Profiles = std::vector<ProfilePtr>;
    struct Shelf {
        Profiles for_anybody;
        base::TextMap<Profiles> for_one;
        std::uint64_t version = 0;  ///< of those for anybody
        bool has_private = false;
    };

    void index();
    const Shelf& shelf(ProfileType type) const { return shelves_[static_cast<std::size_t>(type)]; }
    template <class Visit>
    void each_for(ProfileType type, const DeviceFacts& facts, Visit visit) const;
    const Template* included(std::string_view name) const;
    struct Weight;
    /// Of what is included, by name: each is looked at once, however often it is included.
    using Weights = base::TextMap<Weight>;
    using Folds = base::TextMap<std::uint64_t>;
    Status check(const DeviceProfile& profile, Weights& weights) const;
    Result<Weight> weigh(const ProfileFile& file, Weights& weights) const;
    Result<Weight> weigh_included(const std::string& name, Weights& weights) const;
    std::uint64_t fold(const ProfileFile& file, Folds& folds) const;
    std::uint64_t fold_included(const std::string& name, Folds& folds) const;

    std::map<std::string, ProfilePtr, std::less<>> by_name_;  ///< "device/common"
    Shelf shelves_[3];
    base::TextMap<std::uint64_t> versions_;
    std::size_t bytes_ = 0;
    std::uint64_t version_ = 0;
};

/// "device/common".
std::string key_of(ProfileType type, std::string_view name);

}  // namespace herald::packages
