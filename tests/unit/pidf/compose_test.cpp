// tests/unit/pidf/compose_test.cpp: composition, rule by rule (CO, PV).
#include "pidf/compose.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/pidf/sources.h"

namespace herald::pidf::compose_test {

TEST_CASE("CO-08: with nothing published one closed tuple, its contact the address of record") {
    CHECK(Sources().body() ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@x\"><tuple "
          "id=\"closed\"><status>"
          "<basic>closed</basic></status><contact>sip:a@x</contact></tuple></presence>\n");
    CHECK(Sources().publish("s", "").body() == Sources().body());
}

TEST_CASE("CO-04: one tuple id, two contacts, two sources: both stay, one is renamed") {
    Sources two;
    two.publish("tagA", tuple("t1", "open", "sip:a@one"), 0);
    two.publish("tagB", tuple("t1", "open", "sip:a@two"), 5);

    const auto ids = tuple_ids(two.body());

    REQUIRE(ids.size() == 2);
    CHECK(ids[0] == "t1");
    CHECK(ids[1].starts_with("t1_"));
    CHECK(ids[1].size() == 11);
    CHECK(tuple_ids(two.body(61)) == ids);
}

TEST_CASE("CO-04: a publisher that speaks again does not make ids swap") {
    Sources two;
    two.publish("tagA", tuple("t1", "open", "sip:a@one"), 0);
    two.publish("tagB", tuple("t1", "open", "sip:a@two"), 5);
    const Rendered before = two.rendered();

    two.remove("tagA");
    two.publish("tagA", tuple("t1", "open", "sip:a@one"), 10);

    CHECK(two.rendered().fingerprint == before.fingerprint);
}

TEST_CASE("CO-04: the higher rank keeps a contested id, whatever the sources are called") {
    Sources two;
    two.publish("a", tuple("t1", "open", "sip:a@one"), 0, 1);
    two.publish("b", tuple("t1", "open", "sip:a@two"), 0, 2);

    CHECK(contains(two.body(),
                   "<tuple id=\"t1\"><status><basic>open</basic></status><contact>sip:a@two<"));
}

TEST_CASE("CO-04: a publisher cannot take the name another's tuple is given") {
    Sources two;
    two.publish("tagA", tuple("t1", "open", "sip:a@one"), 0);
    two.publish("tagB", tuple("t1", "open", "sip:a@two"), 0);
    const std::string given = tuple_ids(two.body())[1];
    two.publish("tagC", tuple(given, "open", "sip:a@three"), 0);

    auto ids = tuple_ids(two.body());

    std::sort(ids.begin(), ids.end());
    CHECK(ids.size() == 3);
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    CHECK(contains(two.body(), "<tuple id=\"" + given + "\">"));
}

TEST_CASE(
    "CO-03: of two tuples with one contact the newest decides; the older returns when it leaves") {
    Sources two;
    two.publish("tag1", tuple("t1", "open", "sip:a@x"), 0);
    two.publish("tag2", tuple("t2", "closed", "SIP:a@X"), 5);
    CHECK(tuple_ids(two.body()) == std::vector<std::string>{"t2"});
    CHECK(contains(two.body(), "<basic>closed</basic>"));

    two.remove("tag2");

    CHECK(tuple_ids(two.body()) == std::vector<std::string>{"t1"});
    CHECK(contains(two.body(), "<basic>open</basic>"));
}

TEST_CASE("CO-03: with any-open an older open tuple beats a newer closed one") {
    Sources two;
    two.publish("tag1", tuple("t1", "open", "sip:a@x"), 0);
    two.publish("tag2", tuple("t2", "closed", "sip:a@x"), 5);
    Policy policy;
    policy.any_open = true;

    CHECK(tuple_ids(two.body(60, policy)) == std::vector<std::string>{"t1"});
}

TEST_CASE("CO-02: rank comes before time") {
    Sources two;
    two.publish("operator", tuple("t1", "closed", "sip:a@x"), 0, 5);
    two.publish("tag", tuple("t2", "open", "sip:a@x"), 30, 4);

    CHECK(tuple_ids(two.body()) == std::vector<std::string>{"t1"});
}

TEST_CASE("CO-02: a tuple's own timestamp is its time unless it lies ahead of the arrival") {
    const std::string early =
        "<timestamp>2027-01-15T07:00:00Z</timestamp>";  // an hour before minute 0
    const std::string ahead = "<timestamp>2027-01-15T20:00:00Z</timestamp>";

    Sources late_arrival;
    late_arrival.publish("tag1", tuple("t1", "open", "sip:a@x"), 0);
    late_arrival.publish("tag2", tuple("t2", "closed", "sip:a@x", early), 10);
    CHECK(tuple_ids(late_arrival.body()) == std::vector<std::string>{"t1"});

    Sources fast_clock;
    fast_clock.publish("tag1", tuple("t1", "open", "sip:a@x", ahead), 0);
    fast_clock.publish("tag2", tuple("t2", "closed", "sip:a@x"), 10);
    CHECK(tuple_ids(fast_clock.body()) == std::vector<std::string>{"t2"});

    // Clocks that are a little ahead are believed.
    Sources nearly_right;
    nearly_right.publish(
        "tag1", tuple("t1", "open", "sip:a@x", "<timestamp>2027-01-15T08:05:00Z</timestamp>"), 0);
    nearly_right.publish("tag2", tuple("t2", "closed", "sip:a@x"), 4);
    CHECK(tuple_ids(nearly_right.body()) == std::vector<std::string>{"t1"});
}

TEST_CASE("CO-02: of equals in one document the last counts") {
    Sources one;
    one.publish("tag", person("p1", activity("away")) + person("p2", activity("meeting")));

    CHECK(contains(one.body(), "<rpid:meeting/>"));
    CHECK_FALSE(contains(one.body(), "<rpid:away/>"));
}

TEST_CASE("CO-03: service, class and devices keep tuples with one contact apart") {
    Sources apart;
    apart.publish("1", tuple("t1", "open", "sip:a@x"));
    apart.publish("2", tuple("t2", "open", "sip:a@x", "<rpid:class>im</rpid:class>"));
    apart.publish("3", tuple("t3", "open", "sip:a@x", "<dm:deviceID>urn:uuid:1</dm:deviceID>"));
    apart.publish(
        "4",
        tuple("t4", "open", "sip:a@x",
              "<op:service-description><op:service-id>poc</op:service-id><op:version>1</op:version>"
              "</op:service-description>"));
    CHECK(tuple_ids(apart.body()).size() == 4);

    const auto with_devices = [](std::string_view id, std::string_view a, std::string_view b) {
        return tuple(id, "open", "sip:a@x",
                     "<dm:deviceID>" + std::string(a) + "</dm:deviceID><dm:deviceID>" +
                         std::string(b) + "</dm:deviceID>");
    };
    Sources reordered;
    reordered.publish("1", with_devices("t1", "urn:uuid:1", "urn:uuid:2"));
    reordered.publish("2", with_devices("t2", "urn:uuid:2", "urn:uuid:1"));
    CHECK(tuple_ids(reordered.body()).size() == 1);

    apart.publish("5", tuple("t5", "open", "sip:a@x", "<dm:deviceID>URN:UUID:1</dm:deviceID>"));
    CHECK(tuple_ids(apart.body()).size() == 4);
}

TEST_CASE("CO-03: tuples without contact are merged with none, and an id is no contact") {
    Sources two;
    two.publish("tag1", tuple("t", "open", ""));
    two.publish("tag2", tuple("t", "closed", ""));

    CHECK(tuple_ids(two.body()).size() == 2);
}

TEST_CASE("RFC 3863 4.1.2: tuples of one document may contradict each other and both stay") {
    Sources one;
    one.publish("tag", tuple("t1", "open", "sip:a@x") + tuple("t2", "closed", "sip:a@x"));
    CHECK(tuple_ids(one.body()) == std::vector<std::string>{"t1", "t2"});

    one.publish("tag2", tuple("t3", "closed", "sip:a@x"), 5);
    CHECK(tuple_ids(one.body()) == std::vector<std::string>{"t2", "t3"});
}

TEST_CASE("CO-03: merged tuples add what the best does not say") {
    Sources two;
    two.publish("1",
                tuple("t1", "open", "sip:a@x",
                      "<rpid:relationship><rpid:self/></"
                      "rpid:relationship><rpid:privacy><rpid:audio/></rpid:privacy>"),
                0);
    two.publish("2", tuple("t2", "open", "sip:a@x", "<rpid:privacy><rpid:text/></rpid:privacy>"),
                5);

    const std::string body = two.body();

    CHECK(contains(
        body,
        "<tuple "
        "id=\"t2\"><status><basic>open</basic></status><rpid:privacy><rpid:text/></rpid:privacy>"
        "<rpid:relationship><rpid:self/></rpid:relationship><contact>sip:a@x</"
        "contact><timestamp>"));
}

TEST_CASE("a closed tuple keeps nothing of an open one it contradicts (interop item 4)") {
    Sources two;
    two.publish("1",
                "<tuple id='t1'><status><basic>open</basic><l:online "
                "xmlns:l='http://www.linphone.org/xsds/pidfonline.xsd'/>"
                "</status><contact>sip:a@x</contact><note>Available</note></tuple>",
                0);
    two.publish("2", tuple("t2", "closed", "sip:a@x"), 5);

    CHECK(!contains(two.body(), "online"));
    CHECK(!contains(two.body(), "Available"));
}

TEST_CASE("CO-09: when the last publication goes, nothing of it is left") {
    Sources one;
    one.publish("1", tuple("t1", "open", "sip:a@x") + person("p", activity("meeting")) +
                         "<note>In a meeting</note>");

    one.remove("1");

    CHECK(one.body() == Sources().body());
}

TEST_CASE("RFC 4827 3: a hard tuple stays beside soft ones and outlives them") {
    Sources both;
    both.publish("hard", tuple("mail", "open", "mailto:a@x"), 0, 2);
    both.publish("soft", tuple("phone", "open", "sip:a@x"), 5, 4);
    CHECK(tuple_ids(both.body()) == std::vector<std::string>{"mail", "phone"});

    both.remove("soft");
    CHECK(tuple_ids(both.body()) == std::vector<std::string>{"mail"});
}

TEST_CASE("CO-05: persons are merged, or all kept where that is the policy") {
    Sources two;
    two.publish("1", person("p1", activity("meeting") + "<rpid:mood><rpid:happy/></rpid:mood>"), 0);
    two.publish("2", person("p2", activity("away")), 10);

    CHECK(contains(two.body(),
                   "<dm:person id=\"p2\"><rpid:activities><rpid:away/></rpid:activities>"
                   "<rpid:mood><rpid:happy/></rpid:mood></dm:person>"));
    CHECK(!contains(two.body(), "meeting"));

    Policy keep_all;
    keep_all.persons = Policy::Persons::keep_all;
    const std::string all = two.body(60, keep_all);
    CHECK(contains(all, "<dm:person id=\"p1\">"));
    CHECK(contains(all, "<dm:person id=\"p2\">"));
    CHECK(contains(all, "meeting"));
}

TEST_CASE("CO-05: of notes the best per language") {
    Sources two;
    two.publish(
        "1",
        person("p1", "<dm:note xml:lang='en'>old</dm:note><dm:note xml:lang='de'>alt</dm:note>"),
        0);
    two.publish("2", person("p2", "<dm:note xml:lang='EN'>new</dm:note>"), 10);

    CHECK(contains(two.body(),
                   "<dm:person id=\"p2\"><dm:note xml:lang=\"EN\">new</dm:note>"
                   "<dm:note xml:lang=\"de\">alt</dm:note></dm:person>"));
}

TEST_CASE("CO-05: a merged person carries the best one's timestamp or none") {
    Sources two;
    two.publish("1", person("p1", "<dm:timestamp>2027-01-15T07:00:00Z</dm:timestamp>"), 0);
    two.publish("2", person("p2", "<rpid:mood><rpid:happy/></rpid:mood>"), 10);

    CHECK(!contains(two.body(), "timestamp"));
}

TEST_CASE("RFC 4480 3.1: what is over by its until is not shown, and the moment is told") {
    Sources one;
    one.publish("1", person("p",
                            "<rpid:activities from='2027-01-15T08:00:00Z' "
                            "until='2027-01-15T08:30:00Z'><rpid:meeting/>"
                            "</rpid:activities><rpid:mood "
                            "until='2027-01-15T09:00:00+01:00'><rpid:sad/></rpid:mood>"));

    CHECK(contains(one.body(29), "meeting"));
    CHECK(one.stale_at(29) == at_minute(30));
    CHECK(!contains(one.body(30), "meeting"));
    CHECK(!one.stale_at(30));
    CHECK(!contains(one.body(0), "sad"));
    CHECK(one.rendered(29).fingerprint != one.rendered(30).fingerprint);
    CHECK(one.rendered(28).fingerprint == one.rendered(29).fingerprint);
}

TEST_CASE("RFC 4480 3.1: what has not begun by its from is not shown, and the moment is told") {
    Sources one;
    one.publish("1", person("p",
                            "<rpid:activities from='2027-01-15T08:10:00Z' "
                            "until='2027-01-15T08:30:00Z'><rpid:meeting/></rpid:activities>") +
                         "<rpid:sphere from='2027-01-15T08:20:00Z'>work</rpid:sphere>");

    CHECK(!contains(one.body(9), "meeting"));
    CHECK(one.stale_at(9) == at_minute(10));
    CHECK(contains(one.body(10), "meeting"));
    CHECK(!contains(one.body(10), "work"));
    CHECK(one.stale_at(10) == at_minute(20));
    CHECK(contains(one.body(20), "work"));
    CHECK(!contains(one.body(30), "meeting"));
    CHECK(!one.stale_at(30));
    CHECK(one.rendered(9).fingerprint != one.rendered(10).fingerprint);
}

TEST_CASE("what has not begun leaves room for what another publication says") {
    Sources two;
    two.publish("1", person("p1", activity("busy")), 0);
    two.publish(
        "2",
        person("p2",
               "<rpid:activities from='2027-01-15T08:30:00Z'><rpid:meeting/></rpid:activities>"),
        5);

    CHECK(contains(two.body(29), "busy"));
    CHECK(contains(two.body(30), "meeting"));
}

TEST_CASE("XML 1.0 2.12: a note keeps the language it had from the elements around it") {
    const std::string german =
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' xml:lang='de' "
        "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
        "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:a@x'>";
    const std::string body = composed(
        german +
        "<tuple id='t' xml:lang='fr'><status/><note>midi</note><note xml:lang='en'>noon</note>"
        "</tuple><note>Mittag</note><note xml:lang=''>12</note><dm:person id='p'>"
        "<rpid:activities><rpid:note>Essen</rpid:note><rpid:meal/></rpid:activities>"
        "<dm:note>satt</dm:note></dm:person></presence>");

    CHECK(contains(body, "<note xml:lang=\"fr\">midi</note>"));
    CHECK(contains(body, "<note xml:lang=\"en\">noon</note>"));
    CHECK(contains(body, "<note xml:lang=\"de\">Mittag</note>"));
    CHECK(contains(body, "<note xml:lang=\"\">12</note>"));
    CHECK(contains(body, "<rpid:activities><rpid:note xml:lang=\"de\">Essen</rpid:note>"));
    CHECK(contains(body, "<dm:note xml:lang=\"de\">satt</dm:note>"));
    CHECK(!contains(body, "<presence xml:lang"));
}

TEST_CASE("CO-05: an inherited language tells notes apart like one of their own") {
    Sources two;
    two.publish("1", person("p1", "<dm:note xml:lang='de'>alt</dm:note>"), 0);
    two.publish("2", "<dm:person id='p2' xml:lang='en'><dm:note>new</dm:note></dm:person>", 10);

    CHECK(contains(two.body(),
                   "<dm:note xml:lang=\"en\">new</dm:note>"
                   "<dm:note xml:lang=\"de\">alt</dm:note>"));
}

TEST_CASE("CO-13: however many publish whatever, the composed document keeps its limit") {
    std::string tuples, notes;
    for (int i = 0; i < 200; ++i) tuples += "<tuple id='t" + std::to_string(i) + "'/>";
    for (int i = 0; i < 1500; ++i) notes += "<note>" + std::to_string(i) + "</note>";
    std::vector<std::string> sources;
    for (int i = 0; i < 40; ++i) sources.push_back("tag" + std::to_string(i));
    for (const std::string& content : {tuples, notes}) {
        Sources many;
        for (int i = 0; i < 40; ++i) many.publish(sources[static_cast<std::size_t>(i)], content, i);
        const std::string body = many.body();
        CHECK(body.size() > kMaxComposed / 8);
        CHECK(body.size() < kMaxComposed + 1024);
    }
}

TEST_CASE("what is over makes room for what another publication says") {
    Sources two;
    two.publish("1", person("p1", activity("busy")), 0);
    two.publish(
        "2",
        person("p2",
               "<rpid:activities until='2027-01-15T08:30:00Z'><rpid:meeting/></rpid:activities>"),
        5);

    CHECK(contains(two.body(29), "meeting"));
    CHECK(contains(two.body(30), "busy"));
}

TEST_CASE("RFC 4481 3: a timed status is not shown while its time is now") {
    Sources one;
    one.publish("1", tuple("t", "open", "sip:a@x",
                           "<ts:timed-status from='2027-01-15T08:10:00Z' "
                           "until='2027-01-15T08:20:00Z'><basic>closed</basic>"
                           "</ts:timed-status>"));

    CHECK(contains(one.body(9), "timed-status"));
    CHECK(one.stale_at(9) == at_minute(10));
    CHECK(!contains(one.body(10), "timed-status"));
    CHECK(one.stale_at(10) == at_minute(20));
    CHECK(contains(one.body(20), "timed-status"));
    CHECK(!one.stale_at(20));
}

TEST_CASE("RFC 4479 3.4: devices are one by their deviceID (CO-06)") {
    Sources two;
    two.publish(
        "1",
        "<dm:device "
        "id='d1'><rpid:user-input>idle</rpid:user-input><dm:deviceID>urn:uuid:AB</dm:deviceID>"
        "<dm:note>desk</dm:note></dm:device>",
        0);
    two.publish("2",
                "<dm:device "
                "id='d2'><rpid:user-input>active</rpid:user-input><dm:deviceID>URN:UUID:ab</"
                "dm:deviceID></dm:device>",
                10);

    CHECK(contains(two.body(),
                   "<dm:device id=\"d2\"><rpid:user-input>active</rpid:user-input>"
                   "<dm:deviceID>URN:UUID:ab</dm:deviceID><dm:note>desk</dm:note></dm:device>"));
    CHECK(count(two.body(), "<dm:device ") == 1);
}

TEST_CASE("CO-07: notes and foreign elements of documents are united, said alike only once") {
    Sources two;
    two.publish("1", "<note>here</note><note xml:lang='de'>hier</note><z:x xmlns:z='urn:z' a='1'/>",
                0);
    two.publish("2",
                "<note>here</note><note>there</note><z:x a='1' xmlns:z='urn:z'></z:x><z:x "
                "xmlns:z='urn:z'/>",
                5);

    const std::string body = two.body();

    CHECK(contains(body,
                   "<note>here</note><note>there</note><note xml:lang=\"de\">hier</note>"
                   "<z:x xmlns:z=\"urn:z\" a=\"1\"/><z:x xmlns:z=\"urn:z\"/></presence>"));
}

TEST_CASE("CO-12: open tuples first, then by priority, then by id") {
    Sources one;
    one.publish("1", tuple("a", "closed", "sip:1@x") + tuple("c", "open", "sip:2@x") +
                         tuple("b", "open", "sip:3@x") +
                         "<tuple id='z'><status><basic>open</basic></status><contact "
                         "priority='0.1'>sip:4@x</contact></tuple>");

    CHECK(tuple_ids(one.body()) == std::vector<std::string>{"z", "b", "c", "a"});
}

TEST_CASE("CO-12: devices stand in the order of their ids") {
    std::string devices;
    for (const char* id : {"d4", "d2", "d5", "d1", "d3"}) {
        devices += "<dm:device id='" + std::string(id) + "'><dm:deviceID>urn:x:" + id +
                   "</dm:deviceID></dm:device>";
    }
    const std::string body = Sources().publish("1", devices).body();

    std::vector<std::size_t> places;
    for (const char* id : {"d1", "d2", "d3", "d4", "d5"}) {
        places.push_back(body.find("<dm:device id=\"" + std::string(id) + "\""));
        CHECK(places.back() != std::string::npos);
    }
    CHECK(std::is_sorted(places.begin(), places.end()));
}

TEST_CASE("the root declares what only an attribute of a tuple uses") {
    const std::string body =
        Sources().publish("1", "<tuple id='t' rpid:x='1'><status/></tuple>").body();

    CHECK(contains(body, "<tuple id=\"t\" rpid:x=\"1\">"));
    CHECK(parse_presence(body).has_value());
}

TEST_CASE("CO-12: timestamps make no difference to the fingerprint, all else does") {
    const auto fingerprint = [](std::string_view content, int minute) {
        return Sources().publish("1", content, minute).rendered().fingerprint;
    };
    const std::string stamped =
        tuple("t", "open", "sip:a@x", "<timestamp>2027-01-15T07:00:00Z</timestamp>") +
        person("p", "<dm:note>n</dm:note><dm:timestamp>2027-01-15T07:00:00Z</dm:timestamp>");
    const std::string later =
        tuple("t", "open", "sip:a@x", "<timestamp>2027-01-15T07:30:00.5Z</timestamp>") +
        person("p", "<dm:note>n</dm:note><dm:timestamp>2027-01-15T07:30:00Z</dm:timestamp>");

    CHECK(fingerprint(stamped, 0) == fingerprint(later, 9));
    CHECK(fingerprint(tuple("t", "open", ""), 0) == fingerprint(tuple("t", "open", ""), 9));
    CHECK(fingerprint(tuple("t", "open", ""), 0) != fingerprint(tuple("t", "closed", ""), 0));
    CHECK(fingerprint(tuple("t", "open", ""), 0) != fingerprint(tuple("u", "open", ""), 0));
    CHECK(fingerprint(person("p", "<dm:note>n</dm:note>"), 0) !=
          fingerprint(person("p", "<dm:note>m</dm:note>"), 0));
    CHECK(fingerprint(person("p", ""), 0) != fingerprint("", 0));
    CHECK(fingerprint("<note>1</note>", 0) != fingerprint("<note>2</note>", 0));
    const Composition nothing;
    CHECK(render_pidf(nothing, "sip:a@x", "sip:a@x").fingerprint !=
          render_pidf(nothing, "sip:b@x", "sip:a@x").fingerprint);
}

TEST_CASE("CO-13: what would exceed the limit is left out, least important first") {
    Policy small;
    small.max_bytes = 700;
    Sources many;
    for (int i = 0; i < 5; ++i) {
        const std::string n = std::to_string(i);
        many.publish(
            std::string_view("01234").substr(static_cast<std::size_t>(i), 1),
            tuple("t" + n, "open", "sip:" + n + "@x", "<note>" + std::string(100, 'n') + "</note>"),
            i);
    }

    const auto ids = tuple_ids(many.body(60, small));

    CHECK(ids.size() == 2);
    CHECK(ids == std::vector<std::string>{"t3", "t4"});
}

TEST_CASE("the entity is the one asked for, escaped") {
    CHECK(contains(render_pidf({}, "sip:\"a&b\"@x", "sip:<a>@x").body,
                   "entity=\"sip:&quot;a&amp;b&quot;@x\">"));
    CHECK(contains(render_pidf({}, "", "sip:<a>&@x").body,
                   "<contact>sip:&lt;a&gt;&amp;@x</contact>"));
}

TEST_CASE("policy union: of activities and moods everybody's are shown, notes first, each once") {
    Sources two;
    two.publish("a",
                person("p",
                       "<rpid:activities from='2027-01-15T07:00:00Z'><rpid:note>desk</rpid:note>"
                       "<rpid:meeting/><rpid:unknown/></rpid:activities>"),
                0);
    two.publish("b",
                person("q",
                       "<rpid:activities><rpid:note>x</rpid:note><rpid:away/><rpid:meeting/>"
                       "<z:nap xmlns:z='urn:z'/></rpid:activities><rpid:mood><rpid:sad/>"
                       "</rpid:mood>"),
                5);
    Policy unite;
    unite.persons = Policy::Persons::unite;

    const auto body = two.body(60, unite);

    CHECK(count(body, "<dm:person") == 1);
    CHECK(contains(body,
                   "<rpid:activities><rpid:note>x</rpid:note><rpid:note>desk</rpid:note>"
                   "<rpid:away/><rpid:meeting/><z:nap xmlns:z=\"urn:z\"/></rpid:activities>"));
    CHECK(contains(body, "<rpid:mood><rpid:sad/></rpid:mood>"));
    CHECK_FALSE(contains(two.body(), "desk"));
}

TEST_CASE(
    "policy union: an activity that is over is not united, and a phone is told what matters") {
    Sources two;
    two.publish("a", person("p",
                            "<rpid:activities until='2027-01-15T08:30:00Z'>"
                            "<rpid:on-the-phone/></rpid:activities>"));
    two.publish("b", tuple("t", "open", "sip:a@x") + person("q", activity("away")), 5);
    Policy unite;
    unite.persons = Policy::Persons::unite;

    CHECK(contains(two.body(10, unite), "on-the-phone"));
    CHECK_FALSE(contains(two.body(31, unite), "on-the-phone"));
    const auto busy = resolve(two.list, at_minute(10), unite);
    unsigned shown = 0;
    for (const auto& piece : busy.pieces) shown |= piece.piece->activities;
    CHECK(shown == (kOnThePhone | kAway));
}

TEST_CASE("policy override: the first in precedence alone is shown") {
    Sources two;
    two.publish("a", tuple("t1", "open", "sip:a@one") + "<note>one</note>", 0);
    two.publish("b", tuple("t2", "closed", "sip:a@two") + "<note>two</note>", 5);
    Policy alone;
    alone.is_best_alone = true;

    const auto body = two.body(60, alone);

    CHECK(tuple_ids(body) == std::vector<std::string>{"t2"});
    CHECK(contains(body, "<note>two</note>"));
    CHECK_FALSE(contains(body, "one"));
    CHECK(tuple_ids(Sources().body(60, alone)) == std::vector<std::string>{"closed"});
}

TEST_CASE("policy most available: what an open source says of the person goes with it") {
    Sources two;
    two.publish("a", tuple("t1", "open", "sip:a@x") + person("p", activity("working")), 0);
    two.publish("b", tuple("t2", "closed", "sip:a@x") + person("q", activity("away")), 5);
    Policy most;
    most.any_open = true;

    const auto body = two.body(60, most);

    CHECK(contains(body, "<basic>open</basic>"));
    CHECK(contains(body, "<rpid:working/>"));
    CHECK_FALSE(contains(body, "<rpid:away/>"));
    CHECK(contains(two.body(), "<rpid:away/>"));
}

}  // namespace herald::pidf::compose_test
