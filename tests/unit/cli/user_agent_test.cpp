// tests/unit/cli/user_agent_test.cpp: requests that find their way, and NOTIFYs for who asked for
// them.
#include "cli/user_agent.h"

#include <doctest/doctest.h>

#include "tests/unit/cli/peer.h"

namespace herald::cli::user_agent_test {
namespace {

using test::Peer;

OutgoingRequest options_request() {
    OutgoingRequest request;
    request.method = sip::Method::options;
    request.uri = "sip:alice@192.0.2.10";
    request.from = "<sip:bob@192.0.2.10>;tag=1";
    request.to = "<sip:alice@192.0.2.10>";
    request.call_id = "call-1";
    request.cseq = 7;
    request.with_contact = true;
    return request;
}

/// What send() came to.
struct Outcome {
    int calls = 0;
    int status = 0;
    bool is_answered = false;
    std::uint32_t cseq = 0;
    std::string why;

    UserAgent::Done taker() {
        return [this](const Reply& reply) {
            ++calls;
            status = reply.status;
            is_answered = reply.is_answered;
            cseq = reply.cseq;
            why = reply.why;
        };
    }
};

TEST_CASE("RFC 3261 8.1.1: a request has all mandatory headers and a Contact its peer can reach") {
    Peer peer;
    Outcome outcome;

    peer.agent.send(options_request(), outcome.taker());
    const std::string request = peer.next_request();

    CHECK(request.rfind("OPTIONS sip:alice@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;",
                        0) == 0);
    CHECK(test::header(request, "Max-Forwards") == "70");
    CHECK(test::header(request, "CSeq") == "7 OPTIONS");
    CHECK(test::header(request, "Call-ID") == "call-1");
    CHECK(test::header(request, "Contact").find("@192.0.2.1:5060>") != std::string::npos);
    CHECK(test::header(request, "Content-Length") == "0");

    peer.answer(request, 200);
    CHECK(outcome.calls == 1);
    CHECK(outcome.status == 200);
    CHECK(outcome.is_answered);
}

TEST_CASE(
    "RFC 3261 22.2: a challenge is answered with a higher CSeq, once, and later requests bring "
    "credentials") {
    Peer peer({.username = "bob", .password = "secret"});
    Outcome outcome;
    const std::string challenge =
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\n";

    peer.agent.send(options_request(), outcome.taker());
    peer.answer(peer.next_request(), 401, challenge);
    const std::string again = peer.next_request();
    CHECK(test::header(again, "CSeq") == "8 OPTIONS");
    CHECK(test::header(again, "Authorization").find("username=\"bob\"") != std::string::npos);
    peer.answer(again, 200);
    CHECK(outcome.status == 200);
    CHECK(outcome.cseq == 8);

    peer.agent.send(options_request(), outcome.taker());
    const std::string next = peer.next_request();
    CHECK(test::header(next, "Authorization").find("nc=00000002") != std::string::npos);
    peer.answer(next, 401, challenge);
    peer.answer(peer.next_request_or_none(), 401, challenge);
    CHECK(outcome.calls == 2);
    CHECK(outcome.status == 401);
    CHECK(outcome.why.find("wrong name or password") != std::string::npos);
}

TEST_CASE("RFC 3261 22.2: requests that are challenged at the same time are answered each") {
    Peer peer({.username = "bob", .password = "secret"});
    Outcome first, second;
    const auto challenge = [](const std::string& nonce) {
        return "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + nonce + "\", qop=\"auth\"\n";
    };
    OutgoingRequest other = options_request();
    other.call_id = "call-2";

    peer.agent.send(options_request(), first.taker());
    peer.agent.send(other, second.taker());
    const std::string one = peer.next_request();
    const std::string two = peer.next_request();
    peer.answer(one, 401, challenge("n1"));
    peer.answer(two, 401, challenge("n2"));
    const std::string one_again = peer.next_request();
    const std::string two_again = peer.next_request();

    CHECK(test::header(one_again, "Authorization").find("nonce=\"n1\"") != std::string::npos);
    CHECK(test::header(two_again, "Authorization").find("nonce=\"n2\"") != std::string::npos);
    peer.answer(one_again, 200);
    peer.answer(two_again, 200);
    CHECK(first.status == 200);
    CHECK(second.status == 200);
}

TEST_CASE("RFC 3261 22.2: a wrong password ends requests that are challenged at the same time") {
    Peer peer({.username = "bob", .password = "wrong"});
    Outcome first, second;
    OutgoingRequest other = options_request();
    other.call_id = "call-2";

    peer.agent.send(options_request(), first.taker());
    peer.agent.send(other, second.taker());
    for (int i = 0; i < 10; ++i) {
        const std::string request = peer.next_request_or_none();
        peer.answer(request, 401,
                    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n" + std::to_string(i) +
                        "\", qop=\"auth\"\n");
    }

    CHECK(first.calls == 1);
    CHECK(second.calls == 1);
    CHECK(first.status == 401);
    CHECK(second.status == 401);
}

TEST_CASE("without a password the prompt is asked once, and may decline") {
    int asked = 0;
    UserAgent::Options options{.username = "bob"};
    options.ask_password = [&asked]() -> std::optional<std::string> {
        ++asked;
        return std::nullopt;
    };
    Peer peer(std::move(options));
    Outcome outcome;

    for (int i = 0; i < 2; ++i) {
        peer.agent.send(options_request(), outcome.taker());
        peer.answer(peer.next_request(), 401,
                    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n");
    }

    CHECK(asked == 1);
    CHECK(outcome.calls == 2);
    CHECK(outcome.status == 401);
}

TEST_CASE("no answer within the user's patience is 408, and says from whom") {
    Peer peer({.patience = std::chrono::seconds(3)});
    Outcome outcome;

    peer.agent.send(options_request(), outcome.taker());
    peer.advance(std::chrono::milliseconds(2900));
    CHECK(outcome.calls == 0);
    peer.advance(std::chrono::milliseconds(200));

    CHECK(outcome.status == 408);
    CHECK_FALSE(outcome.is_answered);
    CHECK(outcome.why == "no answer from 192.0.2.10:5060 (UDP) within 3 s");
}

TEST_CASE("RFC 3261 18.4: where nobody listens the answer does not wait for a timeout") {
    Peer peer;
    Outcome outcome;

    peer.agent.send(options_request(), outcome.taker());
    peer.next_request();
    peer.transport.unreachable(test::endpoint("192.0.2.10", 5060));
    peer.turn();

    CHECK(outcome.calls == 1);
    CHECK(outcome.status == 503);
    CHECK(outcome.why == "nobody listens at 192.0.2.10:5060 (UDP)");
}

TEST_CASE("RFC 3261 18.1.1: a large request goes over TCP, and over UDP where TCP is refused") {
    Peer peer;
    Outcome outcome;
    OutgoingRequest large = options_request();
    large.content_type = "text/plain";
    large.body.assign(2000, 'x');

    peer.agent.send(large, outcome.taker());
    CHECK(peer.next_request().find("Via: SIP/2.0/TCP ") != std::string::npos);

    Peer deaf;
    deaf.transport.refuse_streams();
    deaf.agent.send(large, outcome.taker());
    CHECK(deaf.next_request().find("Via: SIP/2.0/UDP ") != std::string::npos);
}

TEST_CASE("RFC 3263 4.3: after 503 the next target is asked, after the last it is the answer") {
    Peer peer;
    Outcome outcome;
    OutgoingRequest large = options_request();
    large.content_type = "text/plain";
    large.body.assign(2000, 'x');

    peer.agent.send(large, outcome.taker());
    peer.answer(peer.next_request(), 503);
    const std::string second = peer.next_request();
    CHECK(second.find("Via: SIP/2.0/UDP ") != std::string::npos);
    CHECK(outcome.status == 0);
    peer.answer(second, 503);

    CHECK(outcome.status == 503);
}

TEST_CASE("the transport asked for is the one used, through the server asked for") {
    Peer peer({.server = "192.0.2.10:5080", .protocol = sip::Protocol::tcp});
    Outcome outcome;
    OutgoingRequest request = options_request();
    request.uri = "sip:alice@example.com";

    peer.agent.send(request, outcome.taker());
    const std::string sent = peer.next_request();

    CHECK(sent.rfind("OPTIONS sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/TCP ", 0) == 0);
    CHECK(test::header(sent, "Contact").find(";transport=tcp>") != std::string::npos);
    CHECK(peer.last_flow().peer == test::endpoint("192.0.2.10", 5080));
}

TEST_CASE("RFC 6665 4.4.1: a NOTIFY nobody asked for is 481, OPTIONS 200, anything else 405") {
    Peer peer;

    peer.receive(
        "NOTIFY sip:me@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP "
        "192.0.2.10;branch=z9hG4bKn\nMax-Forwards: 70\n"
        "From: <sip:a@b>;tag=1\nTo: <sip:me@b>;tag=2\nCall-ID: stranger\nCSeq: 1 NOTIFY\nEvent: "
        "presence\n"
        "Subscription-State: active\nContent-Length: 0\n\n");
    CHECK(test::status(peer.next_answer()) == 481);

    peer.receive(
        "OPTIONS sip:me@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP "
        "192.0.2.10;branch=z9hG4bKo\nMax-Forwards: 70\n"
        "From: <sip:a@b>;tag=1\nTo: <sip:me@b>\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: "
        "0\n\n");
    CHECK(test::status(peer.next_answer()) == 200);

    peer.receive(
        "MESSAGE sip:me@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP "
        "192.0.2.10;branch=z9hG4bKm\nMax-Forwards: 70\n"
        "From: <sip:a@b>;tag=1\nTo: <sip:me@b>\nCall-ID: m\nCSeq: 1 MESSAGE\nContent-Length: "
        "0\n\n");
    const std::string answer = peer.next_answer();
    CHECK(test::status(answer) == 405);
    CHECK(test::header(answer, "Allow") == "NOTIFY, OPTIONS");
}

TEST_CASE("a user types addresses with or without scheme") {
    CHECK(resource_uri("alice@localhost").value() == "sip:alice@localhost");
    CHECK(resource_uri(" sips:alice@example.com ").value() == "sips:alice@example.com");
    CHECK(resource_uri("alice@127.0.0.1:5070").value() == "sip:alice@127.0.0.1:5070");
    CHECK(resource_uri("example.com").value() == "sip:example.com");
    CHECK(resource_uri("alice").fault().detail ==
          "'alice' names no domain; did you mean alice@localhost?");
    CHECK_FALSE(resource_uri(""));
    CHECK_FALSE(resource_uri("alice@"));
    CHECK_FALSE(resource_uri("http://example.com"));
    CHECK_FALSE(resource_uri("sip:alice@example.com>\r\nX: y"));
}

}  // namespace
}  // namespace herald::cli::user_agent_test
