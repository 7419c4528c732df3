// packages/reg.cpp: the reg event package (RFC 3680, GRUUs RFC 5628): who is registered where.
//
// Bindings come from the registrar; registrars elsewhere publish whole reginfo documents.
#include <algorithm>
#include <cassert>
#include <map>

#include "base/id.h"
#include "base/text.h"
#include "packages/package.h"
#include "packages/registration.h"
#include "pidf/reginfo.h"

namespace herald::packages {
namespace {

using pidf::ContactEvent;
using pidf::RegisteredContact;
using pidf::RegistrationElement;
using pidf::RegistrationState;

struct AdmittedReginfo final : Admitted {
    explicit AdmittedReginfo(pidf::Reginfo admitted) : reginfo(std::move(admitted)) {}
    pidf::Reginfo reginfo;
};

/// Contacts of one address-of-record by id.
using Contacts = std::map<std::string, RegisteredContact>;
/// The contacts of several, by address-of-record: a publisher may tell of an implicit set (RFC 3680
/// 5).
using Registrations = std::map<std::string, Contacts>;

ContactEvent event_of(Cause cause) noexcept {
    switch (cause) {
        case Cause::made:
            return ContactEvent::registered;
        case Cause::created:
            return ContactEvent::created;
        case Cause::refreshed:
            return ContactEvent::refreshed;
        case Cause::shortened:
            return ContactEvent::shortened;
        case Cause::expired:
            return ContactEvent::expired;
        case Cause::removed:
            return ContactEvent::unregistered;
        case Cause::deactivated:
            return ContactEvent::deactivated;
        case Cause::probation:
            return ContactEvent::probation;
        case Cause::rejected:
            return ContactEvent::rejected;
    }
    return ContactEvent::registered;
}

/// RFC 8599 4.1: push credentials are nobody else's business.
std::string without_push_parameters(std::string_view uri) {
    auto [before, rest, found] = base::split_once(uri, ';');
    std::string kept(before);
    while (found) {
        const auto split = base::split_once(rest, ';');
        const auto headers = std::min(split.before.find('?'), split.before.size());
        // A user part may hold ; and what looks like a parameter (RFC 3261 25.1).
        const bool is_user = split.before.find('@') < headers;
        if (is_user || !base::istarts_with(split.before, "pn-")) {
            (kept += ';') += split.before;
        } else {
            kept += split.before.substr(headers);
        }
        rest = split.after;
        found = split.found;
    }
    return kept;
}

std::string unquoted(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
    std::string text;
    for (std::size_t i = 1; i + 1 < value.size(); ++i) {
        if (value[i] == '\\' && i + 2 < value.size()) ++i;
        text += value[i];
    }
    return text;
}

RegisteredContact contact_of(const Binding& binding, const Input& input, base::WallTime now) {
    RegisteredContact contact;
    contact.id = input.source;
    contact.is_active = !input.is_gone;
    contact.event = event_of(input.cause);
    // Not zero, which would say that it is gone.
    if (contact.is_active && binding.expires_at != base::WallTime{}) {
        const auto left = binding.expires_at - now + std::chrono::milliseconds(999);
        contact.expires = std::max(1U, base::whole_seconds(left));
    }
    if (input.cause == Cause::probation) contact.retry_after = input.retry_after;
    contact.duration_registered = base::whole_seconds(now - binding.created);
    contact.call_id = binding.call_id;
    if (!binding.call_id.empty()) contact.cseq = binding.cseq;
    contact.uri = without_push_parameters(binding.contact);
    contact.display_name = unquoted('"' + binding.display_name + '"');
    for (const std::string& one : binding.parameters) {
        const auto parts = base::split_once(one, '=');
        if (base::iequals(parts.before, "q")) {
            contact.q = parts.after;
        } else {
            contact.parameters.emplace_back(parts.before, unquoted(parts.after));
        }
    }
    contact.public_gruu = binding.public_gruu;
    if (contact.is_active) contact.temporary_gruu = binding.temporary_gruu;
    contact.first_cseq = binding.first_cseq;
    return contact;
}

/// The contacts of one input, each with an id of its own among all inputs.
void add_contacts(Registrations& to, const Input& input, const EventState& state) {
    assert(input.document);
    if (const auto* binding = dynamic_cast<const Binding*>(input.document)) {
        to[std::string(state.aor)].emplace(input.source, contact_of(*binding, input, state.now));
        return;
    }
    const auto& reginfo = static_cast<const AdmittedReginfo&>(*input.document).reginfo;
    for (const RegistrationElement& registration : reginfo.registrations) {
        const bool is_own =
            reginfo.registrations.size() == 1 || base::iequals(registration.aor, state.aor);
        Contacts& contacts = to[is_own ? std::string(state.aor) : registration.aor];
        for (RegisteredContact contact : registration.contacts) {
            contact.id = std::string(input.source) + '.' + contact.id;
            if (input.is_gone && contact.is_active) contact.event = event_of(input.cause);
            if (input.is_gone) contact.is_active = false;
            const std::string id = contact.id;
            contacts.emplace(id, std::move(contact));
        }
    }
}

bool is_terminated(const Contacts::value_type& entry) {
    return !entry.second.is_active;
}

/// The contacts that are registered now.
Registrations whole(const EventState& state) {
    Registrations all;
    all[std::string(state.aor)];
    for (const Input& input : state.inputs) {
        if (input.document != nullptr && !input.is_gone) add_contacts(all, input, state);
    }
    for (auto& [aor, contacts] : all) {
        std::erase_if(contacts, [](const auto& entry) { return is_terminated(entry); });
    }
    return all;
}

/// The contacts that changed after `since`; one that is gone is listed once.
Registrations changes(const EventState& state, std::uint64_t since) {
    Registrations changed;
    for (const Input& input : state.inputs) {
        if (input.document != nullptr && !input.is_gone && input.changed > since)
            add_contacts(changed, input, state);
    }
    Registrations gone;
    for (auto input = state.inputs.rbegin(); input != state.inputs.rend(); ++input) {
        if (input->document != nullptr && input->is_gone && input->changed > since)
            add_contacts(gone, *input, state);
    }
    const Registrations now = whole(state);
    for (auto& [aor, contacts] : gone) {
        const auto there = now.find(aor);
        for (auto& [id, contact] : contacts) {
            if (there != now.end() && there->second.count(id) > 0) continue;
            changed[aor].emplace(id, std::move(contact));
        }
    }
    return changed;
}

RegistrationState state_of(const Contacts& present, const Contacts& shown) {
    if (!present.empty()) return RegistrationState::active;
    return shown.empty() ? RegistrationState::init : RegistrationState::terminated;
}

/// Equal for documents that differ only by the passing of time.
std::uint64_t registrations_fingerprint(const Registrations& registrations) {
    std::string text;
    for (const auto& [aor, contacts] : registrations) {
        text.append(aor).append("\n");
        for (const auto& [id, contact] : contacts) {
            text.append(id).append(" ").append(contact.uri).append(" ").append(contact.call_id);
            text.append(" ").append(std::to_string(contact.cseq.value_or(0)));
            text.append(" ").append(pidf::name_of(contact.event)).append("\n");
        }
    }
    constexpr base::HashKey kFixed{0x68657261'6c642d72ULL, 0x65672d69'6e666f00ULL};
    return base::keyed_hash(kFixed, text);
}

class Reg final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "reg",
            .title = "Registrations",
            .publish_types = {pidf::kReginfoType},
            .notify_types = {pidf::kReginfoType},
            .default_expires = 3761,
            .max_expires = 86400,
            .min_notify_interval = std::chrono::seconds(5),
            .access = Access::owner,
            .is_published_by_owner = false,
            .is_partial = true,
            .publisher_supersedes = true,
            .is_registration = true,
            .reference = "RFC 3680",
        };
        return profile;
    }

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        Result<pidf::Reginfo> reginfo = pidf::parse_reginfo(body.body);
        if (!reginfo) return reginfo.fault();
        if (!reginfo->is_full) {
            return Fault{FaultKind::malformed,
                         "a publication tells everything: state must be full"};
        }
        return DocumentPtr(std::make_shared<AdmittedReginfo>(std::move(*reginfo)));
    }

    Composed compose(const EventState& state, const View& view) const override {
        const Registrations present = whole(state);
        const bool is_full = view.since == 0;
        const Registrations shown = is_full ? present : changes(state, view.since);
        pidf::Reginfo reginfo{is_full, {}};
        for (const auto& [aor, contacts] : shown) {
            static const Contacts kNone;
            const auto there = present.find(aor);
            RegistrationElement element{
                aor == state.aor ? std::string(view.entity) : aor,
                id_of(aor),
                state_of(there == present.end() ? kNone : there->second, contacts),
                {}};
            for (const auto& [id, contact] : contacts) element.contacts.push_back(contact);
            reginfo.registrations.push_back(std::move(element));
        }
        auto written = pidf::to_text(reginfo);
        Composed composed{{std::string(view.type), std::move(written.text)}};
        composed.fingerprint = registrations_fingerprint(present);
        composed.version_at = written.version_at;
        return composed;
    }

private:
    static std::string id_of(const std::string& aor) {
        constexpr base::HashKey kFixed{0x68657261'6c642d72ULL, 0x65672d61'6f720000ULL};
        return "r" + std::to_string(base::keyed_hash(kFixed, aor) % 1'000'000'000);
    }
};

}  // namespace

const Package& reg() {
    static const Reg package;
    return package;
}

}  // namespace herald::packages
