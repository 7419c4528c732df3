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
/// The PIDF of somebody who has a call; nobody can publish it.
constexpr std::string_view kCallPidf = "application/vnd.herald.call-pidf+xml";

/// PIDF of who is on the phone, with `tuple`.
std::string call_document(std::string_view aor, std::string_view tuple) {
    std::string body =
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"";
    pidf::xml::append_escaped_attribute(body, aor);
    body.append("\">").append(tuple);
    body +=
        "<dm:person id=\"call\"><rpid:activities><rpid:on-the-phone/></rpid:activities>"
        "</dm:person></presence>";
    return body;
}

std::string open_tuple(std::string_view id, std::string_view aor) {
    std::string tuple("<tuple id=\"");
    tuple.append(id).append("\"><status><basic>open</basic></status><contact>");
    pidf::xml::append_escaped_text(tuple, aor);
    tuple += "</contact></tuple>";
    return tuple;
}

struct AdmittedPresence final : Admitted {
    explicit AdmittedPresence(pidf::Presence admitted) : presence(std::move(admitted)) {}
    pidf::Presence presence;
    bool is_of_caller = false;
};

/// A default counts only where there is nothing else, a registration only where nobody publishes
/// (CO-08, CO-10).
bool is_wanted(Rank rank, bool has_published, bool has_state) noexcept {
    if (rank == Rank::fallback) return !has_state;
    return rank != Rank::registration || !has_published;
}

const AdmittedPresence& presence_in(const Input& input) {
    return static_cast<const AdmittedPresence&>(*input.document);
}

/// A call beside what others say makes somebody on the phone, no device of its own (CO-11).
const pidf::Presence& contribution_of(const Input& input, bool is_alone) {
    static const pidf::Presence kOnThePhone = *pidf::parse_presence(call_document({}, {}));
    const auto& admitted = presence_in(input);
    return admitted.is_of_caller && !is_alone ? kOnThePhone : admitted.presence;
}

std::vector<pidf::Contribution> contributions_of(std::span<const Input> inputs) {
    const auto any = [inputs](auto matches) {
        return std::any_of(inputs.begin(), inputs.end(), matches);
    };
    const bool has_published =
        any([](const Input& input) { return input.rank == Rank::published; });
    const bool has_state = any([](const Input& input) { return input.rank != Rank::fallback; });
    const bool is_alone = !any([](const Input& input) {
        return input.document != nullptr && !presence_in(input).is_of_caller;
    });
    std::vector<pidf::Contribution> contributions;
    contributions.reserve(inputs.size());
    for (const Input& input : inputs) {
        if (input.document == nullptr || !is_wanted(input.rank, has_published, has_state)) continue;
        contributions.push_back({input.source, static_cast<int>(input.rank), input.arrived,
                                 &contribution_of(input, is_alone)});
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
            .withheld = Withheld::attributes,
            .is_ruled_by_default = true,
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
        auto admitted = std::make_shared<AdmittedPresence>(std::move(*presence));
        admitted->is_of_caller = body.type == kCallPidf;
        return DocumentPtr(std::move(admitted));
    }

    std::optional<std::string> sphere(std::span<const Admitted* const> documents) const override {
        pidf::Sphere sphere;
        for (const auto* document : documents)
            sphere.add(static_cast<const AdmittedPresence*>(document)->presence);
        return sphere.value();
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
    document.body.append("\">").append(open_tuple("reg", aor)).append("</presence>");
    return document;
}

Document presence_of_caller(std::string_view aor) {
    return {std::string(kCallPidf), call_document(aor, open_tuple("call", aor))};
}

const Package& presence() {
    static const Presence package;
    return package;
}

}  // namespace herald::packages
