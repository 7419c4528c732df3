// tests/unit/server/calls/lamp_truth_test.cpp: whatever a PBX's requests go through, and whoever is
// killed: after a while of quiet every lamp shows the truth, and none ever shows what its call was
// not.
//
// A model test: calls of random length whose PUBLISHes are lost, doubled, delayed and overtaken; a
// PBX that forgets everything; commits that fail; a server that is killed between any two of them.
// Half of the lamps are told what changed only. Each failure names the seed that finds it again.
#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/shard/recovery.h"
#include "tests/support/thorough.h"
#include "tests/unit/server/model_store.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server {

namespace {

using std::chrono::milliseconds;
using testing::answer_to;
using testing::header;

constexpr unsigned kUsers = 3;
constexpr unsigned kExpires = 60;

std::string user(unsigned n) {
    return "sip:user" + std::to_string(n) + "@localhost";
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const auto at = text.find(before);
    if (at == std::string::npos) return {};
    const auto start = at + before.size();
    return text.substr(start, text.find(after, start) - start);
}

/// One call as the PBX has it.
struct Call {
    std::string name;  ///< Call-ID
    std::string aor;
    unsigned state = 0;  ///< in kStates
    std::set<std::string> had{"terminated"};
    std::string entity_tag;
    bool is_asked = false;     ///< a PUBLISH is on its way
    unsigned told = 99;        ///< the state that was told last
    bool is_removing = false;  ///< its end is told by a removal
    bool learns_tag = false;   ///< the other side's tag comes with its answer
    bool is_over = false;      ///< the server has said that it knows of the end
    unsigned refreshed = 0;    ///< seconds ago
};
const std::string kStates[] = {"trying", "early", "confirmed", "terminated"};
constexpr unsigned kEnd = 3;

/// A request of the PBX, and what it was about.
struct Request {
    std::string text, branch;
    std::string call;
    unsigned state = 0;
    bool is_removal = false;
    unsigned tries = 0;
};

struct Lamp {
    std::string name, aor;
    bool is_partial = false;  ///< told what changed
    std::string to{};
    unsigned cseq = 1;
    std::uint64_t last = 0;
    std::string body{};  ///< what it knows
    unsigned long version = 0;
    unsigned changes = 0;                          ///< documents of what changed
    std::map<std::string, std::string> dialogs{};  ///< that are live, by id

    /// RFC 4235 4.3.
    void take(const std::string& document) {
        const auto root = document.substr(document.find("<dialog-info"));
        const auto now = std::stoul(between(root, " version=\"", "\""));
        const bool is_whole = between(root, " state=\"", "\"") == "full";
        CAPTURE(document);
        CHECK((is_whole || (is_partial && now == version + 1)));
        version = now;
        body = document;
        if (!is_partial) return;
        if (is_whole) dialogs.clear();
        changes += is_whole ? 0 : 1;
        for (auto at = root.find("<dialog "); at != std::string::npos;
             at = root.find("<dialog ", at + 1)) {
            const auto one = root.substr(at, root.find("</dialog>", at) + 9 - at);
            const auto id = between(one, " id=\"", "\"");
            dialogs.erase(id);
            if (one.find(">terminated<") == std::string::npos) dialogs[id] = one;
        }
        body.clear();
        for (const auto& [id, dialog] : dialogs) body += dialog;
    }
    bool is_lit() const {
        return body.find(">confirmed<") != std::string::npos ||
               body.find(">early<") != std::string::npos ||
               body.find(">trying<") != std::string::npos;
    }
};

/// One process.
struct Run {
    Run(const base::Clock& clock, store::Store& store, const Config& given)
        : loop(clock),
          transport(clock),
          config(given),
          domains({"localhost"}, {transport.listeners().begin(), transport.listeners().end()}) {
        shards.push_back(std::make_unique<Shard>(
            loop, transport, metrics, ShardSetup{config, domains, store, ids, limits, 0, 1},
            nullptr));
        transport.attach(shards.front()->stack());
        Recovery recovery(shards, store.home(), clock.wall());
        REQUIRE(store.recover(recovery));
        ids = recovery.next_id();
        shards.front()->resume();
    }

    base::Metrics metrics;
    base::Loop loop;
    test::FakeTransport transport;
    Config config;
    Limits limits{config};
    Domains domains;
    std::atomic<std::uint64_t> ids{1};
    std::vector<std::unique_ptr<Shard>> shards;
};

Config many_publications() {
    auto read = parse_config("[publish]\nper_resource = 1000\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

class World {
public:
    explicit World(unsigned seed) : random_(seed), config_(many_publications()) {
        start();
        auto account = std::make_shared<store::Account>();
        account->aor = "sip:partial@localhost";
        account->wants_partial_dialogs = true;
        run_->shards.front()->context().accounts.put(account);
        for (unsigned n = 0; n < 2 * kUsers; ++n) {
            lamps_.push_back({"lamp" + std::to_string(n), user(n % kUsers), n >= kUsers});
            subscribe(lamps_.back());
        }
        quiet(2);
    }

    void live(unsigned steps) {
        for (unsigned n = 0; n < steps; ++n) step();
        is_kind_ = true;
        quiet(kExpires * 2 + 40);
    }

    void check() {
        for (const auto& lamp : lamps_) {
            CAPTURE(lamp.name);
            CAPTURE(lamp.body);
            for (const auto& each : calls_) {
                const auto& name = each.first;
                const auto& call = each.second;
                if (call.aor != lamp.aor) continue;
                CAPTURE(name);
                CAPTURE(kStates[call.state]);
                const bool is_shown =
                    lamp.body.find("call-id=\"" + name + "\"") != std::string::npos;
                const bool is_live = call.state != kEnd;
                CHECK((is_shown || !is_live));
            }
            const bool is_busy = std::any_of(calls_.begin(), calls_.end(), [&](const auto& each) {
                return each.second.aor == lamp.aor && each.second.state != kEnd;
            });
            CHECK(lamp.is_lit() == is_busy);
        }
    }
    std::size_t made() const { return made_; }
    unsigned changes() const {
        unsigned count = 0;
        for (const auto& lamp : lamps_) count += lamp.changes;
        return count;
    }
    unsigned failed() const { return failed_; }

private:
    unsigned choose(unsigned below) { return static_cast<unsigned>(random_() % below); }
    void start() { run_ = std::make_unique<Run>(clock_, store_, config_); }

    void step() {
        switch (choose(16)) {
            case 0:
            case 1:
                return begin();
            case 2:
            case 3:
            case 4:
                return advance();
            case 5:
            case 6:
            case 7:
            case 8:
                return carry();
            case 9:
            case 10:
                if (!store_.is_idle()) choose(8) == 0 ? fail() : store_.settle();
                return settle();
            case 11:
            case 12:
                return pass(milliseconds(choose(3) == 0 ? 5000 : 300));
            case 13:
                return answer_some();
            case 14:
                return choose(6) == 0 ? forget_all() : carry();
            default:
                return choose(4) == 0 ? kill() : quiet(1);
        }
    }

    void fail() {
        ++failed_;
        store_.fail();
    }
    void begin() {
        Call call;
        call.name = "call" + std::to_string(++made_);
        call.aor = user(choose(kUsers));
        call.state = choose(3);
        call.had.insert(kStates[call.state]);
        call.is_removing = choose(2) == 0;
        call.learns_tag = choose(2) == 0;
        publish(calls_.emplace(call.name, call).first->second);
    }
    void advance() {
        if (calls_.empty()) return;
        auto at = calls_.begin();
        std::advance(at, choose(static_cast<unsigned>(calls_.size())));
        auto& call = at->second;
        if (call.state == kEnd) return;
        ++call.state;
        if (choose(3) == 0) call.state = kEnd;
        call.had.insert(kStates[call.state]);
        publish(call);
    }
    /// The PBX is killed: it knows of no call any more, and ended none.
    void forget_all() {
        for (auto& [name, call] : calls_) {
            call.state = kEnd;
            call.told = kEnd;
            call.entity_tag.clear();
            call.is_asked = false;
            call.is_removing = false;
        }
        asked_.clear();
    }

    static std::string document(const Call& call) {
        const auto* tag = call.learns_tag && call.state == 0 ? "" : "\" remote-tag=\"r";
        return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
               "state=\"full\" entity=\"" +
               call.aor + "\"><dialog id=\"" + call.name + "\" call-id=\"" + call.name +
               "\" local-tag=\"l" + tag + "\" direction=\"recipient\"><state>" +
               kStates[call.state] + "</state></dialog></dialog-info>";
    }
    /// One request of a call at a time; what changed meanwhile is told behind it.
    void publish(Call& call) {
        if (call.is_asked) return;
        const bool is_known = !call.entity_tag.empty();
        Request request;
        request.call = call.name;
        request.state = call.state;
        request.is_removal = call.state == kEnd && call.is_removing && is_known;
        request.branch = "z9hG4bKp" + std::to_string(++requests_);
        const std::string body = request.is_removal ? std::string() : document(call);
        request.text = "PUBLISH " + call.aor +
                       " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=" + request.branch +
                       "\nFrom: <" + call.aor + ">;tag=a\nTo: <" + call.aor +
                       ">\nCall-ID: " + request.branch +
                       "\nCSeq: 10 PUBLISH\nMax-Forwards: 70\nEvent: dialog\nExpires: " +
                       std::to_string(request.is_removal ? 0 : kExpires) + "\n" +
                       (is_known ? "SIP-If-Match: " + call.entity_tag + "\n" : "") +
                       "Content-Type: application/dialog-info+xml\nContent-Length: " +
                       std::to_string(body.size()) + "\n\n" + body;
        call.is_asked = true;
        call.refreshed = 0;
        asked_[request.branch] = request;
        wire_.push_back(request);
    }

    /// Something on the wire arrives: in order or not, once or twice, or never.
    void carry() {
        if (wire_.empty()) return;
        const auto at = is_kind_ ? 0 : choose(static_cast<unsigned>(wire_.size()));
        const auto request = wire_[at];
        const auto fate = is_kind_ ? 5 : choose(8);
        if (fate != 0) wire_.erase(wire_.begin() + at);  // else it comes again, whenever
        if (fate == 1) return;                           // lost
        // Copies that a proxy made have a branch of their own.
        if (fate == 2 && late_.size() < 16) late_.push_back(request);
        run_->transport.receive(request.text, run_->transport.udp());
        settle();
    }
    /// A copy of an old request comes as a new one.
    void haunt() {
        if (late_.empty()) return;
        auto request = late_.front();
        late_.pop_front();
        auto at = request.text.find(request.branch);
        while (at != std::string::npos) {
            request.text.replace(at, 8, "z9hG4bKh");
            at = request.text.find(request.branch, at + 1);
        }
        run_->transport.receive(request.text, run_->transport.udp());
        settle();
    }

    void subscribe(Lamp& lamp) {
        const auto to = lamp.to.empty() ? "<" + lamp.aor + ">" : lamp.to;
        auto request = testing::request(
            "SUBSCRIBE", lamp.aor, lamp.cseq++, to,
            "Contact: <sip:" + lamp.name + "@192.0.2.10>\nEvent: dialog\nExpires: 7200\n",
            lamp.name);
        if (lamp.is_partial) request.replace(request.find("sip:bob@"), 7, "sip:partial");
        run_->transport.receive(request, run_->transport.udp());
        settle();
    }

    void settle() {
        for (int idle = 0; idle < 2;) idle = run_->loop.turn(base::Duration::zero()) ? 0 : idle + 1;
        hear();
    }
    void pass(milliseconds time) {
        clock_.advance(time);
        settle();
    }
    void hear() {
        for (auto& sent : run_->transport.take()) {
            if (sent.bytes.starts_with("NOTIFY")) {
                see(sent.bytes);
            } else if (header(sent.bytes, "CSeq").find("PUBLISH") != std::string::npos) {
                on_answer(sent.bytes);
            } else if (sent.bytes.starts_with("SIP/2.0 200")) {
                for (auto& lamp : lamps_)
                    if (header(sent.bytes, "Call-ID") == lamp.name)
                        lamp.to = header(sent.bytes, "To");
            }
        }
    }
    void see(const std::string& notify) {
        answers_.push_back(answer_to(notify, "200 OK"));
        for (auto& lamp : lamps_) {
            const bool is_his =
                notify.find("\r\nCall-ID: " + lamp.name + "\r\n") != std::string::npos ||
                notify.find("\r\ni: " + lamp.name + "\r\n") != std::string::npos;
            if (!is_his) continue;
            const auto number = std::stoull(header(notify, "CSeq"));
            if (number <= lamp.last) return;
            lamp.last = number;
            const auto document = notify.substr(notify.find("\r\n\r\n") + 4);
            lamp.take(document);
            check_states(lamp, document);
            check_states(lamp, lamp.body);
        }
    }
    /// A lamp shows only what the call was, and nothing once the server knew that it was over.
    void check_states(const Lamp& lamp, const std::string& shown) {
        for (auto at = shown.find("<dialog "); at != std::string::npos;
             at = shown.find("<dialog ", at + 1)) {
            const auto one = shown.substr(at, shown.find("</dialog>", at) - at);
            const auto name = between(one, "call-id=\"", "\"");
            if (name.empty()) continue;
            const auto element = one.substr(one.find("<state"));
            const auto state = between(element, ">", "<");
            const auto& call = calls_.at(name);
            CAPTURE(one);
            CHECK(call.aor == lamp.aor);
            CHECK(call.had.contains(state));
            CHECK((!call.is_over || state == "terminated"));
        }
    }
    void on_answer(const std::string& answer) {
        const auto branch = between(answer, "branch=", "\r\n");
        const auto found = asked_.find(branch.substr(0, branch.find(';')));
        if (found == asked_.end()) return;
        const auto request = found->second;
        const auto status = answer.substr(8, 3);
        auto& call = calls_.at(request.call);
        asked_.erase(found);
        call.is_asked = false;
        if (status == "412") {
            call.entity_tag.clear();
            return publish(call);
        }
        if (status != "200") return publish(call);
        call.told = request.state;
        call.entity_tag = request.is_removal ? std::string() : header(answer, "SIP-ETag");
        if (request.state == kEnd) call.is_over = true;
        if (call.told != call.state) publish(call);
    }
    void answer_some() {
        while (!answers_.empty() && choose(4) != 0) {
            run_->transport.receive(answers_.front(), run_->transport.udp());
            answers_.erase(answers_.begin());
        }
        settle();
    }
    void kill() {
        while (!store_.is_idle() && choose(2) == 0) store_.settle(false);
        run_.reset();
        answers_.clear();
        store_.crash();
        clock_.advance(milliseconds(choose(2) * 1500));
        start();
        settle();
    }
    /// The PBX sends again what was not answered, and says again what is.
    void remind() {
        for (auto& [branch, request] : asked_) {
            if (++request.tries % 8 == 4) wire_.push_back(request);
        }
        for (auto& [name, call] : calls_) {
            const bool is_due = ++call.refreshed > kExpires * 3 / 4 && call.state != kEnd;
            if (is_due) publish(call);
        }
    }
    void quiet(unsigned seconds) {
        for (unsigned n = 0; n < seconds; ++n) {
            remind();
            if (!is_kind_ || n < 20) haunt();
            while (is_kind_ && !wire_.empty()) carry();
            while (!store_.is_idle()) {
                store_.settle();
                settle();
            }
            for (auto& text : std::exchange(answers_, {}))
                run_->transport.receive(text, run_->transport.udp());
            settle();
            pass(milliseconds(1000));
        }
    }

    std::mt19937 random_;
    Config config_;
    base::ManualClock clock_;
    testing::ModelStore store_;
    std::unique_ptr<Run> run_;
    std::vector<Lamp> lamps_;
    std::map<std::string, Call> calls_;
    std::map<std::string, Request> asked_;  ///< by branch
    std::vector<Request> wire_;
    std::deque<Request> late_;
    std::vector<std::string> answers_;
    std::size_t made_ = 0, requests_ = 0;
    unsigned failed_ = 0;
    bool is_kind_ = false;
};

}  // namespace

TEST_CASE(
    "whatever a PBX's requests go through and whoever is killed, lamps come to tell the truth") {
    const unsigned seeds = herald::testing::rounds(120, 30);
    std::size_t calls = 0, changes = 0, failed = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        World world(seed);
        world.live(250);
        world.check();
        calls += world.made();
        changes += world.changes();
        failed += world.failed();
    }
    CHECK(calls > seeds * 16);
    CHECK(changes > seeds);
    CHECK(failed > seeds / 4);
}

}  // namespace herald::server
