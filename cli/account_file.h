// cli/account_file.h: accounts as other programs keep them: what an import is made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::cli {

/// One account of a file. What is empty is not said there.
struct FileAccount {
    std::size_t line = 0;
    std::string aor, username, realm;
    std::string password, ha1_md5, ha1_sha256;
    std::string role;
    std::vector<std::string> resources;
};

/// Faults of all: malformed, "line L: why".

/// A table with a heading: aor, and any of username, realm, password, ha1, ha1_sha256, role,
/// resources (with blanks between them).
Result<std::vector<FileAccount>> read_csv_accounts(std::string_view text);
/// Kamailio's and OpenSIPS' table `subscriber` as their databases write it out, with a heading:
/// username, domain, and password or ha1.
Result<std::vector<FileAccount>> read_kamailio_accounts(std::string_view text);
/// pjsip.conf: each endpoint with its `auth`, or the auth alone. Users are of `domain`; what an
/// endpoint's `from_domain` says comes first.
Result<std::vector<FileAccount>> read_asterisk_accounts(std::string_view text,
                                                        const std::string& domain);

}  // namespace herald::cli
