// server/subscriber/told_list.h: what a PBX tells of many resources at once, by a list of them (RFC
// 4662 5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "packages/package.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

struct ToldMember {
    std::string user;             ///< of its URI, as it is compared
    packages::Document document;  ///< with an empty type: there is none
    bool is_gone = false;         ///< the PBX knows it no more
};

struct ToldList {
    std::uint32_t version = 0;
    bool is_full = true;              ///< whoever is not named is not there
    std::vector<ToldMember> members;  ///< by their users

    /// nullptr: nothing is told of them.
    const ToldMember* of(std::string_view user) const noexcept;
};

/// Reads the body of a NOTIFY for a list: documents of `package`, which are admitted, and lists
/// within the list. Without a body nothing is told.
using ListRead = std::variant<ToldList, sip::Answer>;
ListRead read_list(const packages::Package& package, const sip::Message& request,
                   const packages::Settings* settings);

/// The user part of a URI for comparison; empty where it has none.
std::string listed_user(std::string_view uri);

}  // namespace herald::server
