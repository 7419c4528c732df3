// bench/compose_bench.cpp: admitting and composing presence documents and mailbox counters.
#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "packages/package.h"

namespace {

using namespace herald;
using namespace herald::packages;

constexpr base::WallTime kArrived{std::chrono::seconds(1'800'000'000)};

/// About 900 bytes, as a soft phone writes them.
std::string document_of(int publisher) {
    const std::string n = std::to_string(publisher);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
           "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
           " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@example.com\">\n"
           " <tuple id=\"pj3e0b7a6cf1d94b0f" +
           n +
           "\">\n  <status>\n   <basic>open</basic>\n  </status>\n"
           "  <contact priority=\"0.8\">sip:alice@192.0.2." +
           n +
           ":5060;transport=udp</contact>\n"
           "  <timestamp>2027-01-15T07:58:11.322Z</timestamp>\n  <note>On the phone</note>\n "
           "</tuple>\n"
           " <dm:person id=\"pj51bd7d0cbbe24c1d" +
           n +
           "\">\n  <rpid:activities>\n   <rpid:busy/>\n  </rpid:activities>\n"
           "  <dm:note>On the phone</dm:note>\n </dm:person>\n</presence>\n";
}

void BM_AdmitPresence(benchmark::State& state) {
    const Package& package = *find("presence");
    const Document document{"application/pidf+xml", document_of(1)};
    for (auto _ : state) benchmark::DoNotOptimize(package.admit(document));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * document.body.size()));
}
BENCHMARK(BM_AdmitPresence);

void BM_ComposePresence(benchmark::State& state) {
    const Package& package = *find("presence");
    std::vector<std::string> sources;
    std::vector<DocumentPtr> documents;
    for (int i = 0; i < state.range(0); ++i) {
        sources.push_back("tag" + std::to_string(i));
        documents.push_back(*package.admit({"application/pidf+xml", document_of(i)}));
    }
    std::vector<Input> inputs;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        inputs.push_back({sources[i], Rank::published, kArrived, documents[i].get()});
    }
    const EventState event_state{"sip:alice@example.com", inputs, kArrived};
    const View view{"application/pidf+xml", "sip:alice@example.com"};
    for (auto _ : state) benchmark::DoNotOptimize(package.compose(event_state, view));
}
BENCHMARK(BM_ComposePresence)->Arg(0)->Arg(1)->Arg(2)->Arg(3)->Arg(16);

/// Documents that cost the most for their size, one for each limit of CO-13.
enum class Worst { notes, extensions, pieces, same_keys, same_ids, foreign, attributes };

std::string repeated(int times, const std::string& head, const std::string& tail = {}) {
    std::string all;
    for (int i = 0; i < times; ++i) all += head + (tail.empty() ? "" : std::to_string(i) + tail);
    return all;
}

std::string worst_content(Worst worst) {
    switch (worst) {
        case Worst::notes:
            return repeated(2040, "<note>", "</note>");
        case Worst::extensions:
            return repeated(2040, "<z xmlns='urn:z' a='", "'/>");
        case Worst::pieces:
            return "<dm:person id='p'>" + repeated(2040, "<z xmlns='urn:z", "'/>") + "</dm:person>";
        case Worst::same_keys:
            return repeated(200, "<tuple id='t",
                            "'><status><basic>open</basic></status><contact>sip:a@x</contact>"
                            "<note>n</note></tuple>");
        case Worst::same_ids:
            return repeated(66, "<tuple id='t", "'/>") + repeated(66, "<dm:person id='t", "'/>") +
                   repeated(66, "<dm:device id='t",
                            "'><dm:deviceID>urn:x</dm:deviceID></dm:device>");
        case Worst::foreign:
            return "<dm:person id='p' xmlns:z='urn:" + std::string(250, 'z') + "'>" +
                   repeated(400, "<z:a/>") + "</dm:person>";
        case Worst::attributes:
            break;
    }
    std::string element = "<z xmlns='urn:z'";
    for (int i = 0; i < 64; ++i) element += " a" + std::to_string(i) + "=''";
    return repeated(60, element + "/>");
}

std::string worst_document(Worst worst) {
    std::string body =
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
        "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' entity='sip:a@x'>" +
        worst_content(worst) + "</presence>";
    body.resize(std::min<std::size_t>(body.size(), 65536));
    return body;
}

void BM_AdmitWorst(benchmark::State& state) {
    const Package& package = *find("presence");
    const Document document{"application/pidf+xml",
                            worst_document(static_cast<Worst>(state.range(0)))};
    if (!package.admit(document)) return state.SkipWithError("refused");
    for (auto _ : state) benchmark::DoNotOptimize(package.admit(document));
}
BENCHMARK(BM_AdmitWorst)->DenseRange(0, 6);

/// Forty such publications of one user.
void BM_ComposeWorst(benchmark::State& state) {
    const Package& package = *find("presence");
    const auto document =
        package.admit({"application/pidf+xml", worst_document(static_cast<Worst>(state.range(0)))});
    if (!document) return state.SkipWithError("refused");
    std::vector<std::string> sources;
    for (int i = 0; i < 40; ++i) sources.push_back("tag" + std::to_string(i));
    std::vector<Input> inputs;
    for (const std::string& source : sources)
        inputs.push_back({source, Rank::published, kArrived, document->get()});
    const EventState event_state{"sip:alice@example.com", inputs, kArrived};
    const View view{"application/pidf+xml", "sip:alice@example.com"};
    for (auto _ : state) benchmark::DoNotOptimize(package.compose(event_state, view));
}
BENCHMARK(BM_ComposeWorst)->DenseRange(0, 6);

/// As many calls of one user at once, each published for itself.
void BM_ComposeDialogs(benchmark::State& state) {
    const Package& package = *find("dialog");
    std::vector<std::string> sources;
    std::vector<DocumentPtr> documents;
    for (int i = 0; i < state.range(0); ++i) {
        const std::string n = std::to_string(i);
        sources.push_back("p" + n);
        documents.push_back(*package.admit(
            {"application/dialog-info+xml",
             "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
             "state=\"full\" entity=\"sip:alice@example.com\"><dialog id=\"" +
                 n + "\" call-id=\"" + n +
                 "\" local-tag=\"l\" remote-tag=\"r\"><state>confirmed</state><remote><identity>"
                 "sip:bob@example.com</identity></remote></dialog></dialog-info>"}));
    }
    std::vector<Input> inputs;
    for (std::size_t i = 0; i < sources.size(); ++i)
        inputs.push_back({sources[i], Rank::published, kArrived, documents[i].get()});
    const EventState event_state{"sip:alice@example.com", inputs, kArrived};
    const View view{"application/dialog-info+xml", "sip:alice@example.com"};
    for (auto _ : state) benchmark::DoNotOptimize(package.compose(event_state, view));
    state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_ComposeDialogs)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Complexity();

/// As many calls as 64 KiB of one document hold, and sixteen such documents of one user.
std::string most_dialogs() {
    std::string body =
        "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='0' state='full' "
        "entity='sip:a@x'>";
    const std::string end = "</dialog-info>";
    for (int i = 0;; ++i) {
        const std::string one =
            "<dialog id='" + std::to_string(i) + "'><state>early</state></dialog>";
        if (body.size() + one.size() + end.size() > 65536) return body + end;
        body += one;
    }
}

void BM_AdmitMostDialogs(benchmark::State& state) {
    const Package& package = *find("dialog");
    const Document document{"application/dialog-info+xml", most_dialogs()};
    if (!package.admit(document)) return state.SkipWithError("refused");
    for (auto _ : state) benchmark::DoNotOptimize(package.admit(document));
}
BENCHMARK(BM_AdmitMostDialogs);

void BM_ComposeMostDialogs(benchmark::State& state) {
    const Package& package = *find("dialog");
    const auto document = package.admit({"application/dialog-info+xml", most_dialogs()});
    if (!document) return state.SkipWithError("refused");
    std::vector<std::string> sources;
    for (int i = 0; i < 16; ++i) sources.push_back("p" + std::to_string(i));
    std::vector<Input> inputs;
    for (const std::string& source : sources)
        inputs.push_back({source, Rank::published, kArrived, document->get()});
    const EventState event_state{"sip:alice@example.com", inputs, kArrived};
    const View view{"application/dialog-info+xml", "sip:alice@example.com"};
    for (auto _ : state) benchmark::DoNotOptimize(package.compose(event_state, view));
}
BENCHMARK(BM_ComposeMostDialogs);

/// 64 KiB of counters.
void BM_AdmitMostCounters(benchmark::State& state) {
    const Package& package = *find("message-summary");
    std::string body = "Messages-Waiting: yes\r\n";
    for (int i = 0; body.size() < 65000; ++i)
        body += "x-class" + std::to_string(i) + ": 4294967295/4294967295 (1/1)\r\n";
    const Document document{"application/simple-message-summary", body};
    for (auto _ : state) benchmark::DoNotOptimize(package.admit(document));
}
BENCHMARK(BM_AdmitMostCounters);

void BM_AdmitMessageSummary(benchmark::State& state) {
    const Package& package = *find("message-summary");
    const Document document{"application/simple-message-summary",
                            "Messages-Waiting: yes\r\nMessage-Account: sip:alice@example.com\r\n"
                            "Voice-Message: 2/8 (0/2)\r\n"};
    for (auto _ : state) benchmark::DoNotOptimize(package.admit(document));
}
BENCHMARK(BM_AdmitMessageSummary);

void BM_ComposeMessageSummary(benchmark::State& state) {
    const Package& package = *find("message-summary");
    const DocumentPtr document =
        *package.admit({"application/simple-message-summary",
                        "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n"});
    const std::vector<Input> inputs{{"tag", Rank::published, kArrived, document.get()}};
    const EventState event_state{"sip:alice@example.com", inputs, kArrived};
    const View view{"application/simple-message-summary", "sip:alice@example.com"};
    for (auto _ : state) benchmark::DoNotOptimize(package.compose(event_state, view));
}
BENCHMARK(BM_ComposeMessageSummary);

}  // namespace
