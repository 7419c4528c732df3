// packages/registration.cpp: one binding of an address-of-record to a contact, as the registrar
// makes it and the reg package shows it (RFC 3261 10.3, RFC 3680 5).
//
// Stored as lines of a name, a blank and a value; SIP header values contain no line ends.
#include "packages/registration.h"

#include "base/text.h"

namespace herald::packages {
namespace {

struct TextField {
    std::string_view name;
    std::string Binding::*value;
};

constexpr TextField kTexts[] = {
    {"contact", &Binding::contact},   {"display-name", &Binding::display_name},
    {"instance", &Binding::instance}, {"path", &Binding::path},
    {"flow", &Binding::flow},         {"user-agent", &Binding::user_agent},
};
constexpr std::string_view kParameter = "parameter";
constexpr std::string_view kRegId = "reg-id";
constexpr std::string_view kCreated = "created";
constexpr std::string_view kFirstCseq = "first-cseq";
constexpr std::string_view kFormer = "former";  ///< until, CSeq, Call-ID

void append_line(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += name;
    out += ' ';
    out += value;
    out += '\n';
}

bool read_number(std::string_view name, std::uint64_t number, Binding& binding) {
    const std::uint64_t most = name == kCreated ? INT64_MAX : UINT32_MAX;
    if (number > most) return false;
    if (name == kRegId) {
        binding.reg_id = static_cast<std::uint32_t>(number);
    } else if (name == kFirstCseq) {
        binding.first_cseq = static_cast<std::uint32_t>(number);
    } else if (name == kCreated) {
        binding.created = base::WallTime(std::chrono::milliseconds(number));
    } else {
        return false;
    }
    return true;
}

std::int64_t milliseconds_of(base::WallTime time) {
    return time.time_since_epoch() / std::chrono::milliseconds(1);
}

bool read_former(std::string_view value, Binding& binding) {
    const auto first = base::split_once(value, ' ');
    const auto second = base::split_once(first.after, ' ');
    const auto until = base::to_u64(first.before);
    const auto cseq = base::to_u64(second.before);
    if (!until || *until > INT64_MAX || !cseq || *cseq > UINT32_MAX) return false;
    binding.former.push_back({std::string(second.after), static_cast<std::uint32_t>(*cseq),
                              base::WallTime(std::chrono::milliseconds(*until))});
    return true;
}

bool read_binding_line(std::string_view line, Binding& binding) {
    const auto parts = base::split_once(line, ' ');
    const auto name = parts.before;
    const auto value = parts.after;
    for (const TextField& field : kTexts) {
        if (field.name != name) continue;
        binding.*field.value = value;
        return true;
    }
    if (name == kFormer) return read_former(value, binding);
    if (name == kParameter) return binding.parameters.emplace_back(value), true;
    const auto number = base::to_u64(value);
    return number && read_number(name, *number, binding);
}

}  // namespace

std::string to_text(const Binding& binding) {
    std::string text;
    for (const TextField& field : kTexts) append_line(text, field.name, binding.*field.value);
    for (const std::string& one : binding.parameters) append_line(text, kParameter, one);
    if (binding.reg_id != 0) append_line(text, kRegId, std::to_string(binding.reg_id));
    if (binding.first_cseq != 0) append_line(text, kFirstCseq, std::to_string(binding.first_cseq));
    for (const auto& each : binding.former) {
        append_line(text, kFormer,
                    std::to_string(milliseconds_of(each.until)) + ' ' + std::to_string(each.cseq) +
                        ' ' + each.call_id);
    }
    append_line(text, kCreated, std::to_string(milliseconds_of(binding.created)));
    return text;
}

Result<Binding> binding_from_text(std::string_view text) {
    Binding binding;
    while (!text.empty()) {
        const auto parts = base::split_once(text, '\n');
        if (!read_binding_line(parts.before, binding)) {
            return Fault{FaultKind::malformed,
                         "no field of a binding: " + std::string(parts.before)};
        }
        text = parts.after;
    }
    if (binding.contact.empty()) return Fault{FaultKind::malformed, "a binding without contact"};
    return binding;
}

std::optional<std::string_view> parameter(const Binding& binding, std::string_view name) noexcept {
    for (const std::string& one : binding.parameters) {
        const auto parts = base::split_once(one, '=');
        if (base::iequals(parts.before, name)) return parts.after;
    }
    return std::nullopt;
}

}  // namespace herald::packages
