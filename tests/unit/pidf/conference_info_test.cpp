// tests/unit/pidf/conference_info_test.cpp: what a focus tells in part, merged into what it told
// before (RFC 4575 4.6).
#include "pidf/conference_info.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::pidf::conference_info_test {
namespace {

ConferenceInfo document(const std::string& state, const std::string& users) {
    auto read = parse_conference_info(
        "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" "
        "entity=\"sip:c@x\" state=\"" +
        state + "\" version=\"1\"><users state=\"" + state + "\">" + users +
        "</users></conference-info>");
    REQUIRE(read);
    return *std::move(read);
}

std::string user(const std::string& name, const std::string& state, const std::string& inside) {
    return "<user entity=\"" + name + "\" state=\"" + state + "\">" + inside + "</user>";
}

std::string users_of(const ConferenceInfo& info) {
    const auto text = to_text(&info, "sip:c@x").text;
    const auto begin = text.find("<users>");
    return begin == std::string::npos ? "" : text.substr(begin, text.find("</users>") - begin);
}

const std::string kAda = "<display-text>Ada</display-text>";
const std::string kBob = "<display-text>Bob</display-text>";

}  // namespace

TEST_CASE("RFC 4575 4.6: what is told in part is merged, what is deleted goes") {
    const auto before = document("full", user("a", "full", kAda) + user("b", "full", kBob));
    const auto gone = merged(before, document("partial", user("a", "deleted", "")));
    CHECK(users_of(gone) == "<users><user entity=\"b\">" + kBob + "</user>");
    const auto more = merged(
        before, document("partial", user("c", "full", kAda) + user("b", "partial", "<roles/>")));
    CHECK(users_of(more) == "<users><user entity=\"a\">" + kAda + "</user><user entity=\"b\">" +
                                kBob + "<roles/></user><user entity=\"c\">" + kAda + "</user>");
    CHECK(users_of(merged(before, document("partial", user("z", "deleted", "")))) ==
          users_of(before));
}

TEST_CASE("elements of PIDF within a conference keep their namespace") {
    const auto note = "<p:note xmlns:p=\"urn:ietf:params:xml:ns:pidf\">here</p:note>";
    CHECK(users_of(document("full", user("a", "full", note)))
              .find("<note xmlns=\"urn:ietf:params:xml:ns:pidf\">here</note>") !=
          std::string::npos);
}

TEST_CASE("RFC 4575 4.6: who is deleted and told again in one document has nothing of before") {
    const auto before = document("full", user("a", "full", kAda));
    const auto after = merged(
        before, document("partial", user("a", "deleted", "") + user("a", "partial", "<roles/>")));
    CHECK(users_of(after) == "<users><user entity=\"a\"><roles/></user>");
    const auto twice = merged(
        before, document("partial", user("b", "partial", kBob) + user("b", "partial", "<roles/>") +
                                        user("b", "deleted", "")));
    CHECK(users_of(twice) == users_of(before));
}

TEST_CASE("RFC 4575 4.6: thousands may come and go at once") {
    constexpr int kMany = 2500;
    std::string there, leaving, coming;
    for (int i = 0; i < kMany; ++i) {
        there += user("a" + std::to_string(i), "full", "");
        leaving += user("a" + std::to_string(i), "deleted", "");
        coming += user("b" + std::to_string(i), "partial", "");
    }
    const auto before = document("full", there);
    const auto after = merged(before, document("partial", leaving + coming));
    REQUIRE(after.root.children.size() == 1);
    const auto& users = after.root.children.front().children;
    REQUIRE(users.size() == kMany);
    CHECK(users.front().key == " entity=\"b0\"");
    CHECK(users.back().key == " entity=\"b" + std::to_string(kMany - 1) + "\"");
}

}  // namespace herald::pidf::conference_info_test
