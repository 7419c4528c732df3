// tests/unit/pidf/simple_presence_test.cpp: presence in a few words, from PIDF and back.
#include "pidf/simple_presence.h"

#include <doctest/doctest.h>

#include "pidf/pidf.h"

namespace herald::pidf::simple_presence_test {
namespace {

TEST_CASE("what is written is read, and admitted as a publication") {
    for (const SimplePresence& presence :
         {SimplePresence{true, {"meeting", "on-the-phone"}, "5 < 6 & \"so\""},
          SimplePresence{false, {}, {}},
          SimplePresence{true, {"vacation"}, "gr\xc3\xbc\xc3\x9f"}}) {
        const auto text = pidf_of(presence, "sip:a&b@example.com", "web");
        const auto read = simple_presence_of(text);
        REQUIRE(read);
        CHECK(*read == presence);
        REQUIRE(parse_presence(text));
        CHECK(parse_presence(text)->tuples().size() == 1);
        CHECK(parse_presence(text)->persons().size() == 1);
    }
}

TEST_CASE("a composed document: any open tuple counts, the person's note goes first") {
    const auto read = simple_presence_of(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@b.c\">"
        "<tuple id=\"a\"><status><basic>closed</basic></status><note>of a tuple</note></tuple>"
        "<tuple id=\"b\"><status><basic> OPEN </basic></status></tuple>"
        "<note>of the document</note>"
        "<dm:person id=\"p\"><r:activities><r:note>no activity</r:note><r:away/>"
        "<r:other>digging</r:other><r:other/></r:activities><dm:note> of the person </dm:note>"
        "</dm:person></presence>");
    REQUIRE(read);
    CHECK(*read == SimplePresence{true, {"away", "digging", "other"}, "of the person"});
    CHECK(simple_presence_of("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"><note>x</note>"
                             "</presence>")
              ->note == "x");
    CHECK_FALSE(simple_presence_of("<presence"));
}

TEST_CASE("RFC 4480 3.2: the names of activities are those of the schema, in order") {
    const auto names = activity_names();
    CHECK(names.size() == 25);
    for (std::size_t i = 1; i < names.size(); ++i) CHECK(names[i - 1] < names[i]);
}

}  // namespace
}  // namespace herald::pidf::simple_presence_test
