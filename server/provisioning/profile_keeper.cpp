// server/provisioning/profile_keeper.cpp: profiles as they are changed.
#include "server/provisioning/profile_keeper.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "packages/enrolment.h"
#include "packages/ua_profile.h"
#include "server/core/settled_commit.h"
#include "server/provisioning/lines.h"
#include "server/publish/publications.h"

namespace herald::server {

namespace {

constexpr std::string_view kProfileType = "application/vnd.herald.profile";
constexpr std::size_t kMostOrdersWaiting = 1000;

store::PutPublication row_of(const packages::DeviceProfile& profile, std::string before,
                             base::WallTime now) {
    store::PutPublication put;
    put.row.id = profile.id;
    put.row.package = kProvisioning;
    put.row.aor = kProfilesAddress;
    put.row.entity_tag = std::to_string(profile.revision);
    put.row.source = packages::key_of(profile.type, profile.name);
    put.row.arrived = now;
    put.row.type = kProfileType;
    put.row.body = packages::to_text(profile);
    put.expected_tag = std::move(before);
    return put;
}

bool is_among(const std::vector<std::string>& tags, const packages::DeviceProfile* profile) {
    return profile && std::any_of(tags.begin(), tags.end(), [profile](const std::string& tag) {
               return tag == "*" || tag == std::to_string(profile->revision);
           });
}

Fault not_met(const packages::DeviceProfile* profile) {
    if (!profile) return {FaultKind::precondition_failed, "There is no such profile"};
    return {FaultKind::precondition_failed,
            "What is there has the entity-tag \"" + std::to_string(profile->revision) + "\""};
}

/// Whether somebody enrolled for this resource may be told something else now.
bool is_concerned(const Resource& resource, const packages::ProfileSet& before,
                  const packages::ProfileSet& now) {
    return std::any_of(resource.views.begin(), resource.views.end(), [&](const ViewState& view) {
        const auto enrolment = packages::enrolment_from(view.audience().manner);
        return enrolment &&
               before.version_for(enrolment->facts) != now.version_for(enrolment->facts);
    });
}

/// Once: of what becomes known later nobody hears.
void tell(ProfileKeeper::Done& order, Result<packages::ProfilePtr> result) {
    if (auto done = std::exchange(order, nullptr)) done(std::move(result));
}

}  // namespace

bool is_met(const ProfileCondition& condition, const packages::DeviceProfile* profile) {
    return (condition.any_of.empty() || is_among(condition.any_of, profile)) &&
           !is_among(condition.none_of, profile);
}

ProfileKeeper::ProfileKeeper(Context& context, Profiles& profiles)
    : context_(context),
      profiles_(profiles),
      changes_(context.metrics.counter("herald_profiles_changes_total", "Changes of profiles")),
      count_(context.metrics.gauge("herald_profiles", "Profiles there are")),
      bytes_(context.metrics.gauge("herald_profiles_bytes", "Bytes of profiles and their files")) {
    install();
}

/// What composes documents gets what there is now.
void ProfileKeeper::install() {
    auto shelf = std::make_shared<packages::ProfileShelf>();
    shelf->profiles = profiles_.now();
    shelf->url = context_.config.provisioning_url;
    while (shelf->url.ends_with('/')) shelf->url.pop_back();
    shelf->key = link_key(context_.home);
    shelf->link_life = std::chrono::seconds(context_.config.provisioning_url_life);
    if (context_.is_owner_of(kProfilesAddress)) {
        count_.set(shelf->profiles->size());
        bytes_.set(shelf->profiles->bytes());
    }
    context_.resources.installed(packages::ua_profile()).common = std::move(shelf);
}

void ProfileKeeper::refresh() {
    install();
}

bool ProfileKeeper::takes(const store::Publication& row) const {
    return row.type == kProfileType && row.package == kProvisioning;
}

void ProfileKeeper::recover(store::Publication row, base::WallTime /*not_before*/) {
    auto read = packages::profile_from(row.body);
    if (read) {
        read->id = row.id;
        read->revision = base::to_u64(row.entity_tag).value_or(0);
        if (auto made = packages::finished(*std::move(read)))
            return profiles_.recover(*std::move(made));
    }
    base::log_error("profile.unreadable", {{"profile", row.source}});
}

void ProfileKeeper::resume(const Cells& /*cells*/) {
    install();
}

/// One after the other, as each is decided from what the one before made.
void ProfileKeeper::in_turn(base::Task<void()> work) {
    if (!is_changing_) return work();
    waiting_.push_back(std::move(work));
}

void ProfileKeeper::take_next() {
    while (!is_changing_ && !waiting_.empty()) {
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        work();
    }
}

void ProfileKeeper::put(packages::DeviceProfile profile, ProfileCondition condition, Done done) {
    if (waiting_.size() >= kMostOrdersWaiting) return done(Fault{FaultKind::unavailable, "Busy"});
    auto held = std::make_unique<packages::DeviceProfile>(std::move(profile));
    in_turn([this, held = std::move(held), condition = std::move(condition),
             done = std::move(done)]() mutable {
        put_now(std::move(*held), condition, std::move(done));
    });
}

void ProfileKeeper::remove(packages::ProfileType type, std::string name, ProfileCondition condition,
                           Done done) {
    if (waiting_.size() >= kMostOrdersWaiting) return done(Fault{FaultKind::unavailable, "Busy"});
    in_turn(
        [this, type, name = std::move(name), condition = std::move(condition),
         done = std::move(done)]() mutable { remove_now(type, name, condition, std::move(done)); });
}

Status ProfileKeeper::check_limits(const packages::ProfileSet& set,
                                   const packages::DeviceProfile& profile) const {
    const auto& config = context_.config;
    if (profile.bytes() > config.provisioning_max_profile)
        return Fault{FaultKind::too_large, "provisioning.max_profile allows no more bytes"};
    const auto before = set.find(profile.type, profile.name);
    if (!before && set.size() >= config.provisioning_max_profiles)
        return Fault{FaultKind::limit_reached, "provisioning.max_profiles allows no more"};
    const auto rest = set.bytes() - (before ? before->bytes() : 0);
    if (rest + profile.bytes() > config.provisioning_profile_memory)
        return Fault{FaultKind::limit_reached, "provisioning.profile_memory allows no more"};
    return {};
}

Result<ProfileKeeper::Decided> ProfileKeeper::decide_put(packages::DeviceProfile profile,
                                                         const ProfileCondition& condition) {
    const auto set = profiles_.now();
    const auto before = set->find(profile.type, profile.name);
    if (!is_met(condition, before.get())) return not_met(before.get());
    if (auto checked = check_limits(*set, profile); !checked) return checked.fault();
    profile.id = before ? before->id : context_.new_row(kProfilesAddress);
    profile.revision = context_.next_number();
    auto made = packages::finished(std::move(profile));
    if (!made) return made.fault();
    auto after = packages::ProfileSet::with(*set, *made);
    if (!after) return after.fault();
    return Decided{*std::move(after), *std::move(made)};
}

void ProfileKeeper::put_now(packages::DeviceProfile profile, const ProfileCondition& condition,
                            Done done) {
    const auto before = profiles_.now()->find(profile.type, profile.name);
    auto decided = decide_put(std::move(profile), condition);
    if (!decided) return done(decided.fault());
    auto tag = before ? std::to_string(before->revision) : std::string();
    auto row = row_of(*decided->profile, std::move(tag), context_.wall());
    commit(std::move(row), *std::move(decided), std::move(done));
}

void ProfileKeeper::remove_now(packages::ProfileType type, const std::string& name,
                               const ProfileCondition& condition, Done done) {
    const auto set = profiles_.now();
    auto before = set->find(type, name);
    auto after = packages::ProfileSet::without(*set, type, name);
    if (before && !is_met(condition, before.get())) return done(not_met(before.get()));
    if (!after) return done(after.fault());
    store::RemovePublication change{before->id, std::to_string(before->revision), {}, {}};
    commit(std::move(change), {*std::move(after), std::move(before)}, std::move(done));
}

void ProfileKeeper::commit(store::Change change, Decided decided, Done done) {
    is_changing_ = true;
    commit_until_known(context_.loop, context_.port, std::move(change),
                       [this, decided = std::move(decided),
                        done = std::move(done)](store::Outcome outcome) mutable {
                           is_changing_ = outcome == store::Outcome::unknown;
                           apply(decided, done, outcome);
                           take_next();
                       });
}

void ProfileKeeper::apply(const Decided& decided, Done& done, store::Outcome outcome) {
    if (outcome != store::Outcome::committed) return tell(done, status_of(outcome).fault());
    changes_.add();
    const auto before = profiles_.now();
    profiles_.replace(decided.set);
    show(before, decided.set);
    context_.peers.post_to_others<ProfileKeeper>(
        context_.shard,
        [before, now = decided.set](ProfileKeeper& other) { other.show(before, now); },
        [done = std::move(done), profile = decided.profile]() mutable { tell(done, profile); });
}

/// RFC 6080 5.1.3: every device enrolled for what changed is told, once. What changes while others
/// are still looked at is shown to all in one further walk.
void ProfileKeeper::show(const Profiles::Ptr& before, const Profiles::Ptr& now) {
    install();
    if (showings_.size() > 1) {
        showings_.back().now = now;
        return;
    }
    showings_.push_back({before, now});
    if (showings_.size() == 1) show_on();
}

void ProfileKeeper::show_on() {
    auto& showing = showings_.front();
    const bool has_more = showing.walk.go_on(
        context_.resources, context_.loop.clock(), [&](std::uint32_t slot, Resource& resource) {
            if (resource.package == &packages::ua_profile() &&
                is_concerned(resource, *showing.before, *showing.now))
                context_.fan_out.changed(slot);
        });
    if (!has_more) showings_.pop_front();
    if (!showings_.empty()) context_.loop.post([this] { show_on(); });
}

}  // namespace herald::server
