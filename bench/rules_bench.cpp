// bench/rules_bench.cpp: what rules give to a watcher, few and very many of them, and what it costs
// to read them.
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/access/authorize.h"

namespace {

using namespace herald;
using namespace herald::server;

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr const char* kOwner = "sip:alice@example.com";
constexpr const char* kWatcher = "sip:w7@example.com";

std::string number(std::int64_t n) {
    return std::to_string(n);
}

/// A rule about `who`, which shows something else than its neighbours.
std::string rule(std::int64_t n, const std::string& who) {
    return "<rule id='r" + number(n) + "'><conditions><identity>" + who +
           "</identity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions>"
           "<transformations><pr:provide-services><pr:class>c" +
           number(n % 50) +
           "</pr:class></pr:provide-services><pr:provide-note>true</pr:provide-note>"
           "</transformations></rule>";
}

template <class Who>
std::string ruleset(std::int64_t count, Who who) {
    std::string rules;
    for (std::int64_t n = 0; n < count; ++n) rules += rule(n, who(n));
    return "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
           "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'>" +
           rules + "</ruleset>";
}

std::string one(std::int64_t n) {
    return "<one id='sip:w" + number(n) + "@example.com'/>";
}

void judge_by(benchmark::State& state, const std::string& document) {
    Identity who;
    who.aor = kWatcher;
    const JudgementFacts facts{.profile = packages::find("presence")->profile(),
                               .owner = kOwner,
                               .watcher = who,
                               .said = {policy_of({kOwner, 1, {}, document}), nullptr},
                               .defaults = {},
                               .now = kNow,
                               .sphere = {}};
    if (!judge(facts).is_active()) return state.SkipWithError("the rules allow nothing");
    for (auto _ : state) benchmark::DoNotOptimize(judge(facts));
}

/// Each about somebody else; one is about him.
void BM_JudgeByNames(benchmark::State& state) {
    judge_by(state, ruleset(state.range(0), one));
}
BENCHMARK(BM_JudgeByNames)->Arg(50)->Arg(10000);

/// All about him, and each grants something of its own.
void BM_JudgeAllMatch(benchmark::State& state) {
    judge_by(state, ruleset(state.range(0), [](auto) { return one(7); }));
}
BENCHMARK(BM_JudgeAllMatch)->Arg(1)->Arg(50)->Arg(10000);

/// All about everybody: no index helps.
void BM_JudgeByExceptions(benchmark::State& state) {
    judge_by(state, ruleset(state.range(0), [](auto n) {
                 return "<many><except id='sip:x" + number(n) + "@example.com'/></many>";
             }));
}
BENCHMARK(BM_JudgeByExceptions)->Arg(50)->Arg(10000);

/// Half as many watchers as rules, each named by one: what an edit of one rule has judged again
/// (AV33). The counter says how many rules that looks at for each of them.
void BM_JudgeEverybody(benchmark::State& state) {
    const auto policy = policy_of({kOwner, 1, {}, ruleset(state.range(0), one)});
    const auto watchers = state.range(0) / 2;
    std::vector<std::string> names;
    for (std::int64_t n = 0; n < watchers; ++n)
        names.push_back("sip:w" + number(n) + "@example.com");
    std::size_t looked_at = 0;
    for (auto _ : state) {
        for (const auto& name : names) {
            const std::string_view uris[] = {name};
            const auto grant = policy->rules()->grant({uris, "presence", kNow, {}});
            looked_at += grant.looked_at;
            benchmark::DoNotOptimize(grant);
        }
    }
    const auto judged = state.iterations() * watchers;
    state.SetItemsProcessed(judged);
    state.counters["rules_each"] = static_cast<double>(looked_at) / static_cast<double>(judged);
}
BENCHMARK(BM_JudgeEverybody)->Arg(100)->Arg(10000);

constexpr const char* kDocument =
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:alice@example.com' "
    "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'><tuple id='t'><status><basic>open</basic>"
    "</status><rpid:class>c7</rpid:class><contact priority='0.8'>sip:alice@192.0.2.1:5060"
    "</contact><note>On the phone</note></tuple><dm:person id='p'><rpid:activities><rpid:busy/>"
    "</rpid:activities><dm:note>On the phone</dm:note></dm:person></presence>";

/// A document is composed once for each class of watchers, and filtered with it; 0: not filtered.
void BM_ComposeFiltered(benchmark::State& state) {
    const auto& presence = *packages::find("presence");
    const auto admitted = presence.admit({"application/pidf+xml", kDocument});
    if (!admitted) return state.SkipWithError("the document is refused");
    const packages::Input input{"s1", packages::Rank::published, kNow, admitted->get()};
    const packages::EventState event_state{kOwner, {&input, 1}, kNow};
    pidf::Permissions permissions;
    permissions.services.is_all = permissions.persons.is_all = true;
    permissions.grant(pidf::Attribute::note);
    packages::View view{"application/pidf+xml", kOwner};
    if (state.range(0) == 1) view.permissions = &permissions;
    for (auto _ : state) benchmark::DoNotOptimize(presence.compose(event_state, view));
}
BENCHMARK(BM_ComposeFiltered)->Arg(0)->Arg(1);

void BM_ReadRules(benchmark::State& state) {
    const auto document = ruleset(state.range(0), one);
    for (auto _ : state) benchmark::DoNotOptimize(policy_of({kOwner, 1, {}, document}));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * document.size()));
}
BENCHMARK(BM_ReadRules)->Arg(50)->Arg(10000);

}  // namespace
