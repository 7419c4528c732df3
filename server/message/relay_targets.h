// server/message/relay_targets.h: where a MESSAGE goes: to the contacts of a user, or to another
// domain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/text_map.h"
#include "base/time.h"
#include "packages/registration.h"
#include "server/config/config.h"
#include "server/message/relay.h"
#include "server/register/bindings.h"

namespace herald::server {

/// Max-Breadth of a request that names none (RFC 5393 5.3.3).
inline constexpr std::uint32_t kDefaultBreadth = 60;

/// How long a device may take where a message can be kept instead: `message.patience`, cut so that
/// the sender is answered before his transaction ends.
base::Duration patience_of(const Config& config);

/// Where the contacts of a user are, those that are SIP URIs; `except` are names left out.
/// Without what may be sent there.
std::vector<RelayTarget> targets_of(const std::vector<const packages::Binding*>& devices,
                                    std::uint32_t epoch, const base::TextSet& except = {});
/// ... and with it: `devices` are among the `bindings` of `aor`.
std::vector<RelayTarget> targets_of(Bindings& bindings, const std::string& aor,
                                    const std::vector<const packages::Binding*>& devices,
                                    const base::TextSet& except = {});

/// Where a request to another domain goes: its own routes first, then the operator's proxy
/// (empty: there is none), else the servers of the domain. `named_by` is where it came from.
RelayTarget foreign_target(const std::string& uri, const std::string& routes,
                           const std::string& proxy, const sip::Endpoint& named_by = {});

}  // namespace herald::server
