// pidf/reginfo.cpp: registration information documents: who is registered where (RFC 3680 5, 5628).
#include "pidf/reginfo.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kReginfo = "urn:ietf:params:xml:ns:reginfo";
constexpr std::string_view kGruuNamespace = "urn:ietf:params:xml:ns:gruuinfo";
constexpr std::size_t kMostContacts = 256;

constexpr std::array<std::string_view, 9> kContactEvents{
    "registered",  "created",   "refreshed",    "shortened", "expired",
    "deactivated", "probation", "unregistered", "rejected"};
constexpr std::array<std::string_view, 3> kContactStates{"init", "active", "terminated"};

template <std::size_t N>
std::optional<std::size_t> exactly_named_in(const std::array<std::string_view, N>& names,
                                            std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

void append_number(std::string& out, std::string_view name,
                   const std::optional<std::uint32_t>& value) {
    if (value) xml::append_attribute(out, name, std::to_string(*value));
}

void append_text_element(std::string& out, std::string_view name, std::string_view text) {
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
        xml::append_attribute(out, "uri", contact.public_gruu);
        out += "/>";
    }
    if (contact.temporary_gruu.empty()) return;
    out += "<gr:temp-gruu";
    xml::append_attribute(out, "uri", contact.temporary_gruu);
    append_number(out, "first-cseq", std::optional(contact.first_cseq));
    out += "/>";
}

void append_contact(std::string& out, const RegisteredContact& contact) {
    out += "<contact";
    xml::append_attribute(out, "id", contact.id);
    xml::append_attribute(out, "state", contact.is_active ? "active" : "terminated");
    xml::append_attribute(out, "event", name_of(contact.event));
    append_number(out, "duration-registered", contact.duration_registered);
    append_number(out, "expires", contact.expires);
    append_number(out, "retry-after", contact.retry_after);
    xml::append_attribute(out, "q", contact.q);
    xml::append_attribute(out, "callid", contact.call_id);
    append_number(out, "cseq", contact.cseq);
    out += '>';
    append_text_element(out, "uri", contact.uri);
    if (!contact.display_name.empty())
        append_text_element(out, "display-name", contact.display_name);
    for (const auto& [name, value] : contact.parameters) {
        out += "<unknown-param";
        xml::append_attribute(out, "name", name);
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
    const bool is_ours = element.uri() == kReginfo || element.ns() == xml::Ns::none;
    return is_ours && element.local() == local;
}

std::optional<std::uint32_t> number(xml::Element element, std::string_view name) {
    const auto value = element.attribute(name);
    return value ? base::to_u32_clamped(base::trim(*value)) : std::nullopt;
}

std::string attribute_as_is(xml::Element element, std::string_view name) {
    return std::string(element.attribute(name).value_or(""));
}

void read_contact_child(xml::Element child, RegisteredContact& contact) {
    if (is_reginfo(child, "uri")) {
        contact.uri = base::trim(child.text());
    } else if (is_reginfo(child, "display-name")) {
        contact.display_name = child.text();
    } else if (is_reginfo(child, "unknown-param")) {
        contact.parameters.emplace_back(attribute_as_is(child, "name"), child.text());
    } else if (child.uri() == kGruuNamespace && child.local() == "pub-gruu") {
        contact.public_gruu = attribute_as_is(child, "uri");
    }
}

Result<RegisteredContact> read_contact(const xml::Tree& tree, xml::Element element) {
    RegisteredContact contact;
    contact.id = attribute_as_is(element, "id");
    const auto state = element.attribute("state");
    if (state != "active" && state != "terminated")
        return tree.fault_at(element, "a contact without state active or terminated");
    contact.is_active = state == "active";
    const auto event = exactly_named_in(kContactEvents, element.attribute("event").value_or(""));
    contact.event = event               ? static_cast<ContactEvent>(*event)
                    : contact.is_active ? ContactEvent::registered
                                        : ContactEvent::unregistered;
    contact.expires = number(element, "expires");
    contact.retry_after = number(element, "retry-after");
    contact.duration_registered = number(element, "duration-registered");
    contact.q = attribute_as_is(element, "q");
    contact.call_id = attribute_as_is(element, "callid");
    contact.cseq = number(element, "cseq");
    for (const auto child : element) read_contact_child(child, contact);
    if (contact.uri.empty()) return tree.fault_at(element, "a contact without uri");
    return contact;
}

Result<RegistrationElement> read_registration(const xml::Tree& tree, xml::Element element) {
    RegistrationElement registration;
    registration.aor = attribute_as_is(element, "aor");
    registration.id = attribute_as_is(element, "id");
    const auto state = exactly_named_in(kContactStates, element.attribute("state").value_or(""));
    if (!state) return tree.fault_at(element, "a registration without state");
    registration.state = static_cast<RegistrationState>(*state);
    for (const auto child : element) {
        if (!is_reginfo(child, "contact")) continue;
        if (registration.contacts.size() == kMostContacts)
            return tree.fault_at(child, "too many contacts");
        auto contact = read_contact(tree, child);
        if (!contact) return contact.fault();
        registration.contacts.push_back(*std::move(contact));
    }
    return registration;
}

}  // namespace

std::string_view name_of(ContactEvent event) noexcept {
    return kContactEvents[static_cast<std::size_t>(event)];
}

std::string_view name_of(RegistrationState state) noexcept {
    return kContactStates[static_cast<std::size_t>(state)];
}

VersionedText to_text(const Reginfo& reginfo) {
    VersionedText result;
    std::string& out = result.text;
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<reginfo xmlns=\"";
    out += kReginfo;
    if (has_gruus(reginfo)) out.append("\" xmlns:gr=\"").append(kGruuNamespace);
    out += "\" version=\"";
    result.version_at = out.size();
    out += reginfo.is_full ? "\" state=\"full\">" : "\" state=\"partial\">";
    for (const auto& registration : reginfo.registrations) {
        out += "<registration";
        xml::append_attribute(out, "aor", registration.aor);
        xml::append_attribute(out, "id", registration.id);
        xml::append_attribute(out, "state", name_of(registration.state));
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
    if (!is_reginfo(root, "reginfo")) return tree->fault_at(root, "the root is not reginfo");
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
