// tests/unit/sip/digest_fixture.h: messages with and without credentials, and a server with one
// user.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "base/time.h"
#include "sip/digest.h"
#include "sip/message.h"

namespace herald::sip::digest_fixture {

using Verdict = DigestServer::Verdict;

inline constexpr std::string_view kRealm = "example.com";
inline constexpr std::string_view kUri = "sip:bob@example.com";

/// A message and the bytes it looks into.
struct Parsed {
    explicit Parsed(std::string text) : bytes(std::move(text)) {
        auto result = parse(bytes, Framing::datagram);
        REQUIRE_MESSAGE(result.error == ParseResult::Error::none, result.reason, "\n", bytes);
        message = std::move(result.message);
    }
    Parsed(const Parsed&) = delete;

    std::string bytes;
    Message message;
};

inline constexpr std::string_view kDialogLines =
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"
    "From: <sip:alice@example.com>;tag=a\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Call-ID: 1@example.com\r\n"
    "CSeq: 1 SUBSCRIBE\r\n";

inline std::string request_text(const std::string& credential_lines, const std::string& body = {}) {
    return "SUBSCRIBE " + std::string(kUri) + " SIP/2.0\r\n" + std::string(kDialogLines) +
           "Max-Forwards: 70\r\n" + credential_lines +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string response_text(int status, const std::string& lines) {
    return "SIP/2.0 " + std::to_string(status) + " Reason\r\n" + std::string(kDialogLines) + lines +
           "Content-Length: 0\r\n\r\n";
}

inline DigestSecrets secrets_of(std::string_view username, std::string_view password,
                                std::string_view realm = kRealm) {
    DigestSecrets secrets;
    for (std::size_t i = 0; i < kDigestAlgorithms; ++i) {
        secrets.ha1[i] = digest_ha1(static_cast<DigestAlgorithm>(i), username, realm, password);
    }
    return secrets;
}

/// The value of `name` in a line this side wrote itself.
inline std::string value_in(const std::string& line, const std::string& name) {
    const std::size_t at = line.find(name + "=");
    REQUIRE(at != std::string::npos);
    std::size_t from = at + name.size() + 1;
    if (line[from] == '"') {
        ++from;
        return line.substr(from, line.find('"', from) - from);
    }
    return line.substr(from, line.find_first_of(",\r", from) - from);
}

/// Credentials written by hand, so that each part can be spoiled on its own.
struct Attempt {
    DigestAlgorithm algorithm = DigestAlgorithm::sha256;
    std::string username = "alice", password = "s3cret", realm{kRealm}, uri{kUri};
    std::string nonce, nc = "00000001", cnonce = "0a4f113b", qop = "auth";
    std::string method = "SUBSCRIBE", body;

    std::string response() const {
        return digest_response({.algorithm = algorithm,
                                .is_session = false,
                                .qop = qop == "auth"       ? DigestQop::auth
                                       : qop == "auth-int" ? DigestQop::auth_int
                                                           : DigestQop::none,
                                .ha1 = ha1(),
                                .method = method,
                                .uri = uri,
                                .nonce = nonce,
                                .nc = nc,
                                .cnonce = cnonce,
                                .body = body});
    }
    std::string ha1() const { return digest_ha1(algorithm, username, realm, password); }
    std::string line() const {
        std::string text = "Authorization: Digest username=\"" + username + "\", realm=\"" + realm +
                           "\", nonce=\"" + nonce + "\", uri=\"" + uri + "\", response=\"" +
                           response() + "\", algorithm=" + std::string(name_of(algorithm));
        if (!qop.empty()) text += ", qop=" + qop + ", nc=" + nc + ", cnonce=\"" + cnonce + '"';
        return text + "\r\n";
    }
};

/// A server on a clock of its own, with one user: alice, s3cret.
struct Fixture {
    base::ManualClock clock;
    base::HashKey key{1, 2};
    DigestSecrets secrets = secrets_of("alice", "s3cret");
    DigestServer server;

    explicit Fixture(DigestServer::Options options = {})
        : server(with_realm(options), key, clock) {}

    static DigestServer::Options with_realm(DigestServer::Options options) {
        if (options.realm.empty()) options.realm = kRealm;
        return options;
    }
    std::string nonce() const { return value_in(server.challenge(false), "nonce"); }

    Verdict send(const std::string& lines, const std::string& body = {}) {
        const Parsed request(request_text(lines, body));
        auto credentials = server.read(request.message);
        REQUIRE_MESSAGE(credentials.has_value(), credentials.fault().detail);
        REQUIRE(credentials->has_value());
        return server.verify(request.message, **credentials, {secrets, "alice"});
    }
    Verdict send(const Attempt& attempt) { return send(attempt.line(), attempt.body); }

    Result<std::optional<Credentials>> read(const std::string& lines) {
        const Parsed request(request_text(lines));
        return server.read(request.message);
    }
    std::string fault_of(const std::string& lines) {
        const auto read_back = read(lines);
        REQUIRE_FALSE(read_back.has_value());
        CHECK(read_back.fault().kind == FaultKind::malformed);
        return read_back.fault().detail;
    }
};

}  // namespace herald::sip::digest_fixture
