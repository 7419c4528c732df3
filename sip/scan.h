// sip/scan.h: finds characters in text, inline: most of what a message holds is shorter than a call
// costs.
#pragma once

#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace herald::sip::scan {

inline constexpr std::size_t kNone = std::string_view::npos;

/// First `a` or `b` in [at, end), else `end`. For text of many blocks of 16.
inline const char* find_either(const char* at, const char* end, char a, char b) noexcept {
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8(a);
    const __m128i second = _mm_set1_epi8(b);
    for (; end - at >= 16; at += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const int hits = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(block, first), _mm_cmpeq_epi8(block, second)));
        if (hits != 0) return at + __builtin_ctz(static_cast<unsigned>(hits));
    }
#endif
    while (at != end && *at != a && *at != b) ++at;
    return at;
}

inline const char* find_char(const char* at, const char* end, char c) noexcept {
    return find_either(at, end, c, c);
}

/// As text.find(c).
inline std::size_t find(std::string_view text, char c) noexcept {
    const char* const end = text.data() + text.size();
    const char* const at = find_char(text.data(), end, c);
    return at == end ? kNone : static_cast<std::size_t>(at - text.data());
}

/// Position of the first character for which `holds`, kNone where there is none.
template <class Predicate>
constexpr std::size_t find_if(std::string_view text, Predicate holds) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (holds(text[i])) return i;
    }
    return kNone;
}

}  // namespace herald::sip::scan
