// tests/unit/server/subscriber/pbx.h: a PBX that Herald subscribes to, as the tests play it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/mwi/mailboxes.h"
#include "server/shard/agents.h"
#include "server/subscriber/upstream.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::testing {

using store::Outcome;
using Lines = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline const std::string kAlice = "sip:alice@localhost";
inline const std::string kTwo = "Messages-Waiting: yes\nVoice-Message: 2/8 (0/2)\n";
inline const std::string kThree = "Messages-Waiting: yes\nVoice-Message: 3/8 (0/2)\n";

inline Config with_pbx(const std::string& pbx, const std::string& mwi = {}) {
    auto read = parse_config("[pbx]\nservers = [\"" + pbx + "\"]\n[mwi]\n" + mwi);
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

/// Alice's mailbox is 100 at 192.0.2.50. Every change is durable at once.
struct Pbx : SlowShard {
    std::string subscribe;  ///< the last one heard
    Lines early;            ///< SUBSCRIBEs that came with the answer to a NOTIFY
    unsigned notifies = 0;  ///< CSeq of the last one
    unsigned branches = 0;

    explicit Pbx(const std::string& pbx = "office sip:192.0.2.50 herald secret")
        : Pbx(with_pbx(pbx)) {}
    explicit Pbx(Config given) : SlowShard(std::move(given)) {
        set("office");
        wait(milliseconds(1));
    }

    void set(const std::string& pbx) {
        packages::MailboxSettings settings;
        settings.pbx = pbx;
        if (!pbx.empty()) settings.pbx_user = "100";
        Status done;
        shard.agents().get<Mailboxes>().put_settings(
            kAlice, settings, [&](Status status) { done = std::move(status); });
        commit();
        REQUIRE(done);
    }
    void commit() {
        settle();
        while (!store.held.empty()) finish();
    }
    /// Lets time pass, and whatever becomes due with it.
    void wait(milliseconds time) {
        pass(time);
        commit();
        settle();
        pass(milliseconds(1));
        commit();
    }
    /// The SUBSCRIBEs sent since it was asked last.
    Lines heard() {
        Lines requests = std::exchange(early, {});
        for (auto& message : transport.take()) {
            if (message.bytes.starts_with("SUBSCRIBE ")) requests.push_back(message.bytes);
        }
        if (!requests.empty()) subscribe = requests.back();
        return requests;
    }
    std::string hear_one() {
        const auto requests = heard();
        REQUIRE(requests.size() == 1);
        return requests.front();
    }
    void answer(const std::string& status, const std::string& lines = {}) {
        auto text = answer_to(subscribe, status);
        text.insert(text.find("Content-Length"), lines);
        transport.receive(text, transport.udp());
        commit();
    }
    /// What is answered to a NOTIFY in the dialog of the last SUBSCRIBE.
    std::string notify(const std::string& state, const std::string& body = {},
                       const std::string& tag = "pbx1",
                       const std::string& event = "message-summary") {
        const auto number = std::to_string(++notifies);
        static_cast<void>(sent());
        receive(
            "NOTIFY sip:herald@192.0.2.1:5060 SIP/2.0\nVia: SIP/2.0/UDP "
            "192.0.2.50:5060;branch=z9hG4bKn" +
            std::to_string(++branches) + "\nFrom: <sip:100@192.0.2.50>;tag=" + tag +
            "\nTo: " + header(subscribe, "From") + "\nCall-ID: " + header(subscribe, "Call-ID") +
            "\nCSeq: " + number +
            " NOTIFY\nMax-Forwards: 70\nContact: <sip:100@192.0.2.51:5070>\nEvent: " + event +
            "\nSubscription-State: " + state + "\n" +
            (body.empty() ? "Content-Length: 0\n\n"
                          : "Content-Type: application/simple-message-summary\n\n" + body));
        std::string answer;
        for (auto& message : transport.take()) {
            if (message.bytes.starts_with("SUBSCRIBE ")) {
                early.push_back(message.bytes);
            } else if (answer.empty()) {
                answer = message.bytes.substr(0, message.bytes.find("\r\n"));
            }
        }
        commit();
        return answer;
    }
    /// A dialog of 600 s.
    void begin() {
        hear_one();
        answer("200 OK", "Expires: 600\n");
        REQUIRE(notify("active;expires=600", kTwo) == "SIP/2.0 200 OK");
    }
    /// Alice's Voice-Message, empty where nothing is known.
    std::string counts() {
        const auto body = shard.agents().get<Mailboxes>().document(kAlice).document.body;
        const auto at = body.find("Voice-Message: ");
        return body.substr(at + 15, body.find(' ', at + 15) - at - 15);
    }
    /// What is listed of the PBX's publication, the only one.
    std::vector<packages::ListedMessage> messages() {
        auto& resources = shard.context().resources;
        const auto slot = resources.find(*packages::find("message-summary"), kAlice);
        const auto* publication = resources[slot].by_source("pbx office");
        REQUIRE(publication);
        return static_cast<const packages::MailboxInput&>(*publication->document).counts.messages;
    }
    std::size_t publications() {
        auto& resources = shard.context().resources;
        const auto slot = resources.find(*packages::find("message-summary"), kAlice);
        std::size_t count = 0;
        if (slot == Resource::kNone) return 0;
        for (const auto& publication : resources[slot].publications)
            count += publication.rank == packages::Rank::published ? 1 : 0;
        return count;
    }
};

}  // namespace herald::server::testing
