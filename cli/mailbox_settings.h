// cli/mailbox_settings.h: the options of `herald mailbox` that say whose messages a lamp counts,
// where they come from, and who is told.
#pragma once

#include <string>
#include <vector>

#include "cli/api_client.h"
#include "cli/arguments.h"

namespace herald::cli {

std::vector<Option> mailbox_settings_options();
/// Whether one of these options was given.
bool sets_mailbox_settings(const Arguments& arguments);
/// Changes the settings at `path` as the options say, leaving what they do not name; returns them
/// as one line. Faults: those of the API, malformed (a member that is no address).
Result<std::string> change_mailbox_settings(const ApiClient& api, const std::string& path,
                                            const Arguments& arguments);

}  // namespace herald::cli
