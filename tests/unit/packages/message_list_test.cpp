// tests/unit/packages/message_list_test.cpp: messages listed by their headers (RFC 3842 3.5),
// and groups that tell of each account by itself.
#include <map>

#include <doctest/doctest.h>

#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "packages/mwi_settings.h"
#include "tests/unit/packages/sample.h"

namespace herald::packages::message_list_test {
namespace {

const std::string kCounts = "Messages-Waiting: yes\r\nVoice-Message: 2/0 (0/0)\r\n";
const std::string kLunch = "\r\nMessage-ID: <1@vm>\r\nFrom: sip:bob@ex.org\r\nSubject: lunch\r\n";
const std::string kDinner = "\r\nMessage-ID: <2@vm>\r\nSubject: dinner\r\n";

std::vector<ListedMessage> listed(std::string_view body) {
    auto counts = parse_message_summary(body, MessageList::kept);
    if (!counts) FAIL(counts.fault().detail);
    return std::move(counts->messages);
}

/// A mailbox whose documents take the place of each other as in the server.
class Box {
public:
    explicit Box(std::vector<std::string> names) { settings_.message_headers = std::move(names); }

    /// At version `change`.
    void put(const std::string& source, std::string_view body, std::uint64_t change,
             Rank rank = Rank::published, std::string_view type = kSimpleMessageSummary) {
        auto admitted = package_.admit({std::string(type), std::string(body)}, &settings_);
        if (!admitted) FAIL(admitted.fault().detail);
        auto& place = documents_[source];
        place.second = package_.date_items(*admitted, place.second.get(), change);
        place.first = rank;
    }
    Composed compose(std::uint64_t since) const {
        std::vector<Input> inputs;
        for (const auto& [source, place] : documents_)
            inputs.push_back({source, place.first, at_minute(1), place.second.get()});
        return package_.compose({"sip:alice@ex.org", inputs, at_minute(2), &settings_},
                                {kSimpleMessageSummary, "sip:alice@ex.org", since});
    }
    std::string body(std::uint64_t since) const { return compose(since).document.body; }

private:
    const Package& package_ = *find("message-summary");
    MwiSettings settings_;
    std::map<std::string, std::pair<Rank, DocumentPtr>> documents_;
};

}  // namespace

TEST_CASE(
    "RFC 3842 5.2: headers of messages are read as they are written, one message a paragraph") {
    const auto messages = listed(kCounts + kLunch + "\n\nsubject : two\n  lines\nX: y\n\n");
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].headers.size() == 3);
    CHECK(messages[0].headers[2] == std::pair<std::string, std::string>("Subject", "lunch"));
    CHECK(messages[1].headers[0] == std::pair<std::string, std::string>("subject", "two lines"));
    CHECK(parse_message_summary(kCounts + "\nno header at all\n").has_value());

    const auto counts = parse_message_summary(kCounts + kLunch + kDinner, MessageList::kept);
    CHECK(to_body(*counts, {}) == kCounts + kLunch + kDinner);
}

TEST_CASE("RFC 3842 5.2: a header of a message cannot break out of its line") {
    for (const std::string bad : {"Subject: a\rX: b", "Subject: a\x01", "Sub ject: a", ": a",
                                  "Subject", "Subject: \xff", "Subject: a\x7f"}) {
        CAPTURE(bad);
        const auto counts =
            parse_message_summary(kCounts + "\r\n" + bad + "\r\n", MessageList::kept);
        REQUIRE_FALSE(counts.has_value());
        CHECK(counts.fault().detail.starts_with("line 4: "));
    }
    CHECK_FALSE(is_header("Subject", "a\r\nX: b"));
    CHECK_FALSE(is_header("Subject:", "a"));
    CHECK(is_header("Subject", "a\tb: \xc3\xa4"));
}

TEST_CASE("a message is known by its Message-ID, without one by all its headers") {
    const auto one = listed(kCounts + kLunch)[0].id;
    CHECK(listed(kCounts + "\nmessage-id: <1@vm>\nSubject: other\n")[0].id == one);
    CHECK(listed(kCounts + kDinner)[0].id != one);
    const auto nameless = listed(kCounts + "\nSubject: a\nFrom: b\n")[0].id;
    CHECK(listed(kCounts + "\nSUBJECT: a\nFrom: b\n")[0].id == nameless);
    CHECK(listed(kCounts + "\nSubject: a\nFrom: c\n")[0].id != nameless);
    CHECK(listed(kCounts + kLunch + kLunch).size() == 1);
}

TEST_CASE("of too many messages, and of too many bytes, the last are kept") {
    std::string body = kCounts;
    for (std::size_t i = 0; i < kMaxMessages + 3; ++i)
        body += "\nSubject: " + std::to_string(i) + "\n";
    auto messages = listed(body);
    REQUIRE(messages.size() == kMaxMessages);
    CHECK(messages.front().headers[0].second == "3");
    CHECK(messages.back().headers[0].second == std::to_string(kMaxMessages + 2));

    const std::string third(kMaxMessageBytes / 3, 'x');
    messages = listed(kCounts + "\nA: 1" + third + "\n\nA: 2" + third + "\n\nA: 3" + third + "\n");
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].headers[0].second[0] == '2');
    // "A" and the value: as many bytes as there may be, and one more.
    CHECK(listed(kCounts + "\nA:" + std::string(kMaxMessageBytes - 1, 'x')).size() == 1);
    CHECK(listed(kCounts + "\nA:" + std::string(kMaxMessageBytes, 'x')).empty());

    std::string many = kCounts + "\n";
    for (std::size_t i = 0; i < kMaxMessageHeaders; ++i) many += "A: b\n";
    CHECK(listed(many).size() == 1);
    const auto more = parse_message_summary(many + "A: b\n", MessageList::kept);
    REQUIRE_FALSE(more.has_value());
    CHECK(more.fault().detail == "line 68: too many headers of a message");
}

TEST_CASE("RFC 3842 5.2: without names nothing of the messages is kept, nor even looked at") {
    Box box({});
    box.put("vm", kCounts + "\r\nnot a header\r\n" + kLunch, 5);
    CHECK(box.body(1) ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 2/0 "
          "(0/0)\r\n");
    CHECK(box.compose(0).newest_item == 0);
}

TEST_CASE("RFC 3842 3.5: a watcher is told of what came since, and with which headers") {
    Box box({"subject", "From"});
    box.put("vm", kCounts + kLunch, 5);
    CHECK_FALSE(contains(box.body(0), "lunch"));
    CHECK(box.compose(0).newest_item == 5);
    CHECK(box.body(4).ends_with("(0/0)\r\n\r\nFrom: sip:bob@ex.org\r\nSubject: lunch\r\n"));
    CHECK_FALSE(contains(box.body(5), "lunch"));

    box.put("vm", kCounts + kLunch + kDinner, 6);
    CHECK(box.compose(0).newest_item == 6);
    CHECK(box.body(5).ends_with("(0/0)\r\n\r\nSubject: dinner\r\n"));
    CHECK(count(box.body(4), "Subject: ") == 2);
    CHECK_FALSE(contains(box.body(6), "Subject"));

    // What went and comes again is new.
    box.put("vm", kCounts + kDinner, 7);
    CHECK(box.compose(0).newest_item == 6);
    box.put("vm", kCounts + kLunch + kDinner, 8);
    CHECK(count(box.body(7), "Subject: ") == 1);
}

TEST_CASE("RFC 3842 3.5: what several sources list is one message, as old as it is anywhere") {
    Box box({"Subject"});
    box.put("vm", kCounts + kLunch, 5);
    box.put("other", kCounts + kLunch + kDinner, 9);
    CHECK(box.compose(0).newest_item == 9);
    CHECK_FALSE(contains(box.body(8), "lunch"));
    CHECK(contains(box.body(8), "dinner"));
    CHECK(count(box.body(4), "lunch") == 1);
}

TEST_CASE("RFC 3842 5.2: a message none of whose headers is wanted is not listed") {
    Box box({"Date"});
    box.put("vm", kCounts + kLunch, 5);
    CHECK(box.compose(0).newest_item == 0);
    CHECK(box.body(1).ends_with("(0/0)\r\n"));
}

TEST_CASE("documents of an earlier run list nothing that is news") {
    const Package& package = *find("message-summary");
    MwiSettings settings;
    settings.message_headers = {"Subject"};
    const auto recovered =
        *package.admit({std::string(kSimpleMessageSummary), kCounts + kLunch}, &settings);
    const auto next =
        *package.admit({std::string(kSimpleMessageSummary), kCounts + kLunch + kDinner}, &settings);
    const auto dated = package.date_items(next, recovered.get(), 7);
    const auto& messages = static_cast<const MailboxInput&>(*dated).counts.messages;
    CHECK(messages[0].since == 0);
    CHECK(messages[1].since == 7);
}

TEST_CASE("counters and messages are one fingerprint with any list of messages") {
    Box one({"Subject"});
    one.put("vm", kCounts, 5);
    Box other({"Subject"});
    other.put("vm", kCounts + kLunch, 5);
    CHECK(one.compose(0).fingerprint == other.compose(0).fingerprint);
    CHECK(one.compose(0).fingerprint == other.compose(4).fingerprint);
}

TEST_CASE("what a source lists once is kept for those who are told later") {
    const auto body = with_earlier_messages(kCounts + kDinner, "Messages-Waiting: no\n" + kLunch);
    CHECK(body == kCounts + kLunch + kDinner);
    CHECK(with_earlier_messages(kCounts + kLunch, body) == kCounts + kDinner + kLunch);
    CHECK(with_earlier_messages(kCounts + kLunch, kCounts) == kCounts + kLunch);
    CHECK(with_earlier_messages(kCounts, {}) == kCounts);
    std::string many = kCounts;
    for (std::size_t i = 0; i < kMaxMessages; ++i)
        many += "\r\nSubject: " + std::to_string(i) + "\r\n";
    const auto all = listed(with_earlier_messages(kCounts + kLunch, many));
    REQUIRE(all.size() == kMaxMessages);
    CHECK(all.front().headers[0].second == "1");
    CHECK(all.back().headers[0].second == "<1@vm>");
}

TEST_CASE("a group is told what its members list, with all headers") {
    const Package& package = *find("message-summary");
    MwiSettings settings;
    settings.message_headers = {"Subject"};
    const auto member =
        *package.admit({std::string(kSimpleMessageSummary), kCounts + kLunch}, &settings);
    const std::vector<Input> inputs{{"vm", Rank::published, at_minute(1), member.get()}};
    CHECK(own_body(inputs, "sip:sales@ex.org") ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:sales@ex.org\r\nVoice-Message: 2/0 "
          "(0/0)\r\n" +
              kLunch);
}

TEST_CASE("a group that tells of each account has a part for itself and each member") {
    Box box({"Subject"});
    MailboxSettings settings;
    settings.members = {"sip:sales@ex.org", "sip:fax@ex.org"};
    box.put("settings", to_text(settings), 2, Rank::fallback, kMailboxSettingsType);
    box.put("member sip:sales@ex.org",
            "Messages-Waiting: yes\nMessage-Account: sip:vm@ex.org\nVoice-Message: 1/0\n" + kLunch,
            3, Rank::derived);
    box.put("vm", kCounts, 4);
    CHECK(box.compose(0).parts.empty());
    const auto sum = box.compose(0);

    settings.is_per_account = true;
    box.put("settings", to_text(settings), 5, Rank::fallback, kMailboxSettingsType);

    const auto whole = box.compose(2);
    CHECK(whole.document.body == box.body(2));
    CHECK(box.compose(0).document.body == sum.document.body);
    CHECK(whole.fingerprint != sum.fingerprint);
    REQUIRE(whole.parts.size() == 3);
    CHECK(whole.parts[0].name.empty());
    CHECK(contains(whole.parts[0].document.body, "Message-Account: sip:alice@ex.org\r\n"));
    CHECK(contains(whole.parts[0].document.body, "Voice-Message: 2/0"));
    CHECK_FALSE(contains(whole.parts[0].document.body, "lunch"));
    CHECK(whole.parts[1].name == "sip:sales@ex.org");
    CHECK(contains(whole.parts[1].document.body, "Message-Account: sip:vm@ex.org\r\n"));
    CHECK(contains(whole.parts[1].document.body, "Voice-Message: 1/0"));
    CHECK(contains(whole.parts[1].document.body, "Subject: lunch"));
    CHECK(whole.parts[1].newest_item == 3);
    CHECK(whole.parts[1].alert != whole.parts[2].alert);
    CHECK(whole.parts[2].document.body ==
          "Messages-Waiting: no\r\nMessage-Account: sip:fax@ex.org\r\nVoice-Message: 0/0 "
          "(0/0)\r\n");

    box.put("member sip:fax@ex.org", kCounts, 6, Rank::derived);
    const auto later = box.compose(2);
    CHECK(later.fingerprint != whole.fingerprint);
    CHECK(later.parts[1].fingerprint == whole.parts[1].fingerprint);
    CHECK(later.parts[2].fingerprint != whole.parts[2].fingerprint);
}

TEST_CASE("counters that move from one account to another are news, though the sum is the same") {
    MailboxSettings settings;
    settings.members = {"sip:a@ex.org", "sip:b@ex.org"};
    settings.is_per_account = true;
    const std::string one =
        "Messages-Waiting: yes\nMessage-Account: sip:x@ex.org\nVoice-Message: 1/0\n";
    const std::string none =
        "Messages-Waiting: no\nMessage-Account: sip:x@ex.org\nVoice-Message: 0/0\n";
    Box before({}), after({});
    for (auto* box : {&before, &after})
        box->put("settings", to_text(settings), 2, Rank::fallback, kMailboxSettingsType);
    before.put("member sip:a@ex.org", one, 3, Rank::derived);
    before.put("member sip:b@ex.org", none, 3, Rank::derived);
    after.put("member sip:a@ex.org", none, 3, Rank::derived);
    after.put("member sip:b@ex.org", one, 3, Rank::derived);
    CHECK(before.body(0) == after.body(0));
    CHECK(before.compose(0).fingerprint != after.compose(0).fingerprint);
}

}  // namespace herald::packages::message_list_test
