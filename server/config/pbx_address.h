// server/config/pbx_address.h: the PBXs that Herald subscribes to, as the operator names them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::server {

/// A PBX that is asked for the state it keeps: "asterisk sip:192.0.2.5:5060 user password", the
/// password alone in a file as "file:<path>".
struct PbxAddress {
    std::string name;
    std::string uri;                 ///< without user part: where its requests go
    std::string username, password;  ///< empty: it does not challenge
    std::string password_file{};     ///< where the password was read from; empty: nowhere
};
/// Reads the file of the password. Faults: invalid_configuration.
Result<PbxAddress> parse_pbx(std::string_view text);
std::string to_string(const PbxAddress& pbx);

/// A list of a PBX that has all its lines (RFC 4662): "office sip-lamps".
struct PbxList {
    std::string pbx;   ///< its name
    std::string user;  ///< the user part of the list there
};
/// Faults: invalid_configuration.
Result<PbxList> parse_pbx_list(std::string_view text);
std::string to_string(const PbxList& list);
/// The user part of the PBX's list; empty: it has none.
std::string_view list_of(const std::vector<PbxList>& lists, std::string_view pbx) noexcept;

/// nullptr where none has that name.
const PbxAddress* pbx_named(const std::vector<PbxAddress>& pbxs, std::string_view name) noexcept;

}  // namespace herald::server
