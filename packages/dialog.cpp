// packages/dialog.cpp: the dialog event package (RFC 4235): lamps that tell the truth.
#include "packages/dialog.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "base/text_map.h"
#include "packages/dialog_manner.h"
#include "packages/lamps.h"
#include "pidf/permissions.h"

namespace herald::packages {
namespace {

/// The call of who has none, for phones that do not read a document without one.
constexpr std::string_view kDummy =
    "<dialog id=\"0\" direction=\"recipient\"><state>terminated</state></dialog>";

using pidf::DialogView;

/// Without rules everything is shown.
DialogView allowed(const View& view) {
    return view.permissions ? view.permissions->dialog_view : DialogView::full;
}

pidf::DialogDetail detail_of(DialogView allowed, const DialogManner& manner) {
    if (allowed == DialogView::full && manner.has_sessions) return pidf::DialogDetail::sessions;
    if (allowed == DialogView::full) return pidf::DialogDetail::full;
    return allowed == DialogView::state ? pidf::DialogDetail::identities
                                        : pidf::DialogDetail::state;
}

/// RFC 4235 has no state for a phone that is not there: an element beside the calls has it.
constexpr std::string_view kRegistered =
    "<registration xmlns=\"urn:herald:params:xml:ns:lamp\">active</registration>";
constexpr std::string_view kNotRegistered =
    "<registration xmlns=\"urn:herald:params:xml:ns:lamp\">terminated</registration>";

bool is_registered(const EventState& state) {
    return std::any_of(state.inputs.begin(), state.inputs.end(), [](const Input& input) {
        return input.rank == Rank::registration && !input.is_gone;
    });
}

constexpr base::HashKey kElementKey{0x68657261'6c642d64ULL, 0x69616c6f'67696e66ULL};

/// The elements of a document, and what they rely on.
class Elements {
public:
    explicit Elements(pidf::DialogDetail detail) : detail_(detail) {}

    /// Returns the fingerprint of what it adds.
    std::uint64_t add(const Lamp& lamp) {
        const auto& told = *lamp.told;
        prefixes_.add(told.prefixes);
        const bool is_as_told =
            lamp.id == told.id && lamp.state == told.state && lamp.event == told.event;
        if (is_as_told && is_written(told)) {
            text_ += lamp.element->text;
            return lamp.element->fingerprint;
        }
        const auto before = text_.size();
        if (is_as_told) {
            append_dialog(text_, told, detail_);
        } else {
            pidf::Dialog shown = told;
            shown.id = lamp.id;
            shown.state = lamp.state;
            shown.event = lamp.event;
            append_dialog(text_, shown, detail_);
        }
        return base::keyed_hash(kElementKey, std::string_view(text_).substr(before));
    }
    void reserve(std::size_t bytes) { text_.reserve(bytes); }
    void add(std::string_view element) { text_ += element; }
    void add_vanished(std::string_view id) { pidf::append_vanished(text_, id); }
    void cut(std::size_t size) { text_.resize(size); }
    const std::string& text() const noexcept { return text_; }
    pidf::xml::NamespaceSet prefixes() const noexcept { return prefixes_; }

private:
    /// Whether its element was written when it was told.
    bool is_written(const pidf::Dialog& told) const {
        if (detail_ == pidf::DialogDetail::full) return true;
        return detail_ == pidf::DialogDetail::sessions && told.local.session_description.empty() &&
               told.remote.session_description.empty();
    }

    pidf::DialogDetail detail_;
    std::string text_;
    pidf::xml::NamespaceSet prefixes_;
};

/// Whether a document of `view` tells of the end of a dialog.
bool is_told_ended(const Lamp& lamp, const View& view, base::WallTime now) {
    if (lamp.is_live()) return false;
    if (lamp.is_decayed) return now < lamp.until;
    return view.since != 0 && lamp.ended_at > view.since;
}

/// Of several calls the most important one.
bool is_single(const View& view, const EventState& state) {
    return allowed(view) == DialogView::virtual_ ||
           dialog_settings_of(state.settings).shown != ShownCalls::all;
}

/// Those that watchers of `manner` ask for.
std::vector<Lamp> asked_for(std::vector<Lamp> lamps, const DialogManner& manner) {
    const DialogFilter filter(manner);
    std::erase_if(lamps, [&](const Lamp& lamp) { return !filter.takes(*lamp.told); });
    return lamps;
}

/// The calls that are shown, best first; then those that ended and are told so.
std::vector<const Lamp*> shown_of(const std::vector<Lamp>& lamps, const View& view,
                                  const EventState& state) {
    std::vector<const Lamp*> shown;
    if (allowed(view) == DialogView::none) return shown;
    for (const Lamp& lamp : lamps) {
        if (lamp.is_live() || is_told_ended(lamp, view, state.now)) shown.push_back(&lamp);
    }
    if (is_single(view, state) && shown.size() > 1) shown.erase(shown.begin() + 1, shown.end());
    return shown;
}

bool is_before(const Listing::Entry& entry, std::string_view key) {
    return entry.key < key;
}

/// FreeSWITCH calls a document whole that names no call but the one that changed.
bool leaves_out_live(const pidf::DialogInfo& before, const pidf::DialogInfo& now) {
    return std::any_of(before.dialogs.begin(), before.dialogs.end(), [&](const auto& dialog) {
        return dialog.is_live() &&
               std::none_of(now.dialogs.begin(), now.dialogs.end(),
                            [&](const auto& named) { return named.id == dialog.id; });
    });
}

/// The calls that there are, as they are told.
std::shared_ptr<const Listing> listing_of(const std::vector<const Lamp*>& shown,
                                          pidf::DialogDetail detail) {
    auto listing = std::make_shared<Listing>();
    listing->entries.reserve(shown.size());
    Elements element(detail);
    for (const Lamp* lamp : shown) {
        if (!lamp->is_live()) continue;
        listing->entries.push_back({lamp->id, element.add(*lamp)});
        element.cut(0);
    }
    std::sort(listing->entries.begin(), listing->entries.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return listing;
}

bool is_known(const Listing& known, const Lamp& lamp, std::uint64_t fingerprint) {
    const auto found =
        std::lower_bound(known.entries.begin(), known.entries.end(), lamp.id, is_before);
    return found != known.entries.end() && found->key == lamp.id &&
           found->fingerprint == fingerprint;
}

/// What of `shown` differs from what is known, and what of that is there no more.
void add_changed(Elements& elements, const std::vector<const Lamp*>& shown, const Listing& known) {
    std::vector<std::string_view> ids;
    ids.reserve(shown.size());
    for (const Lamp* lamp : shown) {
        ids.push_back(lamp->id);
        const auto before = elements.text().size();
        const auto fingerprint = elements.add(*lamp);
        if (lamp->is_live() && is_known(known, *lamp, fingerprint)) elements.cut(before);
    }
    std::sort(ids.begin(), ids.end());
    for (const auto& entry : known.entries) {
        if (!std::binary_search(ids.begin(), ids.end(), std::string_view(entry.key)))
            elements.add_vanished(entry.key);
    }
}

void note_time(Composed& composed, const std::vector<Lamp>& lamps, base::WallTime now) {
    for (const Lamp& lamp : lamps) {
        composed.newest_item = std::max(composed.newest_item, lamp.ended_at);
        if (lamp.until > now && (!composed.stale_at || lamp.until < *composed.stale_at))
            composed.stale_at = lamp.until;
    }
}

const DialogInput& input_of(const Admitted& admitted) {
    return static_cast<const DialogInput&>(admitted);
}

std::string check_calls(std::string_view value, std::span<const std::string> /*earlier*/) {
    if (value == "all" || value == "single" || value == "confirmed_first") return {};
    return "\"" + std::string(value) +
           "\" is unknown, expected \"all\", \"single\" or \"confirmed_first\"";
}

/// "name user", the user where there is one.
DialogKeeper keeper_of(std::string_view text) {
    const auto [pbx, user, found] = base::split_once(text, ' ');
    return {std::string(pbx), std::string(user)};
}

ShownCalls shown_calls(const std::string& value) {
    return value == "all"      ? ShownCalls::all
           : value == "single" ? ShownCalls::single
                               : ShownCalls::confirmed_first;
}

class DialogPackage final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "dialog",
            .title = "Calls",
            .publish_types = {pidf::kDialogInfoType},
            .notify_types = {pidf::kDialogInfoType},
            .min_notify_interval = std::chrono::milliseconds(100),
            .access = Access::same_domain,
            .withheld = Withheld::call_details,
            .has_manners = true,
            .section = "dialog",
            .max_publications = 1024,
            .memory = std::chrono::seconds(300),
            .reference = "RFC 4235",
        };
        return profile;
    }

    std::span<const SettingKey> keys() const override;
    Result<SettingsPtr> settings(const Values& values) const override;

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        if (body.type == kDialogKeeperType) {
            auto admitted = std::make_shared<DialogInput>();
            admitted->keeper = keeper_of(body.body);
            return DocumentPtr(std::move(admitted));
        }
        auto info = pidf::parse_dialog_info(body.body);
        if (!info) return info.fault();
        return DocumentPtr(std::make_shared<DialogInput>(*std::move(info)));
    }

    /// The end of a dialog is told once.
    DocumentPtr date_items(DocumentPtr document, const Admitted* earlier,
                           std::uint64_t change) const override {
        const auto& dialogs = input_of(*document).info.dialogs;
        if (std::all_of(dialogs.begin(), dialogs.end(),
                        [](const auto& one) { return one.is_live(); }))
            return document;
        auto dated = std::make_shared<DialogInput>(input_of(*document));
        for (std::size_t i = 0; i < dated->info.dialogs.size(); ++i) {
            const auto& dialog = dated->info.dialogs[i];
            if (dialog.is_live() || is_late(dialog)) continue;
            dated->ended_at[i] = end_in(earlier, dialog).value_or(change);
        }
        return dated;
    }

    Result<std::optional<Document>> reconcile(const Admitted& told, const EventState& known,
                                              std::string_view source) const override {
        return reconciled(input_of(told), known, source);
    }

    std::optional<Document> remains(const Admitted& ended, Cause cause,
                                    const EventState& known) const override {
        return remains_of(input_of(ended), cause, known);
    }

    bool is_contradicted(const Admitted& remembered, const EventState& known) const override {
        return packages::is_contradicted(input_of(remembered), known);
    }

    Sequence sequence(const Document& earlier, const Document& told) const override {
        const auto before = pidf::parse_dialog_info(earlier.body);
        const auto now = pidf::parse_dialog_info(told.body);
        if (!before || !now || !before->version || !now->version) return Sequence::next;
        if (*now->version < *before->version) return Sequence::late;
        const bool is_missing_one = *now->version > std::uint64_t{*before->version} + 1;
        if (now->is_full ? leaves_out_live(*before, *now) : is_missing_one) return Sequence::gap;
        return Sequence::next;
    }

    Result<std::string> manner(const Asked& asked) const override {
        const auto manner =
            dialog_manner_of(asked, !dialog_settings_of(asked.settings).has_own_calls);
        if (!manner) return manner.fault();
        return to_text(*manner);
    }

    std::uint32_t default_expires(std::string_view manner) const override {
        constexpr std::uint32_t kOfOneCall = 7200;
        return dialog_manner_from(manner).is_about_one_call() ? kOfOneCall
                                                              : profile().default_expires;
    }

    Composed compose(const EventState& state, const View& view) const override {
        const auto manner = dialog_manner_from(view.manner);
        const auto lamps = asked_for(lamps_of(state), manner);
        const auto shown = shown_of(lamps, view, state);
        const auto detail = detail_of(allowed(view), manner);
        if (view.known != nullptr) {
            Elements changed(detail);
            add_changed(changed, shown, *view.known);
            if (!changed.text().empty()) {
                auto composed = partial_of(changed, state, view);
                note_time(composed, lamps, state.now);
                return composed;
            }
        }
        auto composed = whole_of(shown, state, view, detail);
        note_time(composed, lamps, state.now);
        if (manner.is_partial && !is_single(view, state))
            composed.listing = listing_of(shown, detail);
        return composed;
    }

private:
    /// Equal fingerprints are for whole documents to have.
    static Composed partial_of(Elements& changed, const EventState& state, const View& view) {
        changed.add(registration_of(state));
        return document_of(
            pidf::changed_dialog_info_of(changed.text(), view.entity, changed.prefixes()), view);
    }

    static Composed whole_of(const std::vector<const Lamp*>& shown, const EventState& state,
                             const View& view, pidf::DialogDetail detail) {
        Elements elements(detail);
        elements.reserve(size_of(shown));
        // What ended is no news by its disappearance.
        std::vector<std::uint64_t> live;
        live.reserve(shown.size() + 1);
        for (const Lamp* lamp : shown) {
            const auto fingerprint = elements.add(*lamp);
            if (lamp->is_live()) live.push_back(fingerprint);
        }
        if (elements.text().empty() && dialog_settings_of(state.settings).has_dummy)
            elements.add(kDummy);
        const auto registration = registration_of(state);
        elements.add(registration);
        auto composed = document_of(
            pidf::dialog_info_of(elements.text(), view.entity, elements.prefixes()), view);
        live.push_back(base::keyed_hash(kElementKey, registration));
        composed.fingerprint = base::keyed_hash(
            kElementKey,
            {reinterpret_cast<const char*>(live.data()), live.size() * sizeof(std::uint64_t)});
        return composed;
    }

    static std::size_t size_of(const std::vector<const Lamp*>& shown) {
        std::size_t bytes = 256;
        for (const Lamp* lamp : shown) bytes += lamp->element->text.size();
        return bytes;
    }

    static Composed document_of(pidf::VersionedText written, const View& view) {
        Composed composed{{std::string(view.type), std::move(written.text)}};
        composed.version_at = written.version_at;
        return composed;
    }

    static std::string_view registration_of(const EventState& state) {
        if (!dialog_settings_of(state.settings).has_registration) return {};
        return is_registered(state) ? kRegistered : kNotRegistered;
    }
    /// The change that a dialog ended with in what its source said before; nullopt: it is news.
    static std::optional<std::uint64_t> end_in(const Admitted* earlier, const pidf::Dialog& ended) {
        if (earlier == nullptr) return std::nullopt;
        const auto& input = input_of(*earlier);
        for (std::size_t i = 0; i < input.info.dialogs.size(); ++i) {
            const auto& dialog = input.info.dialogs[i];
            if (!dialog.is_live() && is_same_call(dialog, ended)) return input.ended_at[i];
        }
        return std::nullopt;
    }
    /// As one source tells of it. An id may be used again for another call; tags may come later.
    static bool is_same_call(const pidf::Dialog& a, const pidf::Dialog& b) {
        if (a.call_id != b.call_id) return false;
        return a.id == b.id || (!a.call_id.empty() && has_same_tags(a, b));
    }
};

std::span<const SettingKey> DialogPackage::keys() const {
    static const SettingKey kKeys[] = {
        {.name = "dummy",
         .help = "Who has no call is shown with one that is over: many phones do not read a "
                 "document without a call, and leave their lamp as it was.",
         .standard = true,
         .is_reloadable = true},
        {.name = "calls",
         .help = "Of several calls, watchers see \"all\"; or a \"single\" one, ringing before "
                 "answered; or with \"confirmed_first\" answered before ringing.",
         .standard = std::string("all"),
         .is_reloadable = true,
         .check = check_calls},
        {.name = "max_age",
         .help = "A call is taken for over so long after its source last said anything of it.",
         .standard = std::uint64_t{86400},
         .min = 60,
         .max = 604800,
         .unit = "s",
         .is_reloadable = true},
        {.name = "max_early_age",
         .help = "... a call that was not answered.",
         .standard = std::uint64_t{600},
         .min = 10,
         .max = 86400,
         .unit = "s",
         .is_reloadable = true},
        {.name = "suspicious",
         .help = "Lamps that have been lit for longer are counted, and listed by herald dialogs "
                 "--suspicious.",
         .standard = std::uint64_t{14400},
         .min = 60,
         .max = 604800,
         .unit = "s",
         .is_reloadable = true},
        {.name = "own_calls",
         .help = "A phone is also told of the calls that it has itself with who is watched.",
         .standard = true},
        {.name = "on_the_phone",
         .help = "Somebody with a call is \"on the phone\" to those who watch his presence.",
         .standard = true},
        {.name = "registration",
         .help = "Whether somebody's phone is registered is told beside his calls, in an element "
                 "that few phones know.",
         .standard = false},
    };
    return kKeys;
}

Result<SettingsPtr> DialogPackage::settings(const Values& values) const {
    auto settings = std::make_shared<DialogSettings>();
    settings->has_dummy = values.flag("dummy");
    settings->shown = shown_calls(values.text("calls"));
    settings->max_age = std::chrono::seconds(values.number("max_age"));
    settings->max_early_age = std::chrono::seconds(values.number("max_early_age"));
    settings->suspicious = std::chrono::seconds(values.number("suspicious"));
    settings->has_registration = values.flag("registration");
    settings->has_own_calls = values.flag("own_calls");
    settings->is_on_the_phone = values.flag("on_the_phone");
    return SettingsPtr(std::move(settings));
}

}  // namespace

DialogInput::DialogInput(pidf::DialogInfo told)
    : info(std::move(told)), elements(info.dialogs.size()), ended_at(info.dialogs.size()) {
    for (std::size_t i = 0; i < info.dialogs.size(); ++i) {
        auto& element = elements[i];
        append_dialog(element.text, info.dialogs[i], pidf::DialogDetail::full);
        element.text.shrink_to_fit();
        element.fingerprint = base::keyed_hash(kElementKey, element.text);
        element.id_hash = base::NameHash()(info.dialogs[i].id);
        element.name_hash = hash_of_name(info.dialogs[i]);
    }
}

std::string to_text(const DialogKeeper& keeper) {
    return keeper.user.empty() ? keeper.pbx : keeper.pbx + ' ' + keeper.user;
}

Document dialogs_of_registered(std::string_view aor) {
    return {std::string(pidf::kDialogInfoType),
            to_text(pidf::DialogInfo{true, std::string(aor), {}, {}})};
}

const DialogSettings& dialog_settings_of(const Settings* settings) {
    static const DialogSettings defaults;
    return settings ? static_cast<const DialogSettings&>(*settings) : defaults;
}

const Package& dialog() {
    static const DialogPackage package;
    return package;
}

}  // namespace herald::packages
