// cli/account_transfer.h: many accounts at once: listed, written out, and taken from a file.
#pragma once

#include "cli/api_client.h"
#include "cli/arguments.h"

namespace herald::cli {

/// `herald account list`, and `export`, which is a table that import takes again. The exit code.
int list_accounts(const ApiClient& api, const Arguments& arguments);
/// `herald account import FORMAT FILE`.
int import_accounts(const ApiClient& api, const Arguments& arguments);

}  // namespace herald::cli
