// tests/unit/cli/summary_test.cpp: documents in a few words.
#include "cli/summary.h"

#include <doctest/doctest.h>

namespace herald::cli::summary_test {
namespace {

TEST_CASE("RFC 3863, 4480: a presentity is open where any tuple is, whatever the prefixes") {
    const auto summary = summarise_presence(R"(<?xml version="1.0"?>
<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf" xmlns:d="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">
  <impp:tuple id="a"><impp:status><impp:basic>closed</impp:basic></impp:status></impp:tuple>
  <impp:tuple id="b"><impp:status><impp:basic> open </impp:basic></impp:status>
    <impp:contact priority="0.8">sip:alice@desk</impp:contact><impp:note>at my desk</impp:note></impp:tuple>
  <d:person id="p"><r:activities><r:note>ignored</r:note><r:meeting/><r:other>juggling</r:other></r:activities>
    <r:mood><r:happy/></r:mood><d:note>back at 3</d:note></d:person>
</impp:presence>)");

    REQUIRE(summary);
    CHECK(summary->basic == "open");
    CHECK(summary->activities == std::vector<std::string>{"meeting", "juggling"});
    CHECK(summary->moods == std::vector<std::string>{"happy"});
    CHECK(summary->note == "back at 3");
    REQUIRE(summary->tuples.size() == 2);
    CHECK(summary->tuples[0].basic == "closed");
    CHECK(summary->tuples[1].contact == "sip:alice@desk");
    CHECK(summary->tuples[1].note == "at my desk");
}

TEST_CASE("RFC 3863 4.1.6: a note never stands for a status") {
    const auto summary = summarise_presence(
        R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b"><note>open</note></presence>)");

    REQUIRE(summary);
    CHECK(summary->basic == "");
    CHECK(summary->note == "open");
    CHECK(summary->tuples.empty());
}

TEST_CASE("the note of a closed tuple is not shown for an open presentity") {
    const auto summary = summarise_presence(
        R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">
<tuple id="x"><status><basic>closed</basic></status><note>gone</note></tuple>
<tuple id="y"><status><basic>open</basic></status><note>here</note></tuple></presence>)");

    REQUIRE(summary);
    CHECK(summary->note == "here");
}

TEST_CASE("a composed document may be larger than any that is published") {
    std::string body = R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">)";
    for (int i = 0; i < 1500; ++i) {
        body += "<tuple id=\"t" + std::to_string(i) +
                R"("><status><basic>open</basic></status><contact>sip:alice-with-a-long-name@)"
                R"(example.com</contact></tuple>)";
    }
    body += "</presence>";
    REQUIRE(body.size() > 2 * 65536);

    const auto summary = summarise_presence(body);

    REQUIRE(summary);
    CHECK(summary->tuples.size() == 1500);
}

TEST_CASE("other documents are no presence") {
    CHECK_FALSE(summarise_presence("<presence"));
    CHECK_FALSE(summarise_presence(R"(<other xmlns="urn:x"/>)"));
}

TEST_CASE("RFC 3842 3.5: counts of all classes, in any spelling of names and blanks") {
    const auto summary = summarise_messages(
        "messages-waiting: YES\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
        "Voice-Message: 2/8 (0/2)\r\nFax-Message:1/0\nPager-Message: what\n");

    REQUIRE(summary);
    CHECK(summary->is_waiting);
    CHECK(summary->account == "sip:alice@vmail.example.com");
    REQUIRE(summary->counts.size() == 2);
    CHECK(summary->counts[0].kind == "voice");
    CHECK(summary->counts[0].fresh == 2);
    CHECK(summary->counts[0].old == 8);
    CHECK(summary->counts[0].urgent_fresh == 0);
    CHECK(summary->counts[0].urgent_old == 2);
    CHECK(summary->counts[1].kind == "fax");
    CHECK(summary->counts[1].fresh == 1);
}

TEST_CASE("RFC 3842 3.5: without Messages-Waiting it is no message summary") {
    CHECK_FALSE(summarise_messages("Voice-Message: 2/8\r\n"));
    CHECK_FALSE(summarise_messages(""));
}

TEST_CASE("RFC 4235: dialogs with their state and peer") {
    const auto summary = summarise_list(
        R"(<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:a@b">
<dialog id="1" direction="initiator"><state>confirmed</state>
<local><identity>sip:a@b</identity></local><remote><identity>sip:bob@b</identity></remote></dialog></dialog-info>)");

    REQUIRE(summary);
    CHECK(summary->what == "dialog");
    REQUIRE(summary->items.size() == 1);
    CHECK(summary->items[0].state == "confirmed");
    CHECK(summary->items[0].who == "sip:bob@b");
    CHECK(summary->items[0].detail == "initiator");
}

TEST_CASE("RFC 3858, 3680: watchers and registered contacts") {
    const auto watchers = summarise_list(
        R"(<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">
<watcher-list resource="sip:a@b" package="presence">
<watcher id="1" event="subscribe" status="pending">sip:bob@b</watcher></watcher-list></watcherinfo>)");
    const auto contacts = summarise_list(
        R"(<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
<registration aor="sip:a@b" id="1" state="active">
<contact id="2" state="active" event="registered"><uri>sip:a@192.0.2.1</uri></contact></registration></reginfo>)");

    REQUIRE(watchers);
    CHECK(watchers->what == "watcher");
    REQUIRE(watchers->items.size() == 1);
    CHECK(watchers->items[0].who == "sip:bob@b");
    CHECK(watchers->items[0].state == "pending");
    REQUIRE(contacts);
    CHECK(contacts->what == "contact");
    REQUIRE(contacts->items.size() == 1);
    CHECK(contacts->items[0].who == "sip:a@192.0.2.1");
    CHECK_FALSE(summarise_list(R"(<presence xmlns="urn:ietf:params:xml:ns:pidf"/>)"));
}

}  // namespace
}  // namespace herald::cli::summary_test
