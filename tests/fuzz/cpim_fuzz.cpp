// tests/fuzz/cpim_fuzz.cpp: any bytes as a Message/CPIM body; what is read lies within it, and a
// notification made of it is readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pidf/cpim.h"
#include "pidf/imdn.h"

namespace {

using namespace herald;

void require(bool holds) {
    if (!holds) std::abort();
}

bool lies_within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void notify(const pidf::Cpim& cpim) {
    const auto request = pidf::disposition_request(cpim);
    if (!request) return;
    const auto text =
        pidf::notification(*request, pidf::Disposition::failed, "sip:a@b", "id", base::WallTime{});
    const auto again = pidf::parse_cpim(text);
    require(again.has_value());
    require(pidf::is_notification(*again));
    require(!pidf::disposition_request(*again));
    require(again->value("urn:ietf:params:imdn", "Message-ID") == "id");
}

void leave_out_routes(std::string_view body, const pidf::Cpim& cpim) {
    const auto routes = pidf::disposition_route(cpim);
    const auto text = pidf::without_routes(body, cpim, routes.size());
    const auto again = pidf::parse_cpim(text);
    require(again.has_value());
    require(again->content == cpim.content);
    require(again->headers.size() + routes.size() == cpim.headers.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto escaped = pidf::escape_cpim(body);
    require(pidf::unescape_cpim(escaped) == body);
    static_cast<void>(pidf::unescape_cpim(body));
    const auto cpim = pidf::parse_cpim(body);
    if (!cpim) return 0;
    require(lies_within(cpim->content, body));
    for (const auto& header : cpim->headers) {
        require(lies_within(header.name, body));
        require(lies_within(header.value, body));
        static_cast<void>(pidf::language_of(header));
        static_cast<void>(cpim->values("urn:ietf:params:imdn", header.name));
        static_cast<void>(cpim->values({}, header.name));
    }
    notify(*cpim);
    leave_out_routes(body, *cpim);
    return 0;
}
