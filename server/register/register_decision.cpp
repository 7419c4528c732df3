// server/register/register_decision.cpp: what to do with a REGISTER, decided from facts alone (RFC
// 3261 10.3).
#include "server/register/register_decision.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/address/own_address.h"
#include "server/core/answers.h"
#include "server/core/expiry.h"
#include "server/core/flow_text.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

using packages::Binding;
using Checked = std::optional<sip::Answer>;

/// RFC 3261 10.3 step 7: a malformed interval counts as one hour; an interval below an hour may be
/// refused as too brief.
constexpr std::uint32_t kHour = 3600;
constexpr std::size_t kLongestContact = 1024;
constexpr std::size_t kMostParameters = 32;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestUserAgent = 256;

/// One value of Contact as far as it matters.
struct Contact {
    sip::NameAddress address;
    sip::Uri uri;
    std::uint32_t asked = 0;
    std::string instance;
    std::uint32_t reg_id = 0;  ///< 0 where RFC 5626 is not applied
};

std::uint32_t asked_expires(const sip::NameAddress& address, const RegisterFacts& facts) {
    const auto read = [](std::string_view value) {
        return sip::parse_delta_seconds(value).value_or(kHour);
    };
    if (const auto parameter = address.parameter("expires")) return read(*parameter);
    if (const auto header = facts.request.header(sip::Header::expires)) return read(*header);
    return facts.rules.default_expires;
}

std::size_t via_count(const sip::Message& request) {
    return request.list(sip::Header::via).size();
}

/// Whether the edge that holds the flow does RFC 5626: this server, or the first of the Path
/// (RFC 5626 6). Datagram flows want STUN answers: without those reg-id is left aside.
bool edge_has_outbound(const RegisterFacts& facts) {
    if (via_count(facts.request) == 1)
        return sip::is_reliable(facts.flow.protocol) || facts.rules.has_stun;
    const auto path = facts.request.list(sip::Header::path);
    if (path.empty()) return false;
    const auto first = sip::parse_name_address(path.front());
    if (!first) return false;
    const auto uri = sip::parse_uri(first->uri);
    return uri && uri->parameter("ob");
}

std::variant<Contact, sip::Answer> read_contact(std::string_view value,
                                                const RegisterFacts& facts) {
    const auto address = sip::parse_name_address(value);
    if (!address) return from_fault(address.fault());
    if (value.size() > kLongestContact) return answer(403, "A Contact is too long");
    Contact contact{*address, {}, asked_expires(*address, facts), instance_of(*address), 0};
    const auto uri = sip::parse_uri(address->uri);
    if (!uri) return answer(400, "Malformed Contact");
    contact.uri = *uri;
    const bool is_sip = uri->scheme == sip::Scheme::sip || uri->scheme == sip::Scheme::sips;
    if (!is_sip && !contact.instance.empty())
        return answer(403, "A Contact with an instance must be a SIP URI");
    if (is_sip && facts.aliases.resolve(facts.domains.aor(*uri)) == facts.aor)
        return answer(403, "A Contact names the address-of-record itself");
    if (uri->parameter("gr") && facts.domains.serves(*uri))
        return answer(403, "A Contact names a GRUU of this server");
    const auto reg_id = address->parameter("reg-id");
    if (reg_id && !contact.instance.empty())
        contact.reg_id = base::to_u32_clamped(*reg_id).value_or(0);
    return contact;
}

/// RFC 5626 4.2, 6: sets reg_id to 0 where RFC 5626 cannot be applied.
Checked check_outbound(const RegisterFacts& facts, std::vector<Contact>& contacts) {
    const auto is_live = [](const Contact& contact) { return contact.asked > 0; };
    const bool is_wanted = std::any_of(
        contacts.begin(), contacts.end(),
        [&](const Contact& contact) { return contact.reg_id != 0 && is_live(contact); });
    if (is_wanted && std::count_if(contacts.begin(), contacts.end(), is_live) > 1)
        return answer(400, "Several contacts and a reg-id");
    if (edge_has_outbound(facts)) return std::nullopt;
    if (is_wanted && via_count(facts.request) > 1 && supports(facts.request, "outbound"))
        return answer(439, "First Hop Lacks Outbound Support");
    for (Contact& contact : contacts) contact.reg_id = 0;
    return std::nullopt;
}

bool is_binding_of(const Binding& binding, const Contact& contact) {
    if (contact.reg_id != 0) {
        return binding.reg_id == contact.reg_id &&
               is_same_instance(binding.instance, contact.instance);
    }
    // A refresh mostly says what was said before.
    if (binding.contact == contact.uri.text) return true;
    const auto uri = sip::parse_uri(binding.contact);
    return uri && sip::equivalent(*uri, contact.uri);
}

const Publication* find_binding(const RegisterFacts& facts, const Contact& contact) {
    if (!facts.registration) return nullptr;
    for (const Publication& publication : facts.registration->publications) {
        const auto* binding = binding_of(publication);
        if (binding && is_binding_of(*binding, contact)) return &publication;
    }
    return nullptr;
}

/// RFC 3261 10.3 steps 6 and 7: within one Call-ID the CSeq must rise.
bool is_outdated(const RegisterFacts& facts, const Binding& binding) {
    return binding.call_id == facts.request.call_id() && facts.request.cseq() <= binding.cseq &&
           !facts.rules.allows_lower_cseq;
}

/// ... also that of a binding that is gone: a copy that comes late, after a crash, does not bring
/// it back.
bool is_outdated(const RegisterFacts& facts) {
    return std::any_of(facts.removals.begin(), facts.removals.end(), [&](const auto& removal) {
        return removal.call_id == facts.request.call_id() && facts.request.cseq() < removal.cseq &&
               !facts.rules.allows_lower_cseq;
    });
}

sip::Answer out_of_order() {
    return answer(500, "CSeq is not higher than that of an earlier REGISTER");
}

std::vector<std::string> kept_parameters(std::string_view parameters) {
    std::vector<std::string> kept;
    while (const auto next = sip::next_parameter(parameters)) {
        if (base::iequals(next->name, "expires") || base::iequals(next->name, "pub-gruu") ||
            base::iequals(next->name, "temp-gruu"))
            continue;
        if (kept.size() == kMostParameters) break;
        std::string one(next->name);
        if (next->has_value) one.append("=").append(next->value);
        kept.push_back(std::move(one));
    }
    return kept;
}

/// The Path as routes; what cannot be read was refused by check_path().
std::string path_of(const sip::Message& request) {
    return sip::read_routes(request, sip::Header::path).value_or("");
}

std::string flow_text(const RegisterFacts& facts, const Contact& contact, std::string_view path) {
    const auto approach = sip::approach_of(
        {.request = facts.request,
         .flow = facts.flow,
         .contact = &contact.uri,
         .routes = path,
         .is_contact_ours = is_own_address(contact.uri, facts.domains, facts.listeners),
         .has_outbound = contact.reg_id != 0});
    return binding_flow(facts.flow, facts.epoch, approach, facts.is_flow_proven);
}

bool keeps_row(const Binding& a, const Binding& b) {
    return a.call_id == b.call_id && a.contact == b.contact && a.display_name == b.display_name &&
           a.parameters == b.parameters && a.instance == b.instance && a.reg_id == b.reg_id &&
           a.path == b.path && a.flow == b.flow && a.user_agent == b.user_agent;
}

/// Of a binding that this request renews, or takes over from an earlier start of its device.
std::vector<Binding::Former> former_of(const RegisterFacts& facts, const Binding& earlier) {
    constexpr std::size_t kMost = 4;
    auto former = earlier.former;
    if (earlier.call_id == facts.request.call_id()) return former;
    std::erase_if(former, [&](const auto& each) { return each.until <= facts.now; });
    if (former.size() == kMost) former.erase(former.begin());
    former.push_back({earlier.call_id, earlier.cseq, facts.now + kTombstoneLife});
    return former;
}

ContactPlan plan_binding(const RegisterFacts& facts, const Contact& contact,
                         const Publication* target) {
    const auto& request = facts.request;
    const auto* earlier = target ? binding_of(*target) : nullptr;
    auto binding = std::make_shared<Binding>();
    binding->contact = contact.address.uri;
    binding->display_name = contact.address.display_name;
    binding->parameters = kept_parameters(contact.address.parameters);
    binding->instance = contact.instance;
    binding->reg_id = contact.reg_id;
    binding->path = path_of(request);
    binding->flow = flow_text(facts, contact, binding->path);
    binding->user_agent =
        request.header(sip::Header::user_agent).value_or("").substr(0, kLongestUserAgent);
    binding->created = earlier ? earlier->created : facts.now;
    binding->call_id = request.call_id();
    binding->cseq = request.cseq();
    if (earlier) binding->former = former_of(facts, *earlier);
    const bool is_same_run = earlier && earlier->call_id == binding->call_id;
    binding->first_cseq = is_same_run ? earlier->first_cseq : binding->cseq;

    ContactPlan plan{target, nullptr, std::min(contact.asked, facts.rules.max_expires), false};
    binding->expires_at = facts.now + std::chrono::seconds(plan.expires);
    plan.is_refresh = earlier && keeps_row(*earlier, *binding);
    plan.binding = std::move(binding);
    return plan;
}

std::variant<std::vector<Contact>, sip::Answer> read_contacts(
    const std::vector<std::string_view>& values, const RegisterFacts& facts) {
    std::vector<Contact> contacts;
    for (const auto value : values) {
        auto read = read_contact(value, facts);
        if (auto* refusal = std::get_if<sip::Answer>(&read)) return std::move(*refusal);
        contacts.push_back(std::get<Contact>(std::move(read)));
    }
    if (auto refusal = check_outbound(facts, contacts)) return *std::move(refusal);
    return contacts;
}

bool is_too_brief(const Contact& contact, const RegisterRules& rules) {
    return contact.asked > 0 && contact.asked < kHour && contact.asked < rules.min_expires;
}

std::size_t bindings_after(const RegisterFacts& facts, const std::vector<ContactPlan>& plans) {
    std::size_t count = 0;
    if (facts.registration) {
        const auto& all = facts.registration->publications;
        count = static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(), [](const Publication& one) { return binding_of(one); }));
    }
    for (const ContactPlan& plan : plans) {
        if (plan.binding && !plan.target) ++count;
        if (!plan.binding) --count;
    }
    return count;
}

bool is_planned(const std::vector<ContactPlan>& plans, const Publication& publication) {
    return std::any_of(plans.begin(), plans.end(),
                       [&](const ContactPlan& plan) { return plan.target == &publication; });
}

/// Whether the same device registers anew, by another flow.
bool is_superseded(const std::vector<ContactPlan>& plans, const Binding& binding) {
    return std::any_of(plans.begin(), plans.end(), [&](const ContactPlan& plan) {
        return plan.binding && !binding.instance.empty() &&
               is_same_instance(plan.binding->instance, binding.instance);
    });
}

/// Makes room at the limit, so that dead bindings do not lock devices out: the oldest binding whose
/// stream ended gives way, then an older binding of the device that registers. False: no room.
bool make_room(const RegisterFacts& facts, std::vector<ContactPlan>& plans) {
    const auto is_dead = [&](const Publication& publication) {
        return std::find(facts.dead.begin(), facts.dead.end(), publication.id) != facts.dead.end();
    };
    for (const bool wants_dead : {true, false}) {
        for (std::size_t i = 0; bindings_after(facts, plans) > facts.rules.max_contacts; ++i) {
            if (!facts.registration || i == facts.registration->publications.size()) break;
            const Publication& publication = facts.registration->publications[i];
            const auto* binding = binding_of(publication);
            if (!binding || is_planned(plans, publication)) continue;
            if (wants_dead ? is_dead(publication) : is_superseded(plans, *binding))
                plans.push_back({&publication, nullptr, 0, false});
        }
    }
    return bindings_after(facts, plans) <= facts.rules.max_contacts;
}

/// A contact named twice counts as it was named last.
void add_plan(std::vector<ContactPlan>& plans, ContactPlan plan, const Contact& contact) {
    const auto same = std::find_if(plans.begin(), plans.end(), [&](const ContactPlan& earlier) {
        if (plan.target || earlier.target) return plan.target == earlier.target;
        return is_binding_of(*earlier.binding, contact);
    });
    if (same == plans.end()) {
        plans.push_back(std::move(plan));
    } else {
        *same = std::move(plan);
    }
}

std::variant<RegisterPlan, sip::Answer> decide_contacts(const RegisterFacts& facts,
                                                        const std::vector<Contact>& contacts) {
    RegisterPlan plan{RegisterOperation::change, {}, false};
    for (const Contact& contact : contacts) {
        if (is_too_brief(contact, facts.rules)) return interval_too_brief(facts.rules.min_expires);
    }
    for (const Contact& contact : contacts) {
        const auto* target = find_binding(facts, contact);
        if (target && is_outdated(facts, *binding_of(*target))) return out_of_order();
        if (contact.reg_id != 0) plan.has_outbound = supports(facts.request, "outbound");
        if (contact.asked == 0 && !target) continue;
        add_plan(plan.contacts,
                 contact.asked == 0 ? ContactPlan{target, nullptr, 0, false}
                                    : plan_binding(facts, contact, target),
                 contact);
    }
    if (!make_room(facts, plan.contacts)) return answer(403, "Too many contacts");
    return plan;
}

/// RFC 3261 10.3 step 6: `*` removes everything, or nothing.
std::variant<RegisterPlan, sip::Answer> decide_star(const RegisterFacts& facts) {
    const auto expires = facts.request.header(sip::Header::expires);
    const auto asked = expires ? sip::parse_delta_seconds(*expires) : std::nullopt;
    const bool is_forgiven = !expires && facts.rules.allows_star_alone;
    if (asked != 0U && !is_forgiven) return answer(400, "Contact: * needs Expires: 0");
    RegisterPlan plan{RegisterOperation::change, {}, false};
    if (!facts.registration) return plan;
    for (const Publication& publication : facts.registration->publications) {
        const auto* binding = binding_of(publication);
        if (!binding) continue;
        if (is_outdated(facts, *binding)) return out_of_order();
        plan.contacts.push_back({&publication, nullptr, 0, false});
    }
    return plan;
}

/// What was said when the change was made (docs/architecture.md: What a 200 means).
RegisterPlan repetition(const RegisterFacts& facts, const Publication& done) {
    const auto* binding = binding_of(done);
    const bool had_outbound = binding && binding->reg_id != 0;
    return {RegisterOperation::repeat, {}, had_outbound && supports(facts.request, "outbound")};
}

bool is_star(std::string_view value) {
    return value == "*" || base::split_once(value, ';').before == "*";
}

Checked check_path(const RegisterFacts& facts) {
    const auto path = sip::read_routes(facts.request, sip::Header::path);
    if (!path) return answer(400, "Malformed Path");
    if (path->size() > kLongestPath) return answer(400, "Path is too long");
    if (path->empty() || !facts.rules.needs_path_support || supports(facts.request, "path"))
        return std::nullopt;
    auto refusal = answer(420);
    refusal.headers = "Unsupported: path\r\n";
    return refusal;
}

}  // namespace

const packages::Binding* binding_of(const Publication& publication) noexcept {
    return publication.type == packages::kBindingType
               ? static_cast<const Binding*>(publication.document.get())
               : nullptr;
}

bool supports(const sip::Message& request, std::string_view option_tag) {
    for (const auto header : {sip::Header::supported, sip::Header::require}) {
        for (const auto tag : request.list(header)) {
            if (base::iequals(tag, option_tag)) return true;
        }
    }
    return false;
}

std::variant<RegisterPlan, sip::Answer> decide_register(const RegisterFacts& facts) {
    if (!facts.may_register) return answer(403);
    if (!facts.is_ours || !facts.is_known) return answer(404);
    const auto values = facts.request.list(sip::Header::contact);
    if (values.empty()) return RegisterPlan{};
    if (auto refusal = check_path(facts)) return *std::move(refusal);
    if (const auto* done = facts.registration ? facts.registration->by_mark(facts.mark) : nullptr)
        return repetition(facts, *done);
    if (facts.is_done) return RegisterPlan{RegisterOperation::repeat, {}, false};
    if (is_outdated(facts)) return out_of_order();
    if (std::any_of(values.begin(), values.end(), is_star)) {
        if (values.size() > 1) return answer(400, "Contact: * stands alone");
        return decide_star(facts);
    }
    auto contacts = read_contacts(values, facts);
    if (auto* refusal = std::get_if<sip::Answer>(&contacts)) return std::move(*refusal);
    return decide_contacts(facts, std::get<std::vector<Contact>>(contacts));
}

}  // namespace herald::server
