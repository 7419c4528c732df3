// server/message/recipients.cpp: whom a Request-URI names.
#include "server/message/recipients.h"

#include <utility>

#include "base/text.h"

namespace herald::server {

Recipients::Recipients(const Context& context, const Bindings& bindings)
    : context_(context), bindings_(bindings), gruus_(context.home.lasting_key) {}

Recipients::Found Recipients::find(const sip::Uri& uri) const {
    if (!context_.domains.serves(uri))
        return {.kind = Recipient::foreign, .aor = {}, .devices = {}};
    return find_here(uri, context_.resource_of(uri));
}

Recipients::Found Recipients::find(const Subject& subject) const {
    if (!subject.is_ours) return {.kind = Recipient::foreign, .aor = {}, .devices = {}};
    return find_here(*subject.uri, subject.aor);
}

/// In a domain served here.
Recipients::Found Recipients::find_here(const sip::Uri& uri, std::string aor) const {
    if (const auto gruu = gruus_.read(uri)) {
        const auto* device = bindings_.gruus().find(*gruu);
        if (!device) return {};
        return {.kind = Recipient::device, .aor = {}, .devices = {device}};
    }
    Found found{.kind = Recipient::user, .aor = std::move(aor), .devices = {}};
    if (!uri.has_user || !context_.knows(found.aor)) return {};
    if (bindings_.is_unknown_gruu(uri, found.aor)) return {};
    found.devices = bindings_.of(found.aor);
    const auto instance = public_gruu_instance(uri);
    if (!instance) return found;
    found.kind = Recipient::device;
    std::erase_if(found.devices, [&](const packages::Binding* device) {
        return !base::iequals(device->instance, *instance);
    });
    return found;
}

}  // namespace herald::server
