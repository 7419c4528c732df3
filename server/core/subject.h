// server/core/subject.h: whom a request is about: read once, for the choice of its shard and for
// the part that answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/address/gruu.h"
#include "sip/message.h"
#include "sip/uri.h"
#include "store/store.h"

namespace herald::server {

/// Views into the request, and into the aliases: good as long as both stay as they are.
struct Subject {
    /// The Request-URI; nullopt: malformed. A telephone number that is an alias in a domain served
    /// here is that alias (RFC 3261 19.1.6).
    std::optional<sip::Uri> uri;
    /// Whose state the request is about, canonical, aliases resolved: of the Request-URI, in a
    /// REGISTER of To. Empty: nobody's, or the dialog says whose.
    std::string aor;
    bool is_ours = false;    ///< `aor` and the Request-URI are of domains served here
    bool is_nobody = false;  ///< the Request-URI is the GRUU of no device there is
    /// What decides the shard: of our To tag, a temporary GRUU or `aor`; nullopt: any shard will
    /// do.
    std::optional<std::uint32_t> bucket;
};

/// One a shard, on its thread.
class SubjectReader {
public:
    /// All of them outlive the reader.
    SubjectReader(const Domains& domains, const store::Home& home, const Aliases& aliases);

    Subject read(const sip::Message& request) const;

private:
    std::optional<sip::Uri> named_by(const sip::Message& request) const;
    Subject in_dialog(const sip::Message& request, std::uint32_t bucket) const;
    std::optional<std::uint32_t> bucket_of_uri(const sip::Uri& uri, const std::string& aor) const;

    const Domains& domains_;
    const store::Home& home_;
    const Aliases& aliases_;
    const Gruus gruus_;
};

}  // namespace herald::server
