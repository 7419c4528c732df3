// server/config/pbx_address.h: the PBXs that Herald subscribes to, as the operator names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::server {

/// A PBX that is asked for the state it keeps: "asterisk sip:192.0.2.5:5060 user password".
struct PbxAddress {
    std::string name;
    std::string uri;                 ///< without user part: where its requests go
    std::string username, password;  ///< empty: it does not challenge
};
/// Faults: invalid_configuration.
Result<PbxAddress> parse_pbx(std::string_view text);
std::string to_string(const PbxAddress& pbx);

/// nullptr where none has that name.
const PbxAddress* pbx_named(const std::vector<PbxAddress>& pbxs, std::string_view name) noexcept;

}  // namespace herald::server
