// packages/ua_profile.cpp: profiles of devices, users and local networks (RFC 6080).
#include "packages/ua_profile.h"

#include <algorithm>
#include <vector>

#include "base/hash128.h"
#include "base/text.h"
#include "packages/enrolment.h"
#include "packages/external_body.h"
#include "packages/profile_link.h"

namespace herald::packages {

namespace {

constexpr std::string_view kExternal = "message/external-body";
constexpr std::string_view kMultipart = "multipart/mixed";
constexpr std::string_view kUrl = "application/url";
/// Never on a wire: the type of a NOTIFY without a body.
constexpr std::string_view kNothing = "application/octet-stream";
constexpr base::HashKey kKey{0x75612d70726f6669, 0x6c65};

/// How a profile gets to a device.
enum class Delivery : std::uint8_t { nothing, whole, indirect, url };

const ProfileShelf* shelf_of(const Admitted* common) {
    return dynamic_cast<const ProfileShelf*>(common);
}

const ProfileSettings& settings_of(const Settings* settings) {
    static const ProfileSettings kDefaults;
    const auto* given = dynamic_cast<const ProfileSettings*>(settings);
    return given ? *given : kDefaults;
}

/// All that composing needs.
struct Task {
    const Enrolment& enrolment;
    const ProfileShelf& shelf;
    const ProfileSettings& settings;
    const DeviceProfile& profile;
    base::WallTime now;
};

bool has_secure_url(const ProfileShelf& shelf) {
    return base::istarts_with(shelf.url, "https:");
}

/// UP-10: what is secret goes by TLS, to who proved who he is, or is fetched by https.
bool may_be_whole(const Task& task) {
    return !task.profile.is_secret || (task.enrolment.is_protected && !task.enrolment.is_anonymous);
}

bool may_be_fetched(const Task& task) {
    if (task.shelf.url.empty()) return false;
    return !task.profile.is_secret || (has_secure_url(task.shelf) && !task.enrolment.is_anonymous);
}

Delivery delivery_of(const Task& task) {
    const auto& enrolment = task.enrolment;
    const bool is_url = enrolment.names(kUrl);
    const bool has_url = task.profile.is_pointer() ? may_be_whole(task) : may_be_fetched(task);
    if (is_url && has_url) return Delivery::url;
    const bool is_whole = may_be_whole(task) && enrolment.accepts(task.profile.body.content_type);
    const bool is_indirect = may_be_fetched(task) && enrolment.names(kExternal);
    const bool is_small = task.profile.bytes() <= task.settings.inline_up_to;
    if (is_whole && (is_small || !is_indirect)) return Delivery::whole;
    return is_indirect ? Delivery::indirect : Delivery::nothing;
}

/// Whether there is a type the device takes, apart from what may not be sent this way.
bool is_acceptable(const Enrolment& enrolment, const DeviceProfile& profile,
                   const ProfileShelf& shelf) {
    if (enrolment.accepts(profile.body.content_type)) return true;
    if (enrolment.names(kUrl) && profile.is_pointer()) return true;
    return !shelf.url.empty() && (enrolment.names(kUrl) || enrolment.names(kExternal));
}

/// The same as long as the content is.
std::string content_id_of(const Task& task, const ProfileFile& file, std::string_view content) {
    const std::string_view url = task.shelf.url;
    const auto host = base::split_once(url.substr(url.find("://") + 3), '/');
    std::string id = "v" + std::to_string(base::keyed_hash(kKey, content)) + ".";
    id += file.name.empty() ? task.profile.name : file.name;
    return id + "@" + std::string(host.before);
}

Document reference_of(const Task& task, const ProfileFile& file) {
    const auto rendered =
        task.shelf.profiles->render(task.profile, file.name, task.enrolment.facts);
    if (!rendered) return {};
    return external_body(
        {.url = url_of(task.shelf, task.profile, file, task.enrolment.facts, task.now),
         .content_type = rendered->content_type,
         .content_id = content_id_of(task, file, rendered->body),
         .content = rendered->body,
         .expires_at = task.now + task.shelf.link_life});
}

Document inline_of(const Task& task, const ProfileFile& file) {
    auto rendered = task.shelf.profiles->render(task.profile, file.name, task.enrolment.facts);
    if (!rendered) return {};
    return {std::move(rendered->content_type), std::move(rendered->body)};
}

/// The body alone, or with its files for who takes several documents.
template <class Make>
Document documents(const Task& task, Make make) {
    std::vector<Document> parts{make(task, task.profile.body)};
    if (task.profile.files.empty() || !task.enrolment.names(kMultipart)) return parts.front();
    for (const auto& file : task.profile.files) parts.push_back(make(task, file));
    return multipart(parts);
}

Document url_document(const Task& task) {
    const auto& profile = task.profile;
    if (profile.is_pointer()) return {std::string(kUrl), profile.management_url};
    return {std::string(kUrl),
            url_of(task.shelf, profile, profile.body, task.enrolment.facts, task.now)};
}

Document document_of(const Task& task, Delivery delivery) {
    switch (delivery) {
        case Delivery::whole:
            return documents(task, inline_of);
        case Delivery::indirect:
            return documents(task, reference_of);
        case Delivery::url:
            return url_document(task);
        case Delivery::nothing:
            break;
    }
    return {std::string(kNothing), {}};
}

/// Equal where a device would be told the same.
std::uint64_t profile_fingerprint(std::uint64_t version, const DeviceProfile* profile,
                                  Delivery delivery) {
    std::string text = std::to_string(version) + ' ' + std::to_string(static_cast<int>(delivery));
    if (profile) text += key_of(profile->type, profile->name);
    return base::keyed_hash(kKey, text) | 1;
}

Composed nothing(std::uint64_t version) {
    Composed composed;
    composed.document.type = kNothing;
    composed.fingerprint = profile_fingerprint(version, nullptr, Delivery::nothing);
    return composed;
}

Composed composed_of(const Task& task) {
    const auto delivery = delivery_of(task);
    Composed composed;
    composed.document = document_of(task, delivery);
    composed.fingerprint =
        profile_fingerprint(task.shelf.profiles->version_of(task.profile), &task.profile, delivery);
    // Where nothing may be sent that is counted by who would have sent it.
    composed.is_secret = task.profile.is_secret && delivery != Delivery::indirect;
    const bool has_link =
        delivery == Delivery::indirect || (delivery == Delivery::url && !task.profile.is_pointer());
    // Whoever asks again gets a URL that is good for a while.
    if (has_link) composed.stale_at = task.now + task.shelf.link_life / 2;
    if (task.profile.effective_by && !composed.document.body.empty())
        composed.event_parameters = ";effective-by=" + std::to_string(*task.profile.effective_by);
    return composed;
}

/// What there is for the device, and whether a password would get it more.
struct Choice {
    ProfilePtr profile;
    bool wants_password = false;
};

Choice choice_for(const Enrolment& enrolment, const ProfileSet& profiles) {
    if (!enrolment.type) return {};
    Choice choice;
    choice.profile = profiles.choose(*enrolment.type, enrolment.facts, enrolment.is_anonymous);
    choice.wants_password = enrolment.is_anonymous &&
                            profiles.choose(*enrolment.type, enrolment.facts) != choice.profile;
    return choice;
}

/// UP-06. A network is nobody's.
bool is_known(const Enrolment& enrolment, const Asked& asked, const ProfileSet& profiles) {
    const auto type = enrolment.type.value_or(ProfileType::local_network);
    if (type == ProfileType::local_network) return true;
    if (type == ProfileType::user) return asked.is_known;
    return !enrolment.is_anonymous || profiles.names(type, enrolment.facts);
}

/// "192.0.2.0/24", in a list.
std::string check_network(std::string_view value, std::span<const std::string> /*earlier*/) {
    if (AddressBlock::parse(value)) return {};
    return "\"" + std::string(value) + "\" is no network, as 192.0.2.0/24 is";
}

class UaProfile final : public Package {
public:
    const Profile& profile() const noexcept override;
    std::span<const SettingKey> keys() const override;
    Result<SettingsPtr> settings(const Values& values) const override;
    Result<DocumentPtr> admit(const Document& body, const Settings* settings) const override;
    Result<std::string> manner(const Asked& asked) const override;
    Composed compose(const EventState& state, const View& view) const override;
};

const Profile& UaProfile::profile() const noexcept {
    static const Profile kProfile{.event = "ua-profile",
                                  .title = "Device profiles",
                                  .publish_types = {},
                                  .notify_types = {kNothing},
                                  .default_expires = 86400,
                                  .max_expires = 604800,
                                  .access = Access::enrolled,
                                  .has_manners = true,
                                  .is_enrolment = true,
                                  .section = "ua_profile",
                                  .reference = "RFC 6080"};
    return kProfile;
}

std::span<const SettingKey> UaProfile::keys() const {
    static const SettingKey kKeys[] = {
        {.name = "anonymous",
         .help = "Devices that have no password yet may have public profiles (RFC 6080 5.1.4.2); "
                 "else everybody is asked for one where sip.auth is \"digest\".",
         .standard = false,
         .is_reloadable = true},
        {.name = "accept_unknown",
         .help = "Devices and users that nobody knows get the profiles that are for anybody, or "
                 "wait for one; else they are refused.",
         .standard = false,
         .is_reloadable = true},
        {.name = "bootstrap_networks",
         .help =
             "Devices that ask from one of these networks, as \"192.0.2.0/24\", may have public "
             "profiles without a password, whether anybody knows them or not: where phones "
             "are unpacked. Only addresses that nobody outside can claim belong here.",
         .standard = std::vector<std::string>(),
         .is_reloadable = true,
         .check = check_network},
        {.name = "inline_up_to",
         .help = "Profiles up to this size are sent in the NOTIFY where the device accepts their "
                 "type; larger ones as a URL where it accepts message/external-body.",
         .standard = std::uint64_t{4096},
         .min = 0,
         .max = 65535,
         .unit = "bytes",
         .is_reloadable = true},
    };
    return kKeys;
}

Result<SettingsPtr> UaProfile::settings(const Values& values) const {
    auto settings = std::make_shared<ProfileSettings>();
    settings->admits_anonymous = values.flag("anonymous");
    settings->admits_unknown = values.flag("accept_unknown");
    settings->inline_up_to = values.number("inline_up_to");
    for (const auto& network : values.list("bootstrap_networks"))
        settings->bootstrap_networks.push_back(*AddressBlock::parse(network));
    return SettingsPtr(std::move(settings));
}

Result<DocumentPtr> UaProfile::admit(const Document&, const Settings*) const {
    return Fault{FaultKind::malformed, "Profiles are put over HTTP"};
}

Result<std::string> UaProfile::manner(const Asked& asked) const {
    auto enrolment = enrolment_of(asked);
    if (!enrolment) return enrolment.fault();
    static const ProfileShelf kEmpty = [] {
        ProfileShelf shelf;
        shelf.profiles = ProfileSet::of({});
        return shelf;
    }();
    const auto* given = shelf_of(asked.common);
    const auto& shelf = given ? *given : kEmpty;
    const auto& settings = settings_of(asked.settings);
    const auto choice = choice_for(*enrolment, *shelf.profiles);
    const bool is_bootstrap = settings.is_bootstrap(asked.address);
    const bool lets_in = settings.admits_anonymous || is_bootstrap;
    const bool asks_password = !lets_in || choice.wants_password;
    if (enrolment->is_anonymous && asked.can_prove && asks_password)
        return Fault{FaultKind::unauthenticated, "A password is needed"};
    if (enrolment->type == ProfileType::user && !asked.is_owner)
        return Fault{FaultKind::forbidden, "Not your profile"};
    const bool takes_anybody = settings.admits_unknown || is_bootstrap;
    if (!takes_anybody && !is_known(*enrolment, asked, *shelf.profiles))
        return Fault{FaultKind::forbidden, "Nobody knows this device or user"};
    if (choice.profile && !is_acceptable(*enrolment, *choice.profile, shelf))
        return Fault{FaultKind::not_acceptable, "The profile has another type"};
    return to_text(*enrolment);
}

Composed UaProfile::compose(const EventState& state, const View& view) const {
    const auto* shelf = shelf_of(state.common);
    if (!shelf) return nothing(0);
    const auto enrolment = enrolment_from(view.manner);
    // What confirmations are about: any change of a profile may be one for the watchers.
    if (!enrolment) return nothing(shelf->profiles->version());
    const auto choice = choice_for(*enrolment, *shelf->profiles);
    if (!choice.profile) return nothing(0);
    return composed_of(
        {*enrolment, *shelf, settings_of(state.settings), *choice.profile, state.now});
}

}  // namespace

bool ProfileSettings::is_bootstrap(std::string_view address) const {
    return std::any_of(bootstrap_networks.begin(), bootstrap_networks.end(),
                       [&](const AddressBlock& block) { return block.contains(address); });
}

std::string url_of(const ProfileShelf& shelf, const DeviceProfile& profile, const ProfileFile& file,
                   const DeviceFacts& facts, base::WallTime now) {
    ProfileLink link;
    link.type = profile.type;
    link.profile = profile.name;
    link.file = file.name;
    link.version = shelf.profiles->version_of(profile);
    link.expires_at = now + shelf.link_life;
    link.facts = facts;
    const auto& name = file.name.empty() ? profile.name : file.name;
    return shelf.url + "/p/" + token_of(link, shelf.key) + "/" + name;
}

const Package& ua_profile() {
    static const UaProfile package;
    return package;
}

}  // namespace herald::packages
