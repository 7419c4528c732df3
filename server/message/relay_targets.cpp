// server/message/relay_targets.cpp: where a MESSAGE goes: to the contacts of a user, or to another
// domain.
#include "server/message/relay_targets.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/text_map.h"
#include "server/register/registered_device.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

/// Flows of RFC 5626 are told apart by instance and reg-id, though they may share a Contact.
std::string name_of(const packages::Binding& binding) {
    constexpr std::size_t kRoomForRegId = 12;
    std::string name;
    name.reserve(binding.contact.size() + binding.instance.size() + kRoomForRegId);
    name.append(binding.contact).append(" ").append(binding.instance).append(" ");
    base::append_number(name, binding.reg_id);
    return name;
}

}  // namespace

base::Duration patience_of(const Config& config) {
    // RFC 3261 17.1.2.2: a client gives up after 64*T1.
    const auto longest = 60 * std::chrono::milliseconds(config.t1_ms);
    return std::min<base::Duration>(std::chrono::seconds(config.message_patience), longest);
}

namespace {

std::optional<RelayTarget> target_of(const packages::Binding& binding, std::uint32_t epoch,
                                     const base::TextSet& except) {
    const auto device = device_of(binding, epoch);
    RelayTarget target;
    target.request_uri = request_uri_of(binding);
    target.name = name_of(binding);
    if (!device || except.count(target.name) > 0) return std::nullopt;
    target.routes = binding.path;
    target.legs = sip::legs_to(*device);
    target.instance = binding.instance;
    return target;
}

}  // namespace

/// The newest first (RFC 5627 6.1): of flows of one device it is the likeliest to be good.
std::vector<RelayTarget> targets_of(const std::vector<const packages::Binding*>& devices,
                                    std::uint32_t epoch, const base::TextSet& except) {
    std::vector<RelayTarget> targets;
    for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
        if (auto target = target_of(**device, epoch, except)) targets.push_back(*std::move(target));
    }
    return targets;
}

std::vector<RelayTarget> targets_of(Bindings& bindings, const std::string& aor,
                                    const std::vector<const packages::Binding*>& devices,
                                    const base::TextSet& except) {
    std::vector<RelayTarget> targets;
    for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
        auto target = target_of(**device, bindings.epoch(), except);
        if (!target) continue;
        target->credit = bindings.credits().of(aor, **device);
        targets.push_back(*std::move(target));
    }
    return targets;
}

RelayTarget foreign_target(const std::string& uri, const std::string& routes,
                           const std::string& proxy, const sip::Endpoint& named_by) {
    RelayTarget target;
    target.request_uri = uri;
    target.routes = routes;
    const bool is_proxy = routes.empty() && !proxy.empty();
    if (is_proxy) target.routes = "<" + proxy + (sip::is_loose_router(proxy) ? ">" : ";lr>");
    const auto first = sip::first_route(target.routes);
    target.legs.push_back({std::nullopt, first.empty() ? uri : std::string(first),
                           is_proxy ? sip::Endpoint() : named_by});
    return target;
}

}  // namespace herald::server
