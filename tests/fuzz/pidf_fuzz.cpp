// tests/fuzz/pidf_fuzz.cpp: any bytes as a presence document; what is admitted must compose to a
// fixed point.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"

namespace {

using namespace herald;
using namespace herald::packages;

constexpr base::WallTime kArrived{std::chrono::seconds(1'800'000'000)};

void require(bool holds) {
    if (!holds) std::abort();
}

Composed composed_of(const Package& package, const std::vector<Input>& inputs,
                     std::string_view type) {
    return package.compose({"sip:alice@example.com", inputs, kArrived},
                           {type, "sip:alice@example.com"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Package& package = *find("presence");
    static const DocumentPtr other =
        *package.admit({"application/pidf+xml",
                        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@x'><tuple "
                        "id='t'><status><basic>open</basic>"
                        "</status><contact>sip:a@x</contact></tuple><note>here</note></presence>"});

    const std::string body(reinterpret_cast<const char*>(data), size);
    const auto admitted = package.admit({"application/pidf+xml", body});
    if (!admitted) {
        require(!admitted.fault().detail.empty());
        return 0;
    }

    const std::vector<Input> alone{{"a", Rank::published, kArrived, admitted->get()}};
    const Composed once = composed_of(package, alone, "application/pidf+xml");
    require(composed_of(package, alone, "application/pidf+xml").document.body ==
            once.document.body);
    require(!composed_of(package, alone, "application/xpidf+xml").document.body.empty());

    const std::vector<Input> two{alone[0], {"b", Rank::published, kArrived, other.get()}};
    const std::vector<Input> turned{two[1], two[0]};
    const Composed both = composed_of(package, two, "application/pidf+xml");
    require(composed_of(package, turned, "application/pidf+xml").document.body ==
            both.document.body);

    // What we send must be admitted by the strictest reader we have, ourselves; canonical text may
    // exceed the size allowed for a published one.
    for (const Composed& sent : {once, both}) {
        const auto again = package.admit({"application/pidf+xml", sent.document.body});
        if (!again) {
            require(again.fault().kind == FaultKind::too_large);
            continue;
        }
        const std::vector<Input> reread{{"c", Rank::published, kArrived, again->get()}};
        const Composed twice = composed_of(package, reread, "application/pidf+xml");
        const bool is_default = sent.document.body.find("<timestamp>") == std::string::npos;
        require(is_default || twice.document.body == sent.document.body);
    }
    return 0;
}
