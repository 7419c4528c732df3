// tests/unit/server/access/authenticate_test.cpp: who a request is from, by its digest.
#include "server/access/authenticate.h"

#include <doctest/doctest.h>

#include "tests/support/token_issuer.h"
#include "tests/unit/server/sample.h"

namespace herald::server::authenticate_test {
namespace {

using testing::Request;

struct Rig {
    base::ManualClock clock;
    base::Metrics metrics;
    Config config;
    Domains domains{{"example.com"}, {}};
    Accounts accounts{{sip::DigestAlgorithm::sha256}};
    Aliases aliases;
    store::Home home{.lasting_key = {1, 2}, .epoch = 1};
    Limits limits{config};
    std::unique_ptr<Authenticator> authenticator;
    sip::Flow flow;

    Rig() {
        config.auth = AuthMode::digest;
        config.digest_algorithms = {sip::DigestAlgorithm::md5};
        config.auth_guesses_per_source = 3;
        put("sip:bob@example.com");
        restart();
    }
    void restart() {
        authenticator = std::make_unique<Authenticator>(
            AuthenticatorSetup{config, domains, accounts, aliases, home, limits, clock, metrics});
    }
    /// With the password "secret", by MD5 and, unless told otherwise, SHA-256.
    store::Account put(const std::string& aor, store::Account::Role role = {},
                       bool has_sha256 = true) {
        auto account = testing::account(aor, role);
        for (const int i : {0, 1}) {
            if (i == 1 && !has_sha256) continue;
            account.ha1[i] = sip::digest_ha1(static_cast<sip::DigestAlgorithm>(i), account.username,
                                             "example.com", "secret");
        }
        accounts.put(std::make_shared<const store::Account>(account));
        return account;
    }

    using Outcome = std::variant<Identity, AuthenticationRefusal>;
    static std::string challenge_in(const Outcome& outcome) {
        const auto* refusal = std::get_if<AuthenticationRefusal>(&outcome);
        return refusal ? refusal->answer.headers : std::string();
    }
    static int status_of(const Outcome& outcome) {
        const auto* refusal = std::get_if<AuthenticationRefusal>(&outcome);
        return refusal ? refusal->answer.status : 0;
    }
    /// The Authorization line with which `client` answers the first challenge.
    std::string sign(sip::DigestClient& client, std::string_view method, std::string_view uri,
                     std::string_view from = "<sip:bob@example.com>") {
        return answer(client, challenge_in(send(method, {}, from)), method, uri);
    }
    static std::string answer(sip::DigestClient& client, const std::string& challenge,
                              std::string_view method, std::string_view uri) {
        std::string bytes = test::wire(
            "SIP/2.0 401 Unauthorized\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n"
            "From: <sip:bob@example.com>;tag=b\nTo: <sip:alice@example.com>;tag=a\nCall-ID: c\n"
            "CSeq: 1 SUBSCRIBE\n" +
            challenge + "\n");
        auto response = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
        REQUIRE(response.error == sip::ParseOutcome::Error::none);
        const auto line = client.answer(response.message, method, uri, "");
        REQUIRE(line.has_value());
        return *line;
    }
    Outcome send(std::string_view method, const std::string& lines,
                 std::string_view from = "<sip:bob@example.com>") {
        const Request request(method, "Event: presence\n" + lines, "<sip:alice@example.com>", from);
        return authenticator->authenticate(*request, flow, "presence");
    }

    /// Status of the refusal of a SUBSCRIBE whose credentials sign `uri`; 0: accepted.
    int refused(std::string_view uri, const std::string& password = "secret") {
        sip::DigestClient client("bob", password);
        return status_of(send("SUBSCRIBE", sign(client, "SUBSCRIBE", uri)));
    }
    /// Likewise of a request of `user`'s with this From.
    int refused_from(std::string_view user, std::string_view method, std::string_view from) {
        sip::DigestClient client{std::string(user), std::string("secret")};
        const auto line = sign(client, method, "sip:alice@example.com", from);
        return status_of(send(method, line, from));
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

TEST_CASE("RFC 7616 5.12: what was signed for one resource is not good for another") {
    Rig rig;
    CHECK(rig.refused("sip:carol@example.com") == 403);
    rig.aliases.put({"sip:boss@example.com", "sip:alice@example.com"});
    CHECK(rig.refused("sip:boss@example.com") == 0);
}

TEST_CASE("RFC 7616 5.12: a copy is a replay for every shard and however the user is spelled") {
    Rig rig;
    sip::DigestClient client("bob", std::string("secret"));
    auto line = rig.sign(client, "SUBSCRIBE", "sip:example.com");
    AuthenticatorSetup setup{rig.config, rig.domains, rig.accounts, rig.aliases,
                             rig.home,   rig.limits,  rig.clock,    rig.metrics};
    Authenticator shard(setup);
    REQUIRE(rig.send("SUBSCRIBE", line).index() == 0);

    const auto is_taken = [&](const std::string& copy) {
        return shard.authenticate(*Request("SUBSCRIBE", copy), rig.flow).index() == 0;
    };
    CHECK_FALSE(is_taken(line));
    const std::string names[] = {
        R"(username="bob@example.com")", R"(username="sip:bob@example.com")",
        "username*=UTF-8''bob",
        "username=\"" + sip::digest_userhash(sip::DigestAlgorithm::md5, "bob", "example.com") +
            "\", userhash=true"};
    for (const auto& name : names) {
        std::string copy = line;
        copy.replace(copy.find("username=\"bob\""), 14, name);
        CHECK_FALSE(is_taken(copy));
    }
}

TEST_CASE("RFC 7616 3.4.4: a hashed name is its account's, and has its replay window") {
    Rig rig;
    rig.config.digest_algorithms = {sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::md5};
    CHECK(name_hashes(rig.config) == std::vector{sip::DigestAlgorithm::sha256});
    rig.restart();
    sip::DigestClient client("bob", std::string("secret"));
    const auto line = rig.sign(client, "SUBSCRIBE", "sip:alice@example.com");
    REQUIRE(line.find("username=\"bob\"") == std::string::npos);
    const auto outcome = rig.send("SUBSCRIBE", line);
    REQUIRE(outcome.index() == 0);
    CHECK(std::get<Identity>(outcome).aor == "sip:bob@example.com");

    auto named = line;
    const auto hash = sip::digest_userhash(sip::DigestAlgorithm::sha256, "bob", "example.com");
    named.replace(named.find(hash), hash.size(), "bob");
    named.replace(named.find(", userhash=true"), 15, "");
    CHECK(Rig::challenge_in(rig.send("SUBSCRIBE", named)).find("stale=true") != std::string::npos);
    auto unknown = *client.next("SUBSCRIBE", "sip:alice@example.com", "");
    unknown.replace(unknown.find(hash), 4, hash.starts_with("0000") ? "ffff" : "0000");
    const auto challenge = Rig::challenge_in(rig.send("SUBSCRIBE", unknown));
    CHECK_FALSE(challenge.empty());
    CHECK(challenge.find("stale=true") == std::string::npos);
}

TEST_CASE("RFC 7616 3.5: who reads what goes to his address is given the next nonce in time") {
    Rig rig;
    rig.flow.peer = test::endpoint("192.0.2.9", 5060);
    sip::DigestClient client("bob", std::string("secret"));
    const auto first = rig.sign(client, "SUBSCRIBE", "sip:alice@example.com");
    const auto lines_for = [&](const std::string& line) {
        const auto outcome = rig.send("SUBSCRIBE", line);
        const auto* identity = std::get_if<Identity>(&outcome);
        return identity ? identity->success_lines : std::string("refused");
    };
    const auto next = [&] { return *client.next("SUBSCRIBE", "sip:alice@example.com", ""); };
    CHECK(lines_for(first).empty());
    rig.clock.advance(std::chrono::seconds(200));
    const auto lines = lines_for(next());
    CHECK(lines.starts_with("Authentication-Info: nextnonce=\""));

    rig.flow.peer = test::endpoint("192.0.2.10", 5060);
    CHECK(lines_for(next()).empty());
    rig.flow.peer = test::endpoint("192.0.2.9", 5061);
    rig.config.digest_next_nonce = false;
    CHECK(lines_for(next()).empty());
    rig.clock.advance(std::chrono::seconds(200));
    CHECK(lines_for(next()) == "refused");
    std::string bytes = test::wire(
        "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n"
        "From: <sip:bob@example.com>;tag=b\nTo: <sip:a@b>;tag=a\n"
        "Call-ID: c\nCSeq: 1 SUBSCRIBE\n" +
        lines + "\n");
    client.learn(sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram).message);
    const auto outcome = rig.send("SUBSCRIBE", next());
    REQUIRE(outcome.index() == 0);
    CHECK(std::get<Identity>(outcome).is_address_proven);
}

TEST_CASE("RFC 7616 3.3: after a restart a nonce is ours and stale, another store's is nobody's") {
    Rig rig;
    sip::DigestClient client("bob", std::string("secret"));
    const auto line = rig.sign(client, "SUBSCRIBE", "sip:alice@example.com");
    ++rig.home.epoch;
    rig.restart();
    CHECK(Rig::challenge_in(rig.send("SUBSCRIBE", line)).find("stale=true") != std::string::npos);
    rig.home.lasting_key = {3, 4};
    rig.restart();
    const auto challenge = Rig::challenge_in(rig.send("SUBSCRIBE", line));
    CHECK_FALSE(challenge.empty());
    CHECK(challenge.find("stale=true") == std::string::npos);
}

TEST_CASE("RFC 8760 2.3: an account is offered what it has a password hash for") {
    Rig rig;
    rig.config.digest_algorithms = {sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::md5};
    rig.put("sip:old@example.com", {}, false);
    rig.restart();
    const auto offer = [&](std::string_view method, std::string_view from) {
        const auto lines = Rig::challenge_in(rig.send(method, {}, from));
        const bool has_sha256 = lines.find("algorithm=SHA-256") != std::string::npos;
        return (has_sha256 ? "SHA-256 " : "") +
               std::string(lines.find("algorithm=MD5") != std::string::npos ? "MD5" : "");
    };
    CHECK(offer("SUBSCRIBE", "<sip:bob@example.com>") == "SHA-256 MD5");
    CHECK(offer("SUBSCRIBE", "<sip:old@example.com>") == "MD5");
    CHECK(offer("SUBSCRIBE", "<sip:nobody@example.com>") == "SHA-256 MD5");
    // Its To is a REGISTER's.
    CHECK(offer("REGISTER", "<sip:old@example.com>") == "SHA-256 MD5");

    // From does not tell who will log in: a PBX, an anonymous user.
    sip::DigestClient client("old", std::string("secret"));
    const auto first =
        rig.sign(client, "SUBSCRIBE", "sip:alice@example.com", "<sip:anonymous@anonymous.invalid>");
    const auto second =
        Rig::challenge_in(rig.send("SUBSCRIBE", first, "<sip:anonymous@anonymous.invalid>"));
    CHECK(second.find("stale=true") != std::string::npos);
    CHECK(second.find("SHA-256") == std::string::npos);
    const auto line = Rig::answer(client, second, "SUBSCRIBE", "sip:alice@example.com");
    CHECK(rig.send("SUBSCRIBE", line, "<sip:anonymous@anonymous.invalid>").index() == 0);
}

TEST_CASE("RFC 3261 22.4: a name without proof is challenged, a stranger's header ignored") {
    Rig rig;
    const auto status = [&](const std::string& lines) {
        return Rig::status_of(rig.send("SUBSCRIBE", lines));
    };
    CHECK(status("Authorization: Digest username=\"bob\", realm=\"example.com\", "
                 "uri=\"sip:example.com\", nonce=\"\", response=\"\"\n") == 401);
    CHECK(status("Authorization: Digest realm=\"example.net\", nonce=\"\" broken=\n") == 401);
}

TEST_CASE("RFC 3261 26.1: after some wrong passwords none is looked at for a while") {
    Rig rig;
    for (int i = 0; i < 4; ++i) CHECK(rig.refused("sip:alice@example.com", "guess") == 401);
    // Right or wrong, it is not told.
    CHECK(rig.refused("sip:alice@example.com", "guess") == 480);
    CHECK(rig.refused("sip:alice@example.com") == 480);
    rig.clock.advance(std::chrono::seconds(1));
    CHECK(rig.refused("sip:alice@example.com") == 0);
    // Now bob is known here, whatever others guess.
    rig.put("sip:carol@example.com");
    for (int i = 0; i < 4; ++i) {
        sip::DigestClient client("carol", std::string("guess"));
        rig.send("SUBSCRIBE", rig.sign(client, "SUBSCRIBE", "sip:alice@example.com"));
    }
    CHECK(rig.refused("sip:alice@example.com") == 0);
}

TEST_CASE("RFC 3261 22.1: who may speak for whom") {
    Rig rig;
    using Role = store::Account::Role;
    rig.put("sip:root@example.com", Role::admin);
    auto pbx = rig.put("sip:pbx@example.com", Role::publisher);
    pbx.resources = {"sip:carol@example.com"};
    pbx.packages = {"presence", "reg"};
    rig.accounts.put(std::make_shared<const store::Account>(pbx));
    constexpr std::string_view kCarol = "<sip:carol@example.com>", kDave = "<sip:dave@example.com>";

    CHECK(rig.refused_from("pbx", "PUBLISH", kCarol) == 0);
    CHECK(rig.refused_from("pbx", "REGISTER", kCarol) == 0);
    CHECK(rig.refused_from("pbx", "PUBLISH", kDave) == 403);
    CHECK(rig.refused_from("pbx", "MESSAGE", kCarol) == 403);
    CHECK(rig.refused_from("pbx", "SUBSCRIBE", kDave) == 0);
    CHECK(rig.refused_from("pbx", "MESSAGE", "<sip:pbx@example.com>") == 0);
    CHECK(rig.refused_from("root", "PUBLISH", kDave) == 0);
    CHECK(rig.refused_from("root", "REGISTER", kDave) == 0);
    CHECK(rig.refused_from("root", "MESSAGE", kDave) == 403);
    CHECK(rig.refused_from("bob", "PUBLISH", kCarol) == 403);
    CHECK(rig.refused_from("bob", "SUBSCRIBE", kCarol) == 403);
    CHECK(rig.refused_from("bob", "SUBSCRIBE", "<sip:anonymous@anonymous.invalid>") == 0);
}

namespace {

/// A Rig whose requests come by TLS, with tokens and certificates.
struct SecureRig : Rig {
    SecureRig() {
        config.bearer_issuer = "https://id.test";
        config.bearer_audience = "sip:example.com";
        config.bearer_server = "https://id.test/login";
        config.bearer_scopes = {{"sip", store::Account::Role::user},
                                {"sip.operate", store::Account::Role::admin}};
        config.tls_clients = {{"bob.test", "sip:bob@example.com", false},
                              {"carol.test", "sip:carol@example.com", false},
                              {"proxy.test", "", true}};
        flow.peer = test::endpoint("192.0.2.9", 40000);
        flow.protocol = sip::Protocol::tls;
        flow.slot = 1;
        authenticator->use(*BearerKeys::read(issuer().jwks(), "keys"));
    }
    static const test::TokenIssuer& issuer() {
        static const test::TokenIssuer made;
        return made;
    }
    std::string token(const std::string& user, const std::string& scope = "sip",
                      int seconds = 60) const {
        const auto now =
            std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch())
                .count();
        return issuer().token(R"({"iss":"https://id.test","aud":"sip:example.com","sub":")" + user +
                              R"(","scope":")" + scope + R"(","exp":)" +
                              std::to_string(now + seconds) + "}");
    }
    Outcome send_token(const std::string& text, std::string_view from = "<sip:bob@example.com>") {
        return send("SUBSCRIBE", "Authorization: Bearer " + text + "\n", from);
    }
    void show(const std::string& host) {
        limits.clients->put(flow, {.uris = {}, .hosts = {host}, .addresses = {}});
    }
    static bool challenges(const Outcome& outcome, std::string_view part) {
        return challenge_in(outcome).find(part) != std::string::npos;
    }
};

}  // namespace

TEST_CASE("RFC 8898 2.1: who may bring a token is told where to get it, by TLS only") {
    SecureRig rig;
    const auto outcome = rig.send("SUBSCRIBE", {});
    CHECK(Rig::status_of(outcome) == 401);
    CHECK(SecureRig::challenges(outcome, "WWW-Authenticate: Digest "));
    CHECK(SecureRig::challenges(outcome,
                                "WWW-Authenticate: Bearer authz_server=\"https://id.test/login\", "
                                "realm=\"example.com\", scope=\"sip sip.operate\"\r\n"));
    rig.flow.protocol = sip::Protocol::tcp;
    CHECK_FALSE(SecureRig::challenges(rig.send("SUBSCRIBE", {}), "Bearer"));
    CHECK(Rig::status_of(rig.send_token(rig.token("bob"))) == 403);
}

TEST_CASE(
    "RFC 8898 2.3: a good token is its user, with an account or without, and speaks for no other") {
    SecureRig rig;
    const auto by = [&](const std::string& user, std::string_view from) {
        const auto outcome = rig.send_token(rig.token(user), from);
        const auto* who = std::get_if<Identity>(&outcome);
        return who ? who->aor : std::to_string(Rig::status_of(outcome));
    };
    CHECK(by("bob", "<sip:bob@example.com>") == "sip:bob@example.com");
    CHECK(by("sip:bob@example.com", "<sip:bob@example.com>") == "sip:bob@example.com");
    CHECK(by("zoe@example.com", "<sip:zoe@example.com>") == "sip:zoe@example.com");
    CHECK(by("bob", "<sip:zoe@example.com>") == "403");
    CHECK(by("bob@example.net", "<sip:bob@example.net>") == "401");
    CHECK(by("b ob", "<sip:bob@example.com>") == "401");
}

TEST_CASE("a name that only a URI would read as bob is not bob") {
    SecureRig rig;
    for (const auto* name :
         {"bob:x", "bob:", "%62ob", "bob@example.com:5060", "bob@example.com;x=y",
          "bob@example.com?x=y", "sip:bob:x@example.com", "sip:%62ob@example.com", "@example.com",
          "bob:x@example.com", "<sip:bob@example.com>", "sip:sip:bob@example.com", "tel:bob"}) {
        CAPTURE(name);
        const auto outcome = rig.send_token(rig.token(name));
        CHECK(Rig::status_of(outcome) == 401);
    }
    const auto bob = rig.send_token(rig.token("bob@EXAMPLE.com"));
    REQUIRE(std::get_if<Identity>(&bob));
    CHECK(std::get<Identity>(bob).aor == "sip:bob@example.com");
}

TEST_CASE("RFC 8898 2.2: a token that is not good says why, and one of no scope that one lacks") {
    SecureRig rig;
    CHECK(SecureRig::challenges(rig.send_token("garbage"), "error=\"invalid_token\""));
    CHECK(SecureRig::challenges(rig.send_token(rig.token("bob", "sip", -60)),
                                "error=\"invalid_token\""));
    CHECK(SecureRig::challenges(rig.send_token(rig.token("bob", "mail")),
                                "error=\"insufficient_scope\""));
}

TEST_CASE("a role beyond that of a user must be the account's and the token's") {
    SecureRig rig;
    using Role = store::Account::Role;
    rig.put("sip:root@example.com", Role::admin);
    const auto role = [&](const std::string& user, const std::string& scope) {
        const auto outcome =
            rig.send_token(rig.token(user, scope), "<sip:" + user + "@example.com>");
        const auto* who = std::get_if<Identity>(&outcome);
        REQUIRE(who);
        return who->account->role;
    };
    CHECK(role("root", "sip.operate sip") == Role::admin);
    CHECK(role("root", "sip") == Role::user);
    CHECK(role("bob", "sip.operate") == Role::user);
    CHECK(role("zoe", "sip.operate") == Role::user);
}

TEST_CASE("RFC 3261 26.1: tokens that nobody signed are guesses, and wait; late ones are not") {
    SecureRig rig;
    for (int i = 0; i < 20; ++i)
        CHECK(Rig::status_of(rig.send_token(rig.token("bob", "sip", -60))) == 401);
    for (int i = 0; i < 4; ++i) CHECK(Rig::status_of(rig.send_token("garbage")) == 401);
    CHECK(Rig::status_of(rig.send_token(rig.token("bob"))) == 480);
    rig.clock.advance(std::chrono::seconds(1));
    CHECK(rig.send_token(rig.token("bob")).index() == 0);
    // Somebody elsewhere does not wait for it.
    for (int i = 0; i < 9; ++i) rig.send_token("garbage");
    rig.flow.peer = test::endpoint("198.51.100.9", 1);
    CHECK(rig.send_token(rig.token("bob")).index() == 0);
}

TEST_CASE("without keys a token is none") {
    SecureRig rig;
    rig.authenticator->use(nullptr);
    const auto outcome = rig.send_token(rig.token("bob"));
    CHECK(Rig::status_of(outcome) == 401);
    CHECK_FALSE(SecureRig::challenges(outcome, "Bearer"));
}

TEST_CASE(
    "RFC 5922 7.4: a certificate is its account's, who needs no password for what is theirs") {
    SecureRig rig;
    CHECK(Rig::status_of(rig.send("SUBSCRIBE", {})) == 401);
    rig.show("bob.test");
    CHECK(rig.authenticator->certificate_of(rig.flow) == "bob.test");
    const auto outcome = rig.send("SUBSCRIBE", {});
    REQUIRE(outcome.index() == 0);
    CHECK(std::get<Identity>(outcome).aor == "sip:bob@example.com");
    // Another one on the same connection is asked who he is, and one without an account too.
    CHECK(Rig::status_of(rig.send("SUBSCRIBE", {}, "<sip:dave@example.com>")) == 401);
    rig.show("carol.test");
    CHECK(Rig::status_of(rig.send("SUBSCRIBE", {}, "<sip:carol@example.com>")) == 401);
    rig.show("stranger.test");
    CHECK(Rig::status_of(rig.send("SUBSCRIBE", {})) == 401);
    CHECK_FALSE(rig.authenticator->is_trusted(rig.flow));
}

TEST_CASE("RFC 3325 5: a certificate makes a trusted peer, whose assertion is believed") {
    SecureRig rig;
    const std::string asserted = "P-Asserted-Identity: <sip:carol@example.com>\n";
    rig.show("bob.test");
    CHECK(std::get<Identity>(rig.send("SUBSCRIBE", asserted)).aor == "sip:bob@example.com");
    rig.show("proxy.test");
    CHECK(rig.authenticator->is_trusted(rig.flow));
    const auto outcome = rig.send("SUBSCRIBE", asserted);
    REQUIRE(outcome.index() == 0);
    CHECK(std::get<Identity>(outcome).aor == "sip:carol@example.com");
    CHECK(std::get<Identity>(outcome).is_trusted_peer);
    // Its slot is another connection's now.
    rig.limits.clients->remove(rig.flow);
    CHECK_FALSE(rig.authenticator->is_trusted(rig.flow));
}

TEST_CASE("RFC 3261 22.4: a wrong password is challenged again") {
    Rig rig;
    CHECK(rig.refused("sip:alice@example.com", "wrong") == 401);
}

}  // namespace herald::server::authenticate_test
