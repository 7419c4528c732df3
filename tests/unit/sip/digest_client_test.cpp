// tests/unit/sip/digest_client_test.cpp: what the client makes of challenges, and both sides
// against each other.
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "sip/digest.h"
#include "tests/unit/sip/digest_fixture.h"

namespace herald::sip::digest_client_test {

using namespace digest_fixture;

TEST_CASE("RFC 8760 2.4: the client answers the strongest algorithm it has a secret for") {
    const Parsed challenge(response_text(
        401,
        "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n1\", algorithm=MD5, "
        "qop=\"auth\"\r\n"
        "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n2\", algorithm=SHA-512-256, "
        "qop=\"auth,auth-int\", opaque=\"o\"\r\n"
        "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n3\", algorithm=SHA3-256, "
        "qop=\"auth\"\r\n"));
    DigestClient with_password("alice", "s3cret");
    DigestSecrets md5_only;
    md5_only.ha1[0] = digest_ha1(DigestAlgorithm::md5, "alice", kRealm, "s3cret");
    DigestClient with_ha1("alice", md5_only);

    const auto strong = with_password.answer(challenge.message, "SUBSCRIBE", kUri, "");
    const auto weak = with_ha1.answer(challenge.message, "SUBSCRIBE", kUri, "");

    REQUIRE(strong);
    CHECK(strong->rfind("Authorization: Digest username=\"alice\", realm=\"example.com\"", 0) == 0);
    CHECK(value_in(*strong, "nonce") == "n2");
    CHECK(value_in(*strong, "algorithm") == "SHA-512-256");
    CHECK(value_in(*strong, "opaque") == "o");
    CHECK(value_in(*strong, "qop") == "auth");
    CHECK(value_in(*strong, "nc") == "00000001");
    REQUIRE(weak);
    CHECK(value_in(*weak, "nonce") == "n1");
}

TEST_CASE("RFC 3261 22.2: the client gives up where the same credentials are refused") {
    const std::string head = "WWW-Authenticate: Digest realm=\"example.com\", qop=\"auth\", nonce=";
    const Parsed first(response_text(401, head + "\"n1\"\r\n"));
    const Parsed refused(response_text(401, head + "\"n2\"\r\n"));
    const Parsed stale(response_text(401, head + "\"n3\", stale=TRUE\r\n"));
    DigestClient client("alice", "guess");

    CHECK(client.answer(first.message, "SUBSCRIBE", kUri, ""));
    CHECK_FALSE(client.answer(refused.message, "SUBSCRIBE", kUri, ""));
    CHECK(client.answer(stale.message, "SUBSCRIBE", kUri, ""));
    CHECK(client.answer(stale.message, "SUBSCRIBE", kUri, ""));
    CHECK_FALSE(client.answer(stale.message, "SUBSCRIBE", kUri, ""));

    SUBCASE("and tries again for a new request") {
        const auto next = client.next("SUBSCRIBE", kUri, "");
        REQUIRE(next);
        CHECK(value_in(*next, "nc") == "00000003");
        CHECK(client.answer(refused.message, "SUBSCRIBE", kUri, ""));
        CHECK_FALSE(client.answer(refused.message, "SUBSCRIBE", kUri, ""));
    }
    SUBCASE("and after a success") {
        const Parsed accepted(response_text(200, ""));
        client.learn(accepted.message);
        CHECK(client.answer(refused.message, "SUBSCRIBE", kUri, ""));
    }
}

TEST_CASE("RFC 7616 5.5: the client answers the realms it is for, and with qop, where told so") {
    const Parsed of_ours(response_text(
        401, "WWW-Authenticate: Digest realm=\"ours\", nonce=\"n\", algorithm=MD5\r\n"));
    const Parsed of_ours_with_qop(response_text(
        401, "WWW-Authenticate: Digest realm=\"ours\", nonce=\"n\", qop=\"auth\"\r\n"));
    const Parsed of_others(response_text(
        401, "WWW-Authenticate: Digest realm=\"theirs\", nonce=\"n\", qop=\"auth\"\r\n"));
    const auto answers = [](const Parsed& challenge, DigestScope scope) {
        DigestClient client("alice", "s3cret", std::move(scope));
        return client.answer(challenge.message, "NOTIFY", kUri, "").has_value();
    };

    CHECK(answers(of_ours, {.realm = "ours"}));
    CHECK(answers(of_ours_with_qop, {.realm = "ours", .requires_qop = true}));
    CHECK_FALSE(answers(of_ours, {.realm = "ours", .requires_qop = true}));
    CHECK_FALSE(answers(of_others, {.realm = "ours"}));
    CHECK(answers(of_others, {}));
}

TEST_CASE("RFC 3261 22.3: the client satisfies a proxy and the server behind it together") {
    const Parsed from_proxy(response_text(
        407, "Proxy-Authenticate: Digest realm=\"p\", nonce=\"np\", qop=\"auth\"\r\n"));
    const Parsed from_server(response_text(
        401, "WWW-Authenticate: Digest realm=\"s\", nonce=\"ns\", algorithm=MD5\r\n"));
    DigestClient client("alice", "s3cret");

    REQUIRE(client.answer(from_proxy.message, "SUBSCRIBE", kUri, ""));
    const auto both = client.answer(from_server.message, "SUBSCRIBE", kUri, "");

    REQUIRE(both);
    CHECK(both->rfind("Proxy-Authorization: Digest username=\"alice\", realm=\"p\"", 0) == 0);
    const std::size_t second =
        both->find("\r\nAuthorization: Digest username=\"alice\", realm=\"s\"");
    REQUIRE(second != std::string::npos);
    CHECK(both->substr(second).find("cnonce") == std::string::npos);
}

TEST_CASE("The client answers nothing it does not understand") {
    DigestClient client("alice", "s3cret");
    const auto answers = [&](const std::string& value) {
        const Parsed response(response_text(401, "WWW-Authenticate: " + value + "\r\n"));
        return client.answer(response.message, "SUBSCRIBE", kUri, "").has_value();
    };

    CHECK_FALSE(client.next("SUBSCRIBE", kUri, ""));
    CHECK_FALSE(answers("Basic realm=\"example.com\""));
    CHECK_FALSE(answers("Digest nonce=\"n\", qop=\"auth\""));
    CHECK_FALSE(answers("Digest realm=\"example.com\", qop=\"auth\""));
    CHECK_FALSE(answers("Digest realm=\"example.com\", nonce=\"n\", qop=\"future\""));
    CHECK_FALSE(answers("Digest realm=\"example.com\", nonce=\"n\", algorithm=MD5-sess"));
    CHECK(answers("Digest realm=\"example.com\", nonce=\"n\", qop=\"future, auth\""));
}

TEST_CASE("A user name cannot break out of its line") {
    CHECK(digest_quoted("a\"b\\c\r\nX: y") == "\"a\\\"b\\\\cX: y\"");
}

TEST_CASE("RFC 7616: client and server agree on every algorithm, qop and user name") {
    std::mt19937_64 random(7616);
    const auto text = [&](std::size_t longest, std::string_view alphabet) {
        std::string result;
        const std::size_t size = 1 + random() % longest;
        for (std::size_t i = 0; i < size; ++i) result += alphabet[random() % alphabet.size()];
        return result;
    };
    constexpr std::string_view kAny = "abcXYZ019 \"\\,;=:@<>%'*";

    for (int round = 0; round < 300; ++round) {
        const auto algorithm = static_cast<DigestAlgorithm>(random() % kDigestAlgorithms);
        const std::string realm = text(12, kAny), username = text(12, kAny);
        const std::string password = text(20, kAny), body = text(40, kAny);
        CAPTURE(realm);
        CAPTURE(username);
        Fixture fixture({.realm = realm,
                         .algorithms = {algorithm},
                         .offer_userhash = random() % 2 == 0,
                         .allow_rfc2069 = true});
        fixture.secrets = secrets_of(username, password, realm);
        std::string lines = fixture.server.challenge(random() % 2 == 0);
        const auto drop = [&](const std::string& part, const std::string& by) {
            if (lines.find(part) != std::string::npos)
                lines.replace(lines.find(part), part.size(), by);
        };
        const auto form = random() % 4;
        if (form == 0) drop("qop=\"auth,auth-int\"", "qop=\"auth-int\"");
        if (form == 1) drop(", qop=\"auth,auth-int\"", "");
        if (form == 2) drop(", qop", "-sess, qop");
        DigestClient client = random() % 2 == 0 ? DigestClient(username, password)
                                                : DigestClient(username, fixture.secrets);

        const Parsed challenge(response_text(401, lines));
        const auto answer = client.answer(challenge.message, "SUBSCRIBE", kUri, body);
        REQUIRE(answer);
        const auto next = client.next("SUBSCRIBE", kUri, body);
        REQUIRE(next);

        CHECK(fixture.send(*answer, body) == Verdict::accepted);
        CHECK(fixture.send(*next, body) == Verdict::accepted);
        fixture.secrets = secrets_of(username, password + "x", realm);
        CHECK(fixture.send(*client.next("SUBSCRIBE", kUri, body), body) == Verdict::wrong);
    }
}

TEST_CASE("RFC 7616 3.5: client and server move to the next nonce without a challenge") {
    Fixture fixture;
    DigestClient client("alice", "s3cret");
    const Parsed challenge(response_text(401, fixture.server.challenge(false)));
    const auto answer = client.answer(challenge.message, "SUBSCRIBE", kUri, "");
    REQUIRE(answer);
    const Parsed request(request_text(*answer));
    const auto credentials = fixture.server.read(request.message);
    REQUIRE(credentials.has_value());
    fixture.clock.advance(std::chrono::seconds(290));
    REQUIRE(fixture.server.verify(request.message, **credentials, {fixture.secrets, "alice"}) ==
            Verdict::accepted);

    const Parsed ok(
        response_text(200, fixture.server.authentication_info(**credentials, fixture.secrets, "")));
    client.learn(ok.message);
    fixture.clock.advance(std::chrono::seconds(290));

    CHECK(fixture.send(*client.next("SUBSCRIBE", kUri, "")) == Verdict::accepted);
}

TEST_CASE("RFC 7616 3.5: the next nonce is taken for the realm whose cnonce comes with it") {
    const Parsed challenges(
        response_text(401,
                      "WWW-Authenticate: Digest realm=\"s\", nonce=\"ns\", qop=\"auth\"\r\n"
                      "WWW-Authenticate: Digest realm=\"t\", nonce=\"nt\", qop=\"auth\"\r\n"));
    DigestClient client("alice", "s3cret");
    const auto lines = client.answer(challenges.message, "SUBSCRIBE", kUri, "");
    REQUIRE(lines);
    const std::string of_second = lines->substr(lines->find("realm=\"t\""));

    const Parsed ok(response_text(200, "Authentication-Info: nextnonce=\"new\", cnonce=\"" +
                                           value_in(of_second, "cnonce") + "\"\r\n"));
    client.learn(ok.message);

    const auto next = client.next("SUBSCRIBE", kUri, "");
    REQUIRE(next);
    CHECK(next->find("realm=\"s\", nonce=\"ns\"") != std::string::npos);
    CHECK(next->find("realm=\"t\", nonce=\"new\"") != std::string::npos);
}

}  // namespace herald::sip::digest_client_test
