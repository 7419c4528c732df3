// server/address/gruu.h: public and temporary GRUUs: names of one device of one user (RFC 5627).
//
//   public     sip:alice@example.com;gr=urn:uuid:...   the same as long as the AOR exists
//   temporary  sip:tgruu.<26 characters>@example.com;gr   a new one with each REGISTER
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "sip/uri.h"

namespace herald::server {

/// What a temporary GRUU says to who can read it.
struct TemporaryGruu {
    std::uint64_t subject = 0;  ///< see Gruus::subject()
    std::uint32_t bucket = 0;   ///< of the AOR: tells the shard
};

/// Makes and reads GRUUs. No state: a temporary one is a random number and its subject, enciphered
/// (RFC 5627 Appendix A), so it can be neither guessed nor linked to another one. Immutable.
class Gruus {
public:
    /// `lasting_key` as in store::Home: GRUUs are understood after a restart.
    explicit Gruus(const base::HashKey& lasting_key);

    /// The device that temporary GRUUs are made for: they are good as long as it registers with the
    /// same Call-ID (RFC 5627 5.4).
    std::uint64_t subject(std::string_view aor, std::string_view instance,
                          std::string_view call_id) const;

    std::string public_gruu(std::string_view aor, std::string_view instance) const;
    /// A new one with each call. `domain` is that of the AOR.
    std::string temporary_gruu(std::string_view domain, const TemporaryGruu& content) const;

    /// The content of a temporary GRUU of ours; nullopt for anything else.
    std::optional<TemporaryGruu> read(const sip::Uri& uri) const;

private:
    base::HashKey subject_key_{};
    std::string cipher_key_;  ///< 16 bytes
};

/// The instance a public GRUU names, unescaped; nullopt where the URI has no `gr` with a value.
std::optional<std::string> public_gruu_instance(const sip::Uri& uri);

}  // namespace herald::server
