// tests/unit/sip/locate_test.cpp: where a URI leads, against a DNS server on loopback.
#include "sip/locate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/loop.h"
#include "base/time.h"
#include "sip/locate_plan.h"
#include "tests/support/dns_server.h"

namespace herald::sip::locate_test {
namespace {

using support::DnsServer;
using support::DnsType;
using Manner = DnsServer::Manner;
using Found = Result<std::vector<Target>>;

/// "udp 127.0.0.2:5060", the way the tests below write targets.
std::string text_of(const Target& target) {
    return std::string(uri_name(target.protocol)) + ' ' + target.endpoint.to_string();
}

std::vector<std::string> texts_of(const std::vector<Target>& targets) {
    std::vector<std::string> texts;
    for (const Target& target : targets) texts.push_back(text_of(target));
    return texts;
}

using Texts = std::vector<std::string>;

/// A loop, a DNS server on it, and one way to ask for a URI and wait for the answer.
struct Fixture {
    base::ManualClock clock;
    base::Loop loop{clock};
    DnsServer dns{loop};
    LocatorOptions options;

    Fixture() {
        options.servers = dns.address();
        options.use_ipv6 = false;
        // c-ares reads the machine's clock: an answer must not be late because the machine is busy.
        options.timeout = std::chrono::hours(1);
        options.tries = 1;
        options.random = [] { return std::uint64_t{0}; };
    }

    /// For servers that stay silent. One question at a time, since c-ares reads what has come
    /// before it looks at the clock, but only of the question at hand.
    void lose_patience() {
        options.timeout = std::chrono::milliseconds(20);
        options.protocols = {Protocol::udp};
    }

    Found find(const std::string& uri) {
        Locator locator(loop, options);
        std::optional<Found> found;
        locator.locate(uri, [&found](Found result) { found = std::move(result); });
        CHECK_FALSE(found);
        wait_for([&] { return found.has_value(); });
        return std::move(*found);
    }

    Texts targets(const std::string& uri) {
        const Found found = find(uri);
        REQUIRE_MESSAGE(found.has_value(), found.fault().detail);
        return texts_of(*found);
    }

    FaultKind fault(const std::string& uri) {
        const Found found = find(uri);
        REQUIRE_FALSE(found.has_value());
        CHECK_FALSE(found.fault().detail.empty());
        return found.fault().kind;
    }

    template <class Condition>
    void wait_for(Condition condition) {
        for (int turns = 0; turns < 2000 && !condition(); ++turns) {
            const bool was_busy = loop.turn(std::chrono::milliseconds(5));
            // Nothing under way: the time that c-ares waits for has to pass on the loop's clock as
            // well.
            if (!was_busy) clock.advance(std::chrono::milliseconds(5));
        }
        REQUIRE(condition());
    }
};

std::vector<std::string> hosts_of(const std::vector<SrvRecord>& records) {
    std::vector<std::string> hosts;
    for (const SrvRecord& record : records) hosts.push_back(record.host);
    return hosts;
}

}  // namespace

TEST_CASE("RFC 3263 4.2: a numeric host needs no DNS") {
    Fixture fixture;

    CHECK(fixture.targets("sip:a@127.0.0.9") == Texts{"udp 127.0.0.9:5060"});
    CHECK(fixture.targets("sip:a@127.0.0.9:5070;transport=TCP") == Texts{"tcp 127.0.0.9:5070"});
    CHECK(fixture.targets("sip:[::1]") == Texts{"udp [::1]:5060"});
    CHECK(fixture.targets("sip:a@example.com;maddr=127.0.0.8") == Texts{"udp 127.0.0.8:5060"});
    CHECK(fixture.targets("sip:a@example.com:5080;maddr=[::1]") == Texts{"udp [::1]:5080"});
    CHECK(fixture.dns.questions().empty());
}

TEST_CASE("RFC 3263 4.1: the transport of a numeric host, with TLS for sips") {
    const auto target_of = [](std::string_view text) -> std::string {
        const auto uri = parse_uri(text);
        REQUIRE(uri.has_value());
        const auto target = numeric_target(*uri);
        return target ? text_of(*target) : "none";
    };

    CHECK(target_of("sip:127.0.0.9") == "udp 127.0.0.9:5060");
    CHECK(target_of("sips:127.0.0.9") == "tls 127.0.0.9:5061");
    CHECK(target_of("sips:127.0.0.9;transport=tcp") == "tls 127.0.0.9:5061");
    CHECK(target_of("sips:127.0.0.9;transport=ws") == "wss 127.0.0.9:443");
    CHECK(target_of("sips:127.0.0.9;transport=udp") == "none");
    CHECK(target_of("sip:127.0.0.9;transport=tls") == "tls 127.0.0.9:5061");
    CHECK(target_of("sip:127.0.0.9;transport=ws") == "ws 127.0.0.9:80");
    CHECK(target_of("sip:127.0.0.9;transport=sctp") == "none");
    CHECK(target_of("sip:example.com") == "none");
    CHECK(target_of("tel:+4712345678") == "none");
}

TEST_CASE("RFC 3263 4.1: NAPTR by order and preference, then SRV, then addresses") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_naptr("example.com", {90, 50, "s", "SIP+D2T", "_sip._tcp.example.com"});
    dns.add_naptr("example.com", {90, 40, "S", "sip+d2u", "_sip._udp.example.net"});
    dns.add_naptr("example.com", {10, 10, "s", "SIPS+D2T", "_sips._tcp.example.com"});
    dns.add_naptr("example.com", {10, 10, "u", "E2U+sip", "."});
    dns.add_srv("_sip._tcp.example.com", {1, 0, 5070, "one.example.com"});
    dns.add_srv("_sip._udp.example.net", {2, 0, 5081, "two.example.net"});
    dns.add_srv("_sip._udp.example.net", {1, 0, 5080, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");
    dns.add_a("two.example.net", "127.0.0.12");

    CHECK(fixture.targets("sip:bob@Example.COM") ==
          Texts{"udp 127.0.0.11:5080", "udp 127.0.0.12:5081", "tcp 127.0.0.11:5070"});
    CHECK(dns.questions() == Texts{"NAPTR example.com", "SRV _sip._udp.example.net",
                                   "SRV _sip._tcp.example.com", "A one.example.com",
                                   "A two.example.net"});
}

TEST_CASE("RFC 3263 4.1: sips takes only what is secure, and only where TLS is spoken") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_naptr("example.com", {10, 10, "s", "SIP+D2U", "_sip._udp.example.com"});
    dns.add_naptr("example.com", {20, 10, "s", "SIPS+D2T", "_sips._tcp.example.com"});
    dns.add_srv("_sip._udp.example.com", {1, 0, 5060, "one.example.com"});
    dns.add_srv("_sips._tcp.example.com", {1, 0, 5065, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");

    CHECK(fixture.fault("sips:bob@example.com") == FaultKind::unreachable);
    CHECK(dns.questions().empty());

    fixture.options.protocols = {Protocol::udp, Protocol::tcp, Protocol::tls};
    CHECK(fixture.targets("sips:bob@example.com") == Texts{"tls 127.0.0.11:5065"});
    CHECK(fixture.targets("sip:bob@example.com") ==
          Texts{"udp 127.0.0.11:5060", "tls 127.0.0.11:5065"});
}

TEST_CASE("RFC 3263 4.1: an explicit transport wins over NAPTR") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_naptr("example.com", {10, 10, "s", "SIP+D2U", "_sip._udp.example.com"});
    dns.add_srv("_sip._udp.example.com", {1, 0, 5060, "one.example.com"});
    dns.add_srv("_sip._tcp.example.com", {1, 0, 5062, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");
    dns.add_a("example.com", "127.0.0.12");

    CHECK(fixture.targets("sip:bob@example.com;transport=tcp") == Texts{"tcp 127.0.0.11:5062"});
    CHECK(dns.questions().front() == "SRV _sip._tcp.example.com");
    CHECK(fixture.fault("sip:bob@example.com;transport=tls") == FaultKind::unreachable);
    CHECK(fixture.fault("sip:bob@example.com;transport=sctp") == FaultKind::unreachable);
}

TEST_CASE("RFC 3263 4.2: an explicit port skips NAPTR and SRV") {
    Fixture fixture;
    fixture.dns.add_srv("_sip._udp.example.com", {1, 0, 5062, "one.example.com"});
    fixture.dns.add_a("example.com", "127.0.0.10");

    CHECK(fixture.targets("sip:bob@example.com:5099") == Texts{"udp 127.0.0.10:5099"});
    CHECK(fixture.targets("sip:bob@example.com:5099;transport=tcp") ==
          Texts{"tcp 127.0.0.10:5099"});
    CHECK(fixture.dns.questions() == Texts{"A example.com", "A example.com"});
}

TEST_CASE("RFC 3263 4.1: maddr replaces the host in every question") {
    Fixture fixture;
    fixture.dns.add_a("maddr.example.com", "127.0.0.10");

    CHECK(fixture.targets("sip:bob@example.net:5099;maddr=maddr.example.com") ==
          Texts{"udp 127.0.0.10:5099"});
}

TEST_CASE("RFC 3263 4.1: without NAPTR, SRV of all we speak; without SRV, the host itself") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_srv("_sip._tcp.example.com", {1, 0, 5062, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");
    dns.add_a("example.net", "127.0.0.10");

    CHECK(fixture.targets("sip:example.com") == Texts{"tcp 127.0.0.11:5062"});
    CHECK(dns.questions() == Texts{"NAPTR example.com", "SRV _sip._udp.example.com",
                                   "SRV _sip._tcp.example.com", "A one.example.com"});
    CHECK(fixture.targets("sip:example.net") == Texts{"udp 127.0.0.10:5060"});

    fixture.options.protocols = {Protocol::tcp, Protocol::tls};
    CHECK(fixture.targets("sip:example.net") == Texts{"tcp 127.0.0.10:5060"});
    CHECK(fixture.targets("sips:example.net") == Texts{"tls 127.0.0.10:5061"});
}

TEST_CASE("RFC 7118: a WebSocket server is found by NAPTR, else by its address") {
    Fixture fixture;
    auto& dns = fixture.dns;
    fixture.options.protocols = {Protocol::udp, Protocol::ws};
    dns.add_naptr("example.com", {10, 10, "s", "SIP+D2W", "_sip._ws.example.com"});
    dns.add_srv("_sip._ws.example.com", {1, 0, 8080, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");
    dns.add_a("example.net", "127.0.0.10");

    CHECK(fixture.targets("sip:example.com") == Texts{"ws 127.0.0.11:8080"});
    CHECK(fixture.targets("sip:example.net;transport=ws") == Texts{"ws 127.0.0.10:80"});
}

TEST_CASE("RFC 2782: a target of \".\" means that the service is not offered") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_srv("_sip._udp.example.com", {0, 0, 0, "."});
    dns.add_a("example.com", "127.0.0.10");

    CHECK(fixture.fault("sip:example.com") == FaultKind::unreachable);

    dns.add_srv("_sip._tcp.example.com", {0, 0, 5062, "example.com"});
    CHECK(fixture.targets("sip:example.com") == Texts{"tcp 127.0.0.10:5062"});
}

TEST_CASE("RFC 7984 4: the addresses of one SRV target stay together") {
    Fixture fixture;
    auto& dns = fixture.dns;
    fixture.options.use_ipv6 = true;
    dns.add_srv("_sip._udp.example.com", {1, 0, 5060, "one.example.com"});
    dns.add_srv("_sip._udp.example.com", {2, 0, 5060, "two.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");
    dns.add_aaaa("one.example.com", "::1");
    dns.add_a("two.example.com", "127.0.0.12");
    dns.add_aaaa("two.example.com", "::1");

    Texts found = fixture.targets("sip:example.com;transport=udp");

    // ::1 comes first or second as the host can use it (RFC 6724 5), and never a second time.
    REQUIRE(found.size() == 3);
    std::sort(found.begin(), found.begin() + 2);
    CHECK(found == Texts{"udp 127.0.0.11:5060", "udp [::1]:5060", "udp 127.0.0.12:5060"});
}

TEST_CASE("RFC 7984 3: address families we lack are not asked for") {
    Fixture fixture;
    fixture.dns.add_a("example.com", "127.0.0.10");
    fixture.dns.add_aaaa("example.com", "::1");

    CHECK(fixture.targets("sip:example.com:5060") == Texts{"udp 127.0.0.10:5060"});
    fixture.options.use_ipv4 = false;
    fixture.options.use_ipv6 = true;
    CHECK(fixture.targets("sip:example.com:5060") == Texts{"udp [::1]:5060"});
    fixture.options.use_ipv6 = false;
    CHECK(fixture.fault("sip:example.com:5060") == FaultKind::unreachable);
    CHECK(fixture.dns.questions() == Texts{"A example.com", "AAAA example.com"});
}

TEST_CASE("RFC 3263 4.3: a list to fail over along is complete up to its limit") {
    Fixture fixture;
    fixture.options.most_targets = 5;
    for (int i = 0; i < 9; ++i) {
        const std::string host = "h" + std::to_string(i) + ".example.com";
        fixture.dns.add_srv("_sip._udp.example.com",
                            {static_cast<std::uint16_t>(9 - i), 0, 5060, host});
        fixture.dns.add_a(host, "127.0.1." + std::to_string(i));
    }

    CHECK(fixture.targets("sip:example.com;transport=udp") ==
          Texts{"udp 127.0.1.8:5060", "udp 127.0.1.7:5060", "udp 127.0.1.6:5060",
                "udp 127.0.1.5:5060", "udp 127.0.1.4:5060"});
}

TEST_CASE("RFC 3263 4.3: one name with many addresses keeps to the limit too") {
    Fixture fixture;
    fixture.options.most_targets = 2;
    for (int i = 1; i <= 3; ++i) {
        fixture.dns.add_a("example.com", "127.0.1." + std::to_string(i));
    }

    CHECK(fixture.targets("sip:example.com:5060").size() == 2);
}

TEST_CASE("RFC 3263 4.1: of a zone's many services eight are asked for") {
    std::vector<NaptrRecord> records;
    for (std::uint16_t i = 0; i < 20; ++i) {
        records.push_back({i, 0, "s", "SIP+D2U", "_sip._udp.s" + std::to_string(i)});
    }

    const auto services = services_of(records, Sought{.host = "example.com"}, {Protocol::udp});

    REQUIRE(services.size() == 8);
    CHECK(services.back().name == "_sip._udp.s7");
}

TEST_CASE("An alias is followed to its addresses") {
    Fixture fixture;
    fixture.dns.add_cname("www.example.com", "one.example.com");
    fixture.dns.add_a("one.example.com", "127.0.0.11");

    CHECK(fixture.targets("sip:www.example.com:5060") == Texts{"udp 127.0.0.11:5060"});
}

TEST_CASE("A truncated answer is asked for again over TCP") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.set_manner(DnsType::srv, Manner::truncates);
    dns.add_srv("_sip._udp.example.com", {1, 0, 5066, "one.example.com"});
    dns.add_a("one.example.com", "127.0.0.11");

    CHECK(fixture.targets("sip:example.com;transport=udp") == Texts{"udp 127.0.0.11:5066"});
    CHECK(dns.questions() ==
          Texts{"SRV _sip._udp.example.com", "SRV/TCP _sip._udp.example.com", "A one.example.com"});
}

TEST_CASE("A server that cannot do NAPTR or SRV still leads to the host") {
    Fixture fixture;
    fixture.lose_patience();
    fixture.dns.add_a("example.com", "127.0.0.10");
    for (const Manner manner :
         {Manner::fails, Manner::refuses, Manner::is_silent, Manner::babbles}) {
        fixture.dns.set_manner(DnsType::naptr, manner);
        fixture.dns.set_manner(DnsType::srv, manner);

        CHECK(fixture.targets("sip:example.com") == Texts{"udp 127.0.0.10:5060"});
    }
}

TEST_CASE("Faults tell a missing domain from a missing record and from a missing answer") {
    Fixture fixture;
    auto& dns = fixture.dns;
    dns.add_srv("_sip._udp.broken.example.com", {1, 0, 5060, "gone.example.com"});
    dns.add_aaaa("v6.example.com", "::1");

    CHECK(fixture.fault("sip:bob@example.net") == FaultKind::not_found);
    CHECK(fixture.fault("sip:bob@v6.example.com") == FaultKind::unreachable);
    CHECK(fixture.fault("sip:bob@broken.example.com") == FaultKind::unreachable);
    CHECK(fixture.fault("tel:+4712345678") == FaultKind::malformed);
    CHECK(fixture.fault("sip:") == FaultKind::malformed);

    dns.set_manner(Manner::fails);
    CHECK(fixture.fault("sip:bob@v6.example.com") == FaultKind::unreachable);
    dns.set_manner(Manner::is_silent);
    fixture.lose_patience();
    CHECK(fixture.fault("sip:bob@v6.example.com:5060") == FaultKind::timeout);
}

TEST_CASE("Servers that cannot be understood are a fault of each search, not a crash") {
    Fixture fixture;
    fixture.options.servers = "not an address";

    CHECK(fixture.fault("sip:example.com") == FaultKind::unreachable);
    CHECK(fixture.targets("sip:127.0.0.9") == Texts{"udp 127.0.0.9:5060"});
}

TEST_CASE("The deadline of a search runs on the loop's clock") {
    Fixture fixture;
    fixture.options.deadline = std::chrono::seconds(16);
    fixture.dns.set_manner(Manner::is_silent);
    Locator locator(fixture.loop, fixture.options);
    std::optional<Found> found;
    locator.locate("sip:example.com", [&](Found result) { found = std::move(result); });
    fixture.wait_for([&] { return !fixture.dns.questions().empty(); });

    fixture.clock.advance(std::chrono::seconds(15));
    fixture.loop.turn({});
    CHECK_FALSE(found);
    fixture.clock.advance(std::chrono::seconds(1));
    fixture.wait_for([&] { return found.has_value(); });

    REQUIRE_FALSE(found->has_value());
    CHECK(found->fault().kind == FaultKind::timeout);
}

TEST_CASE("An SRV target that is an address, as careless zones have it, is taken as one") {
    Fixture fixture;
    fixture.options.use_ipv6 = true;
    fixture.dns.add_srv("_sip._udp.example.com", {1, 0, 5062, "127.0.0.11"});

    CHECK(fixture.targets("sip:example.com;transport=udp") == Texts{"udp 127.0.0.11:5062"});
    CHECK(fixture.dns.questions() == Texts{"SRV _sip._udp.example.com"});
}

TEST_CASE("At the deadline what is known so far is the answer") {
    Fixture fixture;
    auto& dns = fixture.dns;
    fixture.options.use_ipv6 = true;
    dns.add_srv("_sip._udp.example.com", {1, 0, 5060, "127.0.0.11"});
    dns.add_srv("_sip._udp.example.com", {2, 0, 5060, "two.example.com"});
    dns.set_manner(DnsType::a, Manner::is_silent);
    Locator locator(fixture.loop, fixture.options);
    std::optional<Found> found;
    locator.locate("sip:example.com;transport=udp",
                   [&](Found result) { found = std::move(result); });
    fixture.wait_for([&] { return dns.questions().size() == 3; });

    fixture.clock.advance(fixture.options.deadline + std::chrono::milliseconds(2));
    fixture.wait_for([&] { return found.has_value(); });

    REQUIRE(found->has_value());
    CHECK(texts_of(**found) == Texts{"udp 127.0.0.11:5060"});
}

TEST_CASE("RFC 6761 6.3: localhost is known without NAPTR and SRV") {
    Fixture fixture;
    fixture.dns.set_manner(Manner::is_silent);

    CHECK(fixture.targets("sip:localhost") == Texts{"udp 127.0.0.1:5060"});
    const auto& asked = fixture.dns.questions();
    CHECK(std::none_of(asked.begin(), asked.end(),
                       [](const std::string& question) { return question.rfind("A", 0) != 0; }));
}

TEST_CASE("Many searches run at once, each with its own answer") {
    Fixture fixture;
    for (int i = 0; i < 50; ++i) {
        fixture.dns.add_a("h" + std::to_string(i) + ".example.com", "127.0.2." + std::to_string(i));
    }
    Locator locator(fixture.loop, fixture.options);
    std::array<std::string, 50> answers;
    std::size_t count = 0;

    for (std::size_t i = 0; i < answers.size(); ++i) {
        locator.locate("sip:h" + std::to_string(i) + ".example.com", [&, i](Found found) {
            ++count;
            if (found) answers[i] = text_of(found->front());
        });
    }
    fixture.wait_for([&] { return count == answers.size(); });

    for (std::size_t i = 0; i < answers.size(); ++i) {
        CHECK(answers[i] == "udp 127.0.2." + std::to_string(i) + ":5060");
    }
}

TEST_CASE("Destroying the locator calls nothing, whatever is under way") {
    Fixture fixture;
    fixture.dns.add_a("example.com", "127.0.0.10");
    int calls = 0;
    const auto count = [&](const Found&) { ++calls; };
    auto locator = std::make_unique<Locator>(fixture.loop, fixture.options);

    SUBCASE("a numeric answer on its way") {
        locator->locate("sip:127.0.0.9", count);
    }
    SUBCASE("a question not yet sent") {
        locator->locate("sip:example.com", count);
    }
    SUBCASE("a question not yet answered") {
        locator->locate("sip:example.com", count);
        fixture.wait_for([&] { return !fixture.dns.questions().empty(); });
    }
    locator.reset();

    for (int i = 0; i < 10; ++i) {
        fixture.loop.turn({});
        fixture.clock.advance(std::chrono::seconds(10));
    }
    CHECK(calls == 0);
    CHECK(fixture.loop.timers().size() == 0);
}

TEST_CASE("The locator may be destroyed by whom it calls, the rest is not called") {
    Fixture fixture;
    fixture.dns.add_a("example.com", "127.0.0.10");
    int calls = 0;
    auto locator = std::make_unique<Locator>(fixture.loop, fixture.options);
    for (int i = 0; i < 3; ++i) {
        locator->locate("sip:example.com:5060", [&](const Found&) {
            ++calls;
            locator.reset();
        });
    }

    fixture.wait_for([&] { return calls > 0; });
    for (int i = 0; i < 10; ++i) fixture.loop.turn({});

    CHECK(calls == 1);
}

TEST_CASE("A callback may ask for the next URI") {
    Fixture fixture;
    fixture.dns.add_a("example.com", "127.0.0.10");
    Locator locator(fixture.loop, fixture.options);
    std::optional<Found> second;

    locator.locate("sip:127.0.0.9", [&](const Found&) {
        locator.locate("sip:example.com:5060", [&](Found found) { second = std::move(found); });
    });
    fixture.wait_for([&] { return second.has_value(); });

    REQUIRE(second->has_value());
    CHECK(texts_of(**second) == Texts{"udp 127.0.0.10:5060"});
}

TEST_CASE("RFC 2782: records of one priority are drawn by weight, those of weight 0 seldom") {
    const std::vector<SrvRecord> records{
        {2, 0, 1, "last"}, {1, 10, 1, "ten"}, {1, 0, 1, "zero"}, {1, 30, 1, "thirty"}};
    static std::vector<std::uint64_t> draws;
    const auto order_for = [&](std::vector<std::uint64_t> given) {
        draws = std::move(given);
        return hosts_of(in_order_of_trial(records, [] {
            const std::uint64_t drawn = draws.front();
            draws.erase(draws.begin());
            return drawn;
        }));
    };

    // Running sums 0, 10, 40: the first that is not below the number drawn.
    CHECK(order_for({0, 0, 0, 0}) == Texts{"zero", "ten", "thirty", "last"});
    CHECK(order_for({1, 0, 0, 0}) == Texts{"ten", "zero", "thirty", "last"});
    CHECK(order_for({11, 10, 0, 0}) == Texts{"thirty", "ten", "zero", "last"});
    CHECK(order_for({40, 0, 0, 0}) == Texts{"thirty", "zero", "ten", "last"});
    CHECK(order_for({41, 0, 0, 0}) == Texts{"zero", "ten", "thirty", "last"});
}

TEST_CASE("RFC 2782: over many draws the first record follows the weights") {
    const std::vector<SrvRecord> records{{1, 10, 1, "a"}, {1, 30, 1, "b"}, {1, 60, 1, "c"}};
    std::array<int, 3> first{};

    for (int i = 0; i < 10000; ++i) {
        const auto hosts = hosts_of(in_order_of_trial(records, base::random_u64));
        REQUIRE(hosts.size() == 3);
        ++first[static_cast<std::size_t>(hosts[0][0] - 'a')];
    }

    // Ten standard deviations on either side.
    CHECK(first[0] > 700);
    CHECK(first[0] < 1300);
    CHECK(first[2] > 5500);
    CHECK(first[2] < 6500);
}

TEST_CASE("RFC 2782: of thousands of servers the first 128 by priority are drawn among") {
    std::vector<SrvRecord> records;
    for (std::uint16_t i = 0; i < 4000; ++i) {
        records.push_back({.priority = static_cast<std::uint16_t>(4000 - i),
                           .weight = 1,
                           .port = 5060,
                           .host = "h" + std::to_string(i)});
    }

    const auto drawn = in_order_of_trial(records, base::random_u64);

    REQUIRE(drawn.size() == 128);
    CHECK(drawn.front().host == "h3999");
    CHECK(drawn.back().host == "h3872");
}

TEST_CASE("RFC 3263 4.1: NAPTR records of other services, flags or transports are passed over") {
    const Sought sought{"example.com", 0, false, {}};
    const std::vector<NaptrRecord> records{
        {1, 1, "u", "SIP+D2U", "u.example.com"},    {1, 1, "s", "E2U+sip", "e.example.com"},
        {1, 1, "s", "SIP+D2S", "sctp.example.com"}, {1, 1, "s", "SIP+D2U", ""},
        {2, 1, "s", "SIP+D2T", "tcp.example.com"},  {1, 9, "s", "SIP+D2U", "udp.example.com"},
        {1, 1, "s", "SIPS+D2W", "wss.example.com"},
    };

    const auto services = services_of(records, sought, {Protocol::tcp, Protocol::udp});

    REQUIRE(services.size() == 2);
    CHECK(services[0].name == "udp.example.com");
    CHECK(services[1].name == "tcp.example.com");
}

}  // namespace herald::sip::locate_test
