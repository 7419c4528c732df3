// tests/unit/cli/publisher_test.cpp: a publication through its life, against a peer played by the
// test.
#include "cli/publisher.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/cli/peer.h"

namespace herald::cli::publisher_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Story final : private Publisher::Listener {
public:
    explicit Story(Publisher::Options changes = {})
        : publisher(peer.agent, with_defaults(changes), *this) {}

    void accept(std::string_view publish, std::string_view entity_tag, int expires) {
        peer.answer(publish, 200,
                    "SIP-ETag: " + std::string(entity_tag) +
                        "\nExpires: " + std::to_string(expires) + "\n");
    }

    test::Peer peer;
    std::vector<std::string> news;
    Publisher publisher;

private:
    static Publisher::Options with_defaults(Publisher::Options options) {
        options.resource = options.publisher = "sip:alice@192.0.2.10";
        options.event = "presence";
        options.content_type = "application/pidf+xml";
        options.body = "<presence/>";
        return options;
    }
    void on_published(const std::string& entity_tag, std::uint32_t expires,
                      bool is_refresh) override {
        news.push_back((is_refresh ? "refreshed " : "published ") + entity_tag + " " +
                       std::to_string(expires));
    }
    void on_trouble(const std::string&) override { news.push_back("trouble"); }
    void on_removed() override { news.push_back("removed"); }
    void on_failed(const Reply& reply) override {
        news.push_back("failed " + std::to_string(reply.status));
    }
};

using News = std::vector<std::string>;

TEST_CASE("RFC 3903 4.2: an initial PUBLISH brings a body and no entity-tag") {
    Story story;

    story.publisher.publish();
    const std::string publish = story.peer.next_request();
    CHECK(publish.starts_with("PUBLISH sip:alice@192.0.2.10 SIP/2.0\r\n"));
    CHECK(test::header(publish, "Event") == "presence");
    CHECK(test::header(publish, "Expires") == "3600");
    CHECK(test::header(publish, "Content-Type") == "application/pidf+xml");
    CHECK(test::header(publish, "SIP-If-Match") == "");
    CHECK(test::header(publish, "Contact") == "");
    CHECK(publish.ends_with("\r\n\r\n<presence/>"));

    story.accept(publish, "e1", 1800);
    CHECK(story.news == News{"published e1 1800"});
    story.peer.advance(seconds(1800));
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE("RFC 3903 4.3: what is kept is refreshed without a body, by the newest entity-tag") {
    Story story({.keep = true});
    story.publisher.publish();
    story.accept(story.peer.next_request(), "e1", 100);

    story.peer.advance(seconds(81));
    const std::string refresh = story.peer.next_request();
    CHECK(test::header(refresh, "SIP-If-Match") == "e1");
    CHECK(test::header(refresh, "Content-Length") == "0");
    CHECK(test::header(refresh, "Content-Type") == "");
    story.accept(refresh, "e2", 100);
    story.peer.advance(seconds(81));

    CHECK(test::header(story.peer.next_request(), "SIP-If-Match") == "e2");
    CHECK(story.news == News{"published e1 100", "refreshed e2 100"});
}

TEST_CASE("RFC 3903 4.3: a refresh answered 412 is followed by a new publication") {
    Story story({.keep = true});
    story.publisher.publish();
    story.accept(story.peer.next_request(), "e1", 100);
    story.peer.advance(seconds(81));

    story.peer.answer(story.peer.next_request(), 412);
    const std::string publish = story.peer.next_request();

    CHECK(test::header(publish, "SIP-If-Match") == "");
    CHECK(publish.ends_with("<presence/>"));
    story.peer.answer(publish, 412);
    CHECK(story.news == News{"published e1 100", "trouble", "failed 412"});
}

TEST_CASE("RFC 3903 4.1: 423 is followed with Min-Expires") {
    Story story({.expires = 10});
    story.publisher.publish();

    story.peer.answer(story.peer.next_request(), 423, "Min-Expires: 60\n");
    const std::string again = story.peer.next_request();

    CHECK(test::header(again, "Expires") == "60");
    CHECK(again.ends_with("<presence/>"));
    story.peer.answer(again, 423, "Min-Expires: 60\n");
    CHECK(story.news == News{"failed 423"});
}

TEST_CASE("RFC 3903 4.5: removal asks for no time, by entity-tag, without a body") {
    Story story({.keep = true});
    story.publisher.publish();
    story.accept(story.peer.next_request(), "e1", 100);

    story.publisher.remove();
    const std::string removal = story.peer.next_request();
    CHECK(test::header(removal, "Expires") == "0");
    CHECK(test::header(removal, "SIP-If-Match") == "e1");
    CHECK(test::header(removal, "Content-Length") == "0");
    story.accept(removal, "e2", 0);
    story.peer.advance(seconds(200));

    CHECK(story.news == News{"published e1 100", "removed"});
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE("RFC 3903 4: a removal waits for the answer that brings the entity-tag") {
    Story story({.keep = true});
    story.publisher.publish();
    const std::string publish = story.peer.next_request();

    story.publisher.remove();
    CHECK(story.peer.next_request_or_none().empty());
    story.accept(publish, "e1", 100);

    CHECK(test::header(story.peer.next_request(), "SIP-If-Match") == "e1");
}

TEST_CASE("between the loss of a publication and the next try there is nothing to remove") {
    Story story({.keep = true});
    story.publisher.publish();
    story.accept(story.peer.next_request(), "e1", 100);
    story.peer.advance(seconds(80));
    story.peer.answer(story.peer.next_request(), 412);
    story.peer.answer(story.peer.next_request(), 503);

    story.publisher.remove();

    CHECK(story.news.back() == "removed");
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE("removing what is not there is a failure only for who named it") {
    Story named({.entity_tag = "gone"});
    named.publisher.remove();
    named.peer.answer(named.peer.next_request(), 412);
    CHECK(named.news == News{"failed 412"});

    Story own({.keep = true});
    own.publisher.publish();
    own.accept(own.peer.next_request(), "e1", 100);
    own.publisher.remove();
    own.peer.answer(own.peer.next_request(), 412);
    CHECK(own.news == News{"published e1 100", "removed"});
}

TEST_CASE("RFC 3903 4.4: a replacement brings the body and the entity-tag") {
    Story story({.entity_tag = "e1"});

    story.publisher.publish();
    const std::string publish = story.peer.next_request();

    CHECK(test::header(publish, "SIP-If-Match") == "e1");
    CHECK(publish.ends_with("<presence/>"));
    story.peer.answer(publish, 412);
    CHECK(story.news == News{"failed 412"});
}

TEST_CASE("a server away for a while is asked again, and one that refuses is not") {
    Story story({.keep = true});
    story.publisher.publish();
    story.accept(story.peer.next_request(), "e1", 100);
    story.peer.advance(seconds(81));

    story.peer.answer(story.peer.next_request(), 503, "Retry-After: 3\n");
    story.peer.advance(milliseconds(3200));
    const std::string again = story.peer.next_request();
    CHECK(test::header(again, "SIP-If-Match") == "e1");
    story.peer.answer(again, 403);
    story.peer.advance(seconds(100));

    CHECK(story.news == News{"published e1 100", "trouble", "failed 403"});
    CHECK(story.peer.next_request_or_none().empty());
}

TEST_CASE("no answer to the first PUBLISH is a failure that says so") {
    Story story;
    story.publisher.publish();
    story.peer.next_request();

    story.peer.advance(seconds(11));

    CHECK(story.news == News{"failed 408"});
}

}  // namespace
}  // namespace herald::cli::publisher_test
