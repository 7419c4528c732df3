// tests/fuzz/common_policy_fuzz.cpp: any bytes as an authorization document; whatever is read can
// be asked, gives the same answer again, and what it shows of a document it shows of what it
// showed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pidf/common_policy.h"
#include "pidf/ruleset_text.h"
#include "server/access/rules.h"

namespace {

using namespace herald;

void require(bool holds) {
    if (!holds) std::abort();
}

const pidf::Presence& sample() {
    static const auto presence = pidf::parse_presence(
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:o@x' "
        "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
        "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'><tuple id='s'><status><basic>open</basic>"
        "<z xmlns='urn:z'/></status><r:class>c</r:class><contact>sip:o@x</contact></tuple>"
        "<dm:person id='p'><r:user-input idle-threshold='1' last-input='2'>idle</r:user-input>"
        "</dm:person></presence>");
    return *presence;
}

std::string shown(const pidf::Presence& presence, const pidf::Permissions& permissions) {
    const pidf::Contribution contribution{"s", 1, base::WallTime{}, &presence};
    auto composition =
        pidf::filtered(pidf::resolve({&contribution, 1}, base::WallTime{}), permissions, "sip:o@x");
    return pidf::render_pidf(composition, "sip:o@x", "sip:o@x").body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto ruleset = pidf::parse_ruleset(bytes);
    if (!ruleset) return 0;
    // What is written of them is read again, and written the same.
    const auto written = pidf::to_text(*ruleset);
    const auto again = pidf::parse_ruleset(written);
    require(again ? pidf::to_text(*again) == written : again.fault().kind == FaultKind::too_large);
    const server::CompiledRules rules(*std::move(ruleset));
    for (const std::string_view watcher : {"", "sip:ann@x", "sip:mal@x"}) {
        std::vector<std::string_view> uris;
        if (!watcher.empty()) uris.push_back(watcher);
        const server::Asking asking{uris, "presence", base::WallTime{}, "work"};
        const auto grant = rules.grant(asking);
        for (std::size_t i = 0; i < rules.rules().size(); ++i) {
            const bool matched = rules.mismatch(i, asking) == server::Mismatch::none;
            const bool counted =
                std::find(grant.rules.begin(), grant.rules.end(), i) != grant.rules.end();
            require(matched == counted);
        }
        const auto once = shown(sample(), grant.permissions);
        const auto reread = pidf::parse_presence(once);
        require(reread.has_value());
        require(shown(*reread, grant.permissions) == once);
    }
    return 0;
}
