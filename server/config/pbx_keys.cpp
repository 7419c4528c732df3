// server/config/pbx_keys.cpp: the keys of [pbx]: whom Herald subscribes to.
#include "server/config/pbx_keys.h"

#include <utility>

#include "server/config/config_rows.h"
#include "server/config/config_words.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

std::string read_pbx(Config& config, std::string_view value) {
    auto pbx = parse_pbx(value);
    if (!pbx) return pbx.fault().detail;
    if (pbx_named(config.pbxs, pbx->name)) return "\"" + pbx->name + "\" is listed twice";
    config.pbxs.push_back(*std::move(pbx));
    return {};
}

std::string read_list(Config& config, std::string_view value) {
    auto list = parse_pbx_list(value);
    if (!list) return list.fault().detail;
    if (!list_of(config.pbx_lists, list->pbx).empty())
        return "\"" + list->pbx + "\" has more than one list";
    config.pbx_lists.push_back(*std::move(list));
    return {};
}

constexpr ConfigKey kPbxKeys[] = {
    formerly(
        "mwi.pbx",
        list<&C::pbxs>({"pbx", "servers",
                        "\"name sip:host:port\", and \"username password\" behind it where the "
                        "PBX asks for them; \"username file:<path>\" where the password is alone "
                        "in a file. What Herald asks each of them for: the settings of "
                        "each mailbox, and of each user's calls."},
                       read_pbx, show_elements<&C::pbxs>)),
    formerly("mwi.pbx_expires",
             number<&C::pbx_expires>(
                 {"pbx", "expires",
                  "How long Herald subscribes at a time; a PBX that forgot its subscribers is "
                  "noticed within this time."},
                 {60, kDay, "s"})),
    list<&C::pbx_lists>({"pbx", "lists",
                         "\"name list\": where a PBX has a list of all its lines (RFC 4662), their "
                         "calls are asked for by one subscription of each shard to "
                         "sip:list@<the PBX>, and not line by line."},
                        read_list, show_elements<&C::pbx_lists>),
};

}  // namespace

std::span<const ConfigKey> pbx_keys() noexcept {
    return kPbxKeys;
}

}  // namespace herald::server
