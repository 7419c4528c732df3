// tests/unit/server/subscriber/pbx_list_test.cpp: calls of many users by one list of their PBX (RFC
// 4662).
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "server/calls/calls.h"
#include "server/shard/agents.h"
#include "server/subscriber/told_list.h"
#include "server/subscriber/upstream.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::pbx_list_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::header;
using testing::SlowShard;

const std::string kAlice = "sip:alice@localhost";
const std::string kBob = "sip:bob@localhost";
const std::string kCarol = "sip:carol@localhost";

Config with_list() {
    auto read =
        parse_config("[pbx]\nservers = [\"office sip:192.0.2.50\"]\nlists = [\"office lamps\"]\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

std::string info(const std::string& call_id, const std::string& state, int version = 0,
                 const std::string& extent = "full") {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"" +
           std::to_string(version) + "\" state=\"" + extent +
           "\" entity=\"sip:x@y\"><dialog id=\"" + call_id + "\" call-id=\"" + call_id +
           "\" local-tag=\"l\" remote-tag=\"r\"><state>" + state +
           "</state></dialog></dialog-info>";
}

/// What a NOTIFY of the list tells: documents by user; "" is a resource without state, "gone" one
/// that the PBX does not know any more.
using States = std::map<std::string, std::string>;

std::string body_of(const States& states, int version, bool is_full) {
    std::string list =
        "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:lamps@192.0.2.50\" version=\"" +
        std::to_string(version) + "\" fullState=\"" + (is_full ? "true" : "false") + "\">";
    std::string parts;
    for (const auto& [user, document] : states) {
        list += "<resource uri=\"sip:" + user + "@pbx.example.com\">";
        if (document == "gone") {
            list += "<instance id=\"1\" state=\"terminated\" reason=\"noresource\"/>";
        } else if (!document.empty()) {
            list += "<instance id=\"1\" state=\"active\" cid=\"" + user + "@pbx\"/>";
            parts += "--cut\r\nContent-ID: <" + user +
                     "@pbx>\r\nContent-Type: application/dialog-info+xml\r\n\r\n" + document +
                     "\r\n";
        }
        list += "</resource>";
    }
    return "--cut\r\nContent-ID: <root@pbx>\r\nContent-Type: "
           "application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n" +
           list + "</list>\r\n" + parts + "--cut--\r\n";
}

/// Alice is 100 there, Bob 101.
struct Server : SlowShard {
    std::string subscribe;
    unsigned number = 0;
    std::uint64_t version = 0;

    Server() : SlowShard(with_list()) {
        keep(kAlice, "100");
        keep(kBob, "101");
        wait(milliseconds(100));
    }
    Calls& calls() { return shard.agents().get<Calls>(); }
    Upstream& upstream() { return shard.agents().get<Upstream>(); }
    void keep(const std::string& aor, const std::string& user) {
        calls().put_keeper(aor, {user.empty() ? "" : "office", user}, [](const Status&) {});
        commit();
    }
    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    void wait(milliseconds time) {
        pass(time);
        commit();
        settle();
    }
    /// How many SUBSCRIBEs went out.
    std::size_t heard() {
        std::size_t count = 0;
        std::set<std::string> seen;
        for (auto& sent : transport.take()) {
            if (!sent.bytes.starts_with("SUBSCRIBE ") || !seen.insert(sent.bytes).second) continue;
            subscribe = sent.bytes;
            ++count;
        }
        return count;
    }
    void accept() {
        auto answer = testing::answer_to(subscribe, "200 OK");
        answer.insert(answer.find("Content-Length"), "Expires: 600\n");
        receive(answer);
        commit();
    }
    /// The answer to it.
    std::string notify(const std::string& state, const std::string& body, const std::string& type) {
        const auto count = std::to_string(++number);
        static_cast<void>(transport.take());
        receive(
            "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
            "192.0.2.50:5060;branch=z9hG4bKn" +
            count + "\nFrom: <sip:lamps@192.0.2.50>;tag=pbx\nTo: " + header(subscribe, "From") +
            "\nCall-ID: " + header(subscribe, "Call-ID") + "\nCSeq: " + count +
            " NOTIFY\nMax-Forwards: 70\nContact: <sip:192.0.2.50>\nEvent: dialog\nRequire: "
            "eventlist\nSubscription-State: " +
            state + "\nContent-Type: " + type + "\nContent-Length: " + std::to_string(body.size()) +
            "\n\n" + body);
        std::string answer;
        for (auto& sent : transport.take()) {
            if (sent.bytes.starts_with("SIP/2.0 ")) answer = sent.bytes.substr(8, 3);
            if (sent.bytes.starts_with("SUBSCRIBE ")) subscribe = sent.bytes;
        }
        commit();
        return answer;
    }
    std::string tell(const States& states, bool is_full = true) {
        return tell_at(static_cast<int>(version++), states, is_full);
    }
    std::string tell_at(int at, const States& states, bool is_full) {
        return notify("active;expires=600", body_of(states, at, is_full),
                      "multipart/related;type=\"application/rlmi+xml\";start=\"<root@pbx>\";"
                      "boundary=\"cut\"");
    }
    std::string states(const std::string& aor) {
        std::string text;
        for (const auto& each : calls().calls_of(aor))
            text += each.id + " " + std::string(pidf::name_of(each.dialog.state)) + " ";
        return text;
    }
    void begin() {
        REQUIRE(heard() == 1);
        accept();
    }
};

}  // namespace

TEST_CASE("RFC 4662 4.2: one SUBSCRIBE for all that a PBX has on its list") {
    Server server;
    REQUIRE(server.heard() == 1);
    CHECK(server.subscribe.starts_with("SUBSCRIBE sip:lamps@192.0.2.50 SIP/2.0\r\n"));
    CHECK(header(server.subscribe, "Supported") == "eventlist");
    CHECK(header(server.subscribe, "Accept") ==
          "application/dialog-info+xml, application/rlmi+xml, multipart/related");
    CHECK(header(server.subscribe, "Event") == "dialog");
}

TEST_CASE("RFC 4662 5: each resource gets its part, others are nobody's") {
    Server server;
    server.begin();
    CHECK(server.tell({{"100", info("a", "early")},
                       {"101", info("b", "confirmed")},
                       {"102", info("c", "early")}}) == "200");
    CHECK(server.states(kAlice) == "a early ");
    CHECK(server.states(kBob) == "b confirmed ");

    CHECK(server.tell({{"100", info("a", "terminated", 1)}}, false) == "200");
    CHECK(server.states(kAlice).empty());
    CHECK(server.states(kBob) == "b confirmed ");
    CHECK(server.upstream().status(*packages::find("dialog"), kBob)->is_subscribed);
}

TEST_CASE("RFC 4662 5.2: who is not in the whole list, or is gone from it, has no calls") {
    Server server;
    server.begin();
    server.tell({{"100", info("a", "early")}, {"101", info("b", "confirmed")}});

    server.tell({{"100", "gone"}}, false);
    CHECK(server.states(kAlice).empty());
    CHECK(server.states(kBob) == "b confirmed ");
    server.tell({{"100", info("c", "early")}});
    CHECK(server.states(kAlice) == "c early ");
    CHECK(server.states(kBob).empty());
}

TEST_CASE("RFC 4662 5.2: a NOTIFY that is missing makes Herald ask for everything again") {
    Server server;
    server.begin();
    server.tell({{"100", info("a", "early")}, {"101", ""}});
    server.wait(seconds(5));
    CHECK(server.heard() == 0);

    server.tell_at(5, {{"100", info("a", "confirmed", 5)}}, false);
    CHECK(server.states(kAlice) == "a confirmed ");
    server.wait(seconds(3));
    CHECK(server.heard() == 1);
    server.accept();
    server.tell_at(6, {{"100", info("a", "confirmed", 6)}, {"101", info("b", "early", 3)}}, true);
    CHECK(server.states(kBob) == "b early ");
    server.tell_at(4, {{"101", "gone"}}, false);
    CHECK(server.states(kBob) == "b early ");
}

TEST_CASE("RFC 4662 5: a list within the list") {
    Server server;
    server.begin();
    const auto inner = body_of({{"101", info("b", "early")}}, 0, true);
    const std::string body =
        "--out\r\nContent-Type: application/rlmi+xml\r\n\r\n<list "
        "xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:lamps@x\" version=\"0\" "
        "fullState=\"true\"><resource uri=\"sip:sub@x\"><instance id=\"1\" state=\"active\" "
        "cid=\"in@pbx\"/></resource></list>\r\n--out\r\nContent-ID: <in@pbx>\r\nContent-Type: "
        "multipart/related;boundary=cut\r\n\r\n" +
        inner + "\r\n--out--\r\n";
    CHECK(server.notify("active;expires=600", body, "multipart/related;boundary=out") == "200");
    CHECK(server.states(kBob) == "b early ");
}

TEST_CASE("what is no list is refused, and nothing of it is kept") {
    Server server;
    server.begin();
    CHECK(server.notify("active;expires=600", info("a", "early"), "application/dialog-info+xml") ==
          "415");
    const auto bad = body_of({{"100", info("a", "early")}, {"101", "<dialog-info"}}, 0, true);
    CHECK(server.notify("active;expires=600", bad, "multipart/related;boundary=cut") == "400");
    CHECK(server.states(kAlice).empty());
}

TEST_CASE(
    "who comes to a list is asked for, who leaves it has no calls, and the last one ends it") {
    Server server;
    server.begin();
    server.tell(
        {{"100", info("a", "early")}, {"101", info("b", "early")}, {"102", info("c", "early")}});

    server.keep(kCarol, "102");
    server.wait(milliseconds(100));
    REQUIRE(server.heard() == 1);
    CHECK(header(server.subscribe, "To").find(";tag=") != std::string::npos);
    server.accept();
    server.tell(
        {{"100", info("a", "early")}, {"101", info("b", "early")}, {"102", info("c", "early")}});
    CHECK(server.states(kCarol) == "c early ");

    server.keep(kAlice, "");
    CHECK(server.states(kAlice).empty());
    CHECK(server.heard() == 0);
    server.tell(
        {{"100", info("d", "early")}, {"101", info("b", "early")}, {"102", info("c", "early")}});
    CHECK(server.states(kAlice).empty());
    server.keep(kBob, "");
    server.keep(kCarol, "");
    server.wait(milliseconds(100));
    REQUIRE(server.heard() == 1);
    CHECK(header(server.subscribe, "Expires") == "0");
}

TEST_CASE("a list that is lost takes its calls along") {
    Server server;
    server.begin();
    server.tell({{"100", info("a", "early")}, {"101", info("b", "confirmed")}});
    server.wait(seconds(600 + 64 + 10));
    CHECK(server.states(kAlice).empty());
    CHECK(server.states(kBob).empty());
}

TEST_CASE("a list that goes on keeps its calls, though nothing changes") {
    Server server;
    server.begin();
    const States states{{"100", info("a", "confirmed")}, {"101", ""}};
    server.tell(states);
    for (int n = 0; n < 200; ++n) {
        server.wait(seconds(10));
        if (server.heard() == 0) continue;
        server.accept();
        server.tell(states);
    }
    CHECK(server.states(kAlice) == "a confirmed ");
}

TEST_CASE("RFC 4662: a list has more parts than other bodies may have") {
    Server server;
    server.begin();
    States states;
    for (int n = 100; n < 220; ++n)
        states[std::to_string(n)] = info("a" + std::to_string(n), "early");
    CHECK(server.tell(states) == "200");
    CHECK(server.states(kBob) == "a101 early ");
}

TEST_CASE("RFC 3261 19.1.4: users of a list are compared as URIs are") {
    CHECK(listed_user("sip:%31%300@pbx") == "100");
    CHECK(listed_user("sip:100@pbx;user=phone") == "100");
    CHECK(listed_user("sip:pbx").empty());
    CHECK(listed_user("100").empty());
}

}  // namespace herald::server::pbx_list_test
