// tests/fuzz/profile_template_fuzz.cpp: any text as a template, a stored profile, a manner, the
// token of a URL, and what a reference to a profile is made of; what is made of a template is
// bounded, values stay values, and headers are what they seem to be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "packages/address_block.h"
#include "packages/enrolment.h"
#include "packages/external_body.h"
#include "packages/profile_link.h"
#include "packages/profile_set.h"
#include "packages/ua_profile.h"

using namespace herald;
using namespace std::literals;

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

bool is_one_line(std::string_view text) {
    return text.find_first_of("\r\n\0"sv) == std::string_view::npos;
}

/// The value of the quoted parameter `name`.
std::string_view quoted(std::string_view type, std::string_view name) {
    const auto at = type.find(std::string(name) + "=\"");
    require(at != std::string_view::npos);
    const auto value = type.substr(at + name.size() + 2);
    return value.substr(0, value.find('"'));
}

/// RFC 4483 5: one line as a type; two lines of headers and an empty one as a body.
void check_external(const packages::Document& made, std::string_view content,
                    const std::string& url) {
    require(is_one_line(made.type));
    require(quoted(made.type, "URL") == url);
    require(made.type.find("; size=" + std::to_string(content.size()) + ";") != std::string::npos);
    const auto hash = made.type.find("; hash=");
    require(hash != std::string::npos && made.type.size() - hash == 7 + 40);
    require(made.body.starts_with("Content-Type: ") && made.body.ends_with(">\r\n\r\n"));
    const auto end = made.body.find("\r\n");
    const auto id = std::string_view(made.body).substr(end + 2);
    require(is_one_line(std::string_view(made.body).substr(0, end)));
    require(id.starts_with("Content-ID: <") && id.find("\r\n") == id.size() - 4);
}

/// What an enrolled device is told of the profile where it takes references only.
void check_reference(const packages::ProfileSet::Ptr& set, const packages::DeviceProfile& profile,
                     std::string_view text) {
    packages::ProfileShelf shelf;
    shelf.profiles = set;
    shelf.url = "https://p.example.com";
    shelf.key = {1, 2};
    const auto facts = facts_with(text.substr(0, 100));
    for (std::size_t i = 0; i <= profile.files.size(); ++i) {
        const auto& file = i == 0 ? profile.body : profile.files[i - 1];
        const auto rendered = set->render(profile, file.name, facts);
        require(rendered.has_value());
        const auto url = url_of(shelf, profile, file, facts, {});
        const auto made = packages::external_body({.url = url,
                                                   .content_type = rendered->content_type,
                                                   .content_id = "v1." + profile.name + "@p",
                                                   .content = rendered->body});
        check_external(made, rendered->body, url);
        const packages::Document parts[] = {made, {rendered->content_type, rendered->body}};
        const auto all = packages::multipart(parts);
        const auto boundary = "--" + std::string(quoted(all.type, "boundary"));
        std::size_t count = 0;
        for (auto at = all.body.find(boundary); at != std::string::npos;
             at = all.body.find(boundary, at + 1))
            ++count;
        require(is_one_line(all.type) && count == 3);
    }
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
    check_reference(*set, **made, text);
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
    if (const auto block = packages::AddressBlock::parse(text))
        require(block->contains(text.substr(0, text.find('/'))));
    return 0;
}
