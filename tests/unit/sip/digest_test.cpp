// tests/unit/sip/digest_test.cpp: digest vectors, challenges, credentials, replay and stale.
#include "sip/digest.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/nonce.h"
#include "tests/unit/sip/digest_fixture.h"

namespace herald::sip::digest_test {
namespace {

using namespace digest_fixture;

struct Vector {
    DigestAlgorithm algorithm;
    bool is_session;
    DigestQop qop;
    std::string_view response;
};

constexpr Vector kVectors[] = {
    {DigestAlgorithm::md5, false, DigestQop::auth, "9f7428bff909d4eb0025c7f2299480a9"},
    {DigestAlgorithm::md5, false, DigestQop::auth_int, "70553e0c49f3daa702873e1583a25a4a"},
    {DigestAlgorithm::md5, false, DigestQop::none, "4b1b66e58982826b274c9a6efd06724a"},
    {DigestAlgorithm::md5, true, DigestQop::auth, "5b6b6b84fb52a0c22ab76b891e5e5707"},
    {DigestAlgorithm::sha256, false, DigestQop::auth,
     "764a2016d094a740226df24cd330fdb23b3e91cd45cd5be2dfd5a02311e8797c"},
    {DigestAlgorithm::sha256, false, DigestQop::auth_int,
     "c545df5552c10c88ead8fbea66f028fa009445caf5cd047e6c76e8019af6ddf8"},
    {DigestAlgorithm::sha512_256, false, DigestQop::auth,
     "93eb15cfbd7b33cf3d8b0cf79ed976e1a7958c5bf5ce293a818cfe4d61a3aebe"},
    {DigestAlgorithm::sha512_256, false, DigestQop::auth_int,
     "644967bc6d0651167bf04e99dcc98051f1719b51a960bfabb765fd408a140950"},
};

}  // namespace

TEST_CASE("RFC 7616 3.4.1: responses of every algorithm and qop") {
    for (const Vector& vector : kVectors) {
        CAPTURE(vector.response);
        const std::string ha1 = digest_ha1(vector.algorithm, "alice", kRealm, "s3cret");

        const std::string response = digest_response({.algorithm = vector.algorithm,
                                                      .is_session = vector.is_session,
                                                      .qop = vector.qop,
                                                      .ha1 = ha1,
                                                      .method = "SUBSCRIBE",
                                                      .uri = kUri,
                                                      .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                                      .nc = "00000001",
                                                      .cnonce = "0a4f113b",
                                                      .body = ""});

        CHECK(response == vector.response);
    }
}

TEST_CASE("RFC 7616 3.9.1: the worked example") {
    const DigestInput example{.algorithm = DigestAlgorithm::md5,
                              .is_session = false,
                              .qop = DigestQop::auth,
                              .ha1 = {},
                              .method = "GET",
                              .uri = "/dir/index.html",
                              .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                              .nc = "00000001",
                              .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                              .body = ""};
    const auto response_with = [&](DigestAlgorithm algorithm) {
        const std::string ha1 =
            digest_ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
        DigestInput input = example;
        input.algorithm = algorithm;
        input.ha1 = ha1;
        return digest_response(input);
    };

    CHECK(response_with(DigestAlgorithm::md5) == "8ca523f5e9506fed4657c9700eebdbec");
    CHECK(response_with(DigestAlgorithm::sha256) ==
          "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("RFC 7616 3.4.4: userhash with SHA-512/256 is FIPS 180-4's, not a truncated SHA-512") {
    CHECK(digest_userhash(DigestAlgorithm::sha512_256, "alice", kRealm) ==
          "57dfef4a5cc421c244596a418535c430e6f6586304d4df8ef4a9e5e4286c82e5");
}

TEST_CASE("Digest algorithms are known by name in any case, with and without -sess") {
    CHECK(name_of(DigestAlgorithm::sha512_256) == "SHA-512-256");
    CHECK(digest_algorithm_of("sha-512-256") == DigestAlgorithm::sha512_256);
    CHECK_FALSE(digest_algorithm_of("SHA-512"));

    const auto session = digest_variant_of("md5-SESS");
    REQUIRE(session);
    CHECK(session->algorithm == DigestAlgorithm::md5);
    CHECK(session->is_session);
    CHECK_FALSE(digest_variant_of("-sess"));
    CHECK_FALSE(digest_variant_of("token"));
}

TEST_CASE("RFC 8760 2.3: one challenge per algorithm, preferred first, each with qop") {
    Fixture fixture(
        {.realm = "a \"b\"", .algorithms = {DigestAlgorithm::sha512_256, DigestAlgorithm::md5}});

    const std::string lines = fixture.server.challenge(false);

    const std::string nonce = value_in(lines, "nonce");
    const std::string head =
        "WWW-Authenticate: Digest realm=\"a \\\"b\\\"\", nonce=\"" + nonce + "\", algorithm=";
    CHECK(lines == head + "SHA-512-256, qop=\"auth,auth-int\"\r\n" + head +
                       "MD5, qop=\"auth,auth-int\"\r\n");
}

TEST_CASE("RFC 7616 3.3: stale is unquoted, a proxy has header names of its own") {
    Fixture fixture({.algorithms = {DigestAlgorithm::md5},
                     .offer_auth_int = false,
                     .offer_userhash = true,
                     .is_proxy = true});

    const std::string line = fixture.server.challenge(true);

    CHECK(line.rfind("Proxy-Authenticate: Digest realm=\"example.com\"", 0) == 0);
    CHECK(line.find(", algorithm=MD5, qop=\"auth\", stale=true\r\n") != std::string::npos);
}

TEST_CASE("RFC 7616 3.3: hashed names are offered with the algorithms whose clients know them") {
    Fixture fixture({.offer_userhash = true});

    const std::string lines = fixture.server.challenge(false);

    CHECK(lines.find(", algorithm=SHA-256, qop=\"auth,auth-int\", userhash=true\r\n") !=
          std::string::npos);
    CHECK(lines.find(", algorithm=MD5, qop=\"auth,auth-int\"\r\n") != std::string::npos);
}

TEST_CASE(
    "RFC 3261 22.4: good credentials are accepted, and the nonce serves again with the next nc") {
    Fixture fixture;
    Attempt attempt{.nonce = fixture.nonce()};

    CHECK(fixture.send(attempt) == Verdict::accepted);
    attempt.nc = "00000002";
    CHECK(fixture.send(attempt) == Verdict::accepted);
}

TEST_CASE("RFC 7616 3.4: what the response covers cannot be changed") {
    Fixture fixture;
    const Attempt good{.nonce = fixture.nonce()};
    const auto spoiled = [&](auto change) {
        Attempt attempt = good;
        change(attempt);
        return fixture.send(attempt);
    };

    CHECK(spoiled([](Attempt& a) { a.password = "guess"; }) == Verdict::wrong);
    CHECK(spoiled([](Attempt& a) { a.method = "PUBLISH"; }) == Verdict::wrong);
    CHECK(spoiled([](Attempt& a) { a.username = "mallory"; }) == Verdict::wrong);

    std::string other_uri = good.line();
    other_uri.replace(other_uri.find("sip:bob"), 7, "sip:eve");
    CHECK(fixture.send(other_uri) == Verdict::wrong);
    CHECK(fixture.send(good) == Verdict::accepted);
}

TEST_CASE("RFC 7616 3.4.3: auth-int covers the body") {
    Fixture fixture;
    const Attempt attempt{.nonce = fixture.nonce(), .qop = "auth-int", .body = "<presence/>"};

    CHECK(fixture.send(attempt.line(), "<presenta/>") == Verdict::wrong);
    CHECK(fixture.send(attempt.line(), "<presence/>") == Verdict::accepted);
}

TEST_CASE("RFC 7616 5.12: the same nonce and nc again are a replay and turn stale") {
    Fixture fixture;
    const Attempt attempt{.nonce = fixture.nonce()};

    CHECK(fixture.send(attempt) == Verdict::accepted);
    CHECK(fixture.send(attempt) == Verdict::stale);

    Attempt with_new_cnonce = attempt;
    with_new_cnonce.cnonce = "fresh";
    CHECK(fixture.send(with_new_cnonce) == Verdict::stale);
}

TEST_CASE("RFC 7616 3.4: nc may arrive out of order within the window, each value once") {
    Fixture fixture;
    Attempt attempt{.nonce = fixture.nonce()};
    const auto send_nc = [&](const char* nc) {
        attempt.nc = nc;
        return fixture.send(attempt);
    };

    CHECK(send_nc("00000050") == Verdict::accepted);
    CHECK(send_nc("00000011") == Verdict::accepted);
    CHECK(send_nc("00000011") == Verdict::stale);
    CHECK(send_nc("00000010") == Verdict::stale);
    CHECK(send_nc("0000004f") == Verdict::accepted);
    CHECK(send_nc("0000004F") == Verdict::stale);
    CHECK(send_nc("FFFFFFFF") == Verdict::accepted);
    CHECK(send_nc("00000051") == Verdict::stale);
}

TEST_CASE("RFC 7616 3.3: an expired nonce is stale with the right password only") {
    Fixture fixture({.nonce_life = std::chrono::seconds(300)});
    Attempt attempt{.nonce = fixture.nonce()};

    fixture.clock.advance(std::chrono::seconds(300));
    CHECK(fixture.send(attempt) == Verdict::accepted);

    fixture.clock.advance(std::chrono::milliseconds(1));
    attempt.nc = "00000002";
    CHECK(fixture.send(attempt) == Verdict::stale);
    attempt.password = "guess";
    CHECK(fixture.send(attempt) == Verdict::wrong);
}

TEST_CASE(
    "RFC 7616 3.3: a nonce from the future, as of a clock set back, is good for its life only") {
    Fixture fixture({.nonce_life = std::chrono::seconds(300)});
    base::ManualClock ahead;
    const DigestServer earlier({.realm = std::string(kRealm)}, fixture.key, ahead);
    const auto verdict = [&] {
        return fixture.send(Attempt{.nonce = value_in(earlier.challenge(false), "nonce")});
    };
    REQUIRE(ahead.wall() == fixture.clock.wall());

    ahead.advance(std::chrono::seconds(300));
    CHECK(verdict() == Verdict::accepted);
    ahead.advance(std::chrono::milliseconds(1));
    CHECK(verdict() == Verdict::stale);
}

/// Its wall clock can be set.
class SetClock final : public base::Clock {
public:
    base::Instant now() const noexcept override { return time.now(); }
    base::WallTime wall() const noexcept override { return time.wall() + ahead; }

    base::ManualClock time;
    std::chrono::seconds ahead{0};
};

TEST_CASE("RFC 7616 3.3: a wall clock that is set makes no nonce older, or younger") {
    for (const auto step : {std::chrono::hours(1), std::chrono::hours(-1)}) {
        SetClock clock;
        DigestServer server({.realm = std::string(kRealm), .nonce_life = std::chrono::seconds(300)},
                            {1, 2}, clock);
        Attempt attempt{.nonce = value_in(server.challenge(false), "nonce")};
        const auto verdict = [&] {
            const Parsed request(request_text(attempt.line()));
            const auto credentials = server.read(request.message);
            REQUIRE(credentials);
            REQUIRE(*credentials);
            return server.verify(request.message, **credentials,
                                 {secrets_of("alice", "s3cret"), "alice"});
        };

        clock.ahead += step;
        CHECK(verdict() == Verdict::accepted);

        clock.time.advance(std::chrono::seconds(301));
        attempt.nc = "00000002";
        CHECK(verdict() == Verdict::stale);
    }
}

TEST_CASE("RFC 7616 3.3: a nonce of another server, realm, role or form tells nothing") {
    Fixture fixture;
    DigestServer other_key({.realm = std::string(kRealm)}, {3, 4}, fixture.clock);
    DigestServer other_realm({.realm = "example.net"}, fixture.key, fixture.clock);
    DigestServer proxy({.realm = std::string(kRealm), .is_proxy = true}, fixture.key,
                       fixture.clock);
    DigestServer sibling({.realm = std::string(kRealm)}, fixture.key, fixture.clock);
    const auto is_none = [&](const std::string& nonce) {
        const auto read = fixture.read(Attempt{.nonce = nonce}.line());
        return read.has_value() && !read->has_value();
    };
    const auto nonce_of = [](const DigestServer& server) {
        return value_in(server.challenge(false), "nonce");
    };

    CHECK(is_none(nonce_of(other_key)));
    CHECK(is_none(nonce_of(other_realm)));
    CHECK(is_none(nonce_of(proxy)));
    CHECK(is_none("dcd98b7102dd2f0e8b11d0f600bfb0c093"));
    CHECK(is_none(""));

    std::string bent = fixture.nonce();
    bent[0] = bent[0] == '0' ? '1' : '0';
    CHECK(is_none(bent));

    CHECK(fixture.send(Attempt{.nonce = nonce_of(sibling)}) == Verdict::accepted);
}

TEST_CASE("Nonces of one instant differ: two clients never share a count") {
    Fixture fixture;

    CHECK(fixture.nonce() != fixture.nonce());
}

TEST_CASE("RFC 7616 5.4: forgotten replay windows turn stale, never replayable") {
    Fixture fixture({.replay_windows = 64});
    std::vector<Attempt> attempts;
    for (int i = 0; i < 500; ++i) {
        attempts.push_back({.nonce = fixture.nonce()});
        fixture.clock.advance(std::chrono::milliseconds(100));
    }

    for (const Attempt& attempt : attempts) CHECK(fixture.send(attempt) == Verdict::accepted);

    for (Attempt& attempt : attempts) CHECK(fixture.send(attempt) == Verdict::stale);
    int remembered = 0;
    for (Attempt& attempt : attempts) {
        attempt.nc = "00000002";
        if (fixture.send(attempt) == Verdict::accepted) ++remembered;
    }
    CHECK(remembered > 0);
    CHECK(remembered <= 64);
}

TEST_CASE("RFC 7616 3.4: a count stuck at 1 passes by option with a cnonce not used before") {
    const auto verdicts = [](bool allow) {
        Fixture fixture({.allow_stuck_nc = allow});
        Attempt attempt{.nonce = fixture.nonce()};
        std::vector<Verdict> seen{fixture.send(attempt)};
        attempt.cnonce = "other";
        seen.push_back(fixture.send(attempt));
        seen.push_back(fixture.send(attempt));
        attempt.cnonce = "0a4f113b";
        seen.push_back(fixture.send(attempt));
        return seen;
    };

    CHECK(verdicts(false) ==
          std::vector{Verdict::accepted, Verdict::stale, Verdict::stale, Verdict::stale});
    CHECK(verdicts(true) ==
          std::vector{Verdict::accepted, Verdict::accepted, Verdict::stale, Verdict::stale});
}

TEST_CASE("RFC 2069: credentials without qop pass by option only") {
    Fixture strict;
    CHECK(strict.fault_of(Attempt{.nonce = strict.nonce(), .qop = ""}.line()) == "qop missing");

    Fixture lenient({.allow_rfc2069 = true});
    Attempt attempt{.algorithm = DigestAlgorithm::md5, .nonce = lenient.nonce(), .qop = ""};
    CHECK(lenient.send(attempt) == Verdict::accepted);
    lenient.clock.advance(std::chrono::seconds(301));
    CHECK(lenient.send(attempt) == Verdict::stale);
    attempt.password = "guess";
    CHECK(lenient.send(attempt) == Verdict::wrong);
}

TEST_CASE("RFC 3261 22.3: other realms and schemes are no credentials") {
    Fixture fixture;
    const std::string good = Attempt{.nonce = fixture.nonce()}.line();
    const std::string foreign = Attempt{.realm = "example.net", .nonce = fixture.nonce()}.line();
    std::string no_realm = good;
    no_realm.erase(no_realm.find("realm="), std::string("realm=\"example.com\", ").size());
    const auto is_none = [&](const std::string& lines) {
        const auto read = fixture.read(lines);
        return read.has_value() && !read->has_value();
    };

    CHECK(is_none(""));
    CHECK(is_none(foreign));
    CHECK(is_none(no_realm));
    CHECK(is_none("Authorization: NoOneKnowsThisScheme opaque-data=here\r\n"));
    CHECK(is_none("Authorization: Bearer abc.def\r\n"));
    CHECK(is_none("Authorization: Basic YWxpY2U6czNjcmV0\r\n"));
    CHECK(is_none("Proxy-" + good));
    CHECK(fixture.send("Authorization: Bearer abc.def\r\n" + foreign + good) == Verdict::accepted);
}

TEST_CASE("RFC 8760 2.4: an algorithm that is not offered is not accepted") {
    Fixture fixture({.algorithms = {DigestAlgorithm::sha256}});
    const Attempt attempt{.algorithm = DigestAlgorithm::md5, .nonce = fixture.nonce()};

    CHECK(fixture.send(attempt) == Verdict::other_algorithm);
    fixture.secrets.ha1[static_cast<std::size_t>(DigestAlgorithm::sha256)].clear();
    CHECK(fixture.send(attempt) == Verdict::wrong);
}

TEST_CASE("RFC 8760 2.3: a user is offered what he has a secret for, and asked for it") {
    Fixture fixture;
    fixture.secrets.ha1[static_cast<std::size_t>(DigestAlgorithm::sha256)].clear();
    const auto algorithms = [&](const DigestSecrets& secrets) {
        const std::string lines = fixture.server.challenge(false, &secrets);
        return std::pair(lines.find("algorithm=SHA-256") != std::string::npos,
                         lines.find("algorithm=MD5") != std::string::npos);
    };

    CHECK(algorithms(fixture.secrets) == std::pair(false, true));
    CHECK(algorithms({}) == std::pair(true, true));
    CHECK(fixture.send(Attempt{.nonce = fixture.nonce()}) == Verdict::other_algorithm);
    CHECK(fixture.send(Attempt{.algorithm = DigestAlgorithm::md5, .nonce = fixture.nonce()}) ==
          Verdict::accepted);
}

TEST_CASE("RFC 7616 3.3: a nonce from before the start is ours and expired") {
    Fixture fixture({.run = 8});
    const DigestServer earlier({.realm = std::string(kRealm), .run = 7}, fixture.key,
                               fixture.clock);
    Attempt attempt{.nonce = value_in(earlier.challenge(false), "nonce")};

    CHECK(fixture.send(attempt) == Verdict::stale);
    attempt.password = "guess";
    CHECK(fixture.send(attempt) == Verdict::wrong);
}

TEST_CASE("RFC 7616 5.12: a copy is a replay at whichever server of one ledger it arrives") {
    const auto ledger = std::make_shared<ReplayLedger>(1000);
    Fixture first({.ledger = ledger});
    Fixture second({.ledger = ledger});
    const Attempt attempt{.nonce = first.nonce()};

    CHECK(first.send(attempt) == Verdict::accepted);
    CHECK(second.send(attempt) == Verdict::stale);
}

TEST_CASE("RFC 7616 5.12: another spelling of the user's name begins no new count") {
    Fixture fixture;
    const Attempt attempt{.nonce = fixture.nonce()};
    // The response covers the name that HA1 was made with, not the one that is sent.
    std::string by_aor = attempt.line();
    by_aor.replace(by_aor.find("\"alice\""), 7, "\"sip:alice@example.com\"");

    CHECK(fixture.send(attempt) == Verdict::accepted);
    CHECK(fixture.send(by_aor) == Verdict::stale);
}

TEST_CASE("RFC 7616 3.4.4: userhash means nothing where it is not offered") {
    const auto username = [](Fixture& fixture,
                             DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
        std::string text = Attempt{.algorithm = algorithm, .nonce = fixture.nonce()}.line();
        text.replace(text.find("username=\"alice\""), 16, "username=\"ALICE\", userhash=true");
        const auto read = fixture.read(text);
        REQUIRE(read.has_value());
        REQUIRE(read->has_value());
        return std::pair((*read)->username, (*read)->is_hashed);
    };
    Fixture plain;
    Fixture offering({.offer_userhash = true});

    CHECK(username(plain) == std::pair(std::string("ALICE"), false));
    CHECK(username(offering) == std::pair(std::string("alice"), true));
    CHECK(username(offering, DigestAlgorithm::md5) == std::pair(std::string("ALICE"), false));
}

TEST_CASE("RFC 3261 22.4: a name with nothing to prove it is no credentials yet") {
    Fixture fixture;
    const auto is_none = [&](const std::string& rest) {
        const auto read = fixture.read(
            "Authorization: Digest username=\"alice\", realm=\"example.com\", uri=\"sip:x\"" +
            rest + "\r\n");
        return read.has_value() && !read->has_value();
    };

    CHECK(is_none(", nonce=\"\", response=\"\""));
    CHECK(is_none(", nonce=\"" + fixture.nonce() + "\", response=\"\""));
    CHECK(is_none(", nonce=\"\", response=\"6629fae49393a05397450978507c4ef1\""));
    CHECK(is_none(", nonce=\"of somebody else\", response=\"6629\", nc=1, qop=auth"));
}

TEST_CASE("RFC 3261 22.3: what is malformed and for another realm is ignored") {
    Fixture fixture;
    const std::string broken =
        "Authorization: Digest username=alice, realm=\"example.net\", nonce=\"a\" b=\r\n";
    const Attempt good{.nonce = fixture.nonce()};

    CHECK(fixture.send(broken + good.line()) == Verdict::accepted);
    std::string ours = broken;
    ours.replace(ours.find("example.net"), 11, "example.com");
    CHECK_FALSE(fixture.read(ours).has_value());
}

TEST_CASE("RFC 7616 3.4: faults in the parameters are named") {
    Fixture fixture({.offer_auth_int = false, .offer_userhash = true});
    const std::string nonce = fixture.nonce();
    const std::string good = Attempt{.nonce = nonce}.line();
    const auto with = [&](const std::string& old_text, const std::string& new_text) {
        std::string line = good;
        line.replace(line.find(old_text), old_text.size(), new_text);
        return fixture.fault_of(line);
    };

    CHECK(with("qop=auth", "qop=auth-int") == "qop not offered");
    CHECK(with("qop=auth", "qop=\"auth,auth-int\"") == "qop not offered");
    CHECK(with(", cnonce=\"0a4f113b\"", "") == "cnonce missing");
    CHECK(with(", nc=00000001", "") == "nc missing");
    CHECK(with("nc=00000001", "nc=0000001") == "nc is not 8 hex digits");
    CHECK(with("nc=00000001", "nc=0000000g") == "nc is not 8 hex digits");
    CHECK(with("username=\"alice\", ", "") == "username missing");
    CHECK(with("nonce=\"" + nonce + "\", ", "") == "nonce missing");
    CHECK(with("uri=\"sip:bob@example.com\", ", "") == "uri missing");
    CHECK(with("response=", "respond=") == "response missing");
    CHECK(with("username=\"alice\"", "username=\"alice\", username*=UTF-8''alice") ==
          "both username and username*");
    CHECK(with("username=\"alice\"", "username*=UTF-8''alice, userhash=true") ==
          "username* with userhash");
    CHECK(with("username=\"alice\"", "username*=ISO-8859-1''alice") == "username* not understood");
    CHECK(with("qop=auth", "qop=auth, qop=auth") == "Authentication parameter given twice");
}

TEST_CASE("RFC 7616 3.4: username* carries names beyond ASCII") {
    Fixture fixture;
    std::string line = Attempt{.nonce = fixture.nonce()}.line();
    line.replace(line.find("username=\"alice\""), 16, "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe");

    const auto read = fixture.read(line);

    REQUIRE(read.has_value());
    REQUIRE(read->has_value());
    CHECK((*read)->username == "J\xc3\xa4s\xc3\xb8n Doe");
}

TEST_CASE("Interop: quoted qop, nc and algorithm and upper-case hex are tolerated") {
    Fixture fixture;
    const Attempt attempt{.algorithm = DigestAlgorithm::md5, .nonce = fixture.nonce()};
    std::string line = attempt.line();
    const auto replace = [&](const std::string& old_text, const std::string& new_text) {
        REQUIRE(line.find(old_text) != std::string::npos);
        line.replace(line.find(old_text), old_text.size(), new_text);
    };
    std::string upper = attempt.response();
    for (char& c : upper) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    replace("qop=auth", "qop=\"auth\"");
    replace("nc=00000001", "nc=\"00000001\"");
    replace("algorithm=MD5", "algorithm=\"md5\"");
    replace(attempt.response(), upper);

    CHECK(fixture.send(line) == Verdict::accepted);
}

TEST_CASE("RFC 7616 3.3: no algorithm means MD5") {
    Fixture fixture;
    std::string line = Attempt{.algorithm = DigestAlgorithm::md5, .nonce = fixture.nonce()}.line();
    line.erase(line.find(", algorithm=MD5"), 15);

    CHECK(fixture.send(line) == Verdict::accepted);
}

TEST_CASE("RFC 7616 5: a user without a secret for the algorithm is never accepted") {
    Fixture fixture;
    fixture.secrets = {};
    Attempt attempt{.nonce = fixture.nonce()};
    const std::string line = attempt.line();
    const std::string of_empty_ha1 = digest_response({.algorithm = attempt.algorithm,
                                                      .is_session = false,
                                                      .qop = DigestQop::auth,
                                                      .ha1 = "",
                                                      .method = attempt.method,
                                                      .uri = attempt.uri,
                                                      .nonce = attempt.nonce,
                                                      .nc = attempt.nc,
                                                      .cnonce = attempt.cnonce,
                                                      .body = ""});
    std::string forged = line;
    forged.replace(forged.find(attempt.response()), of_empty_ha1.size(), of_empty_ha1);

    CHECK(fixture.send(line) == Verdict::wrong);
    CHECK(fixture.send(forged) == Verdict::wrong);
}

TEST_CASE("RFC 7616 3.5: Authentication-Info proves the server and renews an ageing nonce") {
    Fixture fixture;
    const Attempt attempt{.nonce = fixture.nonce()};
    const Parsed request(request_text(attempt.line()));
    const auto credentials = fixture.server.read(request.message);
    REQUIRE(credentials.has_value());
    const std::string proof = digest_response({.algorithm = attempt.algorithm,
                                               .is_session = false,
                                               .qop = DigestQop::auth,
                                               .ha1 = attempt.ha1(),
                                               .method = "",
                                               .uri = attempt.uri,
                                               .nonce = attempt.nonce,
                                               .nc = attempt.nc,
                                               .cnonce = attempt.cnonce,
                                               .body = ""});

    const std::string young =
        fixture.server.authentication_info(**credentials, fixture.secrets, "");
    fixture.clock.advance(std::chrono::seconds(200));
    const std::string old = fixture.server.authentication_info(**credentials, fixture.secrets, "");

    CHECK(young == "Authentication-Info: qop=auth, rspauth=\"" + proof +
                       "\", cnonce=\"0a4f113b\", nc=00000001\r\n");
    CHECK(fixture.send(Attempt{.nonce = value_in(old, "nextnonce")}) == Verdict::accepted);
}

}  // namespace herald::sip::digest_test
