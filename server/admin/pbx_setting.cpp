// server/admin/pbx_setting.cpp: whether the PBX that an operator names can be asked for somebody's
// state.
#include "server/admin/pbx_setting.h"

#include <string_view>

#include "server/address/own_address.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

bool is_user(std::string_view text) {
    std::string escaped;
    sip::append_escaped_user(escaped, text);
    return !text.empty() && escaped == text;
}

}  // namespace

Status check_pbx(const std::string& name, const std::string& user, Context& context) {
    if (name.empty()) {
        if (user.empty()) return {};
        return Fault{FaultKind::malformed, "a user of a PBX needs the name of the PBX"};
    }
    const auto* pbx = pbx_named(context.config.pbxs, name);
    if (!pbx) return Fault{FaultKind::malformed, "pbx.servers has no PBX called " + name};
    const auto uri = sip::parse_uri(pbx->uri);
    const auto listeners = context.stack.transport().listeners();
    if (uri && is_own_address(*uri, context.domains, listeners))
        return Fault{FaultKind::malformed, "The address of " + name + " is this server's own"};
    if (!user.empty() && !is_user(user)) {
        return Fault{FaultKind::malformed,
                     user +
                         " is not a user part of a SIP URI: give the name that the PBX has for the "
                         "address-of-record"};
    }
    return {};
}

}  // namespace herald::server
