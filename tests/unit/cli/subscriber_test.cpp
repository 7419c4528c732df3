// tests/unit/cli/subscriber_test.cpp: a subscription through its life, against a peer played by the
// test.
#include "cli/subscriber.h"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/cli/peer.h"

namespace herald::cli::subscriber_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A watcher of alice and the notifier it talks to.
class Story final : private Subscriber::Listener {
public:
    explicit Story(Subscriber::Options changes = {})
        : subscriber(peer.agent, with_defaults(changes), *this) {}

    /// Answers the last SUBSCRIBE and remembers its dialog.
    void accept(std::string_view subscribe, int expires) {
        remember(subscribe);
        peer.answer(
            subscribe, 200,
            "Expires: " + std::to_string(expires) + "\nContact: <sip:notifier@192.0.2.10:5060>\n");
    }
    void remember(std::string_view subscribe) {
        call_id = test::header(subscribe, "Call-ID");
        watcher_tag = test::tag(test::header(subscribe, "From"));
        cseq = 0;
    }
    /// Sends a NOTIFY of the dialog and returns the status of its answer. `more` are header lines
    /// and, after an empty one, the body.
    int notify(std::string_view state, std::string_view more = "Content-Length: 0\n\n") {
        return notify_from("peer", ++cseq, state, more);
    }
    int notify_from(std::string_view notifier_tag, int number, std::string_view state,
                    std::string_view more = "Content-Length: 0\n\n") {
        std::string text =
            "NOTIFY sip:watcher@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK";
        text += std::to_string(++branch_) + "\nMax-Forwards: 70\nFrom: <sip:alice@192.0.2.10>;tag=";
        text.append(notifier_tag).append("\nTo: <sip:bob@192.0.2.10>;tag=").append(watcher_tag);
        text.append("\nCall-ID: ")
            .append(call_id)
            .append("\nCSeq: ")
            .append(std::to_string(number));
        text.append(" NOTIFY\nContact: <sip:notifier@192.0.2.10:5060>\nEvent: ").append(event);
        text.append("\nSubscription-State: ").append(state).append("\n").append(more);
        peer.receive(text);
        return test::status(peer.next_answer());
    }
    /// Starts, is accepted and told the first state.
    void begin(int expires = 3600) {
        subscriber.start();
        accept(peer.next_request(), expires);
        REQUIRE(notify("active;expires=" + std::to_string(expires)) == 200);
    }
    /// A SUBSCRIBE in a dialog of its own.
    bool is_anew(std::string_view subscribe) const {
        return test::header(subscribe, "Call-ID") != call_id &&
               test::tag(test::header(subscribe, "To")).empty() &&
               subscribe.starts_with("SUBSCRIBE sip:alice@192.0.2.10 SIP/2.0\r\n");
    }

    test::Peer peer;
    std::string event = "presence";
    std::string call_id, watcher_tag;
    int cseq = 0;
    std::vector<std::string> told;  ///< "state reason type body" of each NOTIFY
    std::vector<std::string> troubles;
    std::vector<Ending> endings;
    Subscriber subscriber;

private:
    static Subscriber::Options with_defaults(Subscriber::Options options) {
        options.resource = "sip:alice@192.0.2.10";
        options.watcher = "sip:bob@192.0.2.10";
        if (options.event.empty()) options.event = "presence";
        options.accept = "application/pidf+xml";
        return options;
    }
    void on_notification(const Notification& n) override {
        std::string text(n.state);
        if (!n.reason.empty()) text += " " + std::string(n.reason);
        if (!n.body.empty()) text += " " + std::string(n.content_type) + " " + std::string(n.body);
        told.push_back(text);
    }
    void on_trouble(const std::string& sentence) override { troubles.push_back(sentence); }
    void on_ended(const Ending& ending) override { endings.push_back(ending); }

    int branch_ = 0;
};

TEST_CASE("RFC 6665 4.1.2: a SUBSCRIBE says what, who, how long and which documents") {
    Story story;

    story.subscriber.start();
    const std::string subscribe = story.peer.next_request();

    CHECK(subscribe.starts_with("SUBSCRIBE sip:alice@192.0.2.10 SIP/2.0\r\n"));
    CHECK(test::header(subscribe, "Event") == "presence");
    CHECK(test::header(subscribe, "Accept") == "application/pidf+xml");
    CHECK(test::header(subscribe, "Expires") == "3600");
    CHECK(test::header(subscribe, "To") == "<sip:alice@192.0.2.10>");
    CHECK_FALSE(test::header(subscribe, "Contact").empty());
}

TEST_CASE("RFC 6665 4.1.3: each NOTIFY is answered 200 and told, with its body") {
    Story story;

    story.begin();
    CHECK(story.notify(
              "active;expires=3000",
              "Content-Type: Application/PIDF+xml; charset=utf-8\nContent-Length: 4\n\n<a/>") ==
          200);

    CHECK(story.told == std::vector<std::string>{"active", "active application/pidf+xml <a/>"});
    CHECK(story.endings.empty());
}

TEST_CASE("RFC 6665 4.1.2.4: a NOTIFY may come before the 200") {
    Story story;
    story.subscriber.start();
    const std::string subscribe = story.peer.next_request();
    story.remember(subscribe);

    CHECK(story.notify("active;expires=3600") == 200);
    story.peer.answer(subscribe, 200, "Expires: 3600\n");
    story.peer.advance(seconds(40));

    CHECK(story.told.size() == 1);
    CHECK(story.endings.empty());
    CHECK(story.troubles.empty());
}

TEST_CASE("RFC 6665 4.1.2.2: the subscription is refreshed in its dialog before it lapses") {
    Story story;
    story.begin(100);

    story.peer.advance(milliseconds(79'800));
    CHECK(story.peer.next_request_or_none().empty());
    story.peer.advance(milliseconds(400));
    const std::string refresh = story.peer.next_request();

    CHECK(refresh.starts_with("SUBSCRIBE sip:notifier@192.0.2.10:5060 SIP/2.0\r\n"));
    CHECK(test::header(refresh, "Call-ID") == story.call_id);
    CHECK(test::tag(test::header(refresh, "To")) == "peer");
    CHECK(test::header(refresh, "CSeq") == "2 SUBSCRIBE");
    CHECK(test::header(refresh, "Expires") == "3600");
}

TEST_CASE("many NOTIFYs that repeat what is left do not put the refresh off") {
    Story story;
    story.begin(100);

    for (int left = 90; left > 20; left -= 10) {
        story.peer.advance(seconds(10));
        CHECK(story.notify("active;expires=" + std::to_string(left)) == 200);
    }
    CHECK(story.peer.next_request_or_none().empty());
    story.peer.advance(seconds(11));

    CHECK(test::header(story.peer.next_request(), "CSeq") == "2 SUBSCRIBE");
}

TEST_CASE("RFC 6665 4.1.3: a NOTIFY that shortens the subscription hastens the refresh") {
    Story story;
    story.begin(3600);

    CHECK(story.notify("active;expires=100") == 200);
    story.peer.advance(seconds(81));

    CHECK(test::header(story.peer.next_request(), "CSeq") == "2 SUBSCRIBE");
}

TEST_CASE("RFC 6665 4.1.2.1: 423 is followed with Min-Expires, once") {
    Story story({.expires = 10});
    story.subscriber.start();

    story.peer.answer(story.peer.next_request(), 423, "Min-Expires: 60\n");
    const std::string again = story.peer.next_request();
    CHECK(test::header(again, "Expires") == "60");
    CHECK(test::header(again, "CSeq") == "2 SUBSCRIBE");
    story.peer.answer(again, 423, "Min-Expires: 60\n");

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::refused);
}

TEST_CASE("RFC 6665 4.1.2.2: a refresh answered 481 leads to a new subscription at once") {
    Story story;
    story.begin(100);
    story.peer.advance(seconds(81));

    story.peer.answer(story.peer.next_request(), 481);
    story.peer.advance(milliseconds(100));

    const std::string subscribe = story.peer.next_request();
    CHECK(story.is_anew(subscribe));
    CHECK(story.troubles.size() == 1);
    story.accept(subscribe, 3600);
    CHECK(story.notify("active;expires=3600") == 200);
    CHECK(story.endings.empty());
}

TEST_CASE(
    "RFC 6665 4.1.2.2: a refresh answered 489 is the end, at once and with the server's words") {
    Story story;
    story.begin(100);
    story.peer.advance(seconds(81));

    story.peer.answer(story.peer.next_request(), 489);

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::refused);
    CHECK(story.endings[0].sentence.starts_with("489"));
}

TEST_CASE("RFC 6665 4.2.1.1: a server that grants more than was asked for is not believed") {
    Story story({.expires = 100});
    story.subscriber.start();
    story.accept(story.peer.next_request(), 7200);
    CHECK(story.notify("active") == 200);

    story.peer.advance(seconds(81));

    CHECK(test::header(story.peer.next_request(), "CSeq") == "2 SUBSCRIBE");
}

TEST_CASE("RFC 5839 5.6: a refresh answered 204 is followed by no NOTIFY, and none is missed") {
    Story story;
    story.begin(1000);
    story.peer.advance(seconds(801));

    story.peer.answer(story.peer.next_request(), 204, "Expires: 1000\n");
    story.peer.advance(seconds(60));

    CHECK(story.troubles.empty());
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE(
    "RFC 6665 4.1.2.2: a refresh that fails otherwise leaves the subscription alone until it "
    "lapses") {
    Story story;
    story.begin(100);
    story.peer.advance(seconds(81));

    story.peer.answer(story.peer.next_request(), 503, "Retry-After: 5\n");
    CHECK(story.notify("active;expires=18") == 200);
    story.peer.advance(seconds(6));
    const std::string again = story.peer.next_request();

    CHECK(test::header(again, "Call-ID") == story.call_id);
    CHECK(test::header(again, "CSeq") == "3 SUBSCRIBE");
    story.peer.answer(again, 500);
    story.peer.advance(seconds(20));
    std::string last;
    while (true) {
        const std::string next = story.peer.next_request_or_none();
        if (next.empty()) break;
        last = next;
    }
    CHECK(story.is_anew(last));
}

TEST_CASE("RFC 6665 4.4.1: deactivated and timeout are followed by a new subscription at once") {
    for (const char* reason : {"deactivated", "timeout"}) {
        Story story;
        story.begin();
        story.peer.advance(seconds(20));

        CHECK(story.notify(std::string("terminated;reason=") + reason) == 200);
        story.peer.advance(milliseconds(100));

        CHECK(story.is_anew(story.peer.next_request()));
        CHECK(story.endings.empty());
    }
}

TEST_CASE("RFC 6665 4.1.3: probation and giveup wait for retry-after") {
    for (const char* reason : {"probation", "giveup"}) {
        Story story;
        story.begin();

        CHECK(story.notify(std::string("terminated;reason=") + reason + ";retry-after=50") == 200);
        story.peer.advance(milliseconds(49'800));
        CHECK(story.peer.next_request_or_none().empty());
        story.peer.advance(milliseconds(400));

        CHECK(story.is_anew(story.peer.next_request()));
        REQUIRE(story.troubles.size() == 1);
        CHECK(story.troubles[0].find("trying again in 50 s") != std::string::npos);
    }
}

TEST_CASE("RFC 6665 4.1.3: rejected, noresource and invariant are the end") {
    for (const char* reason : {"rejected", "noresource", "invariant"}) {
        Story story;
        story.begin();

        CHECK(story.notify(std::string("terminated;reason=") + reason) == 200);
        story.peer.advance(seconds(100));

        CHECK(story.peer.next_request_or_none().empty());
        REQUIRE(story.endings.size() == 1);
        CHECK(story.endings[0].why == Ending::Why::terminated);
        CHECK(story.endings[0].sentence.find(reason) != std::string::npos);
    }
}

TEST_CASE("a server that ends every subscription at once is asked less and less often") {
    Story story;
    story.begin();
    int subscriptions = 0;

    CHECK(story.notify("terminated;reason=deactivated") == 200);
    for (int i = 0; i < 600; ++i) {
        story.peer.advance(milliseconds(100));
        const std::string subscribe = story.peer.next_request_or_none();
        if (subscribe.empty()) continue;
        ++subscriptions;
        story.accept(subscribe, 3600);
        CHECK(story.notify("terminated;reason=deactivated") == 200);
    }

    CHECK(subscriptions >= 5);
    CHECK(subscriptions <= 8);
}

TEST_CASE("RFC 6665 4.1.2.4: without a NOTIFY within Timer N the first subscription failed") {
    Story story;
    story.subscriber.start();
    story.accept(story.peer.next_request(), 3600);

    story.peer.advance(milliseconds(32'200));

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::no_answer);
}

TEST_CASE("RFC 3261 12.2.2: a NOTIFY that comes late is refused and not told") {
    Story story;
    story.begin();
    CHECK(story.notify_from("peer", 5, "active;expires=3600") == 200);

    CHECK(story.notify_from("peer", 4, "active;expires=3600") == 500);
    CHECK(story.notify_from("peer", 5, "active;expires=3600") == 500);
    CHECK(story.notify_from("peer", 6, "active;expires=3600") == 200);

    CHECK(story.told.size() == 3);
}

TEST_CASE(
    "RFC 6665 5.4.9: the first notifier wins; others, other events and other dialogs are 481") {
    Story story;
    story.begin();

    CHECK(story.notify_from("fork", 1, "active;expires=3600") == 481);
    story.event = "dialog";
    CHECK(story.notify("active;expires=3600") == 481);
    story.event = "presence;id=7";
    CHECK(story.notify("active;expires=3600") == 481);
    story.event = "presence;whatever=7";
    CHECK(story.notify("active;expires=3600") == 200);
    story.call_id = "other";
    CHECK(story.notify("active;expires=3600") == 481);
    CHECK(story.told.size() == 2);
}

TEST_CASE("RFC 6665 4.4.3: a fetch asks for no time and ends with its one NOTIFY") {
    Story story({.is_fetch = true});
    story.subscriber.start();
    const std::string subscribe = story.peer.next_request();
    CHECK(test::header(subscribe, "Expires") == "0");

    story.accept(subscribe, 0);
    CHECK(story.endings.empty());
    CHECK(story.notify("terminated;reason=timeout",
                       "Content-Type: text/plain\nContent-Length: 1\n\nx") == 200);

    CHECK(story.told == std::vector<std::string>{"terminated timeout text/plain x"});
    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::fetched);
}

TEST_CASE("RFC 6665 4.1.2.3: leaving unsubscribes and waits for the last NOTIFY") {
    Story story;
    story.begin();

    story.subscriber.leave();
    const std::string last = story.peer.next_request();
    CHECK(test::header(last, "Expires") == "0");
    CHECK(test::header(last, "Call-ID") == story.call_id);
    story.peer.answer(last, 200, "Expires: 0\n");
    CHECK(story.endings.empty());
    CHECK(story.notify("terminated;reason=timeout") == 200);

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::left);
    CHECK(story.told.size() == 1);
}

TEST_CASE("leaving takes two seconds at most") {
    Story story;
    story.begin();

    story.subscriber.leave();
    story.peer.advance(milliseconds(1900));
    CHECK(story.endings.empty());
    story.peer.advance(milliseconds(200));

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::left);
}

TEST_CASE("leaving while the first SUBSCRIBE is under way ends what it makes") {
    Story story;
    story.subscriber.start();
    const std::string subscribe = story.peer.next_request();

    story.subscriber.leave();
    story.accept(subscribe, 3600);
    const std::string last = story.peer.next_request();

    CHECK(test::header(last, "Expires") == "0");
    CHECK(test::tag(test::header(last, "To")) == "peer");
}

TEST_CASE("a refusal ends the matter, with the server's words") {
    Story story;
    story.subscriber.start();

    story.peer.answer(story.peer.next_request(), 403);

    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::refused);
    CHECK(story.endings[0].sentence == "403 Reason");
}

TEST_CASE("nobody there at first is no answer; nobody there later is waited for") {
    Story story;
    story.subscriber.start();
    story.peer.next_request();
    story.peer.advance(seconds(11));
    REQUIRE(story.endings.size() == 1);
    CHECK(story.endings[0].why == Ending::Why::no_answer);

    Story later;
    later.begin();
    CHECK(later.notify("terminated;reason=deactivated") == 200);
    later.peer.advance(seconds(15));
    CHECK(later.endings.empty());
    CHECK(later.troubles.size() >= 2);
}

TEST_CASE("RFC 3261 12.2.1.1: requests of the dialog follow the routes of the NOTIFY") {
    Story story;
    story.subscriber.start();
    const std::string subscribe = story.peer.next_request();
    story.accept(subscribe, 100);
    CHECK(story.notify(
              "active;expires=100",
              "Record-Route: <sip:192.0.2.20;lr>, <sip:192.0.2.21;lr>\nContent-Length: 0\n\n") ==
          200);

    story.peer.advance(seconds(81));
    const std::string refresh = story.peer.next_request();

    CHECK(refresh.starts_with("SUBSCRIBE sip:notifier@192.0.2.10:5060 SIP/2.0\r\n"));
    CHECK(refresh.find("\r\nRoute: <sip:192.0.2.20;lr>, <sip:192.0.2.21;lr>\r\n") !=
          std::string::npos);
    CHECK(story.peer.last_flow().peer == test::endpoint("192.0.2.20", 5060));
}

TEST_CASE(
    "RFC 3261 12.2.1.1: a strict router gets the request itself, the target behind all routes") {
    Story story;
    story.subscriber.start();
    story.accept(story.peer.next_request(), 100);
    CHECK(story.notify(
              "active;expires=100",
              "Record-Route: <sip:192.0.2.20>, <sip:192.0.2.21;lr>\nContent-Length: 0\n\n") == 200);

    story.peer.advance(seconds(81));
    const std::string refresh = story.peer.next_request();

    CHECK(refresh.starts_with("SUBSCRIBE sip:192.0.2.20 SIP/2.0\r\n"));
    CHECK(refresh.find("\r\nRoute: <sip:192.0.2.21;lr>, <sip:notifier@192.0.2.10:5060>\r\n") !=
          std::string::npos);
}

TEST_CASE(
    "RFC 3265 peers: an absent Subscription-State means active, an absent expires changes "
    "nothing") {
    Story story;
    story.begin(100);

    CHECK(story.notify("active") == 200);
    story.peer.advance(seconds(81));

    CHECK(test::header(story.peer.next_request(), "CSeq") == "2 SUBSCRIBE");
}

}  // namespace
}  // namespace herald::cli::subscriber_test
