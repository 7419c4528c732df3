// tests/fuzz/profile_template_fuzz.cpp: any text as a template, a stored profile, a manner and the
// token of a URL; what is made of a template is bounded, and values stay values.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "packages/enrolment.h"
#include "packages/profile_link.h"
#include "packages/profile_set.h"

using namespace herald;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

packages::DeviceFacts facts_with(std::string_view value) {
    packages::DeviceFacts facts;
    facts.vendor = value;
    facts.model = value;
    facts.aor = "sip:" + std::string(value) + "@example.com";
    return *packages::facts_from(packages::to_text(facts));
}

void check_template(std::string_view text, const packages::DeviceFacts& facts) {
    const auto parsed = packages::Template::parse(text);
    if (!parsed) return require(parsed.fault().detail.starts_with("line "));
    const auto nothing = [](std::string_view) { return nullptr; };
    for (const auto escaping :
         {packages::Escaping::plain, packages::Escaping::xml, packages::Escaping::json}) {
        std::string out;
        parsed->render(out, facts, escaping, nothing);
        require(out.size() <= parsed->most_bytes());
    }
}

/// A value within an attribute ends neither that nor the line.
void check_value(const packages::DeviceFacts& facts) {
    const auto parsed = packages::Template::parse("{{device.vendor}}");
    std::string out;
    parsed->render(out, facts, packages::Escaping::xml, [](std::string_view) { return nullptr; });
    require(out.find_first_of("\"<>\n\r") == std::string::npos);
}

void check_profile(std::string_view text) {
    auto profile = packages::profile_from(text);
    if (!profile) return;
    const auto written = packages::to_text(*profile);
    const auto again = packages::profile_from(written);
    require(again && packages::to_text(*again) == written);
    auto made = packages::finished(*std::move(profile));
    if (!made) return require(!made.fault().detail.empty());
    const auto set = packages::ProfileSet::with(*packages::ProfileSet::of({}), *made);
    if (!set) return;
    const auto rendered = (*set)->render(**made, "", facts_with("v"));
    require(rendered && rendered->body.size() <= (*made)->body.compiled->most_bytes());
}

void check_manner(std::string_view text) {
    const auto enrolment = packages::enrolment_from(text);
    if (!enrolment) return;
    const auto again = packages::enrolment_from(packages::to_text(*enrolment));
    require(again && packages::to_text(*again) == packages::to_text(*enrolment));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto facts = facts_with(text.substr(0, 200));
    check_template(text, facts);
    check_value(facts);
    check_profile(text);
    check_manner(text);
    require(!packages::link_in(text, {1, 2}));
    return 0;
}
