// pidf/reginfo.cpp: registration information documents: who is registered where (RFC 3680 5, 5628).
#include "pidf/reginfo.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kNamespace = "urn:ietf:params:xml:ns:reginfo";
constexpr std::string_view kGruuNamespace = "urn:ietf:params:xml:ns:gruuinfo";
constexpr std::size_t kMostContacts = 256;

constexpr std::array<std::string_view, 9> kEvents{"registered", "created",      "refreshed",
                                                  "shortened",  "expired",      "deactivated",
                                                  "probation",  "unregistered", "rejected"};
constexpr std::array<std::string_view, 3> kStates{"init", "active", "terminated"};

template <std::size_t N>
std::optional<std::size_t> index_in(const std::array<std::string_view, N>& names,
                                    std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += ' ';
    out += name;
    out += "=\"";
    xml::append_escaped_attribute(out, value);
    out += '"';
}

void append_attribute(std::string& out, std::string_view name,
                      const std::optional<std::uint32_t>& value) {
    if (value) append_attribute(out, name, std::to_string(*value));
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
    out += '<';
    out += name;
    out += '>';
    xml::append_escaped_text(out, text);
    out += "</";
    out += name;
    out += '>';
}

void append_gruus(std::string& out, const RegisteredContact& contact) {
    if (!contact.public_gruu.empty()) {
        out += "<gr:pub-gruu";
        append_attribute(out, "uri", contact.public_gruu);
        out += "/>";
    }
    if (contact.temporary_gruu.empty()) return;
    out += "<gr:temp-gruu";
    append_attribute(out, "uri", contact.temporary_gruu);
    append_attribute(out, "first-cseq", std::optional(contact.first_cseq));
    out += "/>";
}

void append_contact(std::string& out, const RegisteredContact& contact) {
    out += "<contact";
    append_attribute(out, "id", contact.id);
    append_attribute(out, "state", contact.is_active ? "active" : "terminated");
    append_attribute(out, "event", name_of(contact.event));
    append_attribute(out, "duration-registered", contact.duration_registered);
    append_attribute(out, "expires", contact.expires);
    append_attribute(out, "retry-after", contact.retry_after);
    append_attribute(out, "q", contact.q);
    append_attribute(out, "callid", contact.call_id);
    append_attribute(out, "cseq", contact.cseq);
    out += '>';
    append_element(out, "uri", contact.uri);
    if (!contact.display_name.empty()) append_element(out, "display-name", contact.display_name);
    for (const auto& [name, value] : contact.parameters) {
        out += "<unknown-param";
        append_attribute(out, "name", name);
        out += '>';
        xml::append_escaped_text(out, value);
        out += "</unknown-param>";
    }
    append_gruus(out, contact);
    out += "</contact>";
}

bool has_gruus(const Reginfo& reginfo) {
    for (const auto& registration : reginfo.registrations) {
        for (const auto& contact : registration.contacts) {
            if (!contact.public_gruu.empty() || !contact.temporary_gruu.empty()) return true;
        }
    }
    return false;
}

bool is_reginfo(xml::Element element, std::string_view local) {
    const bool is_ours = element.uri() == kNamespace || element.ns() == xml::Ns::none;
    return is_ours && element.local() == local;
}

Fault fault_at(const xml::Tree& tree, xml::Element element, std::string_view why) {
    return {FaultKind::malformed, tree.place(element) + ": " + std::string(why)};
}

std::optional<std::uint32_t> number(xml::Element element, std::string_view name) {
    const auto value = element.attribute(name);
    return value ? base::to_u32_clamped(base::trim(*value)) : std::nullopt;
}

std::string text_attribute(xml::Element element, std::string_view name) {
    return std::string(element.attribute(name).value_or(""));
}

void read_child(xml::Element child, RegisteredContact& contact) {
    if (is_reginfo(child, "uri")) {
        contact.uri = base::trim(child.text());
    } else if (is_reginfo(child, "display-name")) {
        contact.display_name = child.text();
    } else if (is_reginfo(child, "unknown-param")) {
        contact.parameters.emplace_back(text_attribute(child, "name"), child.text());
    } else if (child.uri() == kGruuNamespace && child.local() == "pub-gruu") {
        contact.public_gruu = text_attribute(child, "uri");
    }
}

Result<RegisteredContact> read_contact(const xml::Tree& tree, xml::Element element) {
    RegisteredContact contact;
    contact.id = text_attribute(element, "id");
    const auto state = element.attribute("state");
    if (state != "active" && state != "terminated")
        return fault_at(tree, element, "a contact without state active or terminated");
    contact.is_active = state == "active";
    const auto event = index_in(kEvents, element.attribute("event").value_or(""));
    contact.event = event               ? static_cast<ContactEvent>(*event)
                    : contact.is_active ? ContactEvent::registered
                                        : ContactEvent::unregistered;
    contact.expires = number(element, "expires");
    contact.retry_after = number(element, "retry-after");
    contact.duration_registered = number(element, "duration-registered");
    contact.q = text_attribute(element, "q");
    contact.call_id = text_attribute(element, "callid");
    contact.cseq = number(element, "cseq");
    for (const auto child : element) read_child(child, contact);
    if (contact.uri.empty()) return fault_at(tree, element, "a contact without uri");
    return contact;
}

Result<RegistrationElement> read_registration(const xml::Tree& tree, xml::Element element) {
    RegistrationElement registration;
    registration.aor = text_attribute(element, "aor");
    registration.id = text_attribute(element, "id");
    const auto state = index_in(kStates, element.attribute("state").value_or(""));
    if (!state) return fault_at(tree, element, "a registration without state");
    registration.state = static_cast<RegistrationState>(*state);
    for (const auto child : element) {
        if (!is_reginfo(child, "contact")) continue;
        if (registration.contacts.size() == kMostContacts)
            return fault_at(tree, child, "too many contacts");
        auto contact = read_contact(tree, child);
        if (!contact) return contact.fault();
        registration.contacts.push_back(*std::move(contact));
    }
    return registration;
}

}  // namespace

std::string_view name_of(ContactEvent event) noexcept {
    return kEvents[static_cast<std::size_t>(event)];
}

std::string_view name_of(RegistrationState state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

VersionedText to_text(const Reginfo& reginfo) {
    VersionedText result;
    std::string& out = result.text;
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<reginfo xmlns=\"";
    out += kNamespace;
    if (has_gruus(reginfo)) out.append("\" xmlns:gr=\"").append(kGruuNamespace);
    out += "\" version=\"";
    result.version_at = out.size();
    out += reginfo.is_full ? "\" state=\"full\">" : "\" state=\"partial\">";
    for (const auto& registration : reginfo.registrations) {
        out += "<registration";
        append_attribute(out, "aor", registration.aor);
        append_attribute(out, "id", registration.id);
        append_attribute(out, "state", name_of(registration.state));
        out += '>';
        for (const auto& contact : registration.contacts) append_contact(out, contact);
        out += "</registration>";
    }
    out += "</reginfo>\r\n";
    return result;
}

Result<Reginfo> parse_reginfo(std::string_view body) {
    const auto tree = xml::parse(body);
    if (!tree) return tree.fault();
    const auto root = tree->root();
    if (!is_reginfo(root, "reginfo")) return fault_at(*tree, root, "the root is not reginfo");
    Reginfo reginfo;
    reginfo.is_full = root.attribute("state").value_or("full") != "partial";
    for (const auto child : root) {
        if (!is_reginfo(child, "registration")) continue;
        auto registration = read_registration(*tree, child);
        if (!registration) return registration.fault();
        reginfo.registrations.push_back(*std::move(registration));
    }
    return reginfo;
}

}  // namespace herald::pidf
