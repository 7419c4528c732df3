// packages/conference.cpp: the conference event package (RFC 4575): who is in a conference.
//
// Its focus publishes, whole documents or what changed; watchers are told all of it.
#include <algorithm>
#include <tuple>

#include "base/id.h"
#include "packages/package.h"
#include "pidf/conference_info.h"

namespace herald::packages {
namespace {

struct AdmittedConference final : Admitted {
    explicit AdmittedConference(pidf::ConferenceInfo admitted) : info(std::move(admitted)) {}
    pidf::ConferenceInfo info;
};

const pidf::ConferenceInfo& info_of(const Admitted& admitted) {
    return static_cast<const AdmittedConference&>(admitted).info;
}

/// A conference has one focus: of several documents the latest counts.
const Input* latest_of(std::span<const Input> inputs) {
    const Input* latest = nullptr;
    const auto key = [](const Input& input) {
        return std::tuple(input.arrived, input.changed, input.source.size(), input.source);
    };
    for (const Input& input : inputs) {
        if (input.document == nullptr || input.is_gone) continue;
        if (latest == nullptr || key(*latest) < key(input)) latest = &input;
    }
    return latest;
}

class Conference final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "conference",
            .title = "Conferences",
            .publish_types = {pidf::kConferenceInfoType},
            .notify_types = {pidf::kConferenceInfoType},
            .min_notify_interval = std::chrono::seconds(5),
            .access = Access::same_domain,
            .is_published_by_owner = false,
            .publisher_supersedes = true,
            .max_body = 131072,
            .reference = "RFC 4575",
        };
        return profile;
    }

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        auto info = pidf::parse_conference_info(body.body);
        if (!info) return info.fault();
        return DocumentPtr(std::make_shared<AdmittedConference>(std::move(*info)));
    }

    /// What changed is merged into what the focus said before; a conference that is deleted has
    /// nobody in it.
    Result<std::optional<Document>> reconcile(const Admitted& told, const EventState& known,
                                              std::string_view source) const override {
        const auto& info = info_of(told);
        if (info.is_full()) return std::optional<Document>();
        pidf::ConferenceInfo earlier;
        earlier.root.name = "conference-info";
        for (const Input& input : known.inputs) {
            if (input.document != nullptr && input.source == source && !source.empty())
                earlier = info_of(*input.document);
        }
        if (info.root.state == pidf::ElementState::deleted) earlier.root.children.clear();
        const auto whole = pidf::merged(earlier, info);
        auto written = pidf::to_text(&whole, known.aor);
        written.text.insert(written.version_at, "0");
        return std::optional(
            Document{std::string(pidf::kConferenceInfoType), std::move(written.text)});
    }

    Composed compose(const EventState& state, const View& view) const override {
        const Input* latest = latest_of(state.inputs);
        auto written = pidf::to_text(latest ? &info_of(*latest->document) : nullptr, view.entity);
        Composed composed{{std::string(view.type), std::move(written.text)}};
        composed.version_at = written.version_at;
        constexpr base::HashKey kFixed{0x68657261'6c642d63ULL, 0x6f6e6665'72656e63ULL};
        composed.fingerprint = base::keyed_hash(kFixed, composed.document.body);
        return composed;
    }
};

}  // namespace

const Package& conference() {
    static const Conference package;
    return package;
}

}  // namespace herald::packages
