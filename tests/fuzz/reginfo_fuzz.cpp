// tests/fuzz/reginfo_fuzz.cpp: any bytes as a registration document and as a stored binding; what
// is read must be written back readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "packages/package.h"
#include "packages/registration.h"
#include "pidf/reginfo.h"

namespace {

using namespace herald;

void require(bool holds) {
    if (!holds) std::abort();
}

void read_reginfo(std::string_view body) {
    const auto reginfo = pidf::parse_reginfo(body);
    if (!reginfo) return;
    auto written = pidf::to_text(*reginfo);
    require(written.version_at < written.text.size());
    written.text.insert(written.version_at, "7");
    const auto again = pidf::parse_reginfo(written.text);
    // What was read may be longer when it is escaped.
    if (!again) return require(again.fault().kind == FaultKind::too_large);
    require(again->registrations.size() == reginfo->registrations.size());
    auto rewritten = pidf::to_text(*again);
    rewritten.text.insert(rewritten.version_at, "7");
    require(rewritten.text == written.text);
}

void compose(std::string_view body) {
    static const packages::Package& reg = *packages::find("reg");
    const auto document = reg.admit({std::string(pidf::kReginfoType), std::string(body)});
    if (!document) return;
    const packages::Input inputs[] = {
        {"p1", packages::Rank::published, {}, document->get(), {}, 2},
        {"p2",
         packages::Rank::published,
         {},
         document->get(),
         {},
         3,
         packages::Cause::removed,
         true},
    };
    const packages::EventState state{"sip:alice@example.com", inputs, base::WallTime{}};
    const auto whole = reg.compose(state, {pidf::kReginfoType, state.aor});
    const auto part = reg.compose(state, {pidf::kReginfoType, state.aor, 2});
    require(whole.version_at < whole.document.body.size());
    require(part.version_at < part.document.body.size());
}

void read_binding(std::string_view text) {
    const auto binding = packages::binding_from_text(text);
    if (!binding) return;
    const auto written = packages::to_text(*binding);
    const auto again = packages::binding_from_text(written);
    require(again.has_value());
    require(packages::to_text(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_reginfo(bytes);
    compose(bytes);
    read_binding(bytes);
    return 0;
}
