// pidf/reginfo.h: registration information documents: who is registered where (RFC 3680 5, 5628).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pidf/versioned_text.h"

namespace herald::pidf {

inline constexpr std::string_view kReginfoType = "application/reginfo+xml";

/// What happened to a contact last (RFC 3680 5.1).
enum class ContactEvent : std::uint8_t {
    registered,
    created,
    refreshed,
    shortened,
    expired,
    deactivated,
    probation,
    unregistered,
    rejected,
};
std::string_view name_of(ContactEvent event) noexcept;

enum class RegistrationState : std::uint8_t { init, active, terminated };
std::string_view name_of(RegistrationState state) noexcept;

struct RegisteredContact {
    std::string id;
    bool is_active = true;
    ContactEvent event = ContactEvent::registered;
    std::optional<std::uint32_t> expires;  ///< seconds left
    std::optional<std::uint32_t> retry_after;
    std::optional<std::uint32_t> duration_registered;  ///< seconds since it was made
    std::string q;
    std::string call_id;
    std::optional<std::uint32_t> cseq;
    std::string uri;
    std::string display_name;
    /// Contact parameters RFC 3261 does not name, values without their quotes.
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string public_gruu;  ///< empty: none (RFC 5628)
    std::string temporary_gruu;
    std::uint32_t first_cseq = 0;  ///< goes with temporary_gruu
};

struct RegistrationElement {
    std::string aor;
    std::string id;
    RegistrationState state = RegistrationState::init;
    std::vector<RegisteredContact> contacts;
};

struct Reginfo {
    bool is_full = true;
    std::vector<RegistrationElement> registrations;
};

VersionedText to_text(const Reginfo& reginfo);

/// Reads a published document; elements and attributes it does not know are passed over. Faults:
/// too_large; malformed, detail "line L, column C: why".
Result<Reginfo> parse_reginfo(std::string_view body);

}  // namespace herald::pidf
