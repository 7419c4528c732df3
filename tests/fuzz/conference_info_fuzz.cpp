// tests/fuzz/conference_info_fuzz.cpp: any bytes as a conference information document (RFC 4575):
// what is read is written back readable, merged with what was there before, and told.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "packages/package.h"
#include "pidf/conference_info.h"

namespace {

using namespace herald;

constexpr std::string_view kBefore =
    "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:room@x\" "
    "state=\"full\" version=\"1\"><users><user entity=\"sip:a@x\"><endpoint entity=\"sip:a@1\">"
    "<status>connected</status></endpoint></user></users></conference-info>";

void require(bool holds) {
    if (!holds) std::abort();
}

std::string written(const pidf::ConferenceInfo& info) {
    auto text = pidf::to_text(&info, "sip:room@x");
    require(text.version_at < text.text.size());
    text.text.insert(text.version_at, "0");
    return text.text;
}

/// What was written once stays as it is.
void write(const pidf::ConferenceInfo& info) {
    const auto first = pidf::parse_conference_info(written(info));
    // What was read may be longer when it is escaped.
    if (!first) return require(first.fault().kind == FaultKind::too_large);
    const auto text = written(*first);
    const auto again = pidf::parse_conference_info(text);
    require(again && written(*again) == text);
}

void compose(std::string_view bytes) {
    static const packages::Package& conference = *packages::find("conference");
    const auto told =
        conference.admit({std::string(pidf::kConferenceInfoType), std::string(bytes)});
    const auto before =
        conference.admit({std::string(pidf::kConferenceInfoType), std::string(kBefore)});
    require(told && before);
    const packages::Input inputs[] = {{"p1", packages::Rank::published, {}, before->get(), {}, 1}};
    const packages::EventState state{"sip:room@x", inputs, base::WallTime{}};
    const auto kept = conference.reconcile(**told, state, "p1");
    if (kept && *kept) {
        const auto whole = conference.admit(**kept);
        require(whole || whole.fault().kind == FaultKind::too_large);
    }
    const packages::Input both[] = {inputs[0],
                                    {"p2", packages::Rank::published, {}, told->get(), {}, 2}};
    const auto composed = conference.compose({"sip:room@x", both, base::WallTime{}},
                                             {pidf::kConferenceInfoType, "sip:room@x"});
    require(composed.version_at < composed.document.body.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto info = pidf::parse_conference_info(bytes);
    if (!info) return 0;
    write(*info);
    const auto before = pidf::parse_conference_info(kBefore);
    write(pidf::merged(*before, *info));
    compose(bytes);
    return 0;
}
