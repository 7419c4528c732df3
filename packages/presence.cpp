// packages/presence.cpp: the presence event package (RFC 3856): PIDF in, composed PIDF or older
// formats out.
#include "packages/presence.h"

#include <algorithm>

#include "pidf/compose.h"
#include "pidf/permissions.h"
#include "pidf/xml.h"
#include "pidf/xpidf.h"

namespace herald::packages {
namespace {

constexpr std::string_view kPidf = "application/pidf+xml";
/// The same document under its draft's name: some Cisco phones ask for it.
constexpr std::string_view kCpimPidf = "application/cpim-pidf+xml";
constexpr std::string_view kXpidf = "application/xpidf+xml";

struct AdmittedPresence final : Admitted {
    explicit AdmittedPresence(pidf::Presence admitted) : presence(std::move(admitted)) {}
    pidf::Presence presence;
};

/// A default counts only where there is nothing else, a registration only where nobody publishes
/// (CO-08, CO-10).
bool is_wanted(Rank rank, bool has_published, bool has_state) noexcept {
    if (rank == Rank::fallback) return !has_state;
    return rank != Rank::registration || !has_published;
}

std::vector<pidf::Contribution> contributions_of(std::span<const Input> inputs) {
    const auto any = [inputs](auto matches) {
        return std::any_of(inputs.begin(), inputs.end(), matches);
    };
    const bool has_published =
        any([](const Input& input) { return input.rank == Rank::published; });
    const bool has_state = any([](const Input& input) { return input.rank != Rank::fallback; });
    std::vector<pidf::Contribution> contributions;
    contributions.reserve(inputs.size());
    for (const Input& input : inputs) {
        if (input.document == nullptr || !is_wanted(input.rank, has_published, has_state)) continue;
        const auto& admitted = static_cast<const AdmittedPresence&>(*input.document);
        contributions.push_back(
            {input.source, static_cast<int>(input.rank), input.arrived, &admitted.presence});
    }
    return contributions;
}

/// A day.
constexpr std::uint64_t kLongestGrace = 86400;

class Presence final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "presence",
            .title = "Presence",
            .publish_types = {kPidf},
            .notify_types = {kPidf, kCpimPidf, kXpidf},
            .access = Access::same_domain,
            .publisher_supersedes = true,
            .section = "presence",
            .reference = "RFC 3856",
        };
        return profile;
    }

    std::span<const SettingKey> keys() const override {
        static const SettingKey kKeys[] = {
            {.name = "from_registrations",
             .help = "true: who has a contact registered and publishes nothing is shown as open.",
             .standard = false},
            {.name = "registration_grace",
             .help = "A device whose connection or registration ends shows as gone after this "
                     "time, unless it comes back; one that unregisters at once.",
             .standard = std::uint64_t{10},
             .max = kLongestGrace,
             .unit = "s",
             .is_reloadable = true},
        };
        return kKeys;
    }

    Result<SettingsPtr> settings(const Values& values) const override {
        auto settings = std::make_shared<PresenceSettings>();
        settings->from_registrations = values.flag("from_registrations");
        settings->registration_grace =
            static_cast<std::uint32_t>(values.number("registration_grace"));
        return SettingsPtr(std::move(settings));
    }

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        Result<pidf::Presence> presence = pidf::parse_presence(body.body);
        if (!presence) return presence.fault();
        return DocumentPtr(std::make_shared<AdmittedPresence>(std::move(*presence)));
    }

    Composed compose(const EventState& state, const View& view) const override {
        pidf::Composition composition = pidf::resolve(contributions_of(state.inputs), state.now);
        if (view.permissions && !view.permissions->is_fabricated)
            composition = pidf::filtered(std::move(composition), *view.permissions, state.aor);
        pidf::Rendered rendered = view.type == kXpidf
                                      ? pidf::render_xpidf(composition, view.entity, state.aor)
                                      : pidf::render_pidf(composition, view.entity, state.aor);
        return {{std::string(view.type), std::move(rendered.body)},
                rendered.fingerprint,
                composition.stale_at};
    }
};

}  // namespace

Document presence_of_registered(std::string_view aor) {
    Document document{std::string(kPidf),
                      "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\""};
    pidf::xml::append_escaped_attribute(document.body, aor);
    document.body += "\"><tuple id=\"reg\"><status><basic>open</basic></status><contact>";
    pidf::xml::append_escaped_text(document.body, aor);
    document.body += "</contact></tuple></presence>";
    return document;
}

void SphereOf::add(const Admitted& document) {
    sphere_.add(static_cast<const AdmittedPresence&>(document).presence);
}

const Package& presence() {
    static const Presence package;
    return package;
}

}  // namespace herald::packages
