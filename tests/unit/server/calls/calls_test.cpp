// tests/unit/server/calls/calls_test.cpp: calls as operators set and end them, what is counted of
// them, and those that a PBX keeps (RFC 4235).
#include "server/calls/calls.h"

#include <doctest/doctest.h>

#include "server/shard/agents.h"
#include "server/shard/cell_keeper.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::calls_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::header;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";

Config configured() {
    auto read = parse_config(
        "[pbx]\nservers = [\"office sip:192.0.2.10\"]\n"
        "[dialog]\nsuspicious = 60\nmax_early_age = 120\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

std::string info(const std::string& dialogs, const std::string& state = "full") {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"" +
           state + "\" entity=\"" + kAlice + "\">" + dialogs + "</dialog-info>";
}

std::string call(const std::string& id, const std::string& state) {
    return "<dialog id=\"" + id + "\" call-id=\"c" + id +
           "\" local-tag=\"l\" remote-tag=\"r\"><state>" + state + "</state></dialog>";
}

struct Server : SlowShard {
    Server() : SlowShard(configured()) {}

    Calls& calls() { return shard.agents().get<Calls>(); }
    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    void wait(milliseconds time) {
        pass(time);
        commit();
    }
    /// The entity-tag of a new publication.
    std::string publish(const std::string& body, const std::string& tag = {}) {
        static_cast<void>(transport.take());
        const auto number = std::to_string(++requests_);
        receive("PUBLISH " + kAlice + " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKq" +
                number + "\nFrom: <" + kAlice + ">;tag=a\nTo: <" + kAlice + ">\nCall-ID: q" +
                number + "\nCSeq: 1 PUBLISH\nMax-Forwards: 70\nEvent: dialog\nExpires: 3600\n" +
                (tag.empty() ? "" : "SIP-If-Match: " + tag + "\n") +
                "Content-Type: application/dialog-info+xml\nContent-Length: " +
                std::to_string(body.size()) + "\n\n" + body);
        commit();
        for (const auto& sent : transport.take()) {
            if (sent.bytes.starts_with("SIP/2.0 200")) return header(sent.bytes, "SIP-ETag");
        }
        return {};
    }
    std::string states() {
        std::string text;
        for (const auto& each : calls().calls_of(kAlice))
            text += each.id + " " + std::string(pidf::name_of(each.dialog.state)) + " ";
        return text;
    }
    Status end(std::optional<std::string> id = std::nullopt) {
        Status done = Fault{FaultKind::timeout, {}};
        calls().end(kAlice, std::move(id), [&](const Status& status) { done = status; });
        commit();
        return done;
    }
    Status put(const std::string& id, pidf::DialogState state) {
        pidf::Dialog dialog;
        dialog.id = id;
        dialog.state = state;
        Status done = Fault{FaultKind::timeout, {}};
        calls().put(kAlice, dialog, {}, [&](const Status& status) { done = status; });
        commit();
        return done;
    }
    double metric(const std::string& name) {
        for (const auto& sample : metrics.collect())
            if (sample.name == name) return sample.value;
        return -1;
    }

private:
    unsigned requests_ = 0;
};

/// Alice's calls are kept for 1001 at the office, and subscribed to there.
struct OfficeLine {
    Server& server;
    std::string subscribe{};
    unsigned number = 0;

    explicit OfficeLine(Server& given) : server(given) {
        server.calls().put_keeper(kAlice, {"office", "1001"}, [](const Status&) {});
        server.commit();
        server.wait(milliseconds(100));
        REQUIRE(hear());
        accept();
    }
    bool hear() {
        std::string heard;
        for (auto& sent : server.transport.take())
            if (sent.bytes.starts_with("SUBSCRIBE ")) heard = sent.bytes;
        if (!heard.empty()) subscribe = heard;
        return !heard.empty();
    }
    void accept() {
        auto answer = testing::answer_to(subscribe, "200 OK");
        answer.insert(answer.find("Content-Length"), "Expires: 600\n");
        server.receive(answer);
    }
    /// Soon, and is accepted.
    bool asks_again() {
        static_cast<void>(server.transport.take());
        server.wait(seconds(3));
        if (!hear()) return false;
        accept();
        return true;
    }
    void notify(const std::string& body) {
        const auto count = std::to_string(++number);
        server.receive(
            "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
            "192.0.2.10:5060;branch=z9hG4bKn" +
            count + "\nFrom: <sip:1001@192.0.2.10>;tag=pbx\nTo: " + header(subscribe, "From") +
            "\nCall-ID: " + header(subscribe, "Call-ID") + "\nCSeq: " + count +
            " NOTIFY\nMax-Forwards: 70\nContact: <sip:1001@192.0.2.10>\nEvent: dialog\n"
            "Subscription-State: active;expires=600\n"
            "Content-Type: application/dialog-info+xml\n\n" +
            body);
        server.commit();
    }
};

/// As FreeSWITCH writes them.
std::string freeswitch(int version, const std::string& dialogs) {
    return "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "
           "version=\"" +
           std::to_string(version) + "\" state=\"full\" entity=\"sip:1001@192.0.2.10\">\n" +
           dialogs + "</dialog-info>\n";
}
const std::string kFreeSwitchParties =
    "<local>\n<identity display=\"1001\">sip:1001@192.0.2.10</identity>\n"
    "<target uri=\"sip:1001@192.0.2.10\">\n<param pname=\"+sip.rendering\" pvalue=\"no\"/>\n"
    "</target>\n</local>\n<remote>\n"
    "<identity display=\"Carol\">sip:1002@192.0.2.10</identity>\n"
    "<target uri=\"sip:**1001@192.0.2.10\"/>\n</remote>\n";

}  // namespace

TEST_CASE("RFC 4235: an operator lights a lamp and puts it out") {
    Server server;
    REQUIRE(server.put("door", pidf::DialogState::confirmed));
    CHECK(server.states() == "door confirmed ");
    CHECK(server.metric("herald_lamps_lit") == 1);

    REQUIRE(server.put("door", pidf::DialogState::terminated));
    CHECK(server.states().empty());
    CHECK(server.metric("herald_lamps_lit") == 0);
    REQUIRE(server.put("door", pidf::DialogState::early));
    CHECK(server.states() == "door early ");
    CHECK(server.end("door"));
    CHECK(server.states().empty());
    CHECK(server.end("door").fault().kind == FaultKind::not_found);
}

TEST_CASE("RFC 4235: an operator ends what a PBX says, which goes on from there") {
    Server server;
    const auto tag = server.publish(info(call("1", "confirmed") + call("2", "early")));
    REQUIRE(server.put("door", pidf::DialogState::confirmed));
    CHECK(server.states() == "2 early door confirmed 1 confirmed ");

    CHECK(server.end("1"));
    CHECK(server.states() == "2 early door confirmed ");
    CHECK(server.end());
    CHECK(server.states().empty());

    // Its entity-tag is as good as before, and what is over stays over.
    CHECK_FALSE(server.publish(info(call("1", "confirmed") + call("3", "early")), tag).empty());
    CHECK(server.states() == "3 early ");
}

TEST_CASE("lamps whose source is silent are counted, listed, and go out") {
    Server server;
    server.publish(info(call("1", "early")));
    CHECK(server.metric("herald_lamps_suspicious") == 0);
    CHECK(server.calls().lit({}, 10, true).empty());

    server.wait(seconds(61));
    CHECK(server.metric("herald_lamps_suspicious") == 1);
    CHECK(server.calls().lit({}, 10, true) == std::vector<std::string>{kAlice});
    CHECK(server.calls().calls_of(kAlice).at(0).is_suspicious);

    server.wait(seconds(60));
    CHECK(server.metric("herald_lamps_suspicious") == 0);
    CHECK(server.metric("herald_lamps_lit") == 0);
    CHECK(server.metric("herald_dialogs_decayed_total") == 1);
    CHECK(server.states().empty());
}

TEST_CASE("RFC 6665 4.1: calls that a PBX keeps are subscribed to there") {
    Server server;
    OfficeLine line(server);
    CHECK(line.subscribe.starts_with("SUBSCRIBE sip:1001@192.0.2.10 SIP/2.0\r\n"));
    CHECK(header(line.subscribe, "Event") == "dialog");
    line.notify(info(call("1", "confirmed")));
    CHECK(server.states() == "1 confirmed ");
    line.notify(info(call("2", "early"), "partial"));
    CHECK(server.states() == "2 early 1 confirmed ");
    line.notify(info(call("2", "confirmed")));
    CHECK(server.states() == "2 confirmed ");

    server.calls().put_keeper(kAlice, {}, [](const Status&) {});
    server.commit();
    CHECK(server.states().empty());
    CHECK(server.calls().keeper(kAlice).pbx.empty());
}

TEST_CASE("a FreeSWITCH tells of one call as if there were no other: it is asked for all") {
    Server server;
    OfficeLine line(server);
    line.notify(freeswitch(0, {}));
    CHECK(server.states().empty());
    line.notify(
        freeswitch(1, "<dialog id=\"a1-7\" direction=\"recipient\">\n<state>early</state>\n" +
                          kFreeSwitchParties + "</dialog>\n"));
    CHECK(server.states() == "a1-7 early ");
    line.notify(
        freeswitch(2, "<dialog id=\"a1-7\" direction=\"recipient\">\n<state>confirmed</state>\n" +
                          kFreeSwitchParties + "</dialog>\n"));
    CHECK(server.states() == "a1-7 confirmed ");
    CHECK(server.calls().calls_of(kAlice).at(0).dialog.local.is_held);
    CHECK(line.asks_again() == false);

    line.notify(
        freeswitch(3, "<dialog id=\"b2-8\" direction=\"recipient\">\n<state>early</state>\n" +
                          kFreeSwitchParties + "</dialog>\n"));
    REQUIRE(line.asks_again());
    line.notify(
        freeswitch(4,
                   "<dialog id=\"a1-7\" call-id=\"x7@gw\" local-tag=\"l7\" remote-tag=\"r7\" "
                   "direction=\"recipient\">\n <state>confirmed</state>\n</dialog>\n"
                   "<dialog id=\"b2-8\" call-id=\"x8@gw\" local-tag=\"l8\" remote-tag=\"r8\" "
                   "direction=\"recipient\">\n <state>early</state>\n</dialog>\n"));
    CHECK(server.states() == "b2-8 early a1-7 confirmed ");

    line.notify(freeswitch(5,
                           "<dialog id=\"b2-8\" direction=\"recipient\">\n"
                           "<state>terminated</state>\n</dialog>\n"));
    REQUIRE(line.asks_again());
    line.notify(
        freeswitch(6,
                   "<dialog id=\"a1-7\" call-id=\"x7@gw\" local-tag=\"l7\" remote-tag=\"r7\" "
                   "direction=\"recipient\">\n <state>confirmed</state>\n</dialog>\n"));
    CHECK(server.states() == "a1-7 confirmed ");
    line.notify(freeswitch(7,
                           "<dialog id=\"a1-7\" direction=\"recipient\">\n"
                           "<state>terminated</state>\n</dialog>\n"));
    CHECK(server.states().empty());
}

TEST_CASE("a shard that gives an address away keeps nothing of its calls") {
    Server server;
    server.publish(info(call("1", "early")));
    CHECK(server.calls().held() == 1);
    server.shard.keeper().forget(server.shard.context().cell_of(kAlice));
    CHECK(server.calls().held() == 0);
    CHECK(server.metric("herald_lamps_lit") == 0);
}

}  // namespace herald::server::calls_test
