// tests/conformance/teller_profiles.cpp: profiles of devices in stories.
//
//   an operator puts the device profile snom
//       vendor: snom
//       content_type: text/xml
//       file logo.txt: Hello
//
//       <settings/>
#include <algorithm>

#include "base/text.h"
#include "tests/conformance/teller.h"

namespace herald::conformance {

namespace {

using packages::DeviceProfile;

bool set_member(DeviceProfile& profile, std::string_view name, const std::string& value) {
    if (name == "content_type")
        profile.body.content_type = value;
    else if (name == "public")
        profile.is_public = value == "yes";
    else if (name == "secret")
        profile.is_secret = value == "yes";
    else if (name == "for")
        profile.target = value;
    else if (name == "account")
        profile.account = value;
    else if (name == "vendor")
        profile.vendor = value;
    else if (name == "model")
        profile.model = value;
    else if (name == "version")
        profile.version = value;
    else if (name == "effective_by")
        profile.effective_by = base::to_u32_clamped(value);
    else if (name == "management_url")
        profile.management_url = value;
    else if (name.starts_with("file "))
        profile.files.push_back({std::string(name.substr(5)), "text/plain", value, true, nullptr});
    else
        return false;
    return true;
}

}  // namespace

Result<DeviceProfile> Teller::profile_of(const Step& step, const Names& words) const {
    auto block = filled(step.block);
    if (!block) return block.fault();
    DeviceProfile profile;
    const auto type = packages::profile_type_named(words.at("type"));
    if (!type) return mismatch("no such type of profiles");
    profile.type = *type;
    profile.name = words.at("name");
    profile.body.content_type = "text/plain";
    auto line = block->begin();
    for (; line != block->end() && !line->empty(); ++line) {
        const auto parts = base::split_once(*line, ':');
        if (!set_member(profile, parts.before, std::string(base::trim(parts.after))))
            return mismatch("no such member: " + *line);
    }
    if (line != block->end()) ++line;
    for (; line != block->end(); ++line) profile.body.text += *line + "\n";
    return profile;
}

Status Teller::put_profile(const Step& step, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    auto profile = profile_of(step, words);
    if (!profile) return profile.fault();
    const auto put = harness_->put_profile(*std::move(profile));
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::refuse_profile(const Step& step, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    auto profile = profile_of(step, words);
    if (!profile) return profile.fault();
    if (harness_->put_profile(*std::move(profile))) return mismatch("it was put");
    return collect();
}

Status Teller::remove_profile(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto type = packages::profile_type_named(words.at("type"));
    if (!type) return mismatch("no such type of profiles");
    const auto done = harness_->remove_profile(*type, words.at("name"));
    if (!done && !is_tolerant()) return mismatch("refused: " + done.fault().detail);
    return collect();
}

}  // namespace herald::conformance
