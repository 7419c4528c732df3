// tests/unit/server/notify/truth_test.cpp: whatever changes, whenever the process is killed: after
// a while of quiet every watcher has the truth.
//
// A model test: random states out of few values, so that they come back to what they were; commits,
// NOTIFYs, answers and kills in any order. Each failure names the seed that finds it again.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "packages/generic.h"
#include "server/publish/state_orders.h"
#include "server/register/registration_orders.h"
#include "server/shard/recovered_rows.h"
#include "server/shard/recovery.h"
#include "tests/support/thorough.h"
#include "tests/unit/server/model_store.h"
#include "tests/unit/server/simulated_server.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::truth_test {

namespace {

using std::chrono::milliseconds;
using testing::answer_to;
using testing::header;

const std::string kAlice = "sip:alice@localhost";
const std::vector<std::string> kPackages{"presence",   "message-summary", "reg",           "dialog",
                                         "conference", "x-parking",       "presence.winfo"};
constexpr unsigned kValues = 3;  ///< 0: nothing at all
constexpr unsigned kWatchers = 2;
/// Packages of one run: with more of them each would change too seldom.
constexpr unsigned kAtOnce = 2;

/// What stands in the document of `value`, and in no other.
std::string mark_of(const std::string& package, unsigned value) {
    const auto number = std::to_string(value);
    if (package == "presence") return "<note>value " + number + "</note>";
    if (package == "message-summary") return "Voice-Message: " + number + "/0";
    return "sip:value" + number + "@localhost";
}

packages::Document document(const std::string& package, unsigned value) {
    if (package == "presence") {
        return {"application/pidf+xml",
                "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"" + kAlice +
                    "\"><tuple id=\"a\"><status><basic>open</basic></status>" +
                    mark_of(package, value) + "</tuple></presence>"};
    }
    if (package == "message-summary") {
        return {"application/simple-message-summary",
                "Messages-Waiting: yes\r\n" + mark_of(package, value) + "\r\n"};
    }
    if (package == "dialog") {
        return {"application/dialog-info+xml",
                "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
                "state=\"full\" entity=\"" +
                    kAlice + "\"><dialog id=\"call\"><state>confirmed</state><remote><identity>" +
                    mark_of(package, value) + "</identity></remote></dialog></dialog-info>"};
    }
    if (package == "conference") {
        return {"application/conference-info+xml",
                "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"" +
                    kAlice + "\" state=\"full\" version=\"1\"><users><user entity=\"" +
                    mark_of(package, value) + "\" state=\"full\"/></users></conference-info>"};
    }
    return {"text/plain", "taken by " + mark_of(package, value)};
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const auto at = text.find(before);
    if (at == std::string::npos) return {};
    const auto start = at + before.size();
    return text.substr(start, text.find(after, start) - start);
}

/// A phone that believes what it is told.
struct Watcher {
    std::string package, name, to;
    unsigned cseq = 1;
    std::uint64_t last = 0;           ///< CSeq of the NOTIFY taken last
    std::string body;                 ///< of it
    std::set<std::string> active;     ///< reg: contacts, winfo: ids of watchers it takes for active
    std::optional<unsigned> version;  ///< of a document that may be partial
    bool has_gap = false;             ///< such a document does not follow

    void take(const std::string& notify) {
        const auto number = std::stoull(header(notify, "CSeq"));
        if (number <= last) return;
        last = number;
        body = notify.substr(notify.find("\r\n\r\n") + 4);
        if (package == "reg") merge("<contact ", "</contact>", "<uri>", "</uri>", " state=\"");
        if (package == "presence.winfo")
            merge("<watcher ", "</watcher>", " id=\"w", "\"", " status=\"");
    }
    void merge(const std::string& element, const std::string& end, const std::string& before,
               const std::string& after, const std::string& state) {
        const auto number = static_cast<unsigned>(std::stoul(between(body, "\" version=\"", "\"")));
        const bool is_full = between(body, " state=\"", "\"") == "full";
        if (is_full) {
            active.clear();
            has_gap = false;
        } else if (!version || number != *version + 1) {
            has_gap = true;
        }
        version = number;
        for (auto at = body.find(element); at != std::string::npos;
             at = body.find(element, at + 1)) {
            const auto part = body.substr(at, body.find(end, at) - at);
            const auto each = between(part, before, after);
            if (between(part, state, "\"") == "active") {
                active.insert(each);
            } else {
                active.erase(each);
            }
        }
    }
};

using testing::Run;

class World {
public:
    explicit World(unsigned seed) : random_(seed), config_(with_own_package()) {
        std::shuffle(packages_.begin(), packages_.end(), random_);
        packages_.resize(kAtOnce);
        // Who watches is told where somebody watches.
        if (packages_[0] == "presence.winfo") packages_[1] = "presence";
        if (packages_[1] == "presence.winfo") packages_[0] = "presence";
        start();
        for (const auto& package : packages_) {
            values_[package] = 0;
            for (unsigned n = 0; n < kWatchers; ++n) {
                watchers_.push_back({package, package + std::to_string(n), {}});
                subscribe(watchers_.back());
            }
        }
        quiet(5);
    }

    void live(unsigned steps) {
        for (unsigned n = 0; n < steps; ++n) step();
        quiet(130);
    }

    void check() {
        for (const auto& watcher : watchers_) {
            CAPTURE(watcher.name);
            CAPTURE(watcher.body);
            const auto value = values_.at(watcher.package);
            CHECK_FALSE(watcher.has_gap);
            if (watcher.package == "presence.winfo") {
                CHECK(watcher.active == presence_watchers());
                continue;
            }
            if (watcher.package == "reg") {
                std::set<std::string> meant;
                for (unsigned n = 0; n < kValues; ++n) {
                    if (value & 1U << n) meant.insert(contact(n));
                }
                CHECK(watcher.active == meant);
                continue;
            }
            for (unsigned n = 1; n <= kValues; ++n) {
                const bool has_it =
                    watcher.body.find(mark_of(watcher.package, n)) != std::string::npos;
                CHECK(has_it == (value == n));
            }
        }
    }

private:
    /// Ids of those that the store has.
    std::set<std::string> presence_watchers() const {
        std::set<std::string> ids;
        for (const auto& [id, row] : store_.subscriptions) {
            if (row.package == "presence") ids.insert(std::to_string(store::counter_of(id)));
        }
        return ids;
    }
    static Config with_own_package() {
        auto read = parse_config(
            "[[package]]\nname = \"x-parking\"\ncontent_types = [\"text/plain\"]\n"
            "watch = \"same_domain\"\n");
        REQUIRE(read.mistakes.empty());
        return std::move(read.config);
    }
    unsigned choose(unsigned below) { return static_cast<unsigned>(random_() % below); }
    Shard& shard() { return *run_->shards.front(); }

    void start() {
        packages::install(config_.own_packages);
        run_ = std::make_unique<Run>(clock_, store_, config_);
    }

    void step() {
        switch (choose(12)) {
            case 0:
            case 1:
                return change(packages_[choose(kAtOnce)]);
            case 2:
            case 3:
            case 4:
                if (!store_.is_idle()) store_.settle();
                return settle();
            case 5:
                static_cast<void>(run_->loop.turn(base::Duration::zero()));
                return hear();
            case 6:
            case 7:
                return answer_some();
            case 8:
                return pass(milliseconds(choose(3) == 0 ? 2100 : 400));
            case 9:
                return subscribe(watchers_[choose(static_cast<unsigned>(watchers_.size()))]);
            case 10:
                return quiet(1 + choose(4));
            default:
                return kill();
        }
    }

    static std::string contact(unsigned n) {
        return "sip:alice@192.0.2." + std::to_string(20 + n) + ":5060";
    }

    /// What is true from the commit on is noted then.
    void change(const std::string& package) {
        if (package == "reg") return register_or_not(choose(kValues));
        if (package == "presence.winfo") return come_or_go();
        // A call that is over does not begin again.
        const auto value = std::max(choose(kValues), package == "dialog" ? 1U : 0U);
        std::optional<packages::Document> wanted;
        if (value != 0) wanted = document(package, value);
        // Not the answer counts but the commit: a crash may come between.
        shard().orders().put({.package = packages::find(package),
                              .aor = kAlice,
                              .source = "model x",
                              .rank = packages::Rank::hard,
                              .document = std::move(wanted),
                              .expires_at = {},
                              .condition = {}},
                             [](const Status&) {});
    }
    void register_or_not(unsigned n) {
        RegistrationOrder order;
        order.aor = kAlice;
        order.contact = contact(n);
        if (choose(2) == 0)
            return shard().registration_orders().remove(std::move(order), [](const Status&) {});
        shard().registration_orders().put(std::move(order), [](const Status&) {});
    }

    /// A third watcher of presence, which is told of but not looked at.
    void come_or_go() {
        const bool is_going = !guest_.to.empty() && choose(2) == 0;
        subscribe(guest_, is_going ? "Expires: 0\n" : "");
        if (is_going) guest_.to.clear();
    }
    void subscribe(Watcher& watcher, const std::string& more = "") {
        const auto to = watcher.to.empty() ? "<" + kAlice + ">" : watcher.to;
        auto text = testing::request("SUBSCRIBE", kAlice, watcher.cseq++, to,
                                     "Contact: <sip:" + watcher.name +
                                         "@192.0.2.10>\nEvent: " + watcher.package + "\n" + more,
                                     watcher.name);
        // Only the owner sees everything.
        text.replace(text.find("<sip:bob@localhost>"), 19, "<" + kAlice + ">");
        run_->transport.receive(text, run_->transport.udp());
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
    /// Everything that was sent arrives; answers are on their way back.
    void hear() {
        for (auto& sent : run_->transport.take()) {
            if (sent.bytes.find("\r\nCall-ID: guest\r\n") != std::string::npos) greet(sent.bytes);
            for (auto& watcher : watchers_) {
                if (sent.bytes.find("\r\nCall-ID: " + watcher.name + "\r\n") == std::string::npos)
                    continue;
                if (sent.bytes.starts_with("NOTIFY")) {
                    watcher.take(sent.bytes);
                    answers_.push_back(answer_to(sent.bytes, "200 OK"));
                } else if (sent.bytes.starts_with("SIP/2.0 200")) {
                    watcher.to = header(sent.bytes, "To");
                }
            }
        }
    }
    void greet(const std::string& bytes) {
        if (bytes.starts_with("NOTIFY")) answers_.push_back(answer_to(bytes, "200 OK"));
        if (bytes.starts_with("SIP/2.0 200") && guest_.to.empty()) guest_.to = header(bytes, "To");
        if (bytes.starts_with("SIP/2.0 481")) guest_.to.clear();
    }
    void answer_some() {
        while (!answers_.empty() && choose(4) != 0) {
            const auto at = choose(static_cast<unsigned>(answers_.size()));
            const auto text = answers_[at];
            answers_.erase(answers_.begin() + at);
            run_->transport.receive(text, run_->transport.udp());
        }
        settle();
    }
    void kill() {
        // Some of what was on its way to the disk got there, the answer to it did not.
        while (!store_.is_idle() && choose(2) == 0) store_.settle(false);
        run_.reset();
        answers_.clear();
        store_.crash();
        clock_.advance(milliseconds(choose(2) * 1500));
        start();
        settle();
    }
    void quiet(unsigned seconds) {
        for (unsigned n = 0; n < seconds * 2; ++n) {
            while (!store_.is_idle()) {
                store_.settle();
                settle();
            }
            for (auto& text : std::exchange(answers_, {}))
                run_->transport.receive(text, run_->transport.udp());
            settle();
            pass(milliseconds(500));
        }
        note_truth();
    }
    /// What the store says is true.
    void note_truth() {
        for (auto& [package, value] : values_) value = 0;
        for (const auto& [id, row] : store_.publications) {
            for (unsigned n = 0; n <= kValues; ++n) {
                if (row.package == "reg") {
                    if (n < kValues && row.body.find(contact(n)) != std::string::npos)
                        values_["reg"] |= 1U << n;
                } else if (row.body.find(mark_of(row.package, n)) != std::string::npos) {
                    values_[row.package] = n;
                }
            }
        }
    }

    std::mt19937 random_;
    std::vector<std::string> packages_ = kPackages;
    Config config_;
    base::ManualClock clock_;
    testing::ModelStore store_;
    std::unique_ptr<Run> run_;
    std::vector<Watcher> watchers_;
    Watcher guest_{"presence", "guest", {}};
    std::vector<std::string> answers_;
    std::map<std::string, unsigned> values_;
};

}  // namespace

TEST_CASE("whatever changed and whenever the process was killed, watchers come to know the truth") {
    for (unsigned seed = 1; seed <= herald::testing::rounds(350, 100); ++seed) {
        CAPTURE(seed);
        World world(seed);
        world.live(120);
        world.check();
    }
    packages::install({});
}

}  // namespace herald::server::truth_test
