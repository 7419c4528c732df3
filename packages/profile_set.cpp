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

Fault wrong_at(const ProfileFile& file, const Template::Inclusion& place, const std::string& what) {
    return {FaultKind::malformed, "\"" + (file.name.empty() ? "body" : "files." + file.name) +
                                      "\": line " + std::to_string(place.line) + ": " + what};
}

}  // namespace

/// What a document may become.
struct ProfileSet::Weight {
    std::size_t bytes = 0, inclusions = 0, depth = 0;
    bool is_secret = false;  ///< something in it is
    bool is_open = false;    ///< it is being weighed
};

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
        shelf.has_private = shelf.has_private || !profile->is_public;
        bytes_ += profile->bytes();
        versions_[key] = 0;
    }
    std::string all;
    Folds folds;
    for (const auto& [key, profile] : by_name_) {
        std::uint64_t version = profile->content ^ fold(profile->body, folds);
        for (const auto& file : profile->files) version = version * 3 + fold(file, folds);
        versions_[key] = version;
        all += key + ' ' + std::to_string(version) + '\n';
        if (!profile->target.empty()) continue;
        auto& shelf = shelves_[static_cast<std::size_t>(profile->type)];
        shelf.version = hash_of(std::to_string(shelf.version) + key + std::to_string(version));
    }
    version_ = hash_of(all);
}

/// What the texts that a document includes add to its version.
std::uint64_t ProfileSet::fold(const ProfileFile& file, Folds& folds) const {
    std::string texts;
    for (const auto& each : file.compiled->inclusions())
        texts += std::to_string(fold_included(each.name, folds)) + ' ';
    return texts.empty() ? 0 : hash_of(texts);
}

std::uint64_t ProfileSet::fold_included(const std::string& name, Folds& folds) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return 0;
    const auto [known, is_new] = folds.try_emplace(name, found->second->content);
    if (!is_new) return known->second;
    const auto folded = found->second->content ^ fold(found->second->body, folds);
    folds[name] = folded;
    return folded;
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
    Weights weights;
    if (auto done = made->check(kept, weights); !done) return done.fault();
    // What includes it must not become too large by that, or reach itself.
    for (const auto& [key, other] : made->by_name_) {
        if (other->body.compiled->inclusions().empty() && other->files.empty()) continue;
        if (auto done = made->check(*other, weights); !done) {
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
    Weights weights;
    for (const auto& [other, profile] : made->by_name_) {
        if (!made->check(*profile, weights))
            return Fault{FaultKind::conflict, other + " includes " + key};
    }
    made->index();
    return Ptr(std::move(made));
}

Status ProfileSet::check(const DeviceProfile& profile, Weights& weights) const {
    const auto body = weigh_included(key_of(profile.type, profile.name), weights);
    if (!body) return body.fault();
    bool is_secret = body->is_secret;
    for (const auto& file : profile.files) {
        const auto weight = weigh(file, weights);
        if (!weight) return weight.fault();
        is_secret = is_secret || weight->is_secret;
    }
    if (!is_secret || profile.is_secret) return {};
    return Fault{FaultKind::malformed, "\"secret\": what it includes is secret, and it is not"};
}

Result<ProfileSet::Weight> ProfileSet::weigh_included(const std::string& name,
                                                      Weights& weights) const {
    const auto [known, is_new] = weights.try_emplace(name, Weight{.is_open = true});
    if (!is_new) return Weight(known->second);
    const auto& profile = *by_name_.find(name)->second;
    auto weight = weigh(profile.body, weights);
    if (!weight) return weight;
    weight->is_secret = weight->is_secret || profile.is_secret;
    weights[name] = *weight;
    return weight;
}

Result<ProfileSet::Weight> ProfileSet::weigh(const ProfileFile& file, Weights& weights) const {
    Weight whole{.bytes = file.compiled->most_bytes()};
    if (whole.bytes > kMostRendered && file.is_template) return too_much();
    for (const auto& each : file.compiled->inclusions()) {
        if (by_name_.find(each.name) == by_name_.end())
            return wrong_at(file, each, "there is no profile " + each.name);
        const auto part = weigh_included(each.name, weights);
        if (!part) return part.fault();
        if (part->is_open) return wrong_at(file, each, each.name + " includes itself by this");
        whole.bytes += part->bytes;
        whole.inclusions += part->inclusions + 1;
        whole.is_secret = whole.is_secret || part->is_secret;
        whole.depth = std::max(whole.depth, part->depth + 1);
        if (whole.depth > kDeepest)
            return wrong_at(file, each, "more than 8 profiles within each other");
        if (whole.inclusions > kMostInclusions)
            return wrong_at(file, each, "it is put together of more than 10000 texts");
        if (whole.bytes > kMostRendered) return too_much();
    }
    return whole;
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

}  // namespace herald::packages
