// tests/unit/cli/presence_document_test.cpp: what `herald publish` publishes can be read back, and
// is valid.
#include "cli/presence_document.h"

#include <doctest/doctest.h>

#include "cli/summary.h"
#include "pidf/pidf.h"

namespace herald::cli::presence_document_test {
namespace {

PresenceDraft draft() {
    PresenceDraft draft;
    draft.entity = "sip:alice@localhost";
    draft.device = "abc";
    draft.now = base::WallTime(std::chrono::seconds(1'800'000'000));
    return draft;
}

TEST_CASE("RFC 3863 4.1.2, RFC 4479: children stand in the order of the schemas") {
    PresenceDraft full = draft();
    full.activities = {"meeting"};
    full.mood = "happy";
    full.note = "a < b & \"c\"";

    CHECK(presence_document(full) ==
          R"(<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" )"
          R"(xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
  <tuple id="t-abc">
    <status><basic>open</basic></status>
    <contact priority="0.8">sip:alice@localhost</contact>
    <note>a &lt; b &amp; "c"</note><timestamp>2027-01-15T08:00:00Z</timestamp>
  </tuple>
  <dm:person id="p-abc">
    <rpid:activities><rpid:meeting/></rpid:activities><rpid:mood><rpid:happy/></rpid:mood>)"
          R"(<dm:note>a &lt; b &amp; "c"</dm:note><dm:timestamp>2027-01-15T08:00:00Z</dm:timestamp>
  </dm:person>
</presence>
)");
}

TEST_CASE("what was said comes back") {
    PresenceDraft full = draft();
    full.is_open = false;
    full.activities = {"away", "meal"};
    full.mood = "in_love";
    full.note =
        "]]> gr\xc3\xbc\xc3\x9f"
        "e";
    full.entity = "sip:o'brien&co@localhost";

    const auto summary = summarise_presence(presence_document(full));
    const auto document = pidf::parse_presence(presence_document(full));

    REQUIRE(summary);
    CHECK(summary->basic == "closed");
    CHECK(summary->activities == full.activities);
    CHECK(summary->moods == std::vector<std::string>{"in_love"});
    CHECK(summary->note == full.note);
    REQUIRE(summary->tuples.size() == 1);
    CHECK(summary->tuples[0].contact == full.entity);
    REQUIRE(document);
    CHECK(document->tuples().size() == 1);
    CHECK(document->persons().size() == 1);
}

TEST_CASE("a person is only there where something is said of it") {
    CHECK(presence_document(draft()).find("dm:person") == std::string::npos);
}

TEST_CASE("RFC 4480 3.2, 3.5: activities and moods are those of the RFC") {
    CHECK(check_activity("on-the-phone"));
    CHECK(check_mood("in_awe"));
    CHECK(check_activity("meting").fault().detail ==
          "unknown activity 'meting'; did you mean 'meeting'?");
    CHECK(check_mood("happpy").fault().detail == "unknown mood 'happpy'; did you mean 'happy'?");
    CHECK(check_activity("<x/>").fault().detail.find("one of: appointment, away") !=
          std::string::npos);
    CHECK(check_activity("<x/>").fault().detail.ends_with("working, worship"));
}

}  // namespace
}  // namespace herald::cli::presence_document_test
