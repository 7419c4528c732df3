// tests/unit/server/provisioning/pnp_test.cpp: phones that ask the PnP group, on a fake wire.
#include "server/provisioning/pnp.h"

#include <chrono>
#include <string>

#include "packages/profile_link.h"
#include "packages/ua_profile.h"
#include "server/provisioning/profile_keeper.h"
#include "server/shard/agents.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::pnp_test {
namespace {

using testing::SlowShard;

struct Wire : SlowShard {
    explicit Wire(const std::string& keys = "pnp_any = true")
        : SlowShard(parse_config("[provisioning]\npnp_url = 'http://p.example.com/{mac}'\n" + keys)
                        .config) {}

    Pnp& pnp() { return shard.agents().get<Pnp>(); }

    /// As Snom writes it.
    static std::string asked(const std::string& call_id = "p1", const std::string& more = {}) {
        return "SUBSCRIBE sip:MAC%3a000413231B1C@224.0.1.75 SIP/2.0\n"
               "Via: SIP/2.0/UDP 192.0.2.10:2051;rport\n"
               "From: <sip:MAC%3a000413231B1C@224.0.1.75>;tag=1\n"
               "To: <sip:MAC%3a000413231B1C@224.0.1.75>\n"
               "Call-ID: " +
               call_id +
               "\nCSeq: 1 SUBSCRIBE\n"
               "Event: ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snom785\";"
               "version=\"10.1.64.14\"\n"
               "Expires: 0\nAccept: application/url\nContact: <sip:192.0.2.10:2052>\n"
               "User-Agent: snom785/10.1.64.14\n" +
               more + "Content-Length: 0\n\n";
    }
    void hear(const std::string& text, const char* host = "192.0.2.10") {
        auto bytes = test::wire(text);
        pnp().on_datagram({bytes.data(), bytes.size()}, test::endpoint(host, 2051), 1);
        settle();
    }
    void put(packages::DeviceProfile profile) {
        shard.agents().get<ProfileKeeper>().put(
            std::move(profile), {},
            [](const Result<packages::ProfilePtr>& done) { REQUIRE(done.has_value()); });
        finish();
    }
    /// What the phone is told.
    std::string told(const std::string& call_id) {
        hear(asked(call_id));
        REQUIRE(sent().size() == 2);
        const auto& notify = message(1);
        return notify.substr(notify.find("\r\n\r\n") + 4);
    }
    double count(const std::string& outcome) {
        for (const auto& sample : metrics.collect()) {
            if (sample.name != "herald_provisioning_pnp_total") continue;
            if (sample.labels.front().second == outcome) return sample.value;
        }
        return -1;
    }
};

TEST_CASE("a phone that asks the group is accepted, and told one URL") {
    Wire wire;
    wire.hear(Wire::asked());

    const auto lines = wire.sent();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "SIP/2.0 200 OK");
    CHECK(testing::header(wire.message(0), "Expires") == "0");
    CHECK(testing::header(wire.message(0), "Via").find(";rport=2051") != std::string::npos);
    CHECK(lines[1] == "NOTIFY sip:192.0.2.10:2052 SIP/2.0");
    const auto& notify = wire.message(1);
    CHECK(testing::header(notify, "Subscription-State") == "terminated;reason=timeout");
    CHECK(testing::header(notify, "Content-Type") == "application/url");
    CHECK(testing::header(notify, "Event").starts_with("ua-profile;profile-type=\"device\""));
    CHECK(testing::header(notify, "To") == "<sip:MAC%3a000413231B1C@224.0.1.75>;tag=1");
    CHECK(testing::header(notify, "From") == testing::header(wire.message(0), "To"));
    CHECK(notify.ends_with("\r\n\r\nhttp://p.example.com/000413231b1c"));
    CHECK(wire.count("answered") == 1);

    wire.receive(testing::answer_to(notify, "200 OK"));
    CHECK(wire.count("told") == 1);
    CHECK(wire.pnp().held() == 1);  // its Call-ID, for copies
    wire.pass(std::chrono::seconds(40));
    CHECK(wire.sent().empty());
}

packages::DeviceProfile profile(const char* name, const char* vendor, bool is_public) {
    packages::DeviceProfile made;
    made.name = name;
    made.vendor = vendor;
    made.is_public = is_public;
    made.body = {{}, "text/plain", "{{device.mac}} {{device.model}}", true, nullptr};
    return made;
}

TEST_CASE("a phone is told the URL of the public profile that fits it, made for itself") {
    Wire wire("pnp_any = true\nurl = 'http://p.example.com/'");
    wire.put(profile("all.cfg", "", true));

    const auto url = wire.told("p1");

    REQUIRE(url.starts_with("http://p.example.com/p/"));
    REQUIRE(url.ends_with("/all.cfg"));
    const auto token = url.substr(23, url.size() - 23 - 8);
    const auto link = packages::link_in(token, link_key(wire.shard.context().home));
    REQUIRE(link);
    CHECK(link->facts.mac == "000413231b1c");
    CHECK(link->facts.address == "192.0.2.10");
    CHECK(link->facts.user_agent == "snom785/10.1.64.14");
    CHECK(link->profile == "all.cfg");
    CHECK(link->expires_at > wire.shard.context().wall());

    wire.put(profile("snom.cfg", "Snom", true));
    CHECK(wire.told("p2").ends_with("/snom.cfg"));
}

TEST_CASE("where a profile that is not public fits better, what asks for a password is told") {
    Wire wire("pnp_any = true\nurl = 'http://p.example.com'");
    wire.put(profile("all.cfg", "", true));
    wire.put(profile("snom.cfg", "snom", false));
    CHECK(wire.told("p1") == "http://p.example.com/000413231b1c");

    Wire without("pnp_any = true\nurl = 'http://p.example.com'");
    auto config = without.config;
    config.pnp_url.clear();
    without.shard.reload(config);
    without.put(profile("snom.cfg", "snom", false));
    without.hear(Wire::asked());
    CHECK(without.sent().empty());
    CHECK(without.count("no profile") == 1);
    without.put(profile("all.cfg", "", true));
    CHECK(without.told("p2").ends_with("/all.cfg"));
}

TEST_CASE("a profile that is another server's URL is that, whether files are served or not") {
    Wire wire;
    auto acs = profile("acs", "", true);
    acs.body.text.clear();
    acs.management_url = "https://acs.example.com:7547/";
    wire.put(acs);
    CHECK(wire.told("p1") == "https://acs.example.com:7547/");

    Wire nowhere;
    nowhere.put(profile("all.cfg", "", true));
    CHECK(nowhere.told("p1") == "http://p.example.com/000413231b1c");
}

TEST_CASE("what a known phone was offered is remembered once it took it") {
    Wire wire("pnp_any = true\nurl = 'http://p.example.com'");
    wire.put(profile("all.cfg", "", true));
    auto& known = wire.shard.agents().get<KnownDevices>();
    known.learn("000413231b1c", [](KnownDevice&) { return true; });
    wire.told("p1");
    CHECK(known.find("000413231b1c")->offered.empty());
    wire.receive(testing::answer_to(wire.message(1), "200 OK"));
    CHECK(known.find("000413231b1c")->offered.starts_with("device/all.cfg "));
}

TEST_CASE("a copy is not answered again") {
    Wire wire;
    wire.hear(Wire::asked());
    wire.sent();
    wire.hear(Wire::asked());
    CHECK(wire.sent().empty());
    CHECK(wire.count("copy") == 1);
    wire.hear(Wire::asked("p2"));
    CHECK(wire.sent().size() == 2);
}

TEST_CASE("whoever asks in another's name makes it be sent less than three times what was sent") {
    Wire wire;
    const auto text = Wire::asked();
    wire.hear(text);
    wire.transport.take();
    std::size_t bytes = 0;
    wire.hear(Wire::asked("p2"));
    for (int i = 0; i < 40; ++i) {
        for (const auto& sent : wire.transport.take()) bytes += sent.bytes.size();
        wire.pass(std::chrono::seconds(1));
    }
    CHECK(bytes > 0);
    CHECK(bytes < 3 * test::wire(text).size());
    CHECK(wire.count("not told") == 2);
}

TEST_CASE("a request too short for its answer has none") {
    Wire wire;
    auto config = wire.config;
    config.pnp_url = "http://p.example.com/" + std::string(1500, 'x');
    wire.shard.reload(config);
    wire.hear(Wire::asked());
    CHECK(wire.sent().empty());
    CHECK(wire.count("too short") == 1);
}

TEST_CASE("only phones that are known, by themselves or by their maker, are answered") {
    Wire unknown("");
    unknown.hear(Wire::asked());
    CHECK(unknown.sent().empty());
    CHECK(unknown.count("unknown") == 1);

    Wire maker("pnp_ouis = ['00:04:13']");
    maker.hear(Wire::asked());
    CHECK(maker.sent().size() == 2);
    Wire another("pnp_ouis = ['00:15:65']");
    another.hear(Wire::asked());
    CHECK(another.sent().empty());

    Wire registered("");
    registered.receive(testing::request(
        "REGISTER", "sip:localhost", 1, "<sip:bob@localhost>",
        "Contact: <sip:bob@192.0.2.10:5060>;+sip.instance=\"<urn:uuid:01234567-89ab-1def-8123-"
        "000413231b1c>\"\n"));
    registered.finish();
    registered.sent();
    registered.hear(Wire::asked());
    CHECK(registered.sent().size() == 2);
}

TEST_CASE("whatever else comes is met with silence") {
    Wire wire;
    for (const auto* method : {"OPTIONS", "REGISTER", "INVITE", "MESSAGE"}) {
        auto text = Wire::asked();
        for (auto at = text.find("SUBSCRIBE"); at != std::string::npos; at = text.find("SUBSCRIBE"))
            text.replace(at, 9, method);
        wire.hear(text);
    }
    CHECK(wire.count("not for us") == 4);
    wire.hear("nonsense", "192.0.2.11");
    wire.hear("", "192.0.2.12");
    wire.hear(std::string(5000, 'x'), "192.0.2.13");
    auto broken = Wire::asked();
    broken.replace(broken.find("CSeq: 1"), 7, "CSeq: x");
    wire.hear(broken, "192.0.2.14");
    CHECK(wire.count("malformed") == 4);
    CHECK(wire.sent().empty());
    CHECK(wire.pnp().held() == 0);
}

TEST_CASE("one machine, and all together, are answered so many times a second") {
    Wire wire("pnp_any = true\npnp_rate = 6");
    for (int i = 0; i < 6; ++i) wire.hear(Wire::asked("a" + std::to_string(i)));
    CHECK(wire.count("answered") == 4);
    CHECK(wire.count("limited") == 2);
    for (int i = 0; i < 6; ++i) {
        wire.hear(Wire::asked("b" + std::to_string(i)),
                  ("192.0.2." + std::to_string(20 + i)).c_str());
    }
    CHECK(wire.count("answered") + wire.count("limited") == 12);
    CHECK(wire.count("answered") < 12);
    CHECK(wire.count("limited") > 2);
}

TEST_CASE("what is held of phones that asked leaves with their cell") {
    Wire wire;
    wire.hear(Wire::asked());
    REQUIRE(wire.pnp().held() == 2);
    wire.pnp().forget(wire.shard.context().cell_of(address_of_device("000413231b1c")));
    CHECK(wire.pnp().held() == 0);
}

}  // namespace
}  // namespace herald::server::pnp_test
