// pidf/idna.cpp: domain names that people write in their own letters.
#include "pidf/idna.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <idn2.h>

#include "base/text.h"
#include "pidf/common_policy.h"

namespace herald::pidf {

namespace {

struct Free {
    void operator()(std::uint8_t* text) const noexcept { idn2_free(text); }
};

/// What DNS takes of a name (RFC 1035 2.3.4); of what is longer nothing is converted.
constexpr std::size_t kLongest = 253;

}  // namespace

std::string to_ascii(std::string_view domain) {
    if (domain.size() > 4 * kLongest || !base::is_utf8(domain)) return {};
    const std::string text(domain);
    std::uint8_t* out = nullptr;
    const auto code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &out,
                                     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, Free> ascii(out);
    if (code != IDN2_OK || !ascii) return {};
    return base::lower(reinterpret_cast<const char*>(ascii.get()));
}

std::string ascii_uri(std::string_view uri) {
    const bool is_sip = base::istarts_with(uri, "sip:") || base::istarts_with(uri, "sips:");
    if (!is_sip) return {};
    const auto at = uri.rfind('@');
    const auto begin = (at == std::string_view::npos ? uri.find(':') : at) + 1;
    const auto end = std::min(uri.find_first_of(":;?", begin), uri.size());
    const auto domain = comparable_domain(uri.substr(begin, end - begin));
    if (domain.empty()) return {};
    return std::string(uri.substr(0, begin)) + domain + std::string(uri.substr(end));
}

}  // namespace herald::pidf
