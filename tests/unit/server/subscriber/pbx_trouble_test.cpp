// tests/unit/server/subscriber/pbx_trouble_test.cpp: many mailboxes of one PBX: who tries for whom,
// and what is told of it.
#include "tests/unit/server/subscriber/pbx.h"

namespace herald::server::pbx_trouble_test {

using namespace testing;

TEST_CASE("a PBX that was away is tried by one mailbox, and all come back together") {
    Pbx pbx;
    pbx.begin();
    for (int i = 0; i < 20; ++i) {
        packages::MailboxSettings settings;
        settings.pbx = "office";
        pbx.shard.agents().get<Mailboxes>().put_settings(
            "sip:" + std::to_string(i) + "@localhost", settings,
            [](const Status& status) { REQUIRE(status); });
    }
    pbx.commit();
    pbx.transport.refuse(test::endpoint("192.0.2.50", 5060));
    pbx.wait(seconds(1));
    static_cast<void>(pbx.heard());
    auto& upstream = pbx.shard.agents().get<Upstream>();
    REQUIRE(upstream.held() > 20);

    // Away for three minutes: nobody but one asks.
    pbx.wait(seconds(180));
    pbx.transport.admit(test::endpoint("192.0.2.50", 5060));
    static_cast<void>(pbx.heard());
    for (int i = 0; i < 61 && pbx.heard().empty(); ++i) pbx.wait(seconds(1));
    REQUIRE_FALSE(pbx.subscribe.empty());
    pbx.answer("200 OK", "Expires: 600\n");
    std::size_t others = 0;
    for (int i = 0; i < 25; ++i) {
        pbx.wait(milliseconds(10));
        others += pbx.heard().size();
    }

    CHECK(others >= 19);
}

TEST_CASE("RFC 3261 22.2: of many mailboxes one finds out that the password is wrong") {
    Pbx pbx;
    for (int i = 0; i < 20; ++i) {
        packages::MailboxSettings settings;
        settings.pbx = "office";
        pbx.shard.agents().get<Mailboxes>().put_settings(
            "sip:" + std::to_string(i) + "@localhost", settings,
            [](const Status& status) { REQUIRE(status); });
    }
    pbx.commit();
    // The PBX is slow, and nobody else asks meanwhile.
    pbx.wait(milliseconds(300));
    pbx.hear_one();
    pbx.wait(milliseconds(100));
    CHECK(pbx.heard().empty());
    pbx.answer("401 Unauthorized",
               "WWW-Authenticate: Digest realm=\"office\", nonce=\"n1\", qop=\"auth\"\n");
    CHECK(pbx.hear_one().find("Authorization: ") != std::string::npos);
    pbx.answer("401 Unauthorized",
               "WWW-Authenticate: Digest realm=\"office\", nonce=\"n2\", qop=\"auth\"\n");

    std::size_t attempts = 0;
    for (int i = 0; i < 59; ++i) {
        pbx.wait(seconds(60));
        attempts += pbx.heard().size();
    }
    CHECK(attempts == 0);
    const auto status = pbx.shard.agents().get<Mailboxes>().source("sip:7@localhost");
    REQUIRE(status);
    CHECK(status->why == "it refuses the user name or the password of pbx.servers");
    CHECK(status->next <= seconds(61));
    CHECK(status->next > seconds(0));
}

TEST_CASE("RFC 6665 4.1.2.4: a subscription that ends before it is answered keeps nobody waiting") {
    Pbx pbx;
    auto& mailboxes = pbx.shard.agents().get<Mailboxes>();
    packages::MailboxSettings settings;
    settings.pbx = "office";
    mailboxes.put_settings("sip:bob@localhost", settings,
                           [](const Status& status) { REQUIRE(status); });
    pbx.commit();
    pbx.hear_one();
    pbx.wait(milliseconds(20));
    CHECK(pbx.heard().empty());

    CHECK(pbx.notify("terminated;reason=noresource") == "SIP/2.0 200 OK");
    pbx.wait(milliseconds(1));

    CHECK(pbx.hear_one().starts_with("SUBSCRIBE sip:bob@192.0.2.50 "));
    CHECK(mailboxes.source(kAlice)->why == "terminated noresource");
}

TEST_CASE("how a mailbox's PBX is doing is told, and it is asked at once where somebody says so") {
    Pbx pbx;
    auto& mailboxes = pbx.shard.agents().get<Mailboxes>();
    CHECK_FALSE(mailboxes.source("sip:nobody@localhost"));
    CHECK_FALSE(mailboxes.ask_source("sip:nobody@localhost"));
    CHECK(mailboxes.source(kAlice)->next == base::Duration{});
    pbx.begin();

    auto status = mailboxes.source(kAlice);
    REQUIRE(status);
    CHECK(status->pbx == "office");
    CHECK(status->uri == "sip:100@192.0.2.50");
    CHECK(status->is_subscribed);
    CHECK(status->why.empty());
    CHECK(status->next > seconds(200));
    CHECK(mailboxes.ask_source(kAlice));
    pbx.wait(milliseconds(1));
    CHECK(pbx.hear_one().find("To: <sip:100@192.0.2.50>;tag=pbx1") != std::string::npos);
    pbx.answer("404 Not Found");

    status = mailboxes.source(kAlice);
    CHECK_FALSE(status->is_subscribed);
    CHECK(status->why == "404");
    CHECK(status->next > seconds(0));
    CHECK(mailboxes.ask_source(kAlice));
    pbx.wait(milliseconds(1));
    pbx.hear_one();
    pbx.answer("503 Service Unavailable", "Retry-After: 600\n");
    status = mailboxes.source(kAlice);
    CHECK(status->why == "503");
    CHECK(status->next > seconds(590));
    CHECK(mailboxes.ask_source(kAlice));
    pbx.wait(milliseconds(1));
    pbx.hear_one();
    pbx.answer("200 OK", "Expires: 600\n");
    CHECK(pbx.notify("active;expires=600", kThree, "pbx2") == "SIP/2.0 200 OK");
    CHECK(mailboxes.source(kAlice)->is_subscribed);
    CHECK(pbx.counts() == "3/8");
}

}  // namespace herald::server::pbx_trouble_test
