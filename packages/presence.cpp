// packages/presence.cpp: the presence event package (RFC 3856): PIDF in, composed PIDF or older
// formats out.
#include "packages/presence.h"

#include <algorithm>
#include <optional>
#include <utility>

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

const PresenceSettings& presence_settings(const EventState& state) {
    static const PresenceSettings kStandard;
    return state.settings ? static_cast<const PresenceSettings&>(*state.settings) : kStandard;
}

/// What presence.sources calls a rank; empty for those that have their place without it.
std::string_view rank_name(Rank rank) noexcept {
    if (rank == Rank::published) return "published";
    if (rank == Rank::derived) return "calls";
    if (rank == Rank::hard) return "permanent";
    return rank == Rank::registration ? "registration" : "";
}

constexpr int kOverride = 10000;
constexpr int kDecayed = -10000;
constexpr int kFallback = -20000;

/// Places in presence.sources: the higher the number, the sooner it counts. A publisher that is
/// named has the place of its name.
int place_of(const Input& input, const std::vector<std::string>& sources) {
    if (input.rank == Rank::override_) return kOverride;
    if (input.rank == Rank::fallback) return kFallback;
    const auto place = [&](std::string_view name) {
        const auto at = std::find(sources.begin(), sources.end(), name);
        return at == sources.end() ? 0 : static_cast<int>(sources.end() - at);
    };
    if (const int own = input.publisher.empty() ? 0 : place(input.publisher)) return own;
    return place(rank_name(input.rank));
}

/// One input as it is composed, or why it is not.
struct Weighed {
    const Input* input = nullptr;
    pidf::Contribution contribution;
    bool is_wanted = false;
    bool is_silent = false;
};

std::vector<Weighed> weigh(const EventState& state) {
    const auto any = [&](auto matches) {
        return std::any_of(state.inputs.begin(), state.inputs.end(), matches);
    };
    const auto& settings = presence_settings(state);
    const bool has_published =
        any([](const Input& input) { return input.rank == Rank::published; });
    const bool has_state = any([](const Input& input) { return input.rank != Rank::fallback; });
    const bool is_alone = !any([](const Input& input) {
        return input.document != nullptr && !presence_in(input).is_of_caller;
    });
    std::vector<Weighed> all;
    all.reserve(state.inputs.size());
    for (const Input& input : state.inputs) {
        if (input.document == nullptr) continue;
        const bool is_silent = settings.decay > 0 && input.rank != Rank::fallback &&
                               input.arrived + std::chrono::seconds(settings.decay) <= state.now;
        const int rank = place_of(input, settings.sources) + (is_silent ? kDecayed : 0);
        all.push_back({&input,
                       {input.source, rank, input.arrived, &contribution_of(input, is_alone)},
                       is_wanted(input.rank, has_published, has_state),
                       is_silent});
    }
    return all;
}

std::vector<pidf::Contribution> contributions_of(const std::vector<Weighed>& all) {
    std::vector<pidf::Contribution> contributions;
    contributions.reserve(all.size());
    for (const auto& each : all) {
        if (each.is_wanted) contributions.push_back(each.contribution);
    }
    return contributions;
}

pidf::Policy policy_of(CompositionPolicy policy) noexcept {
    using Persons = pidf::Policy::Persons;
    pidf::Policy made;
    if (policy == CompositionPolicy::unite) made.persons = Persons::unite;
    if (policy == CompositionPolicy::keep_all) made.persons = Persons::keep_all;
    made.is_best_alone = policy == CompositionPolicy::best_alone;
    made.any_open = policy == CompositionPolicy::most_available;
    return made;
}

/// When a source that speaks now will have been silent for too long.
std::optional<base::WallTime> next_silence(const EventState& state,
                                           const std::vector<Weighed>& all) {
    std::optional<base::WallTime> next;
    const std::chrono::seconds decay(presence_settings(state).decay);
    for (const auto& each : all) {
        if (decay.count() == 0 || each.is_silent || each.input->rank == Rank::fallback) continue;
        const auto then = each.input->arrived + decay;
        if (!next || then < *next) next = then;
    }
    return next;
}

pidf::Composition composition_of(const EventState& state) {
    const auto all = weigh(state);
    auto composition = pidf::resolve(contributions_of(all), state.now,
                                     policy_of(presence_settings(state).composition));
    const auto silence = next_silence(state, all);
    if (silence && (!composition.stale_at || *silence < *composition.stale_at))
        composition.stale_at = silence;
    return composition;
}

constexpr std::string_view kPolicies[] = {"merge", "union", "most-available", "override",
                                          "keep-all"};

std::string check_policy(std::string_view value, std::span<const std::string> /*earlier*/) {
    if (std::find(std::begin(kPolicies), std::end(kPolicies), value) != std::end(kPolicies))
        return {};
    return "expected merge, union, most-available, override or keep-all";
}

std::string check_source(std::string_view value, std::span<const std::string> earlier) {
    const std::string_view names[] = {"published", "calls", "permanent", "registration"};
    const bool is_known = std::find(std::begin(names), std::end(names), value) != std::end(names);
    const bool is_address = value.starts_with("sip:") && value.find('@') != std::string_view::npos;
    if (!is_known && !is_address)
        return "expected published, calls, permanent, registration, or the address of a publisher "
               "like sip:calendar@example.com";
    if (std::find(earlier.begin(), earlier.end(), value) != earlier.end()) return "twice";
    return {};
}

/// A day.
constexpr std::uint64_t kLongestGrace = 86400;
constexpr std::uint64_t kLongestDecay = 30 * 86400;

/// Says how a document came about, for who has to explain it.
class Steps {
public:
    Steps(const EventState& state, std::vector<Weighed> inputs, pidf::Composition composition)
        : state_(state), inputs_(std::move(inputs)), composition_(std::move(composition)) {}

    std::vector<std::string> run() {
        const auto& settings = presence_settings(state_);
        lines_.push_back("composed by \"" +
                         std::string(kPolicies[static_cast<std::size_t>(settings.composition)]) +
                         "\" (presence.composition)");
        std::stable_sort(inputs_.begin(), inputs_.end(), [](const auto& a, const auto& b) {
            return std::pair(b.contribution.rank, b.contribution.arrived) <
                   std::pair(a.contribution.rank, a.contribution.arrived);
        });
        for (const auto& each : inputs_) input(each);
        for (const auto& tuple : composition_.tuples) part("tuple", tuple);
        for (const auto& person : composition_.persons) part("person", person);
        for (const auto& device : composition_.devices) part("device", device);
        if (composition_.is_empty())
            lines_.emplace_back("nothing is known: one closed tuple stands for that");
        return std::move(lines_);
    }

private:
    static std::string name_in(const Input& input) {
        return std::string(input.publisher.empty() ? input.source : input.publisher);
    }

    void input(const Weighed& each) {
        std::string line = "counts ";
        line += each.is_wanted ? std::to_string(++taken_) + ": " : "not: ";
        line += name_in(*each.input);
        if (const auto name = rank_name(each.input->rank); !name.empty())
            line.append(" (").append(name).append(")");
        if (each.is_silent) line += ", silent for longer than presence.decay";
        if (!each.is_wanted && each.input->rank == Rank::registration)
            line += ", because somebody publishes";
        if (!each.is_wanted && each.input->rank == Rank::fallback)
            line += ", because something is known";
        lines_.push_back(std::move(line));
    }

    std::string source_of(const pidf::Presence* presence) const {
        for (const auto& each : inputs_) {
            if (each.contribution.presence == presence) return name_in(*each.input);
        }
        return {};
    }

    /// Who says what of it: "tuple t1: status by sip:a@x; note by sip:b@x".
    void part(std::string_view kind, const pidf::Part& part) {
        std::string line(kind);
        line.append(" ").append(part.id).append(":");
        std::string_view before;
        for (const auto& piece : composition_.pieces_of(part)) {
            const auto group = piece.presence->view(piece.piece->group);
            if (std::exchange(before, group) == group) continue;
            line.append(line.back() == ':' ? " " : "; ").append(group);
            line.append(" by ").append(source_of(piece.presence));
        }
        lines_.push_back(std::move(line));
    }

    const EventState& state_;
    std::vector<Weighed> inputs_;
    const pidf::Composition composition_;
    std::vector<std::string> lines_;
    std::size_t taken_ = 0;
};

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
            {.name = "composition",
             .help = "How what several sources say becomes one document. \"merge\": of what "
                     "contradicts each other the first in precedence counts; \"union\": of "
                     "activities and moods all; \"most-available\": an open source before a closed "
                     "one; \"override\": the first source alone; \"keep-all\": every person as "
                     "published.",
             .standard = std::string("merge"),
             .check = check_policy},
            {.name = "sources",
             .help = "Which sources come first in precedence, from high to low: published, calls, "
                     "permanent (set over HTTP), registration, and addresses of publishers, whose "
                     "documents have a place of their own.",
             .standard =
                 std::vector<std::string>{"published", "calls", "permanent", "registration"},
             .check = check_source},
            {.name = "decay",
             .help = "A source that said nothing new for this time comes after all others; "
                     "refreshing says nothing new. 0: never.",
             .standard = std::uint64_t{0},
             .max = kLongestDecay,
             .unit = "s"},
        };
        return kKeys;
    }

    Result<SettingsPtr> settings(const Values& values) const override {
        auto settings = std::make_shared<PresenceSettings>();
        settings->from_registrations = values.flag("from_registrations");
        settings->registration_grace =
            static_cast<std::uint32_t>(values.number("registration_grace"));
        const auto policy =
            std::find(std::begin(kPolicies), std::end(kPolicies), values.text("composition"));
        settings->composition = static_cast<CompositionPolicy>(policy - std::begin(kPolicies));
        settings->sources = values.list("sources");
        settings->decay = static_cast<std::uint32_t>(values.number("decay"));
        return SettingsPtr(std::move(settings));
    }

    std::span<const std::string_view> tolerances() const override {
        return pidf::tolerance_names();
    }

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        Result<pidf::Presence> presence = pidf::parse_presence(body.body);
        if (!presence) return presence.fault();
        auto admitted = std::make_shared<AdmittedPresence>(std::move(*presence));
        admitted->put_right = admitted->presence.put_right();
        admitted->is_of_caller = body.type == kCallPidf;
        return DocumentPtr(std::move(admitted));
    }

    std::optional<std::string> sphere(std::span<const Admitted* const> documents) const override {
        pidf::Sphere sphere;
        for (const auto* document : documents)
            sphere.add(static_cast<const AdmittedPresence*>(document)->presence);
        return sphere.value();
    }

    std::vector<std::string> steps(const EventState& state) const override {
        return Steps(state, weigh(state), composition_of(state)).run();
    }

    Composed compose(const EventState& state, const View& view) const override {
        pidf::Composition composition = composition_of(state);
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
