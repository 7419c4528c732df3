// tests/unit/packages/presence_test.cpp: the presence package, with documents as real clients write
// them.
#include "packages/presence.h"

#include <random>

#include <doctest/doctest.h>

#include "tests/unit/packages/sample.h"

namespace herald::packages::presence_test {
namespace {

const std::string kPjsua =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
    "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
    " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@example.com\">\n"
    " <tuple id=\"pj3e0b7a6cf1d94b0f\">\n  <status>\n   <basic>open</basic>\n  </status>\n"
    "  <contact>sip:alice@example.com</contact>\n  "
    "<timestamp>2027-01-15T07:58:11.322Z</timestamp>\n"
    "  <note>On the phone</note>\n </tuple>\n"
    " <dm:person id=\"pj51bd7d0cbbe24c1d\">\n  <rpid:activities>\n   <rpid:busy />\n  "
    "</rpid:activities>\n"
    "  <dm:note>On the phone</dm:note>\n </dm:person>\n</presence>\n";

const std::string kBaresip =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n"
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\r\n    "
    "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"\r\n"
    "    xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"\r\n    "
    "entity=\"sip:alice@example.com\">\r\n"
    "  <dm:person id=\"p4159\"><rpid:activities/></dm:person>\r\n"
    "  <tuple id=\"t4109\">\r\n    <status>\r\n      <basic>open</basic>\r\n    </status>\r\n"
    "    <contact>sip:alice@example.com</contact>\r\n  </tuple>\r\n</presence>\r\n";

const std::string kLinphone =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\" ?>\n"
    "<presence xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
    " xmlns:pidfonline=\"http://www.linphone.org/xsds/pidfonline.xsd\" "
    "entity=\"sip:alice@example.com\""
    " xmlns=\"urn:ietf:params:xml:ns:pidf\">\n  <tuple id=\"qmjp8v\">\n    <status>\n      "
    "<basic>open</basic>\n"
    "      <pidfonline:online/>\n    </status>\n    <contact "
    "priority=\"0.8\">sip:alice@192.0.2.9:5060;transport=udp</contact>\n"
    "    <timestamp>2027-01-15T07:59:00Z</timestamp>\n  </tuple>\n</presence>\n";

const std::string kAsterisk =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<presence entity=\"sip:alice@example.com\" xmlns=\"urn:ietf:params:xml:ns:pidf\""
    " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\">\n"
    " <note>On the phone</note>\n <tuple id=\"alice\">\n  <status>\n   <basic>open</basic>\n  "
    "</status>\n"
    "  <contact priority=\"1\">sip:alice@example.com</contact>\n </tuple>\n <dm:person>\n  "
    "<rpid:activities>\n"
    "   <rpid:on-the-phone />\n  </rpid:activities>\n </dm:person>\n</presence>\n";

const std::string kAsteriskIdle =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<presence entity=\"sip:alice@example.com\" xmlns=\"urn:ietf:params:xml:ns:pidf\""
    " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\">\n"
    " <note>Ready</note>\n <tuple id=\"alice\"><status><basic>open</basic></status>"
    "<contact priority=\"1\">sip:alice@example.com</contact></tuple>\n <dm:person "
    "/>\n</presence>\n";

const std::string kSipsimple =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<presence xmlns:agp-pidf=\"urn:ag-projects:xml:ns:pidf\" xmlns=\"urn:ietf:params:xml:ns:pidf\""
    " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
    " xmlns:caps=\"urn:ietf:params:xml:ns:pidf:caps\" entity=\"alice%40example.com\">"
    "<tuple "
    "id=\"SID-8b1f5d1e-29a7\"><status><basic>open</basic><agp-pidf:extended>away</"
    "agp-pidf:extended></status>"
    "<rpid:user-input idle-threshold=\"600\">active</rpid:user-input>"
    "<dm:deviceID>DID-5fb3c0a2</dm:deviceID><caps:servcaps><caps:audio>true</caps:audio></"
    "caps:servcaps>"
    "<contact>sip%3Aalice%40example.com</contact><note>Back soon</note>"
    "<timestamp>2027-01-15T07:59:30.120000+00:00</timestamp></tuple>"
    "<dm:person "
    "id=\"PID-90d4\"><rpid:time-offset>60</rpid:time-offset><rpid:activities><rpid:away/></"
    "rpid:activities>"
    "<dm:timestamp>2027-01-15T07:59:30+00:00</dm:timestamp></dm:person>"
    "<dm:device id=\"DID-5fb3c0a2\"><dm:deviceID>5fb3c0a2</dm:deviceID></dm:device></presence>";

const std::string kKamailioUsrloc =
    "<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
    "entity=\"alice@example.com\">"
    "<tuple id=\"0x7f34ab00c1d8\"><status><basic>open</basic></status></tuple></presence>\n";

const std::string& closed_document() {
    static const std::string text = Sample("presence").body();
    return text;
}

}  // namespace

TEST_CASE("RFC 3856 6: the profile") {
    const Profile& profile = find("presence")->profile();

    CHECK(profile.publish_types == std::vector<std::string_view>{"application/pidf+xml"});
    CHECK(profile.notify_types == std::vector<std::string_view>{"application/pidf+xml",
                                                                "application/cpim-pidf+xml",
                                                                "application/xpidf+xml"});
    CHECK(profile.default_expires == 3600);
    CHECK(profile.min_expires == 60);
    CHECK(profile.max_expires == 7200);
    CHECK(profile.access == Access::same_domain);
    CHECK(profile.publisher_supersedes);
}

TEST_CASE("pjsua: the note, the activity and the timestamp arrive") {
    const std::string body = Sample("presence").publish("tag", kPjsua, 0).body();

    CHECK(contains(body,
                   "<tuple id=\"pj3e0b7a6cf1d94b0f\"><status><basic>open</basic></status>"
                   "<contact>sip:alice@example.com</contact><note>On the phone</note>"
                   "<timestamp>2027-01-15T07:58:11.322Z</timestamp></tuple>"));
    CHECK(contains(
        body,
        "<dm:person id=\"pj51bd7d0cbbe24c1d\"><rpid:activities><rpid:busy/></rpid:activities>"
        "<dm:note>On the phone</dm:note></dm:person>"));
}

TEST_CASE(
    "baresip: the person before the tuple comes out after it, its empty activities not at all") {
    const std::string body = Sample("presence").publish("tag", kBaresip, 0).body();

    CHECK(contains(body, "</tuple><dm:person id=\"p4159\"/></presence>"));
}

TEST_CASE("Linphone reads its own online mark back, under its own prefix") {
    const std::string body = Sample("presence").publish("tag", kLinphone, 0).body();

    CHECK(contains(body, "xmlns:pidfonline=\"http://www.linphone.org/xsds/pidfonline.xsd\""));
    CHECK(contains(body, "<status><basic>open</basic><pidfonline:online/></status>"));
}

TEST_CASE("Asterisk: the note comes after the tuple, the person gets an id") {
    const std::string body = Sample("presence").publish("tag", kAsterisk, 0).body();

    CHECK(contains(body,
                   "</tuple><note>On the phone</note><dm:person id=\"person\"><rpid:activities>"
                   "<rpid:on-the-phone/></rpid:activities></dm:person></presence>"));
    CHECK(
        contains(Sample("presence").publish("tag", kAsteriskIdle, 0).body(), "<note>Ready</note>"));
}

TEST_CASE("sipsimple: its extended status and capabilities ride through in the schema's order") {
    const std::string body = Sample("presence").publish("tag", kSipsimple, 0).body();

    CHECK(contains(body, "entity=\"sip:alice@example.com\""));
    CHECK(contains(
        body,
        "<agp-pidf:extended>away</agp-pidf:extended></status><rpid:user-input "
        "idle-threshold=\"600\">active"
        "</rpid:user-input><dm:deviceID>DID-5fb3c0a2</dm:deviceID><caps:servcaps><caps:audio>true"
        "</caps:audio></caps:servcaps><contact>sip%3Aalice%40example.com</contact><note>Back "
        "soon</note>"));
    CHECK(contains(
        body, "<dm:device id=\"DID-5fb3c0a2\"><dm:deviceID>5fb3c0a2</dm:deviceID></dm:device>"));
}

TEST_CASE("Kamailio's pua_usrloc: an id that is no NCName, an entity without scheme") {
    CHECK(contains(Sample("presence").publish("tag", kKamailioUsrloc, 0).body(),
                   "<tuple id=\"_0x7f34ab00c1d8\">"));
}

TEST_CASE("documents of six clients compose into one that is admitted again") {
    Sample alice("presence");
    int minute = 0;
    for (const std::string* body :
         {&kPjsua, &kBaresip, &kLinphone, &kAsterisk, &kSipsimple, &kKamailioUsrloc}) {
        alice.publish("tag" + std::to_string(minute), *body, minute);
        ++minute;
    }
    const std::string once = alice.body();

    CHECK(Sample("presence").publish("again", once, 10).body() == once);
    // pjsua, baresip and Asterisk publish the address of record as contact: one tuple. sipsimple's
    // is on its own device, Linphone's has its own contact, Kamailio's none.
    CHECK(count(once, "<tuple ") == 4);
    CHECK(count(once, "<dm:person ") == 1);
}

TEST_CASE("interop 4: after the last publication is removed nothing of it is seen") {
    for (const std::string* body :
         {&kPjsua, &kBaresip, &kLinphone, &kAsterisk, &kSipsimple, &kKamailioUsrloc}) {
        Sample alice("presence");
        alice.publish("tag", *body, 0);
        CHECK(alice.body() != closed_document());

        alice.remove("tag");

        CHECK(alice.body() == closed_document());
    }
}

TEST_CASE("interop 8: a refused document is told by kind, and hides no other") {
    const Package& package = *find("presence");
    const auto kind_of = [&package](std::string body) {
        const auto admitted = package.admit({"application/pidf+xml", std::move(body)});
        return admitted ? FaultKind::io : admitted.fault().kind;
    };
    CHECK(kind_of("") == FaultKind::malformed);
    CHECK(kind_of(std::string(500, '\0')) == FaultKind::malformed);
    CHECK(kind_of(std::string("\xFF\xFE<\0p\0", 6)) == FaultKind::malformed);
    CHECK(kind_of("\x1f\x8b\x08") == FaultKind::malformed);
    CHECK(kind_of("<presence xmlns='urn:ietf:params:xml:ns:pidf'>\xE4</presence>") ==
          FaultKind::malformed);
    CHECK(kind_of(std::string(65537, 'x')) == FaultKind::too_large);

    std::string many = "<presence xmlns='urn:ietf:params:xml:ns:pidf'>";
    for (int i = 0; i < 1200; ++i)
        many += "<tuple id='t" + std::to_string(i) + "'><status/></tuple>";
    CHECK(kind_of(many + "</presence>") == FaultKind::malformed);
}

TEST_CASE("application/cpim-pidf+xml is the same document under its old name") {
    Sample alice("presence");
    alice.publish("tag", kAsterisk, 0);

    const Composed legacy = alice.compose(60, "application/cpim-pidf+xml");

    CHECK(legacy.document.type == "application/cpim-pidf+xml");
    CHECK(legacy.document.body == alice.body());
}

TEST_CASE("application/xpidf+xml shows somebody on the phone as in use") {
    const Composed legacy =
        Sample("presence").publish("tag", kAsterisk, 0).compose(60, "application/xpidf+xml");

    CHECK(legacy.document.type == "application/xpidf+xml");
    CHECK(contains(legacy.document.body, "<status status=\"inuse\"/>"));
    CHECK(!contains(legacy.document.body, "xmlns"));
}

TEST_CASE("RFC 3863 4.1.1: each class of watchers sees the entity it asked for") {
    Sample alice("presence");
    alice.publish("tag", kBaresip, 0);

    CHECK(contains(alice.compose(60, {}, "sip:sales@example.com").document.body,
                   "entity=\"sip:sales@example.com\""));
}

TEST_CASE("CO-08: a default shows only while nothing else does, hard state hides it") {
    Sample alice("presence");
    alice.publish("default", kKamailioUsrloc, 0, Rank::fallback);
    CHECK(contains(alice.body(), "_0x7f34ab00c1d8"));

    alice.publish("hard", kAsteriskIdle, 0, Rank::hard);
    CHECK(!contains(alice.body(), "_0x7f34ab00c1d8"));
    CHECK(contains(alice.body(), "Ready"));
}

TEST_CASE("CO-10: a registration counts only while nobody publishes") {
    Sample alice("presence");
    alice.publish("reg", kKamailioUsrloc, 0, Rank::registration);
    CHECK(contains(alice.body(), "_0x7f34ab00c1d8"));

    alice.publish("tag", kBaresip, 1);
    CHECK(!contains(alice.body(), "_0x7f34ab00c1d8"));

    alice.remove("tag");
    CHECK(contains(alice.body(), "_0x7f34ab00c1d8"));
}

TEST_CASE("an input whose document could not be read counts for nothing, and harms nobody") {
    for (const char* event : {"presence", "message-summary"}) {
        const Package& package = *find(event);
        const Input unread{"tag", Rank::published, at_minute(0), nullptr};
        const View view{package.profile().notify_types[0], "sip:a@x"};

        const auto with = package.compose({"sip:a@x", {&unread, 1}, at_minute(1)}, view);
        const auto without = package.compose({"sip:a@x", {}, at_minute(1)}, view);

        CHECK(with.document.body == without.document.body);
    }
}

TEST_CASE("CO-01: an operator's override beats what is published later") {
    Sample alice("presence");
    alice.publish("operator", kAsteriskIdle, 0, Rank::override_);
    alice.publish("tag", kPjsua, 30);

    CHECK(count(alice.body(), "<tuple id=") == 1);
    CHECK(contains(alice.body(), "<tuple id=\"alice\">"));
}

TEST_CASE(
    "the same body again changes no fingerprint; a passed until does (RFC 4480 3.1), when "
    "told") {
    Sample alice("presence");
    const auto before = alice.publish("tag", kPjsua, 0).compose().fingerprint;
    CHECK(alice.publish("tag", kPjsua, 9).compose().fingerprint == before);

    std::string until = kPjsua;
    until.replace(until.find("<rpid:activities>"), 17,
                  "<rpid:activities until='2027-01-15T08:30:00Z'>");
    alice.publish("tag", until, 0);
    CHECK(alice.compose(10).stale_at == at_minute(30));
    CHECK(alice.compose(10).fingerprint != alice.compose(30).fingerprint);
}

TEST_CASE("CO-10: who is registered is open at his address, as long as he publishes nothing") {
    Sample alice("presence", "sip:a&b@example.com");
    const Document registered = presence_of_registered("sip:a&b@example.com");
    alice.publish("reg", registered.body, 0, Rank::registration);
    CHECK(contains(alice.body(), "<tuple id=\"reg\">"));
    CHECK(contains(alice.body(), "<basic>open</basic>"));
    CHECK(contains(alice.body(), "sip:a&amp;b@example.com</contact>"));

    alice.publish("p",
                  "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@b\">"
                  "<tuple id=\"t\"><status><basic>closed</basic></status></tuple></presence>",
                  1);
    CHECK_FALSE(contains(alice.body(), "<basic>open</basic>"));
    CHECK_FALSE(contains(alice.body(), "<tuple id=\"reg\">"));
}

namespace {

std::string document(const std::string& id, const std::string& basic, const std::string& activity) {
    return "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
           "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
           "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@x\"><tuple id=\"" +
           id + "\"><status><basic>" + basic +
           "</basic></status><contact>sip:a@x</contact></tuple><dm:person id=\"p" + id +
           "\"><rpid:activities><rpid:" + activity + "/></rpid:activities></dm:person></presence>";
}

SettingsPtr settings_of(PresenceSettings settings) {
    return std::make_shared<const PresenceSettings>(std::move(settings));
}

}  // namespace

TEST_CASE("presence.sources: what is named first counts first, a publisher by its address, too") {
    Sample alice("presence");
    alice.publish("sip:phone@example.com", document("phone", "open", "busy"), 5);
    alice.publish("sip:calendar@example.com", document("calendar", "closed", "meeting"), 0);
    alice.publish("hard", document("hard", "closed", "vacation"), 0, Rank::hard);
    CHECK(contains(alice.body(), "busy"));

    PresenceSettings settings;
    settings.sources = {"sip:calendar@example.com", "permanent", "published"};
    alice.settings = settings_of(settings);
    CHECK(contains(alice.body(), "meeting"));
    CHECK(contains(alice.body(), "<basic>closed</basic>"));
    alice.remove("sip:calendar@example.com");
    CHECK(contains(alice.body(), "vacation"));
    alice.publish("o", document("o", "open", "travel"), 0, Rank::override_);
    CHECK(contains(alice.body(), "travel"));
}

TEST_CASE("presence.decay: who says nothing new comes after all others, at that moment") {
    Sample alice("presence");
    alice.publish("phone", document("phone", "open", "busy"), 0);
    alice.publish("hard", document("hard", "closed", "vacation"), 20, Rank::hard);
    PresenceSettings settings;
    settings.decay = 1800;
    alice.settings = settings_of(settings);
    CHECK(contains(alice.body(29), "busy"));
    CHECK(alice.compose(29).stale_at == at_minute(30));
    CHECK(contains(alice.body(30), "vacation"));
    CHECK(alice.compose(30).stale_at == at_minute(50));
    // Silence takes nothing away where nobody says anything else.
    alice.remove("hard");
    CHECK(contains(alice.body(500), "busy"));
    CHECK(alice.compose(500).stale_at == std::nullopt);
}

TEST_CASE("presence.composition: each of the policies") {
    Sample alice("presence");
    alice.publish("a", document("a", "open", "busy"), 0);
    alice.publish("b", document("b", "closed", "meeting"), 5);
    const auto body = [&](CompositionPolicy policy) {
        PresenceSettings settings;
        settings.composition = policy;
        alice.settings = settings_of(settings);
        return alice.body();
    };
    CHECK(contains(body(CompositionPolicy::merge), "<basic>closed</basic>"));
    CHECK(contains(body(CompositionPolicy::unite), "<rpid:meeting/><rpid:busy/>"));
    CHECK(contains(body(CompositionPolicy::most_available), "<basic>open</basic>"));
    CHECK_FALSE(contains(body(CompositionPolicy::most_available), "meeting"));
    CHECK_FALSE(contains(body(CompositionPolicy::best_alone), "busy"));
    CHECK(contains(body(CompositionPolicy::keep_all), "id=\"pa\""));
    CHECK(contains(body(CompositionPolicy::keep_all), "id=\"pb\""));
}

TEST_CASE("the steps say who counts, who does not and why, and who said what") {
    Sample alice("presence");
    CHECK(alice.steps() ==
          std::vector<std::string>{"composed by \"merge\" (presence.composition)",
                                   "nothing is known: one closed tuple stands for that"});
    alice.publish("a", document("a", "open", "busy"), 0);
    alice.publish("hard", document("a", "open", "vacation"), 0, Rank::hard);
    alice.publish("reg", document("reg", "open", "away"), 0, Rank::registration);
    CHECK(alice.steps() ==
          std::vector<std::string>{"composed by \"merge\" (presence.composition)",
                                   "counts 1: a (published)", "counts 2: hard (permanent)",
                                   "counts not: reg (registration), because somebody publishes",
                                   "tuple a: status by a; contact by a",
                                   "person pa: rpid activities by a"});
}

TEST_CASE("what was put right of a document is told by name") {
    const auto& package = *find("presence");
    const auto admitted = package.admit(
        {"application/pidf+xml", "\n<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='x'/>"});
    REQUIRE(admitted);
    CHECK((*admitted)->put_right == 1);
    CHECK(package.tolerances()[0] == "prolog");
}

}  // namespace herald::packages::presence_test
