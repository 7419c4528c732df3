// tests/unit/server/core/flow_token_test.cpp: flows named in URIs (RFC 5626 5.2).
#include "server/core/flow_token.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::flow_token_test {
namespace {

using Use = FlowToken::Use;

sip::Flow stream() {
    return {.peer = test::endpoint("192.0.2.9", 40000),
            .protocol = sip::Protocol::tcp,
            .listener = 1,
            .shard = 2,
            .slot = 7,
            .generation = 9};
}

FlowToken token_of(const sip::Flow& flow, Use use = Use::path) {
    return {.use = use, .flow = flow, .about = "elsewhere.example"};
}

}  // namespace

TEST_CASE("RFC 5626 5.2: a token names its flow to whoever has the key, and fits into a URI") {
    const store::Home home{.lasting_key = {1, 2}, .epoch = 3};
    for (const auto use : {Use::path, Use::dialog, Use::answer}) {
        const auto token = FlowTokens(home).issue(token_of(stream(), use));
        CHECK(FlowTokens::is_one(token));
        const auto text = "sip:" + token + "@192.0.2.1:5060;lr;ob";
        const auto uri = sip::parse_uri(text);
        REQUIRE(uri.has_value());
        CHECK(uri->user == token);
        const auto read = FlowTokens(home).read(uri->user);
        REQUIRE(read.has_value());
        CHECK(is_same_flow(read->flow, stream()));
        CHECK(read->use == use);
        CHECK(read->about == "elsewhere.example");

        const FlowTokens other({.lasting_key = {1, 3}, .epoch = 3});
        CHECK(other.read(token).fault().kind == FaultKind::forbidden);
    }
}

TEST_CASE("RFC 5626 5.2: a changed token is nobody's, whatever was changed") {
    const FlowTokens tokens({.lasting_key = {1, 2}, .epoch = 3});
    const auto token = tokens.issue(token_of(stream()));
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == '1' ? '2' : '1';
        CHECK_FALSE(tokens.read(changed).has_value());
        CHECK_FALSE(tokens.read(token.substr(0, i)).has_value());
    }
    CHECK_FALSE(tokens.read(token + "00").has_value());
    // What it is good for is sealed with it.
    const auto other = tokens.issue(token_of(stream(), Use::dialog));
    const auto seal_end = std::string_view("flow-").size() + 32;
    CHECK_FALSE(tokens.read(other.substr(0, seal_end) + token.substr(seal_end)).has_value());
}

TEST_CASE("RFC 5626 5.3: after a restart a stream is gone, and datagrams still find their peer") {
    const FlowTokens before({.lasting_key = {1, 2}, .epoch = 3});
    const FlowTokens after({.lasting_key = {1, 2}, .epoch = 4});
    CHECK(after.read(before.issue(token_of(stream()))).fault().kind == FaultKind::unreachable);
    sip::Flow datagrams;
    datagrams.peer = test::endpoint("2001:db8::9", 5060);
    const auto token = after.read(before.issue(token_of(datagrams)));
    REQUIRE(token.has_value());
    CHECK(is_same_flow(token->flow, datagrams));
}

TEST_CASE("a connection is the same by its slot and generation, datagrams by their peer") {
    auto later = stream();
    ++later.generation;
    CHECK_FALSE(is_same_flow(later, stream()));
    auto moved = stream();
    moved.peer = test::endpoint("192.0.2.10", 40000);
    CHECK_FALSE(is_same_flow(moved, stream()));
    sip::Flow datagrams, others;
    datagrams.peer = others.peer = test::endpoint("192.0.2.9", 5060);
    others.slot = 5;
    CHECK(is_same_flow(datagrams, others));
    others.listener = 1;
    CHECK_FALSE(is_same_flow(datagrams, others));
}

}  // namespace herald::server::flow_token_test
