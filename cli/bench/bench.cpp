// cli/bench/bench.cpp: `herald bench`: watchers and publishers, and how fast a server
// serves them.
#include <cstdio>

#include "cli/bench/bench_plan.h"
#include "cli/bench/bench_report.h"
#include "cli/bench/bench_run.h"
#include "cli/commands.h"

namespace herald::cli {
namespace {

constexpr std::string_view kHelp =
    "Plays watchers and publishers against a presence server on this machine: any that knows RFC\n"
    "6665 and 3903, and devices against a registrar (RFC 3261). Each watcher has a dialog of its\n"
    "own and answers every NOTIFY; each PUBLISH has another document, whose number the NOTIFYs\n"
    "are searched for. A PUBLISH is finished when all watchers of its presentity were told of it\n"
    "or of a later one; its time counts from when it should have been sent.\n"
    "\n"
    "With --event message-summary mailboxes get one new message and lose it again; with reg each\n"
    "change is a REGISTER that renames a contact. Their watchers are devices of the owner, who\n"
    "alone may watch. With dialog each presentity has one call after the other, through all their\n"
    "states; --ports phones share the watchers, so that each has a lamp for many lines. A server\n"
    "may pace such NOTIFYs (RFC 3842 3.12, though not where the lamp changes; RFC 3680 4.10; RFC\n"
    "4235 3.10): notify.intervals = [\"reg 0\", \"dialog 0\"] lets them go at once.\n"
    "\n"
    "Phases: subscribe (and leave it at that), refresh, publish, all three; register (each\n"
    "presentity registers one contact, then refreshes it; nobody watches); idle (subscribe, wait\n"
    "--hold seconds and measure memory); restart (publish until the server is killed by somebody\n"
    "else, then wait for it to come back and notify what was acknowledged); message (everybody\n"
    "registers at a port of his and writes to somebody else; set message.rate = 0); connect "
    "(--ports\n"
    "connections, each of which asks once and then says nothing for --hold seconds, and what it\n"
    "takes; then --window at once are opened and closed again and again, and what each costs; "
    "with\n"
    "TLS the same by the ticket of an earlier one). They come from 127.0.0.2 to .9; a server has "
    "a\n"
    "limit for each: sip.max_connections_per_source.\n"
    "\n"
    "Only servers on loopback are accepted: this is no tool to try other people's servers with.\n"
    "The server needs room for the load: subscribe.per_source, per_resource, per_watcher_resource\n"
    "(devices of one owner), store.queue and the like.\n"
    "\n"
    "  herald bench --presentities 100 --fan-out 100 --phase publish\n"
    "  herald bench --event message-summary --presentities 100 --fan-out 100 --phase publish\n"
    "  herald bench --event dialog --presentities 1000 --fan-out 20 --ports 100 --phase publish\n"
    "  herald bench --presentities 10000 --rate 5000 --seconds 30 --verify\n"
    "  herald bench --presentities 1000 --fan-out 100 --phase idle --hold 40\n"
    "  herald bench --presentities 10000 --phase register --window 512\n"
    "  herald bench --presentities 1000 --phase message\n"
    "  herald bench --transport tls --ca cert.pem --ports 1000 --phase publish --fan-out 100\n";

int fail(const Fault& fault) {
    std::fprintf(stderr, "herald bench: %s\n", fault.detail.c_str());
    switch (fault.kind) {
        case FaultKind::malformed:
            return kMisuse;
        case FaultKind::unreachable:
            return kNoAnswer;
        default:
            return kFailed;
    }
}

int run_bench(const Arguments& arguments) {
    const auto plan = bench::plan_of(arguments);
    if (!plan) return fail(plan.fault());
    const base::SystemClock clock;
    const auto report = bench::Run::play(*plan, clock);
    if (!report) return fail(report.fault());
    const std::string text =
        plan->is_json ? bench::to_json(*report, *plan) : bench::to_text(*report, *plan);
    std::fputs(text.c_str(), stdout);
    return report->is_good() ? kOk : kFailed;
}

}  // namespace

Command bench_command() {
    return {"bench", "play watchers and publishers, and measure the server",
            Syntax{"", 0, 0, bench::plan_options()}, kHelp, run_bench};
}

}  // namespace herald::cli
