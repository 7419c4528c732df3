// server/provisioning/known_device.cpp: what is remembered of a device beyond its registrations.
#include "server/provisioning/known_device.h"

#include "base/text.h"
#include "server/provisioning/device_model.h"
#include "server/provisioning/lines.h"
#include "server/provisioning/pnp_request.h"

namespace herald::server {

namespace {

Fault broken_device(std::string_view what) {
    return {FaultKind::malformed, "a stored device with a bad " + std::string(what)};
}

void append_number_field(std::string& out, std::uint64_t number) {
    append_field(out, std::to_string(number));
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
    append_number_field(out, texts.size());
    for (const auto& text : texts) append_field(out, text);
}

/// As many as there are, whatever their number says.
std::vector<std::string> next_texts(std::string_view& text) {
    std::vector<std::string> texts;
    for (auto count = next_number(text).value_or(0); count > 0 && !text.empty(); --count)
        texts.push_back(next_field(text));
    return texts;
}

}  // namespace

DeviceModel model_of(const KnownDevice& device) {
    const auto& told = device.enrolled_as;
    return told.vendor.empty() && told.model.empty() ? model_of(device.user_agent) : told;
}

std::string mac_of_device(std::string_view instance, std::string_view user_agent) {
    auto mac = mac_of(instance);
    return mac.empty() ? mac_in(user_agent) : mac;
}

std::string key_of_device(std::string_view aor, std::string_view contact, std::string_view instance,
                          std::string_view user_agent) {
    if (auto mac = mac_of_device(instance, user_agent); !mac.empty()) return mac;
    if (!instance.empty()) return base::lower(instance);
    return std::string(aor) + " " + std::string(contact);
}

std::string key_of_device(std::string_view aor, const packages::Binding& binding) {
    return key_of_device(aor, binding.contact, binding.instance, binding.user_agent);
}

std::string address_of_device(std::string_view key) {
    return "device:" + std::string(key);
}

std::string to_text(const KnownDevice& device) {
    std::string out;
    for (const auto* text :
         {&device.key, &device.mac, &device.user_agent, &device.offered, &device.fetched})
        append_field(out, *text);
    for (const auto time : {device.seen, device.offered_at, device.fetched_at})
        append_time(out, time);
    append_number_field(out, device.fetches);
    append_number_field(out, device.challenges ? 1 : 0);
    append_texts(out, device.aors);
    append_number_field(out, device.refusals.size());
    for (const auto& [event, status] : device.refusals) {
        append_field(out, event);
        append_number_field(out, status);
    }
    const auto& told = device.enrolled_as;
    for (const auto* text : {&told.vendor, &told.model, &told.version}) append_field(out, *text);
    append_time(out, device.enrolled_at);
    append_texts(out, device.takes);
    return out;
}

Result<KnownDevice> known_device_from_text(std::string_view text) {
    KnownDevice device;
    for (auto* field :
         {&device.key, &device.mac, &device.user_agent, &device.offered, &device.fetched})
        *field = next_field(text);
    for (auto* time : {&device.seen, &device.offered_at, &device.fetched_at}) {
        const auto read = next_time(text);
        if (!read) return broken_device("time");
        *time = *read;
    }
    const auto fetches = next_number(text), challenges = next_number(text);
    if (device.key.empty() || !fetches || !challenges) return broken_device("name or number");
    device.fetches = *fetches;
    device.challenges = *challenges != 0;
    device.aors = next_texts(text);
    for (auto count = next_number(text).value_or(0); count > 0 && !text.empty(); --count) {
        auto event = next_field(text);
        device.refusals.emplace_back(std::move(event),
                                     static_cast<std::uint16_t>(next_number(text).value_or(0)));
    }
    // Devices of an earlier release end here.
    auto& told = device.enrolled_as;
    for (auto* field : {&told.vendor, &told.model, &told.version}) *field = next_field(text);
    device.enrolled_at = next_time(text).value_or(base::WallTime());
    device.takes = next_texts(text);
    return device;
}

}  // namespace herald::server
