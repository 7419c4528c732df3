// cli/trace.cpp: `herald trace`: the SIP messages of one user or address, as they pass.
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/pcap.h"
#include "cli/terminal.h"
#include "sip/endpoint.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr auto kPause = std::chrono::milliseconds(300);
constexpr std::uint32_t kUsualSeconds = 300;

volatile std::sig_atomic_t is_interrupted = 0;

void interrupt(int /*signal*/) {
    is_interrupted = 1;
}

std::string shown_text(const Object::Ptr& object, const std::string& key) {
    return object->isNull(key) ? std::string() : object->optValue<std::string>(key, "");
}

std::optional<sip::Endpoint> endpoint_of(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto port = colon == text.npos ? std::nullopt : base::to_u64(text.substr(colon + 1));
    if (!port || *port > 65535) return std::nullopt;
    return sip::Endpoint::from(text.substr(0, colon), static_cast<std::uint16_t>(*port));
}

/// Where messages go: to the terminal, or into a file.
class Output {
public:
    /// Empty: to the terminal.
    explicit Output(const std::string& file) {
        if (file.empty()) return;
        file_.open(file, std::ios::binary | std::ios::trunc);
        file_ << pcap_heading();
    }
    bool is_good() const { return !file_.is_open() || file_.good(); }

    void write(const Object::Ptr& message) {
        const bool is_in = shown_text(message, "direction") == "in";
        if (!file_.is_open()) return print(message, is_in);
        const auto local = endpoint_of(shown_text(message, "local"));
        const auto peer = endpoint_of(shown_text(message, "peer"));
        const auto at = base::from_rfc3339(shown_text(message, "at"));
        const auto bytes = shown_text(message, "body");
        if (!local || !peer || !at || bytes.empty()) return;
        file_ << pcap_packet({*at, is_in ? *peer : *local, is_in ? *local : *peer, bytes});
    }
    void flush() { file_.flush(); }

private:
    static void print(const Object::Ptr& message, bool is_in) {
        print_line(printable(shown_text(message, "at")) + "  " + (is_in ? "from " : "to ") +
                   printable(shown_text(message, "peer")) + "  " +
                   printable(shown_text(message, "transport")));
        std::istringstream lines(shown_text(message, "body"));
        for (std::string line; std::getline(lines, line);)
            print_line("  " + printable(base::trim(line)));
        print_line("");
    }

    std::ofstream file_;
};

std::string trace_order(const Arguments& arguments) {
    Object order(Poco::JSON_PRESERVE_KEY_ORDER);
    if (!arguments.operands().empty()) order.set("user", arguments.operands()[0]);
    if (const auto peer = arguments.text("peer")) order.set("peer", std::string(*peer));
    order.set("seconds", arguments.number("for").value_or(kUsualSeconds));
    if (arguments.has("hep")) order.set("hep", true);
    std::ostringstream json;
    order.stringify(json);
    return json.str();
}

/// Where a trace stands.
struct TraceProgress {
    std::uint64_t after = 0, lost = 0, seconds_left = 0;
    std::size_t messages = 0;
};

/// Writes what is new. Faults: as ApiClient::call().
Result<TraceProgress> write_news(const ApiClient& api, const std::string& path,
                                 TraceProgress progress, Output& output) {
    const auto answer =
        api.call("GET", path + "?limit=1000&after=" + std::to_string(progress.after));
    if (!answer) return answer.fault();
    try {
        const auto page = Poco::JSON::Parser().parse(*answer).extract<Object::Ptr>();
        const Array::Ptr messages = page->getArray("messages");
        for (std::size_t i = 0; messages && i < messages->size(); ++i) {
            const auto message = messages->getObject(static_cast<unsigned>(i));
            output.write(message);
            progress.after = message->getValue<std::uint64_t>("number");
            ++progress.messages;
        }
        progress.lost = page->optValue<std::uint64_t>("lost", 0);
        progress.seconds_left =
            page->getObject("trace")->optValue<std::uint64_t>("seconds_left", 0);
        return progress;
    } catch (const Poco::Exception& exception) {
        return Fault{FaultKind::malformed, "cannot read the answer: " + exception.displayText()};
    }
}

/// Until its time is over, or somebody ends it.
Result<TraceProgress> follow_trace(const ApiClient& api, const std::string& path, Output& output) {
    TraceProgress progress;
    while (true) {
        const bool is_last = is_interrupted != 0;
        const auto next = write_news(api, path, progress, output);
        if (!next) return next;
        progress = *next;
        output.flush();
        if (is_last || progress.seconds_left == 0 || !output.is_good()) return progress;
        std::this_thread::sleep_for(kPause);
    }
}

std::string id_in(const std::string& answer) {
    try {
        return shown_text(Poco::JSON::Parser().parse(answer).extract<Object::Ptr>(), "id");
    } catch (const Poco::Exception&) {
        return {};
    }
}

int run_trace(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api || (arguments.operands().empty() && !arguments.has("peer"))) {
        print_error("trace",
                    api ? "whose messages? Give a user, --peer or both" : api.fault().detail);
        return kMisuse;
    }
    Output output{std::string(arguments.text_or("pcap", ""))};
    if (!output.is_good()) {
        print_error("trace", "cannot write " + std::string(arguments.text_or("pcap", "")));
        return kFailed;
    }
    const auto started = api->call("POST", "/v1/traces", trace_order(arguments));
    if (!started) return report_api_fault("trace", started.fault());
    const std::string path = "/v1/traces/" + path_segment(id_in(*started));
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    const auto done = follow_trace(*api, path, output);
    static_cast<void>(api->call("DELETE", path));
    if (!done) return report_api_fault("trace", done.fault());
    if (done->lost > 0) {
        print_error("trace",
                    std::to_string(done->lost) + " messages had no room: server.trace_memory");
    }
    if (!output.is_good()) {
        print_error("trace", "cannot write " + std::string(arguments.text_or("pcap", "")));
        return kFailed;
    }
    if (arguments.has("pcap")) print_line(std::to_string(done->messages) + " messages");
    return kOk;
}

}  // namespace

Command trace_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Shows the SIP messages of one user, or to and from one address, as they pass:\n"
        "those that name the user in a URI of their head, whatever the domain. It ends\n"
        "with Ctrl-C, or by itself. Answers to challenges are masked.\n"
        "\n"
        "  herald trace 217\n"
        "  herald trace --peer 192.0.2.17 --for 60\n"
        "  herald trace 217 --pcap phone217.pcap\n"
        "\n"
        "A capture holds each message as a datagram of UDP, whatever carried it, for\n"
        "Wireshark or sngrep; what came by TLS is in clear there. With --hep they also go\n"
        "to the collector that the configuration names in server.hep. A token of an\n"
        "administrator is needed.\n"
        "\n" +
        std::string(kApiHelp);
    return {.name = "trace",
            .summary = "show the SIP messages of a user or an address",
            .syntax = {.operands = "[USER]",
                       .least_operands = 0,
                       .most_operands = 1,
                       .options = with_api_options({
                           {.name = "peer",
                            .kind = Kind::text,
                            .value = "ADDRESS",
                            .help = "only to and from it, a numeric address"},
                           {.name = "for",
                            .kind = Kind::number,
                            .value = "SECONDS",
                            .help = "how long (300)"},
                           {.name = "pcap",
                            .kind = Kind::text,
                            .value = "FILE",
                            .help = "write a capture instead"},
                           {.name = "hep", .help = "send them to the collector of server.hep too"},
                       })},
            .help = help,
            .run = run_trace};
}

}  // namespace herald::cli
