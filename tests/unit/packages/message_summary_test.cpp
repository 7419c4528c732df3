// tests/unit/packages/message_summary_test.cpp: RFC 3842, and what servers make of it.
#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "packages/mwi_settings.h"
#include "tests/unit/packages/sample.h"

namespace herald::packages::message_summary_test {
namespace {

std::string normalised(std::string_view body) {
    const auto counts = parse_message_summary(body);
    if (!counts) return "fault: " + counts.fault().detail;
    return to_body(*counts, "sip:alice@ex.org");
}

Sample mailbox() {
    return Sample("message-summary", "sip:alice@ex.org");
}

}  // namespace

TEST_CASE("RFC 3842 5.2: counters are written in the exact form phones parse") {
    Sample alice = mailbox();

    alice.publish("vm", "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n", 0);

    CHECK(alice.body() ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 2/8 "
          "(0/2)\r\n");
}

TEST_CASE("RFC 3842 3.7: a mailbox of which nothing is known has no messages") {
    CHECK(mailbox().body() ==
          "Messages-Waiting: no\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 0/0 "
          "(0/0)\r\n");
}

TEST_CASE(
    "RFC 3842 3.5: Message-Account is the address the watcher asked for, the state is the same") {
    const Package& package = *find("message-summary");
    const EventState state{"sip:alice@ex.org", {}, {}};
    const auto own = package.compose(state, {kSimpleMessageSummary, "sip:alice@ex.org"});
    const auto alias = package.compose(state, {kSimpleMessageSummary, "sip:101@ex.org"});
    CHECK(contains(own.document.body, "Message-Account: sip:alice@ex.org\r\n"));
    CHECK(contains(alias.document.body, "Message-Account: sip:101@ex.org\r\n"));
    CHECK_FALSE(contains(to_body({}, {}), "Message-Account"));
}

TEST_CASE("publications of one mailbox add up, and what is removed is gone") {
    Sample alice = mailbox();
    alice.publish("a", "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n", 0);
    alice.publish("b", "Messages-Waiting: yes\r\nVoice-Message: 2/3\r\n", 1);
    CHECK(contains(alice.body(), "Voice-Message: 3/3 (0/0)\r\n"));

    alice.remove("a").publish("a2", "Messages-Waiting: yes\r\nVoice-Message: 4/0\r\n", 2);
    CHECK(contains(alice.body(), "Voice-Message: 6/3 (0/0)\r\n"));

    alice.remove("a2");
    CHECK(contains(alice.body(), "Voice-Message: 2/3 (0/0)\r\n"));
}

TEST_CASE("an HTTP counter (hard) and a publication of a voicemail server add up") {
    Sample alice = mailbox();
    MessageCounts counts;
    counts[MessageClass::voice] = MessageCount{1, 2, 0, 0};
    counts[MessageClass::fax] = MessageCount{0, 1, 0, 0};

    alice.publish("hard", to_body(counts, "sip:alice@ex.org"), 0, Rank::hard);
    alice.publish("vm", "Messages-Waiting: no\r\nVoice-Message: 0/5\r\n", 1);

    CHECK(alice.body() ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\n"
          "Voice-Message: 1/7 (0/0)\r\nFax-Message: 0/1 (0/0)\r\n");
}

TEST_CASE("what voicemail servers write instead is understood") {
    const std::string wanted =
        "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 2/8 "
        "(0/2)\r\n";

    CHECK(normalised("messages-waiting : YES\nvoice-message:2/8(0/2)") == wanted);
    CHECK(normalised("Messages-Waiting: yes\r\nVOICE-MESSAGE: 2 / 8 ( 0 / 2 )") == wanted);
    CHECK(normalised("Messages-Waiting:\r\n yes\r\nVoice-Message: 2/8\r\n\t(0/2)\r\n") == wanted);
    CHECK(normalised("Messages-Waiting: yes\r\nMessage-Account: "
                     "<sip:alice@ex.org>\r\nVoice-Message: 2/8 (0/2)\r\n") == wanted);
    CHECK(normalised("Messages-Waiting: yes\n") ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\n");
}

TEST_CASE("RFC 3842 5.2: headers of single messages end the summary and are not sent again") {
    const std::string body =
        "Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n\r\n"
        "To: <alice@ex.org>\r\nSubject: carpool tomorrow?\r\n\r\nTo: <alice@ex.org>\r\n";

    CHECK(normalised(body) ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 1/0 "
          "(0/0)\r\n");
}

TEST_CASE("RFC 3842 5.2: counts stop at 2^32-1, read and added") {
    CHECK(contains(normalised("Messages-Waiting: yes\r\nVoice-Message: 99999999999/0\r\n"),
                   "Voice-Message: 4294967295/0 (0/0)\r\n"));

    Sample alice = mailbox();
    alice.publish("a", "Messages-Waiting: yes\r\nVoice-Message: 4294967290/1\r\n", 0);
    alice.publish("b", "Messages-Waiting: yes\r\nVoice-Message: 10/1\r\n", 0);
    CHECK(contains(alice.body(), "Voice-Message: 4294967295/2 (0/0)\r\n"));
}

TEST_CASE("RFC 3842 5.2: every class is kept, unknown ones and other headers too") {
    const std::string body =
        "Messages-Waiting: yes\r\nMessage-Account: sip:vm@ex.org\r\n"
        "Voice-Message: 1/2 (3/4)\r\nVideo-Message: 1/0 (0/0)\r\nFax-Message: 2/0 (0/0)\r\n"
        "Pager-Message: 3/0 (0/0)\r\nMultimedia-Message: 4/0 (0/0)\r\nText-Message: 5/0 (0/0)\r\n"
        "None: 6/0 (0/0)\r\nX-Telex: 7/0 (0/0)\r\nX-Greeting: busy\r\n";

    CHECK(normalised(body) == body);
}

TEST_CASE("of account and other headers the highest rank's is sent, once") {
    Sample both = mailbox();
    both.publish(
        "vm", "Messages-Waiting: no\r\nMessage-Account: sip:vm@ex.org\r\nX-Greeting: busy\r\n", 0);
    both.publish("hard",
                 "Messages-Waiting: no\r\nMessage-Account: sip:hard@ex.org\r\nx-greeting: away\r\n",
                 5, Rank::hard);

    CHECK(contains(both.body(), "Message-Account: sip:vm@ex.org\r\n"));
    CHECK(contains(both.body(), "X-Greeting: busy\r\n"));
    CHECK_FALSE(contains(both.body(), "away"));
}

TEST_CASE("yes needs a new message unless the publisher says so") {
    MessageCounts counts;
    counts[MessageClass::voice] = MessageCount{0, 3, 0, 0};
    CHECK(contains(to_body(counts, "sip:a@b"), "Messages-Waiting: no\r\n"));

    counts[MessageClass::text] = MessageCount{1, 0, 0, 0};
    CHECK(contains(to_body(counts, "sip:a@b"), "Messages-Waiting: yes\r\n"));

    CHECK(contains(normalised("Messages-Waiting: yes\r\nVoice-Message: 0/3\r\n"),
                   "Messages-Waiting: yes\r\n"));
    CHECK(contains(normalised("Messages-Waiting: no\r\nVoice-Message: 1/3\r\n"),
                   "Messages-Waiting: no\r\n"));
}

TEST_CASE("RFC 3842 5.2: a body that is no summary is refused with the line") {
    CHECK(normalised("") == "fault: line 1: Messages-Waiting is missing");
    CHECK(normalised("\r\n\r\n") == "fault: line 1: Messages-Waiting is missing");
    CHECK(normalised("Voice-Message: 1/0\r\nMessages-Waiting: yes\r\n") ==
          "fault: line 1: Messages-Waiting is not the first header");
    CHECK(normalised("Messages-Waiting: maybe\r\n") ==
          "fault: line 1: Messages-Waiting is neither yes nor no");
    CHECK(normalised("Messages-Waiting: yes\r\nMessages-Waiting: no\r\n") ==
          "fault: line 2: Messages-Waiting is repeated");
    CHECK(normalised("Messages-Waiting: yes\r\nVoice-Message: many\r\n") ==
          "fault: line 2: Voice-Message is not new/old");
    CHECK(normalised("Messages-Waiting: yes\r\nVoice-Message: 1/2 (3\r\n") ==
          "fault: line 2: Voice-Message is not new/old");
    CHECK(normalised("Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n") ==
          "fault: line 2: Voice-Message is not new/old");
    CHECK(normalised("Messages-Waiting: yes\r\nno colon here\r\n") ==
          "fault: line 2: not a header");
    CHECK(normalised("Messages-Waiting: yes\r\nX: caf\xe9\r\n") ==
          "fault: line 2: a character that does not belong into a header");
    CHECK(normalised(std::string_view("Messages-Waiting: yes\r\nX: a\0b\r\n", 31)) ==
          "fault: line 2: a character that does not belong into a header");
}

TEST_CASE("message-summary: too long a body and too many unknown headers are refused") {
    const Package& package = *find("message-summary");
    std::string body = "Messages-Waiting: yes\r\n";
    for (int i = 0; i < 100; ++i) body += "X-" + std::to_string(i) + ": 1/1\r\n";

    const auto many = package.admit({std::string(kSimpleMessageSummary), body});
    const auto large = package.admit({std::string(kSimpleMessageSummary), std::string(70000, 'a')});

    REQUIRE(!many);
    CHECK(many.fault().kind == FaultKind::malformed);
    REQUIRE(!large);
    CHECK(large.fault().kind == FaultKind::too_large);
}

TEST_CASE(
    "message-summary: the account is the best publication's, the mailbox where nobody gives one") {
    Sample alice = mailbox();
    alice.publish("a", "Messages-Waiting: no\r\nMessage-Account: sip:old@ex.org\r\n", 0);
    alice.publish("b", "Messages-Waiting: no\r\nMessage-Account: sip:new@ex.org\r\n", 5);
    CHECK(contains(alice.body(), "Message-Account: sip:new@ex.org\r\n"));

    alice.remove("a").remove("b").publish("c", "Messages-Waiting: no\r\n", 6);
    CHECK(contains(alice.body(), "Message-Account: sip:alice@ex.org\r\n"));
}

TEST_CASE("message-summary: parse(to_body(x)) = x for any counters") {
    std::mt19937 random(3842);
    for (int round = 0; round < 500; ++round) {
        MessageCounts counts;
        counts.account = "sip:box" + std::to_string(random() % 10) + "@ex.org";
        for (auto& count : counts.classes) {
            if (random() % 2 != 0)
                count = MessageCount{static_cast<std::uint32_t>(random()),
                                     static_cast<std::uint32_t>(random()),
                                     static_cast<std::uint32_t>(random() % 3), 0};
        }
        counts[MessageClass::voice] =
            MessageCount{static_cast<std::uint32_t>(random() % 2), 0, 0, 0};
        if (random() % 2 != 0)
            counts.other_classes.emplace_back("X-Telex", MessageCount{1, 2, 3, 4});
        counts.waiting = is_waiting(counts);

        const auto parsed = parse_message_summary(to_body(counts, "sip:unused@ex.org"));

        REQUIRE(parsed);
        REQUIRE(*parsed == counts);
    }
}

TEST_CASE("message-summary: the order of inputs makes no difference") {
    std::mt19937 random(7);
    Sample alice = mailbox();
    for (int i = 0; i < 6; ++i) {
        alice.publish("source" + std::to_string(i),
                      "Messages-Waiting: yes\r\nMessage-Account: sip:" + std::to_string(i) +
                          "@ex.org\r\nVoice-Message: " + std::to_string(i) + "/1\r\nX-" +
                          std::to_string(i % 3) + ": 1/1\r\n",
                      i / 2);
    }
    const Composed first = alice.compose();
    for (int round = 0; round < 50; ++round) {
        alice.shuffle(random);
        REQUIRE(alice.body() == first.document.body);
        REQUIRE(alice.compose().fingerprint == first.fingerprint);
    }
}

TEST_CASE("message-summary: equal counters have equal fingerprints, others do not") {
    Sample alice = mailbox();
    alice.publish("vm", "Messages-Waiting: yes\r\nVoice-Message: 2/8\r\n", 0);
    const auto before = alice.compose().fingerprint;

    alice.publish("vm", "messages-waiting: yes\nvoice-message: 2/8 (0/0)", 9);
    CHECK(alice.compose().fingerprint == before);

    alice.publish("vm", "Messages-Waiting: yes\r\nVoice-Message: 3/8\r\n", 10);
    CHECK(alice.compose().fingerprint != before);
}

TEST_CASE("message-summary: a default shows only where nothing else is known") {
    Sample alice = mailbox();
    alice.publish("default", "Messages-Waiting: no\r\nVoice-Message: 0/9\r\n", 0, Rank::fallback);
    CHECK(contains(alice.body(), "Voice-Message: 0/9 (0/0)\r\n"));

    alice.publish("vm", "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n", 0);
    CHECK(contains(alice.body(), "Voice-Message: 1/0 (0/0)\r\n"));
}

TEST_CASE("message-summary: the profile is the one of RFC 3842 3.4 and 3.12") {
    const Profile& profile = find("message-summary")->profile();

    CHECK(profile.event == "message-summary");
    CHECK(profile.notify_types ==
          std::vector<std::string_view>{"application/simple-message-summary"});
    CHECK(profile.publish_types == profile.notify_types);
    CHECK(profile.default_expires == 3600);
    CHECK(profile.max_expires == 604800);
    CHECK(profile.min_notify_interval == std::chrono::seconds(1));
    CHECK(profile.access == Access::owner);
    CHECK(profile.publisher_supersedes);
}

namespace {

/// A mailbox composed from inputs of any rank.
struct Composition {
    std::vector<std::pair<Rank, DocumentPtr>> documents;
    MwiSettings settings;

    Composition& add(Rank rank, std::string_view body,
                     std::string_view type = kSimpleMessageSummary) {
        auto document = find("message-summary")->admit({std::string(type), std::string(body)});
        REQUIRE(document);
        documents.emplace_back(rank, *std::move(document));
        return *this;
    }
    Composed compose() const {
        std::vector<std::string> sources;
        for (std::size_t i = 0; i < documents.size(); ++i) sources.push_back(std::to_string(i));
        std::vector<Input> inputs;
        for (std::size_t i = 0; i < documents.size(); ++i)
            inputs.push_back({sources[i], documents[i].first, {}, documents[i].second.get()});
        const std::string aor = "sip:alice@ex.org";
        return find("message-summary")
            ->compose({aor, inputs, {}, &settings}, {kSimpleMessageSummary, aor});
    }
    std::string body() const { return compose().document.body; }
};

}  // namespace

TEST_CASE(
    "RFC 3842 3.5: the account to dial is the counters', the configured one, or the mailbox") {
    Composition mailbox;
    CHECK(contains(mailbox.body(), "Message-Account: sip:alice@ex.org\r\n"));

    mailbox.settings.account = "sip:*97-{user}@vm.{host}";
    CHECK(contains(mailbox.body(), "Message-Account: sip:*97-alice@vm.ex.org\r\n"));

    mailbox.add(Rank::hard, "Messages-Waiting: no\r\nMessage-Account: sip:9@ex.org\r\n");
    CHECK(contains(mailbox.body(), "Message-Account: sip:9@ex.org\r\n"));
}

TEST_CASE("a group has the sum of its members under an account of its own") {
    const std::string member =
        "Messages-Waiting: yes\r\nMessage-Account: sip:sales@ex.org\r\nVoice-Message: 1/2 "
        "(1/0)\r\n";
    Composition group;
    group.add(Rank::derived, member).add(Rank::derived, member);

    CHECK(group.body() ==
          "Messages-Waiting: yes\r\nMessage-Account: sip:alice@ex.org\r\nVoice-Message: 2/4 "
          "(2/0)\r\n");

    group.add(Rank::published,
              "Messages-Waiting: no\r\nMessage-Account: sip:vm@ex.org\r\nFax-Message: 0/1\r\n");
    CHECK(contains(group.body(), "Message-Account: sip:vm@ex.org\r\n"));
    CHECK(contains(group.body(), "Fax-Message: 0/1 (0/0)\r\n"));
}

TEST_CASE("only a change of Messages-Waiting is an alert") {
    Composition mailbox;
    const auto dark = mailbox.compose().alert;
    mailbox.add(Rank::published, "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n");
    const auto lit = mailbox.compose().alert;
    mailbox.add(Rank::published, "Messages-Waiting: no\r\nVoice-Message: 0/3\r\n");

    CHECK(dark != lit);
    CHECK(mailbox.compose().alert == lit);
}

TEST_CASE("settings of a mailbox are kept as text, and count nothing") {
    MailboxSettings settings;
    settings.members = {"sip:sales@ex.org", "sip:fax@ex.org"};
    settings.unsolicited = false;
    settings.pbx = "asterisk";
    settings.pbx_user = "100";
    settings.is_per_account = true;
    const auto text = to_text(settings);
    CHECK(text ==
          "member sip:sales@ex.org\nmember sip:fax@ex.org\nunsolicited no\npbx asterisk\n"
          "pbx_user 100\nper_account yes\n");

    const auto read = mailbox_settings_from_text(text);
    REQUIRE(read);
    CHECK(to_text(*read) == text);
    CHECK(read->has_member("sip:fax@ex.org"));
    CHECK_FALSE(read->has_member("sip:alice@ex.org"));

    Composition mailbox;
    const auto before = mailbox.body();
    mailbox.add(Rank::fallback, text, kMailboxSettingsType);
    CHECK(mailbox.body() == before);
}

TEST_CASE("settings of a mailbox that cannot be read are refused with their place") {
    const std::pair<const char*, const char*> bad[] = {
        {"member", "line 1: a value is missing"},
        {"pbx a\nunsolicited maybe\n", "line 2: expected yes or no"},
        {"colour blue\n", "line 1: an unknown name"},
        {"per_account 1\n", "line 1: expected yes or no"},
    };
    for (const auto& [text, why] : bad) {
        const auto read = mailbox_settings_from_text(text);
        REQUIRE_FALSE(read);
        CHECK(read.fault().detail == why);
    }
    std::string many;
    for (std::size_t i = 0; i <= kMaxMembers; ++i) many += "member a\n";
    CHECK_FALSE(mailbox_settings_from_text(many));
}

}  // namespace herald::packages::message_summary_test
