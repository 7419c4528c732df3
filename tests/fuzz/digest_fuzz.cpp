// tests/fuzz/digest_fuzz.cpp: credentials and challenges from anybody; nothing but the right secret
// is let in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sip/digest.h"
#include "sip/fields.h"
#include "sip/message.h"

namespace {

using namespace herald;

constexpr std::string_view kLines =
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"
    "From: <sip:alice@example.com>;tag=a\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Call-ID: 1@example.com\r\n"
    "CSeq: 1 SUBSCRIBE\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n";

std::string request(std::string_view lines) {
    return "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n" + std::string(kLines) + std::string(lines) +
           "\r\n";
}

void expect(bool claim) {
    if (!claim) std::abort();
}

/// A nonce of ours.
std::string nonce_of(const sip::DigestServer& server) {
    const std::string line = server.challenge(false);
    const std::size_t from = line.find("nonce=\"") + 7;
    return line.substr(from, line.find('"', from) - from);
}

/// Any bytes as credentials: read without harm, and never accepted.
void offer_credentials(sip::DigestServer& server, std::string_view value) {
    static const std::string nonce = nonce_of(server);
    std::string bytes = request("Authorization: Digest realm=\"example.com\",nonce=\"" + nonce +
                                "\"," + std::string(value) + "\r\n");
    const auto parsed = sip::parse(bytes, sip::Framing::datagram);
    if (parsed.error != sip::ParseResult::Error::none) return;
    const auto credentials = server.read(parsed.message);
    if (!credentials || !*credentials) return;
    sip::DigestUser user{.secrets = {}, .name = (*credentials)->username};
    for (std::size_t i = 0; i < sip::kDigestAlgorithms; ++i) {
        user.secrets.ha1[i] =
            sip::digest_ha1(static_cast<sip::DigestAlgorithm>(i), (*credentials)->username,
                            "example.com", "a password no fuzzer knows");
    }
    expect(server.verify(parsed.message, **credentials, user) !=
           sip::DigestServer::Verdict::accepted);
    expect(server.verify(parsed.message, **credentials, {}) == sip::DigestServer::Verdict::wrong);
    static_cast<void>(server.authentication_info(**credentials, user.secrets, ""));
}

/// Any bytes as a challenge: what the client answers is one well-formed line that a server can
/// read.
void offer_challenge(std::string_view value) {
    std::string bytes = "SIP/2.0 401 Unauthorized\r\n" + std::string(kLines) +
                        "WWW-Authenticate: Digest " + std::string(value) +
                        "\r\nAuthentication-Info: " + std::string(value) + "\r\n\r\n";
    const auto parsed = sip::parse(bytes, sip::Framing::datagram);
    if (parsed.error != sip::ParseResult::Error::none) return;
    sip::DigestClient client("al\"ice\\", "s3cret");
    const auto line = client.answer(parsed.message, "SUBSCRIBE", "sip:bob@example.com", "");
    if (!line) return;
    expect(line->find("\r\n") == line->size() - 2);
    const std::size_t from = line->find(' ');
    const auto field = sip::parse_auth(line->substr(from, line->size() - 2 - from));
    expect(field.has_value());
    expect(field->parameter("response").has_value());
    client.learn(parsed.message);
    expect(client.next("SUBSCRIBE", "sip:bob@example.com", "").has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const base::ManualClock clock;
    static sip::DigestServer server({.realm = "example.com", .allow_rfc2069 = true}, {1, 2}, clock);
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    offer_credentials(server, input);
    offer_challenge(input);
    return 0;
}
