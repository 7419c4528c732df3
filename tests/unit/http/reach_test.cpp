// tests/unit/http/reach_test.cpp: every route, asked with a token that is good for one domain, or
// for one user, in the name of somebody else.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::reach_test {
namespace {

/// The request line of a route that names `whose` wherever it names somebody.
std::string target_for(const Route& route, const std::string& whose) {
    std::string out;
    const std::string_view pattern = route.pattern;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] != '{') {
            out += pattern[at];
            continue;
        }
        const auto end = pattern.find('}', at);
        const auto name = pattern.substr(at + 1, end - at - 1);
        at = end;
        out += name == "package"                                  ? "presence"
               : name == "list"                                   ? "allow"
               : name == "type"                                   ? "device"
               : name == "name" || name == "file" || name == "id" ? "x"
                                                                  : whose;
    }
    char mark = '?';
    for (const auto& parameter : route.query) {
        const bool is_somebody = parameter.name == "resource" || parameter.name == "aor" ||
                                 parameter.name == "user" || parameter.name == "users" ||
                                 parameter.name == "domain";
        if (!is_somebody) continue;
        out += mark + std::string(parameter.name) + '=' + whose;
        mark = '&';
    }
    return out;
}

/// Spellings of others, some of which name the token's own domain or user somewhere.
const std::vector<std::string> kOthers{
    "bob@other.org",
    "sip:bob@other.org",
    "bob@OTHER.org",
    "bob%40other.org",
    "bob%2540b.c@other.org",
    "bob@b.c@other.org",
    "alice@b.c@other.org",
    "sip:alice:@b.c@other.org",
    "bob@other.org;x=@b.c",
    "bob@other.org%3Fx=@b.c",
    "sip:bob@other.org;maddr=b.c",
    "sips:bob@other.org",
    "other.org",
    "sip:b.c",
    "b.c.other.org",
    "bob@x.b.c",
    "tel:+1;phone-context=@b.c",
    "alice@b.c,bob@other.org",
};

/// Others than the token is good for that its answer, or what was done for it, names.
bool is_somebody_touched(const Bench& bench) {
    const auto& state = bench.admin.state;
    const auto is_other = [](const std::string& text) {
        return text.find("other.org") != std::string::npos || text.find("bob") != std::string::npos;
    };
    const auto names = [&](const auto& table) {
        return std::any_of(table.begin(), table.end(),
                           [&](const auto& entry) { return is_other(entry.first); });
    };
    return names(state.accounts) || names(state.set) || names(state.presence) ||
           names(state.policies) || names(state.mailboxes) ||
           std::any_of(state.asked.begin(), state.asked.end(), [&](const std::string& each) {
               return !each.starts_with("alias ") && is_other(each);
           });
}

}  // namespace

TEST_CASE("no route lets a token for some touch somebody else, however he is spelled") {
    for (const Route& route : routes()) {
        if (route.role == Role::open || route.pattern == "/v1/events") continue;
        for (const auto& whose : kOthers) {
            for (const auto* token : {"domain", "user"}) {
                CAPTURE(route.method);
                CAPTURE(route.pattern);
                CAPTURE(whose);
                CAPTURE(token);
                Bench bench;
                const auto target = target_for(route, whose);
                const auto answer = bench.call(std::string(route.method), target, token, "{}");
                CHECK(answer.status >= 400);
                CHECK(answer.status < 500);
                CHECK_FALSE(is_somebody_touched(bench));
            }
        }
    }
}

TEST_CASE("what a token for some may use is reached in its own name, and by no alias of others") {
    for (const Route& route : routes()) {
        const auto by = limited_by(route.pattern);
        if (by.empty() || by == "reach") continue;
        CAPTURE(route.method);
        CAPTURE(route.pattern);
        Bench bench;
        const auto own =
            bench.call(std::string(route.method), target_for(route, "alice@b.c"), "domain", "{}");
        CHECK(own.status != 403);
        CHECK(own.status != 401);

        Bench other;
        other.admin.state.stands_for["sip:front@b.c"] = "sip:bob@other.org";
        const auto beyond =
            other.call(std::string(route.method), target_for(route, "front@b.c"), "domain", "{}");
        CHECK(beyond.status == 403);
        CHECK_FALSE(is_somebody_touched(other));
    }
    Bench bench;
    bench.admin.state.stands_for["sip:front@b.c"] = "sip:bob@other.org";
    CHECK(bench.call("GET", "/v1/presence?users=alice@b.c,front@b.c", "domain").status == 403);
    CHECK(bench.call("GET", "/v1/presence/front@b.c", "read").status == 200);
    // An alias within what it is good for is no way out of it.
    bench.admin.state.stands_for["sip:desk@b.c"] = "sip:alice@b.c";
    CHECK(bench.call("GET", "/v1/presence/desk@b.c", "domain").status == 200);
}

}  // namespace herald::http::reach_test
