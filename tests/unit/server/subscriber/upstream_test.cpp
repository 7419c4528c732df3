// tests/unit/server/subscriber/upstream_test.cpp: Herald subscribing to what a PBX keeps (RFC
// 6665 4.1).
#include <array>

#include "tests/unit/server/subscriber/pbx.h"

namespace herald::server::upstream_test {

using namespace testing;

TEST_CASE("RFC 6665 4.1: every input in every state of a subscription to a PBX") {
    using State = UpstreamState;
    const auto no = std::optional<State>();
    const std::array<std::array<std::optional<State>, kUpstreamInputs>, kUpstreamStates> expected{{
        // due, accepted, refused, failed, notified, ended, overdue, lapsed
        {State::trying, no, no, no, no, no, no, no},
        {no, State::accepted, State::waiting, State::waiting, State::active, State::waiting,
         State::waiting, no},
        {no, no, no, no, State::active, State::waiting, State::waiting, no},
        {State::refreshing, State::active, State::waiting, State::active, State::active,
         State::waiting, no, State::waiting},
        {no, State::refreshing, State::waiting, State::active, State::active, State::waiting,
         State::waiting, State::waiting},
    }};
    for (std::size_t state = 0; state < kUpstreamStates; ++state) {
        for (std::size_t input = 0; input < kUpstreamInputs; ++input) {
            const auto from = static_cast<State>(state);
            const auto with = static_cast<UpstreamInput>(input);
            INFO(name_of(from), " ", name_of(with));
            CHECK(next_state(from, with) == expected[state][input]);
        }
    }
}

TEST_CASE("RFC 6665 4.1.2.2: which answers end a dialog") {
    for (const int status : {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604})
        CHECK(input_of_status(status) == UpstreamInput::refused);
    for (const int status : {400, 401, 403, 408, 423, 500, 503, 600, 603})
        CHECK(input_of_status(status) == UpstreamInput::failed);
    CHECK(input_of_status(200) == UpstreamInput::accepted);
    CHECK(input_of_status(202) == UpstreamInput::accepted);
}

TEST_CASE("RFC 3842: a mailbox with a PBX is subscribed to there") {
    Pbx pbx;
    const auto request = pbx.hear_one();
    CHECK(request.starts_with("SUBSCRIBE sip:100@192.0.2.50 SIP/2.0\r\n"));
    CHECK(header(request, "To") == "<sip:100@192.0.2.50>");
    CHECK(header(request, "From").starts_with("<sip:herald@192.0.2.50>;tag="));
    CHECK(header(request, "Event") == "message-summary");
    CHECK(header(request, "Accept") == "application/simple-message-summary");
    CHECK(header(request, "Expires") == "600");
    CHECK(header(request, "CSeq") == "1 SUBSCRIBE");
    CHECK(header(request, "Contact").find("192.0.2.1:5060") != std::string::npos);
}

TEST_CASE("a server does not subscribe to its own mailboxes") {
    Pbx pbx("office sip:192.0.2.1:5060");
    pbx.wait(seconds(60));
    CHECK(pbx.heard().empty());
}

TEST_CASE("RFC 6665 4.1.3: what a PBX notifies is one publication as long as it grants") {
    Pbx pbx;
    pbx.begin();
    CHECK(pbx.counts() == "2/8");

    CHECK(pbx.notify("active;expires=600", kThree) == "SIP/2.0 200 OK");

    CHECK(pbx.counts() == "3/8");
    CHECK(pbx.publications() == 1);
    CHECK(pbx.notify("terminated;reason=timeout", kTwo) == "SIP/2.0 200 OK");
    CHECK(pbx.counts() == "2/8");
}

TEST_CASE("RFC 6665 4.4.1: the NOTIFY may come before the answer, and makes the dialog") {
    Pbx pbx;
    pbx.hear_one();
    CHECK(pbx.notify("active;expires=100", kTwo) == "SIP/2.0 200 OK");
    pbx.answer("200 OK", "Expires: 600\n");
    CHECK(pbx.counts() == "2/8");

    // The 100 s of the NOTIFY count, not the 600 of the answer (RFC 6665 4.1.3).
    pbx.wait(seconds(91));

    const auto refresh = pbx.hear_one();
    CHECK(refresh.starts_with("SUBSCRIBE sip:100@192.0.2.51:5070 SIP/2.0\r\n"));
    CHECK(header(refresh, "To") == "<sip:100@192.0.2.50>;tag=pbx1");
    CHECK(header(refresh, "CSeq") == "2 SUBSCRIBE");
}

TEST_CASE("RFC 6665 4.1.2.3: a refresh keeps the dialog, and writes the expiry only") {
    Pbx pbx;
    pbx.begin();
    const auto call_id = header(pbx.subscribe, "Call-ID");
    pbx.wait(seconds(541));
    CHECK(header(pbx.hear_one(), "Call-ID") == call_id);
    pbx.answer("200 OK", "Expires: 600\n");

    // The same counters again: nothing but the time moves.
    CHECK(pbx.notify("active;expires=600", kTwo) == "SIP/2.0 200 OK");

    pbx.wait(seconds(300));
    CHECK(pbx.counts() == "2/8");
    CHECK(pbx.publications() == 1);
}

TEST_CASE("RFC 3261 22.2: a challenged SUBSCRIBE is sent again with credentials") {
    Pbx pbx;
    pbx.hear_one();
    pbx.answer(
        "401 Unauthorized",
        "WWW-Authenticate: Digest realm=\"office\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\n");
    pbx.wait(milliseconds(1));

    const auto again = pbx.hear_one();
    CHECK(header(again, "CSeq") == "2 SUBSCRIBE");
    CHECK(header(again, "Authorization").find("username=\"herald\"") != std::string::npos);
    CHECK(header(again, "Authorization").find("uri=\"sip:100@192.0.2.50\"") != std::string::npos);

    SUBCASE("wrong credentials are not tried for an hour: each time counts against us there") {
        pbx.answer("401 Unauthorized",
                   "WWW-Authenticate: Digest realm=\"office\", nonce=\"n2\", algorithm=MD5, "
                   "qop=\"auth\"\n");
        pbx.wait(seconds(3590));
        CHECK(pbx.heard().empty());
        pbx.wait(seconds(11));
        CHECK(pbx.heard().size() == 1);
    }
    SUBCASE("... nor where they are refused with 403") {
        pbx.answer("403 Forbidden");
        pbx.wait(seconds(3590));
        CHECK(pbx.heard().empty());
    }
}

TEST_CASE("RFC 6665 4.1.2.1: 423 names the time to ask for") {
    Pbx pbx;
    pbx.hear_one();
    pbx.answer("423 Interval Too Brief", "Min-Expires: 1800\n");
    pbx.wait(milliseconds(1));
    CHECK(header(pbx.hear_one(), "Expires") == "1800");
}

TEST_CASE("RFC 6665 4.1.2.1: a 423 that names no time doubles what is asked for") {
    Pbx pbx;
    CHECK(header(pbx.hear_one(), "Expires") == "600");
    pbx.answer("423 Interval Too Brief");
    pbx.wait(milliseconds(1));
    CHECK(header(pbx.hear_one(), "Expires") == "1200");
    pbx.answer("423 Interval Too Brief");
    pbx.wait(milliseconds(1));
    CHECK(header(pbx.hear_one(), "Expires") == "2400");
    pbx.answer("200 OK", "Expires: 2400\n");
    REQUIRE(pbx.notify("active;expires=2400", kTwo) == "SIP/2.0 200 OK");

    // What was learned is asked for at once from then on.
    pbx.wait(seconds(2161));
    CHECK(header(pbx.hear_one(), "Expires") == "2400");
}

TEST_CASE("RFC 6665 4.1.2.4: no NOTIFY within Timer N is a failure") {
    Pbx pbx;
    pbx.hear_one();
    const auto call_id = header(pbx.subscribe, "Call-ID");
    pbx.answer("200 OK", "Expires: 600\n");
    pbx.wait(seconds(31));
    CHECK(pbx.heard().empty());

    pbx.wait(seconds(3));
    pbx.wait(seconds(2));

    CHECK(header(pbx.hear_one(), "Call-ID") != call_id);
}

TEST_CASE(
    "RFC 6665 4.1.2.2: a PBX that restarted is subscribed to anew, and nothing counts twice") {
    Pbx pbx;
    pbx.begin();
    const auto call_id = header(pbx.subscribe, "Call-ID");
    pbx.wait(seconds(541));
    pbx.hear_one();
    pbx.answer("481 Call/Transaction Does Not Exist");

    CHECK(header(pbx.hear_one(), "Call-ID") != call_id);
    CHECK(pbx.subscribe.find(";tag=pbx1") == std::string::npos);
    pbx.answer("200 OK", "Expires: 600\n");
    CHECK(pbx.notify("active;expires=600", kThree, "pbx2") == "SIP/2.0 200 OK");
    CHECK(pbx.counts() == "3/8");
    CHECK(pbx.publications() == 1);
}

TEST_CASE(
    "a PBX that is lost leaves its state until that runs out; it is tried less and less often") {
    Pbx pbx;
    pbx.begin();
    std::size_t attempts = 0;
    // Repetitions of a request have its CSeq.
    std::string last;
    const auto count = [&] {
        for (const auto& request : pbx.heard()) {
            const auto name = header(request, "Call-ID") + header(request, "CSeq");
            if (name != last) ++attempts;
            last = name;
        }
    };
    for (int i = 0; i < 590; ++i) pbx.wait(seconds(1)), count();
    CHECK(pbx.counts() == "2/8");
    for (int i = 0; i < 120; ++i) pbx.wait(seconds(1)), count();
    CHECK(pbx.counts() == "0/0");
    CHECK(pbx.publications() == 0);
    CHECK(attempts > 1);

    attempts = 0;
    for (int i = 0; i < 3600; ++i) pbx.wait(seconds(1)), count();
    // Each takes 32 s, and what is between them no more than a minute.
    CHECK(attempts >= 35);
    CHECK(attempts <= 60);

    pbx.answer("200 OK", "Expires: 600\n");
    pbx.notify("active;expires=600", kThree, "pbx9");
    if (pbx.counts() != "3/8") {
        // It was between two attempts.
        for (int i = 0; i < 400 && pbx.heard().empty(); ++i) pbx.wait(seconds(1));
        pbx.answer("200 OK", "Expires: 600\n");
        pbx.notify("active;expires=600", kThree, "pbx9");
    }
    CHECK(pbx.counts() == "3/8");
}

TEST_CASE("RFC 6665 4.1.3: the reason says when to come back") {
    Pbx pbx;
    pbx.begin();
    pbx.wait(seconds(100));
    static_cast<void>(pbx.heard());

    SUBCASE("deactivated: at once") {
        pbx.notify("terminated;reason=deactivated");
        pbx.wait(seconds(1));
        CHECK(pbx.heard().size() == 1);
        CHECK(pbx.counts() == "2/8");
    }
    SUBCASE("probation: after retry-after") {
        pbx.notify("terminated;reason=probation;retry-after=60");
        pbx.wait(seconds(59));
        CHECK(pbx.heard().empty());
        pbx.wait(seconds(2));
        CHECK(pbx.heard().size() == 1);
    }
    SUBCASE("noresource: seldom, and nothing is known any more") {
        pbx.notify("terminated;reason=noresource");
        CHECK(pbx.publications() == 0);
        pbx.wait(seconds(600));
        CHECK(pbx.heard().empty());
    }
}

TEST_CASE("RFC 6665 4.4.1: a NOTIFY that fits no dialog is a stranger's") {
    Pbx pbx;
    pbx.begin();
    CHECK(pbx.notify("active;expires=600", kThree, "other") ==
          "SIP/2.0 481 Call/Transaction Does Not Exist");
    CHECK(pbx.counts() == "2/8");

    SUBCASE("another event is refused") {
        CHECK(pbx.notify("active;expires=600", kThree, "pbx1", "presence") ==
              "SIP/2.0 489 Bad Event");
    }
    SUBCASE("an old CSeq is out of order") {
        REQUIRE(pbx.notify("active;expires=600", kTwo) == "SIP/2.0 200 OK");
        pbx.notifies = 0;
        CHECK(pbx.notify("active;expires=600", kThree) == "SIP/2.0 500 CSeq out of order");
        // It was only late: the dialog is the same.
        pbx.wait(seconds(2));
        CHECK(pbx.heard().empty());
    }
    SUBCASE("a body that cannot be read changes nothing, and is refused with its place") {
        CHECK(pbx.notify("active;expires=600", "Voice-Message: 1/0\n") ==
              "SIP/2.0 400 line 1: Messages-Waiting is not the first header");
    }
    CHECK(pbx.counts() == "2/8");
}

TEST_CASE("RFC 3261 12.2.2: a PBX that restarted with an old count is subscribed to anew") {
    Pbx pbx;
    pbx.begin();
    REQUIRE(pbx.notify("active;expires=600", kTwo) == "SIP/2.0 200 OK");
    pbx.notifies = 1;
    CHECK(pbx.notify("active;expires=600", kThree) == "SIP/2.0 200 OK");  // 2 again: not lower
    CHECK(pbx.counts() == "3/8");
    const auto call_id = header(pbx.subscribe, "Call-ID");
    pbx.wait(seconds(541));
    REQUIRE(header(pbx.hear_one(), "Call-ID") == call_id);
    pbx.answer("200 OK", "Expires: 600\n");
    pbx.notifies = 0;

    CHECK(pbx.notify("active;expires=600", kTwo) == "SIP/2.0 500 CSeq out of order");

    pbx.wait(seconds(1));
    CHECK(header(pbx.hear_one(), "Call-ID") != call_id);
    pbx.answer("200 OK", "Expires: 600\n");
    CHECK(pbx.notify("active;expires=600", kTwo, "pbx2") == "SIP/2.0 200 OK");
    CHECK(pbx.counts() == "2/8");
    CHECK(pbx.publications() == 1);
}

TEST_CASE("RFC 3842 3.5: a PBX that knows nothing of a mailbox any more empties it") {
    Pbx pbx;
    pbx.begin();
    CHECK(pbx.notify("pending;expires=600") == "SIP/2.0 200 OK");
    CHECK(pbx.counts() == "2/8");

    CHECK(pbx.notify("active;expires=600") == "SIP/2.0 200 OK");

    CHECK(pbx.counts() == "0/0");
    CHECK(pbx.publications() == 0);
    CHECK(pbx.notify("active;expires=600", kThree) == "SIP/2.0 200 OK");
    CHECK(pbx.counts() == "3/8");
}

TEST_CASE("RFC 3842 3.5: what a PBX lists in one NOTIFY is not lost with the next") {
    auto config = with_pbx("office sip:192.0.2.50", "message_headers = [\"Subject\"]\n");
    Pbx pbx(std::move(config));
    pbx.begin();
    REQUIRE(pbx.notify("active;expires=600", kThree + "\nMessage-ID: <1@pbx>\nSubject: one\n") ==
            "SIP/2.0 200 OK");

    REQUIRE(pbx.notify("active;expires=600", kTwo + "\nMessage-ID: <2@pbx>\nSubject: two\n") ==
            "SIP/2.0 200 OK");

    const auto& messages = pbx.messages();
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].headers.back().second == "one");
    CHECK(messages[1].headers.back().second == "two");
    CHECK(messages[0].since < messages[1].since);

    // Another dialog: what it lists stands for itself.
    REQUIRE(pbx.notify("terminated;reason=deactivated") == "SIP/2.0 200 OK");
    pbx.wait(seconds(1));
    pbx.hear_one();
    pbx.answer("200 OK", "Expires: 600\n");
    REQUIRE(pbx.notify("active;expires=600", kTwo, "pbx2") == "SIP/2.0 200 OK");
    CHECK(pbx.messages().empty());
}

TEST_CASE(
    "a PBX that has just started and knows nothing yet is asked again before it is believed") {
    Pbx pbx;
    pbx.begin();
    pbx.wait(seconds(541));
    pbx.hear_one();
    pbx.answer("481 Call/Transaction Does Not Exist");
    pbx.hear_one();
    pbx.answer("200 OK", "Expires: 600\n");

    CHECK(pbx.notify("active;expires=600", {}, "pbx2") == "SIP/2.0 200 OK");

    CHECK(pbx.counts() == "2/8");
    pbx.wait(seconds(2));
    pbx.hear_one();
    pbx.answer("200 OK", "Expires: 600\n");
    SUBCASE("it knows by now") {
        CHECK(pbx.notify("active;expires=600", kThree, "pbx2") == "SIP/2.0 200 OK");
        CHECK(pbx.counts() == "3/8");
    }
    SUBCASE("there is nothing") {
        CHECK(pbx.notify("active;expires=600", {}, "pbx2") == "SIP/2.0 200 OK");
        CHECK(pbx.counts() == "0/0");
    }
}

TEST_CASE("any package that takes publications can be followed, and takes what is told") {
    Pbx pbx;
    pbx.begin();
    const auto& presence = *packages::find("presence");
    pbx.shard.agents().get<Upstream>().follow("sip:bob@localhost", {&presence, "office", "200"});
    pbx.wait(milliseconds(11));

    const auto request = pbx.hear_one();
    CHECK(request.starts_with("SUBSCRIBE sip:200@192.0.2.50 SIP/2.0\r\n"));
    CHECK(header(request, "Event") == "presence");
    CHECK(header(request, "Accept") == "application/pidf+xml");
    pbx.answer("200 OK", "Expires: 600\n");
    pbx.receive(
        "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
        "192.0.2.50:5060;branch=z9hG4bKp1\nFrom: <sip:200@192.0.2.50>;tag=pbx\nTo: " +
        header(request, "From") + "\nCall-ID: " + header(request, "Call-ID") +
        "\nCSeq: 1 NOTIFY\nMax-Forwards: 70\nContact: <sip:200@192.0.2.50>\nEvent: presence\n"
        "Subscription-State: active;expires=600\nContent-Type: application/pidf+xml\n\n"
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "entity=\"sip:200@192.0.2.50\"><tuple id=\"t\"><status><basic>open</basic></status>"
        "</tuple></presence>");
    pbx.commit();

    auto& resources = pbx.shard.context().resources;
    const auto slot = resources.find(presence, "sip:bob@localhost");
    REQUIRE(slot != Resource::kNone);
    CHECK(resources[slot].by_source("pbx office") != nullptr);
}

TEST_CASE("a mailbox that leaves its PBX unsubscribes, and what the PBX said goes") {
    Pbx pbx;
    pbx.begin();
    static_cast<void>(pbx.heard());

    pbx.set("");
    pbx.wait(milliseconds(1));

    CHECK(header(pbx.hear_one(), "Expires") == "0");
    CHECK(pbx.publications() == 0);
    pbx.answer("200 OK", "Expires: 0\n");
    pbx.wait(seconds(3600));
    CHECK(pbx.heard().empty());
}

TEST_CASE("what a PBX said is written again where the store was away") {
    Pbx pbx;
    pbx.hear_one();
    pbx.answer("200 OK", "Expires: 600\n");
    const auto number = std::to_string(++pbx.notifies);
    pbx.receive(
        "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
        "192.0.2.50:5060;branch=z9hG4bKn" +
        number + "\nFrom: <sip:100@192.0.2.50>;tag=pbx1\nTo: " + header(pbx.subscribe, "From") +
        "\nCall-ID: " + header(pbx.subscribe, "Call-ID") + "\nCSeq: " + number +
        " NOTIFY\nMax-Forwards: 70\nContact: <sip:100@192.0.2.50>\nEvent: message-summary\n"
        "Subscription-State: active;expires=600\n"
        "Content-Type: application/simple-message-summary\n\n" +
        kTwo);
    pbx.finish(Outcome::unavailable);
    CHECK(pbx.publications() == 0);

    pbx.wait(seconds(2));

    CHECK(pbx.counts() == "2/8");
}

}  // namespace herald::server::upstream_test
