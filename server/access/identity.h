// server/access/identity.h: who sent a request, as far as that was proved.
#pragma once

#include <memory>
#include <string>

#include "store/records.h"

namespace herald::server {

using AccountPtr = std::shared_ptr<const store::Account>;

/// The proved sender of a request. `aor` is empty for anonymous.
struct Identity {
    std::string aor;
    AccountPtr account;    ///< of `aor`, where there is one
    bool is_open = false;  ///< nothing was asked for (auth = open): From is taken at its word
    bool is_trusted_peer = false;  ///< asserted by a trusted peer's address
    /// Whether its sender is known to receive at the address the request came from: by a stream, by
    /// answering a challenge that went there, as a trusted peer, or (auth = open) by its word.
    bool is_address_proven = false;
    /// Header lines for a 2xx to him: Authentication-Info, where it is time for another nonce.
    std::string success_lines{};
};

}  // namespace herald::server
