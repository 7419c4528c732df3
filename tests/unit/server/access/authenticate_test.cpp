// tests/unit/server/access/authenticate_test.cpp: who a request is from, by its digest.
#include "server/access/authenticate.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server {
namespace {

using testing::Request;

struct Rig {
    base::ManualClock clock;
    base::Metrics metrics;
    Config config;
    Domains domains{{"example.com"}, {}};
    Accounts accounts;
    Aliases aliases;
    std::unique_ptr<Authenticator> authenticator;

    Rig() {
        config.auth = AuthMode::digest;
        config.digest_algorithms = {sip::DigestAlgorithm::md5};
        auto bob = testing::account("sip:bob@example.com");
        bob.ha1[0] = sip::digest_ha1(sip::DigestAlgorithm::md5, "bob", "example.com", "secret");
        accounts.put(std::make_shared<const store::Account>(std::move(bob)));
        authenticator = std::make_unique<Authenticator>(config, domains, accounts, aliases,
                                                        base::HashKey{1, 2}, clock, metrics);
    }

    /// Status of the refusal of a SUBSCRIBE whose credentials sign `uri`; 0: accepted.
    int refused(std::string_view uri, const std::string& password = "secret") {
        const auto first = authenticator->authenticate(*Request("SUBSCRIBE"), sip::Flow{});
        const auto& challenge = std::get<AuthenticationRefusal>(first);
        CHECK(challenge.answer.status == 401);
        std::string bytes = test::wire(
            "SIP/2.0 401 Unauthorized\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n"
            "From: <sip:bob@example.com>;tag=b\nTo: <sip:alice@example.com>;tag=a\nCall-ID: c\n"
            "CSeq: 1 SUBSCRIBE\n" +
            challenge.answer.headers + "\n");
        auto response = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
        REQUIRE(response.error == sip::ParseOutcome::Error::none);
        sip::DigestClient client("bob", password);
        const auto line = client.answer(response.message, "SUBSCRIBE", uri, "");
        REQUIRE(line.has_value());
        const auto second = authenticator->authenticate(*Request("SUBSCRIBE", *line), sip::Flow{});
        const auto* refusal = std::get_if<AuthenticationRefusal>(&second);
        return refusal ? refusal->answer.status : 0;
    }
};

}  // namespace

TEST_CASE("RFC 3261 22.4: credentials are good for what they sign, in any spelling of ours") {
    Rig rig;
    CHECK(rig.refused("sip:alice@example.com") == 0);
    CHECK(rig.refused("sip:example.com;transport=udp") == 0);
    CHECK(rig.refused("sip:alice@example.net") == 403);
    CHECK(rig.refused("garbage") == 403);
}

TEST_CASE("RFC 3261 22.4: a wrong password is challenged again") {
    Rig rig;
    CHECK(rig.refused("sip:alice@example.com", "wrong") == 401);
}

}  // namespace herald::server
