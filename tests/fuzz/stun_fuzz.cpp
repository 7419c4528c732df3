// tests/fuzz/stun_fuzz.cpp: whatever is answered to STUN is small, whole, and about its request.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sip/stun.h"

using namespace herald::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Endpoint kSources[] = {*Endpoint::from("192.0.2.1", 1),
                                        *Endpoint::from("2001:db8::1", 65535)};
    const std::string_view request(reinterpret_cast<const char*>(data), size);
    for (const Endpoint& source : kSources) {
        const auto answer = stun_answer(request, source);
        if (!answer) continue;
        const bool is_sound = size >= 20 && answer->size() < 3 * size && answer->size() <= 64 &&
                              answer->size() % 4 == 0 &&
                              answer->substr(4, 16) == request.substr(4, 16);
        if (!is_sound) std::abort();
    }
    return 0;
}
