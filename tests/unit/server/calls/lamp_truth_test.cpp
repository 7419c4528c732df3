// tests/unit/server/calls/lamp_truth_test.cpp: whatever the requests of PBXs go through, and
// whoever is killed: after a while of quiet every lamp shows the truth, and none ever shows what
// its call was not.
//
// A model test: calls of random length that several tell of, each in its way, and some never hear
// the end of; PUBLISHes that are lost, doubled, delayed and overtaken; a PBX that forgets
// everything; commits that fail, or whose outcome nobody knows; a server that is killed between any
// two of them. Half of the lamps are told what changed only. Each failure names the seed that finds
// it again.
#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/core/expiry.h"
#include "tests/support/thorough.h"
#include "tests/unit/server/calls/lamp_tally.h"
#include "tests/unit/server/calls/simulated_lamp.h"
#include "tests/unit/server/calls/simulated_pbx.h"
#include "tests/unit/server/model_store.h"
#include "tests/unit/server/simulated_server.h"

namespace herald::server::lamp_truth_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::answer_to;
using testing::between;
using testing::header;
using testing::kEnd;
using testing::kStates;
using testing::many_publications;
using testing::Mood;
using testing::Run;
using testing::SimulatedCall;
using testing::SimulatedCalls;
using testing::SimulatedLamp;
using testing::Tally;
using testing::Teller;
using testing::Telling;
using Kind = Teller::Kind;

constexpr unsigned kUsers = 3;
constexpr unsigned kExpires = 60;
constexpr unsigned kRefresh = 45;
/// Copies of requests are not later than that, in seconds.
constexpr unsigned kLatest = 280;
/// Until what a PBX said that was killed has gone, after a crash of the server too.
constexpr auto kUnclear = seconds(150);
/// The same request is not looked at again before.
constexpr auto kUnanswered = seconds(45);

std::string user(unsigned n) {
    return "sip:user" + std::to_string(n) + "@localhost";
}

/// A request on its way.
struct Request {
    std::string text, branch;
    std::size_t teller = 0;
    unsigned generation = 0;  ///< of the teller
    Telling telling;
    unsigned tries = 0;
    base::Instant sent{}, due{};
};

/// A publication, and when it was seen first.
struct Made {
    std::uint64_t id;
    base::Instant when;
};

class World {
public:
    explicit World(unsigned seed) : random_(seed), config_(many_publications()) {
        start();
        for (unsigned n = 0; n < kUsers; ++n) {
            tellers_.emplace_back(Kind::line, user(n));
            tellers_.emplace_back(Kind::extension, user(n));
            auto& call = calls_["extension " + user(n)];
            call.aor = user(n);
            call.state = kEnd;
            tellers_.back().knows[""] = kEnd;
        }
        for (unsigned n = 0; n < 2 * kUsers; ++n) {
            lamps_.push_back({"lamp" + std::to_string(n), user(n % kUsers), n >= kUsers});
            subscribe(lamps_.back());
        }
        pass_quietly(2);
    }

    void live(unsigned steps) {
        for (unsigned n = 0; n < steps; ++n) {
            if (n % 60 == 59) look();
            step();
        }
        // Longer than anything is remembered that nobody contradicts.
        look();
        be_kind(kLatest);
        if (choose(2) == 0) kill();
        be_kind(kLatest);
        look();
    }
    Tally tally() const {
        auto tally = tally_;
        for (const auto& lamp : lamps_) tally.changes += lamp.changes;
        return tally;
    }

private:
    unsigned choose(unsigned below) { return static_cast<unsigned>(random_() % below); }
    bool is_one_of(unsigned several) { return choose(several) == 0; }

    void start() {
        run_ = std::make_unique<Run>(clock_, store_, config_);
        auto account = std::make_shared<store::Account>();
        account->aor = "sip:partial@localhost";
        account->wants_partial_dialogs = true;
        run_->shards.front()->context().accounts.put(account);
    }
    void step() {
        switch (choose(20)) {
            case 0:
            case 1:
                return begin();
            case 2:
            case 3:
            case 4:
                return advance();
            case 5:
                return hear_of_calls();
            case 6:
            case 7:
            case 8:
            case 9:
            case 10:
                return carry();
            case 11:
            case 12:
            case 13:
                return write();
            case 14:
            case 15:
                return pass(milliseconds(is_one_of(3) ? 5000 : 300));
            case 16:
                return answer_some();
            case 17:
                return is_one_of(8) ? forget_all() : carry();
            case 18:
                return is_one_of(3) ? kill() : carry();
            default:
                return pass_quietly(is_one_of(10) ? 40 : 1);
        }
    }

    // Calls, and who knows of them.

    void begin() {
        const bool is_of_line = is_one_of(3);
        SimulatedCall call;
        call.name = (is_of_line ? "line" : "call") + std::to_string(++tally_.calls);
        call.aor = user(choose(kUsers));
        call.become(choose(3));
        call.slot = free_slot(call.aor);
        call.learns_tag = !is_of_line && is_one_of(3);
        calls_.emplace(call.name, call);
        auto& teller =
            is_of_line ? line_of(call.aor) : tellers_.emplace_back(Kind::proxy, call.aor);
        teller.knows[call.name] = call.state;
        if (!is_of_line) teller.is_removing = is_one_of(2);
        publish(teller);
        // Of the other side's tag he would know from the beginning.
        if (!call.learns_tag && is_one_of(2)) add_witness(call, !is_of_line && is_one_of(2));
    }
    void add_witness(const SimulatedCall& call, bool is_deaf) {
        auto& witness = tellers_.emplace_back(Kind::witness, call.aor);
        witness.is_deaf = is_deaf;
        witness.is_removing = is_one_of(2);
        witness.knows[call.name] = call.state;
        tally_.deaf += is_deaf ? 1 : 0;
        publish(witness);
    }
    unsigned free_slot(const std::string& aor) const {
        std::set<unsigned> used;
        for (const auto& [name, call] : calls_)
            if (call.aor == aor && call.is_live()) used.insert(call.slot);
        unsigned slot = 1;
        while (used.contains(slot)) ++slot;
        return slot;
    }
    Teller& line_of(const std::string& aor) {
        return *std::find_if(tellers_.begin(), tellers_.end(), [&](const Teller& teller) {
            return teller.kind == Kind::line && teller.aor == aor;
        });
    }
    void advance() {
        auto at = calls_.begin();
        std::advance(at, choose(static_cast<unsigned>(calls_.size())));
        auto& call = at->second;
        const bool is_extension = call.name.empty();
        if (!call.is_live() && !is_extension) return;
        call.become(is_extension ? choose(4) : is_one_of(3) ? kEnd : call.state + 1);
        for (auto& teller : tellers_) {
            if (teller.kind == Kind::witness || teller.aor != call.aor) continue;
            const auto known = teller.knows.find(call.name);
            if (known == teller.knows.end()) continue;
            known->second = call.state;
            publish(teller);
        }
    }
    /// What happened comes to those who see it from the other side.
    void hear_of_calls(bool is_everything = false) {
        for (auto& teller : tellers_) {
            if (teller.kind != Kind::witness) continue;
            for (auto& [name, state] : teller.knows) {
                const auto now = calls_.at(name).state;
                if (now == kEnd && teller.is_deaf) continue;
                if (is_everything || is_one_of(3)) state = now;
            }
            if (teller.has_news()) publish(teller);
        }
    }
    /// The PBX is killed: it knows of no call any more, and ended none.
    void forget_all() {
        for (auto& teller : tellers_) {
            if (teller.kind == Kind::witness) continue;
            // Of an end that was on its way, too.
            for (const auto& [name, state] : teller.knows)
                calls_.at(teller.key(name)).is_forgotten = true;
            teller.forget();
        }
        for (auto& [key, call] : calls_) call.state = kEnd;
        std::erase_if(asked_, [this](const auto& each) { return is_stale(each.second); });
        std::erase_if(wire_, [this](const auto& each) { return is_stale(each); });
        for (auto& teller : tellers_) {
            // Whoever else knew of a call that nobody has ended hears of it.
            for (const auto& [name, state] : teller.knows)
                if (teller.kind == Kind::witness && calls_.at(name).is_forgotten)
                    teller.is_deaf = false;
            if (teller.is_of_somebody()) publish(teller);
        }
        unclear_until_ = clock_.now() + kUnclear;
    }
    bool is_stale(const Request& request) const {
        return request.generation != tellers_[request.teller].generation;
    }

    // Their requests.

    /// One request of a teller at a time; what changed meanwhile is told behind it.
    void publish(Teller& teller) {
        if (teller.is_asked) return;
        Request request;
        request.telling = teller.tell(calls_, {is_one_of(2), is_one_of(2), is_one_of(2)});
        request.teller = static_cast<std::size_t>(
            std::find_if(tellers_.begin(), tellers_.end(),
                         [&](const Teller& each) { return &each == &teller; }) -
            tellers_.begin());
        request.generation = teller.generation;
        request.branch = "z9hG4bKp" + std::to_string(++requests_);
        request.text = text_of(teller, request);
        request.sent = clock_.now();
        teller.is_asked = true;
        teller.silent = 0;
        teller.brief = request.telling.body.empty() ? teller.brief + 1 : 0;
        asked_[request.branch] = request;
        wire_.push_back(request);
    }
    static std::string text_of(const Teller& teller, const Request& request) {
        const auto& telling = request.telling;
        const auto from = teller.kind == Kind::extension ? "sip:pbx@localhost" : teller.aor;
        return "PUBLISH " + teller.aor +
               " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=" + request.branch + "\nFrom: <" +
               from + ">;tag=a\nTo: <" + teller.aor + ">\nCall-ID: " + request.branch +
               "\nCSeq: 10 PUBLISH\nMax-Forwards: 70\nEvent: dialog\nExpires: " +
               std::to_string(telling.is_removal ? 0 : kExpires) + "\n" +
               (teller.entity_tag.empty() ? "" : "SIP-If-Match: " + teller.entity_tag + "\n") +
               "Content-Type: application/dialog-info+xml\nContent-Length: " +
               std::to_string(telling.body.size()) + "\n\n" + telling.body;
    }
    /// Something on the wire arrives: in order or not, once or twice, or never.
    void carry() {
        std::erase_if(wire_, [this](const auto& each) { return is_too_old(each); });
        if (wire_.empty()) return;
        const auto at = is_kind_ ? 0 : choose(static_cast<unsigned>(wire_.size()));
        const auto request = wire_[at];
        const auto fate = is_kind_ ? 5 : choose(8);
        if (fate != 0) wire_.erase(wire_.begin() + at);  // else it comes again, whenever
        if (fate == 1) return;                           // lost
        if (fate == 2 || fate == 3) delay_copy(request);
        receive(request.text);
    }
    bool is_too_old(const Request& request) const {
        return clock_.now() - request.sent > seconds(kLatest) && !asked_.contains(request.branch);
    }
    void receive(const std::string& text) {
        run_->transport.receive(text, run_->transport.udp());
        settle();
    }
    /// A copy that a proxy made, which has a branch of its own, comes at any time.
    void delay_copy(Request request) {
        const auto kind = tellers_[request.teller].kind;
        if (kind != Kind::proxy && kind != Kind::witness) return;
        auto at = request.text.find(request.branch);
        while (at != std::string::npos) {
            request.text.replace(at, 8, "z9hG4bKh");
            at = request.text.find(request.branch, at + 1);
        }
        request.due = clock_.now() + seconds(choose(kLatest));
        late_.push_back(std::move(request));
    }
    void haunt() {
        const auto due = std::partition(late_.begin(), late_.end(), [this](const auto& each) {
            return each.due > clock_.now();
        });
        const std::vector<Request> coming(due, late_.end());
        late_.erase(due, late_.end());
        for (const auto& request : coming) {
            // Of a call that nobody has ended it would be news.
            if (!is_of_forgotten(request)) receive(request.text);
        }
    }
    bool is_of_forgotten(const Request& request) const {
        return is_stale(request) ||
               std::any_of(request.telling.known.begin(), request.telling.known.end(),
                           [this](const auto& each) { return calls_.at(each.first).is_forgotten; });
    }
    static std::string branch_of(const std::string& message) {
        const auto branch = between(message, "branch=", "\r\n");
        return branch.substr(0, branch.find(';'));
    }
    void on_answer(const std::string& answer) {
        const auto found = asked_.find(branch_of(answer));
        if (found == asked_.end() || answer.starts_with("SIP/2.0 1")) return;
        const auto request = found->second;
        const auto status = answer.substr(8, 3);
        auto& teller = tellers_[request.teller];
        asked_.erase(found);
        teller.is_asked = false;
        if (status == "200") {
            const auto tag = header(answer, "SIP-ETag");
            CAPTURE(request.text);
            CHECK((request.telling.is_removal || store_.tags.contains(tag)));
            teller.accept(request.telling, tag);
            for (const auto& name : request.telling.over)
                if (teller.kind != Kind::extension) calls_.at(name).is_over = true;
            if (!teller.has_news()) return;
        }
        if (status == "412") teller.entity_tag.clear(), teller.told.clear();
        publish(teller);
    }
    /// Who was not answered sends again, and says again what is.
    void remind() {
        for (auto& [branch, request] : asked_) {
            if (++request.tries % 8 == 4) wire_.push_back(request);
        }
        for (auto& teller : tellers_) {
            if (++teller.silent > kRefresh && teller.is_there()) publish(teller);
        }
    }

    // Lamps.

    void subscribe(SimulatedLamp& lamp) {
        const auto to = lamp.to.empty() ? "<" + lamp.aor + ">" : lamp.to;
        auto request = testing::request(
            "SUBSCRIBE", lamp.aor, lamp.cseq++, to,
            "Contact: <sip:" + lamp.name + "@192.0.2.10>\nEvent: dialog\nExpires: 7200\n",
            lamp.name);
        if (lamp.is_partial) request.replace(request.find("sip:bob@"), 7, "sip:partial");
        receive(request);
    }
    void see(const std::string& notify) {
        // It is sent again, and may be old news by then.
        const bool is_datagram = notify.find("SIP/2.0/UDP") != std::string::npos;
        if (!is_kind_ && is_datagram && is_one_of(12))
            return static_cast<void>(delayed_.insert(branch_of(notify)));
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
            lamp.take(document, run_number_);
            const bool is_old = delayed_.contains(branch_of(notify));
            for (const auto& dialog : testing::dialogs_in(document)) check(lamp, dialog, is_old);
            for (const auto& [id, dialog] : lamp.live) check(lamp, dialog, is_old);
        }
    }
    /// A lamp shows only what the call was, and nothing once the server knew that it was over.
    void check(const SimulatedLamp& lamp, const testing::ShownDialog& dialog, bool is_old) const {
        if (dialog.state.empty() || dialog.id == "0") return;
        const auto& call =
            calls_.at(dialog.call_id.empty() ? "extension " + lamp.aor : dialog.call_id);
        CAPTURE(lamp.name);
        CAPTURE(dialog.call_id);
        CAPTURE(dialog.state);
        CHECK(call.aor == lamp.aor);
        CHECK(call.had.contains(dialog.state));
        CHECK((!call.is_over || !dialog.is_live() || is_old));
    }
    void answer_some() {
        while (!answers_.empty() && choose(4) != 0) {
            run_->transport.receive(answers_.front(), run_->transport.udp());
            answers_.erase(answers_.begin());
        }
        settle();
    }

    // The server, its store, and time.

    void write() {
        if (store_.is_idle()) return settle();
        switch (choose(16)) {
            case 0:
                ++tally_.failed;
                store_.fail();
                break;
            case 1:
                lose();
                break;
            default:
                store_.settle();
        }
        settle();
    }
    /// What becomes of a change nobody learns: whoever asked for it tries something else, beside
    /// what is there.
    void lose() {
        if (!store_.is_publication_next()) return store_.settle();
        ++tally_.lost;
        unclear_until_ = std::max(unclear_until_, clock_.now() + kUnclear);
        unsettled_until_ = clock_.now() + kUnanswered;
        store_.lose(is_one_of(2));
    }
    void kill() {
        ++tally_.kills;
        while (!store_.is_idle() && is_one_of(2)) store_.settle(false);
        run_.reset();
        ++run_number_;
        answers_.clear();
        store_.crash();
        clock_.advance(milliseconds(choose(2) * 1500));
        start();
        settle();
    }
    void settle() {
        for (int idle = 0; idle < 2;) idle = run_->loop.turn(base::Duration::zero()) ? 0 : idle + 1;
        hear();
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
    void pass(milliseconds time) {
        clock_.advance(time);
        settle();
    }
    void pass_quietly(unsigned count) {
        for (unsigned n = 0; n < count; ++n) {
            remind();
            haunt();
            while (is_kind_ && !wire_.empty()) carry();
            while (!store_.is_idle()) {
                store_.settle();
                settle();
            }
            for (auto& text : std::exchange(answers_, {}))
                run_->transport.receive(text, run_->transport.udp());
            settle();
            check_requests();
            pass(milliseconds(1000));
        }
    }
    /// Nothing is lost.
    void be_kind(unsigned count) {
        is_kind_ = true;
        pass_quietly(count);
        is_kind_ = false;
    }

    // The truth.

    /// Whatever was lost comes, everybody says what he knows, and every lamp shows it.
    void look() {
        say_all();
        for (const auto& lamp : lamps_) check(lamp, true);
        if (const auto wait = seconds_until(unclear_until_); wait > 0) {
            be_kind(wait);
            say_all();
        }
        ++tally_.looks;
        for (const auto& lamp : lamps_) check(lamp, false);
    }
    void say_all() {
        hear_of_calls(true);
        for (auto& teller : tellers_)
            if (teller.is_there()) publish(teller);
        be_kind(20 + seconds_until(unsettled_until_));
    }
    unsigned seconds_until(base::Instant then) const {
        if (then <= clock_.now()) return 0;
        return static_cast<unsigned>(
            std::chrono::duration_cast<seconds>(then - clock_.now()).count() + 1);
    }
    /// The latest word of an extension counts from the moment it comes.
    void check(const SimulatedLamp& lamp, bool is_of_extensions) const {
        testing::ShownCalls truth;
        for (const auto& [key, call] : calls_)
            if (call.aor == lamp.aor && call.is_live()) truth[call.name] = kStates[call.state];
        auto shown = lamp.shown();
        const auto is_left_out = [&](const auto& each) {
            return is_of_extensions && !each.first.empty();
        };
        std::erase_if(truth, is_left_out);
        std::erase_if(shown, is_left_out);
        CAPTURE(lamp.name);
        CHECK(told(shown) == told(truth));
    }
    static std::string told(const testing::ShownCalls& calls) {
        std::string text;
        for (const auto& [name, state] : calls) text += name + " " + state + ", ";
        return text;
    }
    /// No request makes two publications, however often it comes within the time in which copies of
    /// it can.
    void check_requests() {
        for (const auto& [id, row] : store_.publications) {
            const auto& name = row.mark.call_id;
            if (name.empty() || store_.lost.contains(name)) continue;
            CAPTURE(name);
            const auto made = made_.emplace(name, Made{id, clock_.now()}).first->second;
            CHECK((made.id == id || clock_.now() - made.when > kTombstoneLife));
        }
    }

    std::mt19937 random_;
    Config config_;
    base::ManualClock clock_;
    testing::ModelStore store_;
    std::unique_ptr<Run> run_;
    unsigned run_number_ = 1;
    SimulatedCalls calls_;
    std::deque<Teller> tellers_;
    std::vector<SimulatedLamp> lamps_;
    std::map<std::string, Request> asked_;  ///< by branch
    std::vector<Request> wire_, late_;
    std::vector<std::string> answers_;
    std::set<std::string> delayed_;     ///< branches of NOTIFYs that come late
    std::map<std::string, Made> made_;  ///< by what made them
    base::Instant unclear_until_{}, unsettled_until_{};
    std::size_t requests_ = 0;
    Tally tally_;
    bool is_kind_ = false;
};

}  // namespace

TEST_CASE(
    "whatever a PBX's requests go through and whoever is killed, lamps come to tell the truth") {
    const unsigned seeds = herald::testing::rounds(120, 12);
    Tally all;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        World world(seed);
        world.live(300);
        all.add(world.tally());
    }
    CHECK(all.calls > seeds * 16);
    CHECK(all.changes > seeds);
    CHECK(all.failed > seeds / 4);
    CHECK(all.lost > seeds / 4);
    CHECK(all.kills > seeds);
    CHECK(all.deaf > seeds * 2);
    CHECK(all.looks > seeds * 4);
}

}  // namespace herald::server::lamp_truth_test
