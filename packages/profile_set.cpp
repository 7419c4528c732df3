// packages/profile_set.cpp: all profiles there are, as of one change.
#include "packages/profile_set.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/hash128.h"
#include "base/text.h"

namespace herald::packages {

namespace {

constexpr std::array<std::string_view, 7> kMismatches{"",        "for",        "vendor", "model",
                                                      "version", "not public", "account"};
constexpr std::size_t kDeepest = 8;
/// Versions are told to devices: the same over restarts, and they prove nothing.
constexpr base::HashKey kVersionKey{0x70726f66696c6573, 0x76657273696f6e73};

std::uint64_t hash_of(std::string_view text) {
    return base::keyed_hash(kVersionKey, text);
}

bool is_for(const std::string& wanted, const std::string& actual) {
    return wanted.empty() || base::iequals(wanted, actual);
}

bool is_target(const std::string& target, const DeviceFacts& facts) {
    return target.empty() || target == facts.aor || target == facts.mac || target == facts.instance;
}

Mismatch mismatch_of(const DeviceProfile& profile, const DeviceFacts& facts) {
    if (!is_target(profile.target, facts)) return Mismatch::target;
    if (!profile.account.empty() && profile.account != facts.aor) return Mismatch::account;
    if (!is_for(profile.vendor, facts.vendor)) return Mismatch::vendor;
    if (!is_for(profile.model, facts.model)) return Mismatch::model;
    if (!is_for(profile.version, facts.version)) return Mismatch::version;
    return Mismatch::none;
}

/// How much it says of whom it is for.
unsigned weight_of(const DeviceProfile& profile) {
    return (profile.target.empty() ? 0U : 8U) + (profile.vendor.empty() ? 0U : 4U) +
           (profile.model.empty() ? 0U : 2U) + (profile.version.empty() ? 0U : 1U);
}

bool is_better(const DeviceProfile& a, const DeviceProfile& b) {
    const auto weights = std::pair(weight_of(b), weight_of(a));
    return weights.first != weights.second ? weights.first < weights.second : a.name < b.name;
}

Fault too_much() {
    return {FaultKind::malformed,
            "\"body\": with what it includes it may become larger than 4 MiB"};
}

}  // namespace

std::string_view name_of(Mismatch mismatch) noexcept {
    return kMismatches[static_cast<std::size_t>(mismatch)];
}

std::string key_of(ProfileType type, std::string_view name) {
    std::string key(name_of(type));
    (key += '/') += name;
    return key;
}

void ProfileSet::index() {
    for (const auto& [key, profile] : by_name_) {
        auto& shelf = shelves_[static_cast<std::size_t>(profile->type)];
        auto& kept = profile->target.empty() ? shelf.for_anybody : shelf.for_one[profile->target];
        kept.push_back(profile);
        bytes_ += profile->bytes();
        versions_[key] = 0;
    }
    std::string all;
    for (const auto& [key, profile] : by_name_) {
        std::uint64_t version = profile->content ^ fold(profile->body);
        for (const auto& file : profile->files) version = version * 3 + fold(file);
        versions_[key] = version;
        all += key + ' ' + std::to_string(version) + '\n';
        if (!profile->target.empty()) continue;
        auto& shelf = shelves_[static_cast<std::size_t>(profile->type)];
        shelf.version = hash_of(std::to_string(shelf.version) + key + std::to_string(version));
    }
    version_ = hash_of(all);
}

/// What the texts that a document includes add to its version.
std::uint64_t ProfileSet::fold(const ProfileFile& file) const {
    std::string texts;
    std::vector<std::pair<std::string, std::size_t>> open;
    for (const auto& each : file.compiled->inclusions()) open.emplace_back(each.name, 1);
    while (!open.empty()) {
        const auto [name, depth] = open.back();
        open.pop_back();
        const auto found = by_name_.find(name);
        if (found == by_name_.end() || depth > kDeepest) continue;
        const auto& body = found->second->body;
        texts += std::to_string(found->second->content);
        for (const auto& each : body.compiled->inclusions())
            open.emplace_back(each.name, depth + 1);
    }
    return texts.empty() ? 0 : hash_of(texts);
}

ProfileSet::Ptr ProfileSet::of(std::vector<ProfilePtr> profiles) {
    auto made = std::make_shared<ProfileSet>();
    for (auto& profile : profiles)
        made->by_name_[key_of(profile->type, profile->name)] = std::move(profile);
    made->index();
    return made;
}

Result<ProfileSet::Ptr> ProfileSet::with(const ProfileSet& before, ProfilePtr profile) {
    auto made = std::make_shared<ProfileSet>();
    made->by_name_ = before.by_name_;
    const auto& kept = *profile;
    made->by_name_[key_of(profile->type, profile->name)] = std::move(profile);
    if (auto done = made->check(kept); !done) return done.fault();
    // What includes it must not become too large by that, or reach itself.
    for (const auto& [key, other] : made->by_name_) {
        if (other->body.compiled->inclusions().empty() && other->files.empty()) continue;
        if (auto done = made->check(*other); !done) {
            return Fault{FaultKind::malformed, key + " includes it: " + done.fault().detail};
        }
    }
    made->index();
    return Ptr(std::move(made));
}

Result<ProfileSet::Ptr> ProfileSet::without(const ProfileSet& before, ProfileType type,
                                            std::string_view name) {
    const auto key = key_of(type, name);
    if (!before.find(type, name)) return Fault{FaultKind::not_found, "There is no profile " + key};
    auto made = std::make_shared<ProfileSet>();
    made->by_name_ = before.by_name_;
    made->by_name_.erase(key);
    for (const auto& [other, profile] : made->by_name_) {
        if (!made->check(*profile)) return Fault{FaultKind::conflict, other + " includes " + key};
    }
    made->index();
    return Ptr(std::move(made));
}

Status ProfileSet::check(const DeviceProfile& profile) const {
    std::vector<std::string> path{key_of(profile.type, profile.name)};
    std::size_t bytes = 0;
    if (auto done = check(profile.body, path, bytes); !done) return done;
    for (const auto& file : profile.files) {
        bytes = 0;
        if (auto done = check(file, path, bytes); !done) return done;
    }
    return {};
}

/// `path` is what led here; `bytes` is what the document may become.
Status ProfileSet::check(const ProfileFile& file, std::vector<std::string>& path,
                         std::size_t& bytes) const {
    bytes += file.compiled->most_bytes();
    if (bytes > kMostRendered && file.is_template) return too_much();
    for (const auto& each : file.compiled->inclusions()) {
        const auto where = "\"" + (file.name.empty() ? "body" : "files." + file.name) +
                           "\": line " + std::to_string(each.line) + ": ";
        const auto found = by_name_.find(each.name);
        if (found == by_name_.end())
            return Fault{FaultKind::malformed, where + "there is no profile " + each.name};
        if (std::find(path.begin(), path.end(), each.name) != path.end())
            return Fault{FaultKind::malformed, where + each.name + " includes itself by this"};
        if (path.size() > kDeepest)
            return Fault{FaultKind::malformed, where + "more than 8 profiles within each other"};
        path.push_back(each.name);
        auto done = check(found->second->body, path, bytes);
        path.pop_back();
        if (!done) return done;
    }
    return {};
}

ProfilePtr ProfileSet::find(ProfileType type, std::string_view name) const {
    const auto found = by_name_.find(key_of(type, name));
    return found == by_name_.end() ? nullptr : found->second;
}

template <class Visit>
void ProfileSet::each_for(ProfileType type, const DeviceFacts& facts, Visit visit) const {
    const auto& all = shelf(type);
    for (const auto* name : {&facts.aor, &facts.mac, &facts.instance}) {
        if (name->empty()) continue;
        const auto found = all.for_one.find(*name);
        if (found == all.for_one.end()) continue;
        for (const auto& profile : found->second) visit(profile);
    }
    for (const auto& profile : all.for_anybody) visit(profile);
}

ProfilePtr ProfileSet::choose(ProfileType type, const DeviceFacts& facts, bool is_anonymous) const {
    ProfilePtr best;
    each_for(type, facts, [&](const ProfilePtr& profile) {
        if (is_anonymous && !profile->is_public) return;
        if (mismatch_of(*profile, facts) != Mismatch::none) return;
        if (!best || is_better(*profile, *best)) best = profile;
    });
    return best;
}

std::vector<Candidate> ProfileSet::explain(ProfileType type, const DeviceFacts& facts) const {
    std::vector<Candidate> all;
    for (const auto& [key, profile] : by_name_) {
        if (profile->type == type) all.push_back({profile, mismatch_of(*profile, facts)});
    }
    std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
        const auto fit = [](const Candidate& each) { return each.mismatch == Mismatch::none; };
        if (fit(a) != fit(b)) return fit(a);
        return is_better(*a.profile, *b.profile);
    });
    if (!all.empty()) all.front().is_chosen = all.front().mismatch == Mismatch::none;
    return all;
}

bool ProfileSet::names(ProfileType type, const DeviceFacts& facts) const {
    bool is_named = false;
    each_for(type, facts,
             [&](const ProfilePtr& profile) { is_named = is_named || !profile->target.empty(); });
    return is_named;
}

const Template* ProfileSet::included(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second->body.compiled.get();
}

Result<Rendered> ProfileSet::render(const DeviceProfile& profile, std::string_view file,
                                    const DeviceFacts& facts) const {
    const auto* document = profile.file(file);
    if (!document)
        return Fault{FaultKind::not_found, "The profile has no file " + std::string(file)};
    Rendered made{document->content_type, {}};
    document->compiled->render(made.body, facts, escaping_for(document->content_type),
                               [this](std::string_view name) { return included(name); });
    return made;
}

std::uint64_t ProfileSet::version_of(const DeviceProfile& profile) const {
    const auto found = versions_.find(key_of(profile.type, profile.name));
    return found == versions_.end() ? 0 : found->second;
}

std::string ProfileSet::label_of(const DeviceProfile& profile) const {
    constexpr char kHex[] = "0123456789abcdef";
    std::string digits;
    for (auto version = version_of(profile); version != 0; version >>= 4)
        digits.insert(digits.begin(), kHex[version & 15]);
    return key_of(profile.type, profile.name) + " " + digits;
}

std::uint64_t ProfileSet::version_for(const DeviceFacts& facts) const {
    std::string all;
    for (std::size_t type = 0; type < std::size(shelves_); ++type) {
        all += std::to_string(shelves_[type].version) + ' ';
        each_for(static_cast<ProfileType>(type), facts, [&](const ProfilePtr& profile) {
            if (!profile->target.empty()) all += std::to_string(version_of(*profile)) + ' ';
        });
    }
    return hash_of(all);
}

std::vector<ProfilePtr> ProfileSet::page(std::string_view after, std::size_t limit) const {
    std::vector<ProfilePtr> rows;
    for (auto at = by_name_.upper_bound(after); at != by_name_.end() && rows.size() < limit; ++at)
        rows.push_back(at->second);
    return rows;
}

bool ProfileSet::has(ProfileType type) const noexcept {
    const auto& all = shelf(type);
    return !all.for_anybody.empty() || !all.for_one.empty();
}

}  // namespace herald::packages
