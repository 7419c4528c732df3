// tests/sample/door.cpp: a sample event package: who publishes "open" or "closed" says so of a door
// of theirs, and watchers see it. See docs/adding-a-package.md.
#include "tests/sample/door.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"

namespace herald::packages {
namespace {

constexpr std::string_view kDoorType = "text/vnd.example.door";

struct DoorState final : Admitted {
    std::string text;
};

std::string check_unknown(std::string_view value, std::span<const std::string> /*earlier*/) {
    return value.empty() ? "a door has some state" : std::string();
}

class Door final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "door",
            .title = "Doors",
            .publish_types = {kDoorType},
            .notify_types = {kDoorType},
            .access = Access::same_domain,
            .section = "door",
            .reference = "a sample",
        };
        return profile;
    }

    std::span<const SettingKey> keys() const override {
        static const SettingKey kKeys[] = {
            {.name = "unknown",
             .help = "What is said of a door that nobody published.",
             .standard = std::string("closed"),
             .check = check_unknown},
            {.name = "closes_after",
             .help = "A door left open is closed after this time; 0: it stays open.",
             .standard = std::uint64_t{0},
             .max = 86400,
             .unit = "s",
             .is_reloadable = true},
        };
        return kKeys;
    }

    Result<SettingsPtr> settings(const Values& values) const override {
        auto settings = std::make_shared<DoorSettings>();
        settings->unknown = values.text("unknown");
        settings->closes_after = static_cast<std::uint32_t>(values.number("closes_after"));
        if (settings->unknown == "ajar")
            return Fault{FaultKind::invalid_configuration, "unknown: a door is open or closed"};
        return SettingsPtr(std::move(settings));
    }

    Result<DocumentPtr> admit(const Document& body, const Settings*) const override {
        auto state = std::make_shared<DoorState>();
        state->text = base::trim(body.body);
        if (state->text != "open" && state->text != "closed")
            return Fault{FaultKind::malformed, "a door is open or closed"};
        return DocumentPtr(std::move(state));
    }

    Composed compose(const EventState& state, const View& view) const override {
        std::string text = static_cast<const DoorSettings&>(*state.settings).unknown;
        const auto latest =
            std::max_element(state.inputs.begin(), state.inputs.end(),
                             [](const Input& a, const Input& b) { return a.arrived < b.arrived; });
        if (latest != state.inputs.end())
            text = static_cast<const DoorState&>(*latest->document).text;
        constexpr base::HashKey kFixed{1, 2};
        const auto fingerprint = base::keyed_hash(kFixed, text);
        return {{std::string(view.type), std::move(text)}, fingerprint};
    }
};

}  // namespace

const Package& door() {
    static const Door package;
    return package;
}

}  // namespace herald::packages
