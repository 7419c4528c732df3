// server/provisioning/enrolments.cpp: devices that took a NOTIFY with their profile.
#include "server/provisioning/enrolments.h"

#include <string>
#include <string_view>
#include <utility>

#include "server/provisioning/known_devices.h"

namespace herald::server {

namespace {

/// As key_of_device(); empty: it gave itself no name.
std::string key_of(const packages::DeviceFacts& facts) {
    return facts.mac.empty() ? facts.instance : facts.mac;
}

/// The profile its device is told of, and its version; empty: another type's, or none.
std::string offered_to(const packages::Enrolment& enrolment, const packages::ProfileShelf& shelf) {
    if (enrolment.type != packages::ProfileType::device) return {};
    const auto profile =
        shelf.profiles->choose(*enrolment.type, enrolment.facts, enrolment.is_anonymous);
    return profile ? shelf.profiles->label_of(*profile) : std::string();
}

/// Not a reference to it, which is good for a while only.
bool is_whole(const packages::Composed& told) {
    return !told.stale_at && told.document.type != "application/url";
}

}  // namespace

/// Who proved nothing is known where the operator named the device, or the network it is in.
bool Enrolments::is_vouched_for(const packages::Enrolment& enrolment,
                                const packages::ProfileShelf* shelf) const {
    if (!enrolment.is_anonymous) return true;
    const auto& settings = context_.settings<packages::ProfileSettings>(packages::ua_profile());
    return settings.is_bootstrap(enrolment.facts.address) ||
           (shelf && enrolment.type && shelf->profiles->names(*enrolment.type, enrolment.facts));
}

void Enrolments::on_delivered(const Subscription& record, const packages::Composed* told) {
    const auto& resource = context_.resources[record.resource];
    if (resource.package != &packages::ua_profile()) return;
    const auto enrolment = packages::enrolment_from(resource.views[record.view].audience().manner);
    auto key = enrolment ? key_of(enrolment->facts) : std::string();
    if (key.empty()) return;
    const auto& installed = context_.resources.installed(packages::ua_profile());
    const auto* shelf = dynamic_cast<const packages::ProfileShelf*>(installed.common.get());
    const bool is_told = told && !told->document.body.empty();
    const auto& facts = enrolment->facts;
    DeviceEnrolment said{
        .mac = facts.mac,
        .aor = enrolment->is_anonymous ? std::string() : facts.aor,
        .model = {facts.vendor, facts.model, facts.version},
        .user_agent = facts.user_agent,
        .takes = enrolment->accepted,
        .offered = is_told && shelf ? offered_to(*enrolment, *shelf) : std::string(),
        .is_whole = is_told && is_whole(*told),
        .is_vouched = is_vouched_for(*enrolment, shelf)};
    const auto owner = address_of_device(key);
    context_.peers.post<KnownDevices>(
        owner, [key = std::move(key), said = std::move(said)](KnownDevices& known) {
            known.note_enrolment(key, said);
        });
}

}  // namespace herald::server
