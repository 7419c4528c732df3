// tests/unit/cli/registration_test.cpp: a registration through its life, against a registrar played
// by the test.
#include "cli/registration.h"

#include <doctest/doctest.h>

#include "tests/unit/cli/peer.h"

namespace herald::cli::registration_test {
namespace {

using std::chrono::seconds;
using News = std::vector<std::string>;

class Story final : private Registration::Listener {
public:
    explicit Story(Registration::Options changes = {})
        : registration(peer.agent, with_defaults(std::move(changes)), *this) {}

    test::Peer peer;
    News news;
    Registration registration;

private:
    static Registration::Options with_defaults(Registration::Options options) {
        options.aor = "sip:alice@192.0.2.10;x=1";
        options.sender = "sip:alice@192.0.2.10";
        return options;
    }
    static std::string text_of(const std::vector<ListedContact>& contacts) {
        std::string text;
        for (const auto& each : contacts)
            text += " " + each.uri + "=" + std::to_string(each.expires);
        return text;
    }
    void on_listed(const std::vector<ListedContact>& contacts, std::uint32_t granted,
                   bool is_refresh) override {
        news.push_back((is_refresh ? "refreshed " : "listed ") + std::to_string(granted) +
                       text_of(contacts));
    }
    void on_trouble(const std::string&) override { news.push_back("trouble"); }
    void on_removed(const std::vector<ListedContact>& contacts) override {
        news.push_back("removed" + text_of(contacts));
    }
    void on_failed(const Reply& reply) override {
        news.push_back("failed " + std::to_string(reply.status));
    }
};

TEST_CASE("RFC 3261 10.2: a REGISTER names the domain, the user and the contact") {
    Story story({.contact = "sip:desk@192.0.2.7"});

    story.registration.set();
    const std::string request = story.peer.next_request();

    CHECK(request.starts_with("REGISTER sip:192.0.2.10 SIP/2.0\r\n"));
    CHECK(test::header(request, "To") == "<sip:alice@192.0.2.10;x=1>");
    CHECK(test::header(request, "Contact") == "<sip:desk@192.0.2.7>");
    CHECK(test::header(request, "Expires") == "3600");
    story.peer.answer(request, 200,
                      "Contact: <sip:other@192.0.2.8>;expires=7, "
                      "<sip:desk@192.0.2.7>;expires=50\n");
    CHECK(story.news == News{"listed 50 sip:other@192.0.2.8=7 sip:desk@192.0.2.7=50"});
    story.peer.advance(seconds(100));
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE("RFC 3261 10.2.3: a REGISTER without Contact changes nothing and shows what there is") {
    Story story;

    story.registration.fetch();
    const std::string request = story.peer.next_request();

    CHECK(test::header(request, "Contact") == "");
    CHECK(test::header(request, "Expires") == "");
    story.peer.answer(request, 200, "Contact: <sip:a@192.0.2.7>\nExpires: 9\n");
    CHECK(story.news == News{"listed 0 sip:a@192.0.2.7=9"});
}

TEST_CASE("RFC 3261 10.2.2: one contact is removed, or all of them") {
    Story one({.contact = "sip:desk@192.0.2.7"});
    one.registration.remove();
    const std::string request = one.peer.next_request();
    CHECK(test::header(request, "Contact") == "<sip:desk@192.0.2.7>");
    CHECK(test::header(request, "Expires") == "0");
    one.peer.answer(request, 200, "Contact: <sip:other@192.0.2.8>;expires=7\n");
    CHECK(one.news == News{"removed sip:other@192.0.2.8=7"});

    Story all;
    all.registration.remove_all();
    const std::string star = all.peer.next_request();
    CHECK(test::header(star, "Contact") == "*");
    CHECK(test::header(star, "Expires") == "0");
    all.peer.answer(star, 200);
    CHECK(all.news == News{"removed"});
}

TEST_CASE("RFC 3261 10.2.4: what is kept is refreshed in time with a higher CSeq") {
    Story story({.keep = true});
    story.registration.set();
    const std::string first = story.peer.next_request();
    const std::string contact = test::header(first, "Contact");
    CHECK(contact.starts_with("<sip:herald-"));
    story.peer.answer(
        first, 200,
        "Contact: <sip:other@192.0.2.8>;expires=7\nContact: " + contact + ";expires=100\n");

    story.peer.advance(seconds(79));
    CHECK(story.peer.next_request_or_none().empty());
    story.peer.advance(seconds(2));
    const std::string second = story.peer.next_request();
    CHECK(test::header(second, "Call-ID") == test::header(first, "Call-ID"));
    CHECK(test::header(second, "CSeq") == "2 REGISTER");
    story.peer.answer(second, 500);
    CHECK(story.news.back() == "trouble");
    story.peer.advance(seconds(6));
    const std::string third = story.peer.next_request();
    story.peer.answer(third, 200, "Contact: " + contact + ";expires=100\n");
    CHECK(story.news.back().starts_with("refreshed 100"));

    story.registration.remove();
    const std::string last = story.peer.next_request();
    CHECK(test::header(last, "Expires") == "0");
    CHECK(test::header(last, "Contact") == contact);
    story.peer.answer(last, 200);
    CHECK(story.news.back() == "removed");
}

TEST_CASE("RFC 3261 10.2.8: a registrar that wants a longer time gets it; others refuse") {
    Story story({.contact = "sip:desk@192.0.2.7", .expires = 5});
    story.registration.set();
    story.peer.answer(story.peer.next_request(), 423, "Min-Expires: 60\n");
    const std::string again = story.peer.next_request();
    CHECK(test::header(again, "Expires") == "60");
    story.peer.answer(again, 403);
    CHECK(story.news == News{"failed 403"});
}

TEST_CASE("what is removed while its registration is under way is removed behind it") {
    Story story({.contact = "sip:desk@192.0.2.7", .keep = true});
    story.registration.set();
    const std::string set = story.peer.next_request();
    story.registration.remove();
    CHECK(story.peer.next_request_or_none().empty());
    story.peer.answer(set, 200, "Contact: <sip:desk@192.0.2.7>;expires=100\n");

    const std::string removal = story.peer.next_request();
    CHECK(test::header(removal, "Expires") == "0");
    story.peer.answer(removal, 200);
    CHECK(story.news.back() == "removed");

    Story refused({.contact = "sip:desk@192.0.2.7"});
    refused.registration.set();
    const std::string request = refused.peer.next_request();
    refused.registration.remove();
    refused.peer.answer(request, 403);
    CHECK(refused.news == News{"removed"});
}

/// Takes every MESSAGE.
struct Inbox final : RequestReceiver {
    std::vector<std::string> bodies;
    sip::Method method() const noexcept override { return sip::Method::message; }
    std::optional<sip::Answer> on_request(const sip::Message& message) override {
        bodies.emplace_back(message.body());
        return sip::Answer{.status = 200};
    }
};

std::string incoming(const std::string& method, const std::string& call_id = "c") {
    return method + " sip:herald@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK" +
           method + call_id +
           "\nFrom: <sip:bob@192.0.2.10>;tag=b\nTo: <sip:alice@192.0.2.10>\nCall-ID: " + call_id +
           "\nCSeq: 1 " + method + "\nContent-Length: 5\n\nHello";
}

TEST_CASE("RFC 3261 8.2.1: messages are for who awaits them; without, the method is not allowed") {
    test::Peer peer;
    peer.receive(incoming("MESSAGE"));
    const std::string refusal = peer.next_answer();
    CHECK(test::status(refusal) == 405);
    CHECK(test::header(refusal, "Allow") == "NOTIFY, OPTIONS");

    Inbox inbox;
    peer.agent.add(inbox);
    peer.receive(incoming("MESSAGE", "d"));
    CHECK(test::status(peer.next_answer()) == 200);
    CHECK(inbox.bodies == std::vector<std::string>{"Hello"});
    peer.receive(incoming("OPTIONS"));
    CHECK(test::header(peer.next_answer(), "Allow") == "NOTIFY, OPTIONS, MESSAGE");
    peer.receive(incoming("NOTIFY"));
    CHECK(test::status(peer.next_answer()) == 481);
    peer.agent.remove(inbox);
}

TEST_CASE("RFC 3428 8: a message too long for UDP goes over a stream or not at all") {
    for (const bool has_streams : {true, false}) {
        CAPTURE(has_streams);
        test::Peer peer;
        if (!has_streams) peer.transport.refuse_streams();
        int status = 0;
        OutgoingRequest request{.method = sip::Method::message, .uri = "sip:bob@192.0.2.10"};
        request.from = "<sip:alice@192.0.2.10>;tag=a";
        request.to = "<sip:bob@192.0.2.10>";
        request.call_id = "c";
        request.content_type = "text/plain";
        request.body = std::string(1300, 'x');

        peer.agent.send(request, [&](const Reply& reply) { status = reply.status; });

        const std::string sent = peer.next_request_or_none();
        CHECK(sent.empty() != has_streams);
        if (has_streams) CHECK(peer.last_flow().protocol == sip::Protocol::tcp);
        if (!has_streams) CHECK(status == 503);
    }
}

}  // namespace
}  // namespace herald::cli::registration_test
