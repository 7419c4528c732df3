// server/provisioning/profile_keeper.h: profiles as they are changed: durable first, then what
// there is, then told to everybody who is enrolled.
//
//   put() -> decided from what there is -> one row -> Profiles::replace() -> every shard: show()
//         -> the operator's answer
//   One change at a time: the next one is decided after it was applied. Who is enrolled is looked
//   at in slices.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/resource_walk.h"
#include "server/provisioning/profiles.h"

namespace herald::server {

/// The shard that owns this address has the rows.
inline constexpr std::string_view kProfilesAddress = "sip:profiles@provisioning.invalid";

/// Entity-tags that what is changed may have, or may not have; "*": any. Empty: nothing is asked.
struct ProfileCondition {
    std::vector<std::string> any_of, none_of;
};
/// nullopt: there is none.
bool is_met(const ProfileCondition& condition, const packages::DeviceProfile* profile);

/// One a shard, on its thread.
class ProfileKeeper final : public Agent {
public:
    using Done = base::Task<void(Result<packages::ProfilePtr>)>;

    ProfileKeeper(Context& context, Profiles& profiles);

    /// In effect on every shard, and on its way to who is enrolled, when `done` runs. On the
    /// owner's shard. Faults: malformed, precondition_failed, limit_reached, too_large, and those
    /// of the store.
    void put(packages::DeviceProfile profile, ProfileCondition condition, Done done);
    /// `done` gets what was removed. Faults: not_found, conflict (others include it), and as above.
    void remove(packages::ProfileType type, std::string name, ProfileCondition condition,
                Done done);

    /// Any thread.
    const Profiles& profiles() const noexcept { return profiles_; }
    /// The configuration was read anew.
    void refresh();

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void resume(const Cells& cells) override;
    /// Profiles are everybody's: there is nothing of an address.
    bool has_changes(Cell /*cell*/) const override { return is_changing_; }
    void forget_some(Cell, Forgetting&) override {}
    std::size_t held() const noexcept override { return 0; }

private:
    struct Decided {
        Profiles::Ptr set;
        packages::ProfilePtr profile;
    };
    Result<Decided> decide_put(packages::DeviceProfile profile, const ProfileCondition& condition);
    Status check_limits(const packages::ProfileSet& set,
                        const packages::DeviceProfile& profile) const;
    void put_now(packages::DeviceProfile profile, const ProfileCondition& condition, Done done);
    void remove_now(packages::ProfileType type, const std::string& name,
                    const ProfileCondition& condition, Done done);
    void commit(store::Change change, Decided decided, Done done);
    void apply(const Decided& decided, Done& done, store::Outcome outcome);
    void in_turn(base::Task<void()> work);
    void take_next();
    /// Who enrolled while there was `before` is to be told of `now`.
    struct Showing {
        Profiles::Ptr before, now;
        ResourceWalk walk{};
    };
    void show(const Profiles::Ptr& before, const Profiles::Ptr& now);
    void show_on();
    void install();

    Context& context_;
    Profiles& profiles_;
    std::deque<base::Task<void()>> waiting_;
    std::deque<Showing> showings_;  ///< the one under way, and one behind it
    bool is_changing_ = false;
    base::Counter& changes_;
    base::Counter& count_;
    base::Counter& bytes_;
};

}  // namespace herald::server
