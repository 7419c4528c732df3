// tests/unit/server/access/vectors_test.cpp: tests/vectors/rules: what each watcher is shown, to
// the byte.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "server/access/authorize.h"
#include "tests/support/places.h"

namespace herald::server::vectors_test {
namespace {

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr const char* kOwner = "sip:o@x";

std::string path_of(const std::string& file) {
    return herald::testing::in_clone("tests/vectors/rules/" + file);
}

std::string content_of(const std::string& file) {
    std::ifstream in(path_of(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Judgement judged(const std::string& rules, const std::string& watcher, const std::string& sphere) {
    Identity who;
    if (watcher != "-") who.aor = watcher;
    JudgementFacts facts{.profile = packages::find("presence")->profile(),
                         .owner = kOwner,
                         .watcher = who,
                         .said = {policy_of({kOwner, 1, {}, content_of(rules)}), nullptr},
                         .defaults = {},
                         .now = kNow,
                         .sphere = {}};
    if (sphere != "-") facts.sphere = sphere;
    return judge(facts);
}

std::string shown(const std::string& document, const Judgement& judgement) {
    if (!judgement.is_active()) return {};
    const auto& presence = *packages::find("presence");
    const auto admitted =
        presence.admit({presence.profile().publish_types.front().data(), content_of(document)});
    REQUIRE(admitted.has_value());
    const packages::Input input{"s1", packages::Rank::published, kNow, admitted->get()};
    packages::EventState state{kOwner, {&input, 1}, kNow};
    packages::View view{presence.profile().notify_types.front(), kOwner};
    view.permissions = judgement.permissions.get();
    if (view.permissions && view.permissions->is_fabricated) state.inputs = {};
    return presence.compose(state, view).document.body;
}

}  // namespace

TEST_CASE("RFC 5025: published vectors, each watcher's document to the byte") {
    std::ifstream cases(path_of("cases.txt"));
    std::string line;
    std::size_t count = 0;
    while (std::getline(cases, line)) {
        CAPTURE(line);
        std::istringstream words(line);
        std::string rules, document, watcher, sphere, decision, expected;
        words >> rules >> document >> watcher >> sphere >> decision >> expected;
        const auto judgement = judged(rules, watcher, sphere);
        CHECK(pidf::name_of(judgement.handling) == decision);
        const auto body = shown(document, judgement);
        if (std::getenv("HERALD_UPDATE_VECTORS") && expected != "-")
            std::ofstream(path_of(expected), std::ios::binary) << body;
        CHECK(body == (expected == "-" ? std::string() : content_of(expected)));
        ++count;
    }
    CHECK(count >= 10);
}

}  // namespace herald::server::vectors_test
