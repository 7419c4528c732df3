// server/register/registered_device.cpp: a binding as something can be sent to it.
#include "server/register/registered_device.h"

#include <algorithm>

#include "base/text.h"
#include "server/core/flow_text.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Of a binding that an earlier release kept.
sip::Approach usual_approach(const packages::Binding& binding) {
    if (!binding.path.empty()) return sip::Approach::route;
    return binding.reg_id != 0 ? sip::Approach::flow_alone : sip::Approach::flow;
}

}  // namespace

std::optional<sip::Device> device_of(const packages::Binding& binding, std::uint32_t epoch) {
    // It was read when it was registered.
    const bool is_sip =
        base::istarts_with(binding.contact, "sip:") || base::istarts_with(binding.contact, "sips:");
    if (!is_sip) return std::nullopt;
    const auto flow = flow_of_binding(binding.flow, epoch);
    return sip::Device{.approach = approach_in(binding.flow).value_or(usual_approach(binding)),
                       .flow = flow,
                       .contact = binding.contact,
                       .routes = binding.path,
                       .named_by = flow ? flow->peer : flow_from_text(binding.flow).peer};
}

std::string request_uri_of(const packages::Binding& binding) {
    // Most have nothing that could be left out.
    const auto is_part = [](char c) { return c == ';' || c == '?'; };
    if (std::none_of(binding.contact.begin(), binding.contact.end(), is_part))
        return binding.contact;
    std::string all;
    sip::append_request_uri(all, binding.contact);
    const auto uri = sip::parse_uri(all);
    if (!uri || !binding.path.empty()) return all;
    std::string kept(uri->parameters.empty() ? std::string_view(all)
                                             : std::string_view(all).substr(
                                                   0, all.size() - uri->parameters.size() - 1));
    auto parameters = uri->parameters;
    while (const auto next = sip::next_parameter(parameters)) {
        if (base::istarts_with(next->name, "pn-")) continue;
        kept.append(";").append(next->name);
        if (next->has_value) kept.append("=").append(next->value);
    }
    return kept;
}

}  // namespace herald::server
