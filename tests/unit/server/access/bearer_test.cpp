// tests/unit/server/access/bearer_test.cpp: which bearer tokens are good, and which keys.
#include "server/access/bearer.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/token_issuer.h"

namespace herald::server::bearer_test {

using test::TokenIssuer;

namespace {

const TokenIssuer& issuer() {
    static const TokenIssuer made;
    return made;
}

constexpr std::int64_t kNow = 1'800'000'000;

struct Rig {
    std::shared_ptr<const BearerKeys> keys = *BearerKeys::read(issuer().jwks(), "keys");
    BearerRules rules{.issuer = "https://id.test",
                      .audience = "sip:example.com",
                      .clock_skew = 30,
                      .now = base::WallTime(std::chrono::seconds(kNow))};

    /// "user scopes…", or why it is refused.
    std::string read(const std::string& token) const {
        const auto claims = read_bearer(token, *keys, rules);
        if (!claims)
            return std::string(name_of(claims.fault().kind)) + ": " + claims.fault().detail;
        std::string text = claims->user;
        for (const auto& scope : claims->scopes) text += " " + scope;
        return text;
    }
    std::string read_claims(const std::string& claims) const {
        return read(issuer().token(claims));
    }
};

std::string claims(const std::string& more = {}, std::int64_t exp = kNow + 60) {
    return R"({"iss":"https://id.test","aud":"sip:example.com","sub":"alice","exp":)" +
           std::to_string(exp) + more + "}";
}

std::string fault_of(const std::string& text) {
    const auto read = BearerKeys::read(text, "file");
    return read ? std::string() : read.fault().detail;
}

}  // namespace

TEST_CASE("RFC 7519 7.2: a token that a key of ours signed is read, whichever form the key is in") {
    for (const std::string& keys : {issuer().jwks(), issuer().pem()}) {
        Rig rig;
        rig.keys = *BearerKeys::read(keys, "keys");
        CHECK(rig.read(issuer().token(claims(), "ES256")) == "alice");
        CHECK(rig.read(issuer().token(claims(), "RS256")) == "alice");
    }
}

TEST_CASE("RFC 7515 4.1.4: a key that has another id is not asked") {
    const Rig rig;
    CHECK(rig.read(issuer().token(claims(), "ES256", R"(,"kid":"ec")")) == "alice");
    CHECK(rig.read(issuer().token(claims(), "ES256", R"(,"kid":"rsa")")) ==
          "malformed: no key of ours signed it");
}

TEST_CASE("RFC 8725 3.1: no algorithm but ours, and none of another key") {
    const Rig rig;
    for (const char* algorithm : {"none", "None", "HS256", "ES384", "PS256", ""}) {
        CAPTURE(algorithm);
        CHECK(rig.read(issuer().token(claims(), algorithm)) ==
              "malformed: its algorithm is none of ours");
    }
    const TokenIssuer other;
    CHECK(rig.read(other.token(claims())) == "malformed: no key of ours signed it");
    CHECK(rig.read(other.token(claims(), "RS256")) == "malformed: no key of ours signed it");
    CHECK(rig.read(issuer().token(claims(), "ES256", R"(,"crit":["b64"],"b64":false)")) ==
          "malformed: it is critical what is not understood");
    // A header of the one algorithm before a signature of the other.
    const std::string rsa = issuer().token(claims(), "RS256");
    const std::string ec = issuer().token(claims(), "ES256");
    CHECK(rig.read(ec.substr(0, ec.rfind('.')) + rsa.substr(rsa.rfind('.'))) ==
          "malformed: no key of ours signed it");
}

TEST_CASE("what was changed, or is no token, is refused") {
    const Rig rig;
    const std::string good = issuer().token(claims());
    const auto dot = good.find('.');
    CHECK(rig.read("") == "malformed: no token");
    CHECK(rig.read("..") == "malformed: no token");
    CHECK(rig.read("a.b") == "malformed: no token");
    CHECK(rig.read(std::string(9000, 'a') + ".." + good) == "malformed: no token");
    CHECK(rig.read(good + ".") == "malformed: no key of ours signed it");
    CHECK(rig.read(good + "=") == "malformed: no key of ours signed it");
    CHECK(rig.read(TokenIssuer::base64url("[]") + good.substr(dot)) == "malformed: no token");
    CHECK(rig.read(good.substr(0, good.rfind('.') + 1)) == "malformed: no key of ours signed it");
    const std::string others = TokenIssuer::base64url(claims(R"(,"x":1)"));
    CHECK(rig.read(good.substr(0, dot + 1) + others + good.substr(good.rfind('.'))) ==
          "malformed: no key of ours signed it");
    const std::string deep(2000, '[');
    CHECK(rig.read(TokenIssuer::base64url(R"({"alg":)" + deep) + good.substr(dot)) ==
          "malformed: no token");
}

TEST_CASE("RFC 7519 4.1: who issued it, for whom, from when and until when") {
    const Rig rig;
    CHECK(rig.read_claims(claims({}, kNow - 29)) == "alice");
    CHECK(rig.read_claims(claims({}, kNow - 30)) == "forbidden: it has expired");
    CHECK(rig.read_claims(claims(R"(,"nbf":)" + std::to_string(kNow + 30))) == "alice");
    CHECK(rig.read_claims(claims(R"(,"nbf":)" + std::to_string(kNow + 31))) ==
          "forbidden: it is not good yet");
    CHECK(rig.read_claims(claims(R"(,"nbf":"soon")")) == "forbidden: it is not good yet");
    CHECK(rig.read_claims(R"({"iss":"https://id.test","aud":"sip:example.com","sub":"alice"})") ==
          "forbidden: it never expires");
    CHECK(rig.read_claims(
              R"({"iss":"https://id.test","aud":"sip:example.com","sub":"a","exp":"9"})") ==
          "forbidden: it never expires");
    const std::string end = R"(,"sub":"alice","exp":)" + std::to_string(kNow + 60) + "}";
    CHECK(rig.read_claims(R"({"iss":"https://id.test/","aud":"sip:example.com")" + end) ==
          "forbidden: somebody else issued it");
    CHECK(rig.read_claims(R"({"aud":"sip:example.com")" + end) ==
          "forbidden: somebody else issued it");
    CHECK(rig.read_claims(R"({"iss":"https://id.test","aud":["x","sip:example.com"])" + end) ==
          "alice");
    CHECK(rig.read_claims(R"({"iss":"https://id.test","aud":["x"])" + end) ==
          "forbidden: it is for somebody else");
    CHECK(rig.read_claims(R"({"iss":"https://id.test")" + end) ==
          "forbidden: it is for somebody else");
}

TEST_CASE("RFC 8898 2.3: the user, by the claim that names it, and its scopes") {
    Rig rig;
    CHECK(rig.read_claims(claims(R"(,"scope":"sip  sip.watch")")) == "alice sip sip.watch");
    CHECK(rig.read_claims(claims(R"(,"scp":["sip",7])")) == "alice sip");
    rig.rules.claim = "email";
    CHECK(rig.read_claims(claims(R"(,"email":"alice@example.com")")) == "alice@example.com");
    CHECK(rig.read_claims(claims()) == "forbidden: it names no user");
    CHECK(rig.read_claims(claims(R"(,"email":{})")) == "forbidden: it names no user");
}

TEST_CASE("a file without a key that is good enough says so") {
    const std::string kNone = "file holds no public key for RS256 (2048 bits at least) or ES256";
    CHECK(fault_of("") == kNone);
    CHECK(fault_of("garbage") == kNone);
    CHECK(fault_of("{}") == kNone);
    CHECK(fault_of(R"({"keys":[1,{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})") == kNone);
    CHECK(fault_of(R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})") == kNone);
    CHECK(fault_of("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") == kNone);
    const auto missing = BearerKeys::load("/nowhere/keys.json");
    REQUIRE_FALSE(missing);
    CHECK(missing.fault().detail == "/nowhere/keys.json cannot be read, or is empty");
}

}  // namespace herald::server::bearer_test
