// tests/unit/pidf/pidf_test.cpp: what published documents become (PF, PI, PV).
#include "pidf/pidf.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/pidf/sample.h"

namespace herald::pidf::pidf_test {

TEST_CASE("RFC 3863 4.2.2: prefixes are arbitrary") {
    const std::string body = composed(
        "<p:presence xmlns:p=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@x\"><p:tuple "
        "id=\"q\"><p:status>"
        "<p:basic>open</p:basic></p:status></p:tuple></p:presence>");

    CHECK(body ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@x\"><tuple "
          "id=\"q\"><status>"
          "<basic>open</basic></status><timestamp>2027-01-15T08:00:00Z</timestamp></tuple></"
          "presence>\n");
}

TEST_CASE("RFC 3863 4.1.5: priorities compare as numbers, what is none is lowest") {
    std::string tuples;
    int n = 0;
    for (const char* priority : {"0.021", "1.00", "", "1.5", "0.1234", "1,0", "-1", "0.5"}) {
        tuples +=
            "<tuple id='t" + std::to_string(n++) + "'><status><basic>open</basic></status><contact";
        if (*priority != '\0') tuples += std::string(" priority='") + priority + "'";
        tuples += ">sip:c" + std::to_string(n) + "@x</contact></tuple>";
    }

    const std::string body = composed(in_presence(tuples));

    std::vector<std::size_t> places;
    for (const char* id : {"t1", "t7", "t0", "t2", "t3", "t4", "t5", "t6"}) {
        places.push_back(body.find("<tuple id=\"" + std::string(id) + "\""));
        CHECK(places.back() != std::string::npos);
    }
    CHECK(std::is_sorted(places.begin(), places.end()));
    CHECK(contains(body, "<contact priority=\"1.00\">"));
    CHECK(count(body, "priority=") == 3);
}

TEST_CASE("RFC 3863 4.2.3: unknown elements ride through, and never decide availability") {
    const std::string body =
        composed(in_presence("<tuple id='q'><status><basic>open</basic><z:foo "
                             "xmlns:z='urn:z'><basic>closed</basic></z:foo></status></tuple>"));

    CHECK(contains(body,
                   "<status><basic>open</basic><z:foo "
                   "xmlns:z=\"urn:z\"><basic>closed</basic></z:foo></status>"));
    CHECK(admitted(in_presence(
                       "<tuple id='q'><status><z:foo xmlns:z='urn:z'><basic>closed</basic></z:foo>"
                       "<basic>open</basic></status></tuple>"))
              .tuples()[0]
              .basic == Basic::open);
}

TEST_CASE("RFC 3863 4.2.3: mustUnderstand invalidates nothing and is kept") {
    const std::string body =
        composed(in_presence("<tuple id='q'><status><basic>open</basic><z:foo xmlns:z='urn:z' "
                             "pidf:mustUnderstand='1'/></status></tuple>"));

    CHECK(contains(body, "xmlns:pidf=\"urn:ietf:params:xml:ns:pidf\""));
    CHECK(contains(body, "<z:foo xmlns:z=\"urn:z\" pidf:mustUnderstand=\"1\"/>"));
}

TEST_CASE("XML 1.0 2.8: a document with an internal entity is refused") {
    CHECK(refusal("<?xml version=\"1.0\"?>\n<!DOCTYPE p [<!ENTITY e 'x'>]>" +
                  in_presence("<note>&e;</note>")) ==
          "line 2, column 1: document type declarations are not accepted");
}

TEST_CASE("a byte order mark and a blank line before the declaration leave no trace") {
    const std::string body = composed("\xEF\xBB\xBF\n<?xml version='1.0'?>" +
                                      in_presence("<tuple id='q'><status/></tuple>"));

    CHECK(body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence "));
}

TEST_CASE("RFC 3863 4.1.4: basic in any case and with blanks") {
    for (const char* basic : {"Open", " OPEN ", "\nopen\t"}) {
        CHECK(contains(composed(in_presence("<tuple id='q'><status><basic>" + std::string(basic) +
                                            "</basic></status></tuple>")),
                       "<status><basic>open</basic></status>"));
    }
    CHECK(contains(
        composed(in_presence("<tuple id='q'><status><basic>busy</basic></status></tuple>")),
        "<status/>"));
}

TEST_CASE("RFC 3863 4.4: whatever the order published, the schema's order is sent") {
    const std::string body = composed(in_presence(
        "<dm:person id='p'><dm:timestamp>2026-01-01T00:00:00Z</dm:timestamp><dm:note>n</dm:note>"
        "<rpid:mood><rpid:happy/></rpid:mood></dm:person><note>top</note>"
        "<tuple "
        "id='q'><timestamp>2026-01-01T00:00:00Z</timestamp><note>n</note><contact>sip:a@x</contact>"
        "<rpid:class>c</rpid:class><status><z:s "
        "xmlns:z='urn:z'/><basic>open</basic></status></tuple>"));

    CHECK(contains(body,
                   "<tuple id=\"q\"><status><basic>open</basic><z:s xmlns:z=\"urn:z\"/></status>"
                   "<rpid:class>c</rpid:class><contact>sip:a@x</contact><note>n</note>"
                   "<timestamp>2026-01-01T00:00:00Z</timestamp></tuple><note>top</note>"
                   "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood><dm:note>n</dm:note>"
                   "<dm:timestamp>2026-01-01T00:00:00Z</dm:timestamp></dm:person></presence>"));
}

TEST_CASE("RFC 3863 4.1.2: of status, contact and timestamp a tuple has one, the first") {
    const std::string body = composed(in_presence(
        "<tuple id='t'><status><basic>open</basic></status><status><basic>closed</basic></status>"
        "<contact>sip:a@x</contact><contact>sip:b@x</contact>"
        "<timestamp>2027-01-15T07:00:00Z</timestamp><timestamp>2027-01-15T07:30:00Z</timestamp>"
        "</tuple>"));

    CHECK(contains(body,
                   "<tuple id=\"t\"><status><basic>open</basic></status><contact>sip:a@x</contact>"
                   "<timestamp>2027-01-15T07:00:00Z</timestamp></tuple>"));
}

TEST_CASE("a tuple without status, or with an empty one, stays") {
    CHECK(contains(composed(in_presence("<tuple id='q'><contact>sip:a@x</contact></tuple>")),
                   "<tuple id=\"q\"><status/><contact>sip:a@x</contact>"));
    CHECK(contains(composed(in_presence("<tuple id='q'><status></status></tuple>")),
                   "<tuple id=\"q\"><status/>"));
}

TEST_CASE("ids that are no NCName become one, and different ones stay different") {
    const std::string body =
        composed(in_presence("<tuple id='0x7f'><status/></tuple><tuple "
                             "id='a:b@c'><status/></tuple><tuple id='a_b@c'><status/></tuple>"
                             "<tuple id=' t\xC3\xA4 '><status/></tuple>"));

    CHECK(contains(body, "<tuple id=\"_0x7f\">"));
    CHECK(contains(body, "<tuple id=\"a_3ab_40c\">"));
    CHECK(contains(body, "<tuple id=\"a_b_40c\">"));
    CHECK(contains(body, "<tuple id=\"t\xC3\xA4\">"));
}

TEST_CASE("RFC 3863 4.1.1: no entity, or another's, is no obstacle") {
    CHECK(contains(composed("<presence xmlns='urn:ietf:params:xml:ns:pidf'><tuple "
                            "id='q'><status/></tuple></presence>"),
                   "entity=\"sip:a@x\""));
}

TEST_CASE("a trailing colon, and no namespace at all on a whole document, mean PIDF") {
    const std::string tuple =
        "<tuple id='q'><status><basic>open</basic></status></tuple></presence>";

    CHECK(contains(
        composed("<presence xmlns='urn:ietf:params:xml:ns:pidf:' entity='sip:a@x'>" + tuple),
        "open"));
    CHECK(contains(
        composed("<presence xmlns='urn:ietf:params:xml:ns:cpim-pidf:' entity='sip:a@x'>" + tuple),
        "open"));
    CHECK(contains(composed("<presence entity='sip:a@x'>" + tuple), "<basic>open</basic>"));
    CHECK(refusal("<presence>" + tuple)
              .starts_with("line 1, column 1: the root element is not presence"));
    CHECK(refusal("<presence xmlns='urn:z'>" + tuple)
              .starts_with("line 1, column 1: the root element"));
}

TEST_CASE("two spellings of one namespace cannot make an attribute appear twice") {
    CHECK(refusal(
              "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:a='urn:ietf:params:xml:ns:pidf'"
              " xmlns:b='urn:ietf:params:xml:ns:pidf:' entity='x'><z:f xmlns:z='urn:z' a:m='1' "
              "b:m='2'/></presence>")
              .ends_with("an attribute given twice"));
}

TEST_CASE("an undeclared rpid prefix is refused with the place") {
    CHECK(refusal("<presence xmlns='urn:ietf:params:xml:ns:pidf'\n "
                  "entity='sip:a@x'>\n<rpid:mood/></presence>") ==
          "line 3, column 2: the prefix rpid is not declared");
}

TEST_CASE("of two tuples with one id the last counts") {
    const std::string body =
        composed(in_presence("<tuple id='q'><status><basic>open</basic></status></tuple>"
                             "<tuple id='q'><status><basic>closed</basic></status></tuple>"));

    CHECK(count(body, "<tuple ") == 1);
    CHECK(contains(body, "closed"));
}

TEST_CASE("RFC 4479 3.5: a tuple and a person with one id are told apart") {
    const std::string body =
        composed(in_presence("<tuple id='1'><status/></tuple><dm:person id='1'/>"));

    CHECK(count(body, "id=\"_1\"") == 1);
    CHECK(count(body, "id=\"_1_") == 1);
}

TEST_CASE("a timestamp that is not RFC 3339 is taken for absent") {
    for (const char* bad : {"2026-01-01T00:00:00z", "2026-01-01T00:00:00", "yesterday", ""}) {
        const std::string body = composed(in_presence("<tuple id='q'><status/><timestamp>" +
                                                      std::string(bad) + "</timestamp></tuple>"));
        CHECK(contains(body, "<timestamp>2027-01-15T08:00:00Z</timestamp>"));
        CHECK(count(body, "<timestamp>") == 1);
    }
}

TEST_CASE("persons, tuples and devices without id are given one") {
    const std::string body =
        composed(in_presence("<tuple><status/></tuple><tuple><status/></tuple><dm:person/>"
                             "<dm:device><dm:deviceID>urn:uuid:1</dm:deviceID></dm:device>"));

    CHECK(contains(body, "<tuple id=\"tuple\">"));
    CHECK(contains(body, "<tuple id=\"tuple2\">"));
    CHECK(contains(body, "<dm:person id=\"person\"/>"));
    CHECK(contains(body, "<dm:device id=\"device\">"));
}

TEST_CASE("empty activities mean nothing and are not sent, for the schema forbids them") {
    CHECK(contains(composed(in_presence("<dm:person id='p'><rpid:activities/></dm:person>")),
                   "<dm:person id=\"p\"/>"));
    CHECK(contains(composed(in_presence("<dm:person id='p'><rpid:activities "
                                        "id='a'><rpid:away/></rpid:activities></dm:person>")),
                   "<rpid:activities id=\"a\"><rpid:away/></rpid:activities>"));
}

TEST_CASE(
    "RFC 4479: a device without deviceID is none; its first deviceID stands after the extensions") {
    const std::string body = composed(
        in_presence("<dm:device id='d1'><rpid:user-input>idle</rpid:user-input></dm:device>"
                    "<dm:device "
                    "id='d2'><dm:deviceID>urn:uuid:1</dm:deviceID><rpid:user-input>idle</"
                    "rpid:user-input></dm:device>"));

    CHECK(count(body, "<dm:device ") == 1);
    CHECK(contains(body,
                   "<dm:device id=\"d2\"><rpid:user-input>idle</rpid:user-input>"
                   "<dm:deviceID>urn:uuid:1</dm:deviceID></dm:device>"));
}

TEST_CASE("attributes of other namespaces on tuples and persons are kept") {
    const std::string body =
        composed(in_presence("<tuple id='q' z:a='1' xmlns:z='urn:z'><status "
                             "z:b='2'><basic>open</basic></status></tuple>"));

    CHECK(contains(
        body, "<tuple id=\"q\" xmlns:z=\"urn:z\" z:a=\"1\"><status xmlns:z=\"urn:z\" z:b=\"2\">"));
}

TEST_CASE("CO-13: two hundred tuples are the limit") {
    std::string tuples;
    for (int i = 0; i < 200; ++i)
        tuples += "<tuple id='t" + std::to_string(i) + "'><status/></tuple>";

    CHECK(refusal(in_presence(tuples)) == "accepted");
    CHECK(refusal(in_presence(tuples + "\n<dm:person/>")) ==
          "line 2, column 1: more than 200 tuples, persons and devices");
}

TEST_CASE("CO-13: repeated declarations cannot blow a document up") {
    const std::string uri(250, 'u');
    std::string elements;
    for (int i = 0; i < 1500; ++i) elements += "<z:a/>";

    CHECK(refusal("<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:z='" + uri +
                  "' entity='x'>" + elements + "</presence>")
              .ends_with("bytes once normalised"));
    CHECK(refusal("<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:z='" + uri +
                  "' entity='x'><tuple id='t'>" + elements + "</tuple></presence>")
              .ends_with("bytes once normalised"));
}

namespace {

std::vector<std::string_view> put_right(std::string_view body) {
    std::vector<std::string_view> found;
    const auto presence = admitted(body);
    for (std::size_t bit = 0; bit < tolerance_names().size(); ++bit) {
        if ((presence.put_right() >> bit & 1U) != 0) found.push_back(tolerance_names()[bit]);
    }
    return found;
}

using Names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("what is put right is told by its name, each once; what needs none is told of nothing") {
    CHECK(put_right(in_presence("<tuple id='a'><status><basic>open</basic></status>"
                                "<contact priority='0.5'>sip:a@x</contact><note>n</note>"
                                "<timestamp>2027-01-15T08:00:00Z</timestamp></tuple>"
                                "<dm:person id='p'><rpid:mood><rpid:sad/></rpid:mood></dm:person>"))
              .empty());
    CHECK(put_right("\xEF\xBB\xBF" + in_presence("")) == Names{"prolog"});
    CHECK(put_right("\n" + in_presence("")) == Names{"prolog"});
    CHECK(put_right("<?xml version='1.0' encoding='ISO-8859-1'?>" + in_presence("")) ==
          Names{"encoding"});
    CHECK(put_right("<?xml version='1.0' encoding=\"utf-8\"?>" + in_presence("")).empty());
    CHECK(put_right("<presence xmlns='urn:ietf:params:xml:ns:pidf:' entity='x'/>") ==
          Names{"namespace"});
    CHECK(put_right("<presence entity='x'/>") == Names{"namespace"});
    CHECK(put_right("<presence xmlns='urn:ietf:params:xml:ns:pidf'/>") == Names{"entity"});
    CHECK(put_right(in_presence("<tuple id='1'><status><basic>open</basic></status></tuple>")) ==
          Names{"id"});
    CHECK(put_right(in_presence("<dm:person/>")) == Names{"no_id"});
    CHECK(put_right(in_presence("<dm:person id='a'/><dm:person id='a'/>")) == Names{"repeated_id"});
    CHECK(put_right(in_presence("<tuple id='a'><note>n</note><status><basic>open</basic></status>"
                                "</tuple>")) == Names{"order"});
    CHECK(put_right(in_presence("<tuple id='a'><status><basic> Open</basic></status></tuple>")) ==
          Names{"basic"});
    CHECK(put_right(in_presence("<tuple id='a'><status/></tuple><tuple id='b'/>")) ==
          Names{"status"});
    CHECK(put_right(in_presence("<tuple id='a'><status><basic>open</basic></status>"
                                "<contact priority='1,0'>sip:a@x</contact></tuple>")) ==
          Names{"priority"});
    CHECK(
        put_right(in_presence("<dm:person id='a'><dm:timestamp>2027-01-15T08:00:00z</dm:timestamp>"
                              "</dm:person>")) == Names{"timestamp"});
    CHECK(put_right(in_presence("<dm:device id='a'/>")) == Names{"device"});
}

}  // namespace herald::pidf::pidf_test
