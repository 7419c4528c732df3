// server/config/pbx_keys.cpp: the keys of [pbx]: whom Herald subscribes to.
#include "server/config/pbx_keys.h"

#include <utility>

#include "server/config/config_rows.h"

namespace herald::server {

namespace {

constexpr std::uint64_t kDay = 86400;

using namespace rows;

using C = Config;

std::string read_pbx(Config& config, std::string_view value) {
    auto pbx = parse_pbx(value);
    if (!pbx) return pbx.fault().detail;
    if (pbx_named(config.pbxs, pbx->name)) return "\"" + pbx->name + "\" is listed twice";
    config.pbxs.push_back(*std::move(pbx));
    return {};
}

constexpr ConfigKey kPbxKeys[] = {
    formerly(
        "mwi.pbx",
        list<&C::pbxs>({"pbx", "servers",
                        "\"name sip:host:port\", and \"username password\" behind it where the "
                        "PBX asks for them. What Herald asks each of them for: the settings of "
                        "each mailbox, and of each user's calls."},
                       read_pbx, show_elements<&C::pbxs>)),
    formerly("mwi.pbx_expires",
             number<&C::pbx_expires>(
                 {"pbx", "expires",
                  "How long Herald subscribes at a time; a PBX that forgot its subscribers is "
                  "noticed within this time."},
                 {60, kDay, "s"})),
};

}  // namespace

std::span<const ConfigKey> pbx_keys() noexcept {
    return kPbxKeys;
}

}  // namespace herald::server
