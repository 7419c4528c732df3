// cli/bench/bench_report.cpp: what a run of the load generator found, for people and for programs.
#include "cli/bench/bench_report.h"

#include <cstdarg>
#include <cstdio>
#include <sstream>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

namespace herald::cli::bench {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

[[gnu::format(printf, 2, 3)]] void append_text(std::string& out, const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0)
        out.append(line, std::min<std::size_t>(static_cast<std::size_t>(size), sizeof line - 1));
}

double milliseconds(base::Duration duration) {
    return static_cast<double>(duration.count()) / 1000;
}

double share_of(double part, std::uint64_t count) {
    return count > 0 ? part / static_cast<double>(count) : 0;
}

double microseconds_each(double seconds, std::uint64_t count) {
    return share_of(seconds * 1e6, count);
}

/// Datagrams the server received and sent, as far as they are seen here.
std::uint64_t messages_of(const Counters& counters) {
    return 2 * (counters.requests + counters.challenges + counters.notifies) +
           counters.repetitions + 2 * counters.repeated_notifies;
}

void append_latency(std::string& out, const char* what, const Histogram& latencies) {
    if (latencies.count() == 0) return;
    append_text(out, "  %-22s p50 %.2f, p90 %.2f, p99 %.2f, max %.2f ms\n", what,
                milliseconds(latencies.quantile(0.5)), milliseconds(latencies.quantile(0.9)),
                milliseconds(latencies.quantile(0.99)), milliseconds(latencies.max()));
}

void append_losses(std::string& out, const PhaseReport& phase) {
    const Counters& total = phase.total;
    append_text(out,
                "  %-22s %llu unanswered, %llu fan-outs incomplete, %llu requests repeated, %llu "
                "NOTIFYs repeated",
                "losses", static_cast<unsigned long long>(total.timeouts),
                static_cast<unsigned long long>(phase.incomplete),
                static_cast<unsigned long long>(total.repetitions),
                static_cast<unsigned long long>(total.repeated_notifies));
    for (std::size_t status = 0; status < total.refusals.size(); ++status) {
        if (total.refusals[status] == 0) continue;
        append_text(out, ", %llu times %zu",
                    static_cast<unsigned long long>(total.refusals[status]), status);
    }
    if (total.strays > 0) {
        append_text(out, ", %llu NOTIFYs of no dialog",
                    static_cast<unsigned long long>(total.strays));
    }
    if (total.unreadable > 0) {
        append_text(out, ", %llu unreadable", static_cast<unsigned long long>(total.unreadable));
    }
    out += '\n';
}

void append_phase(std::string& out, const PhaseReport& phase, const Report& report) {
    const Counters& counters = phase.counters;
    append_text(out, "%s: %.2f s\n", phase.name.c_str(), phase.seconds);
    append_text(out, "  %-22s %.0f/s accepted, %.0f/s sent, %.0f/s asked for\n", "requests",
                phase.per_second(counters.accepted), phase.per_second(counters.requests),
                phase.per_second(phase.asked));
    if (counters.challenges > 0) {
        append_text(out, "  %-22s %.0f/s\n", "challenges answered",
                    phase.per_second(counters.challenges));
    }
    if (counters.notifies > 0) {
        append_text(out, "  %-22s %.0f/s, %.2f for each request accepted\n", "NOTIFYs",
                    phase.per_second(counters.notifies),
                    share_of(static_cast<double>(phase.total.notifies), phase.total.accepted));
    }
    append_latency(out, "finished after", phase.latencies);
    append_latency(out, "answered after", phase.answers);
    append_losses(out, phase);
    if (report.has_server) {
        append_text(out, "  %-22s %.0f %% of a core (user %.0f, system %.0f): %.2f us per request",
                    "server CPU", 100 * phase.server_seconds() / phase.seconds,
                    100 * phase.server_user_seconds / phase.seconds,
                    100 * phase.server_system_seconds / phase.seconds,
                    microseconds_each(phase.server_seconds(), counters.requests));
        if (counters.notifies > 0) {
            append_text(out, ", %.2f us per NOTIFY",
                        microseconds_each(phase.server_seconds(), counters.notifies));
        }
        append_text(out, ", %.2f us per message\n",
                    microseconds_each(phase.server_seconds(), messages_of(counters)));
    }
    if (phase.store_seconds > 0) {
        append_text(out, "  %-22s %.0f %% of a core: %.2f us per request\n", "database CPU",
                    100 * phase.store_seconds / phase.seconds,
                    microseconds_each(phase.store_seconds, counters.requests));
    }
    append_text(out, "  %-22s %.0f %% of a core\n", "own CPU",
                100 * phase.own_seconds / phase.seconds);
}

Object json_of(const Histogram& latencies) {
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("count", latencies.count());
    object.set("p50_ms", milliseconds(latencies.quantile(0.5)));
    object.set("p90_ms", milliseconds(latencies.quantile(0.9)));
    object.set("p99_ms", milliseconds(latencies.quantile(0.99)));
    object.set("max_ms", milliseconds(latencies.max()));
    return object;
}

Object json_of_refusals(const Counters& total) {
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    for (std::size_t status = 0; status < total.refusals.size(); ++status) {
        if (total.refusals[status] > 0) object.set(std::to_string(status), total.refusals[status]);
    }
    return object;
}

Object json_of(const PhaseReport& phase) {
    const Counters& counters = phase.counters;
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("phase", phase.name);
    object.set("seconds", phase.seconds);
    object.set("asked_per_second", phase.per_second(phase.asked));
    object.set("sent_per_second", phase.per_second(counters.requests));
    object.set("accepted_per_second", phase.per_second(counters.accepted));
    object.set("notifies_per_second", phase.per_second(counters.notifies));
    object.set("requests", phase.total.requests);
    object.set("accepted", phase.total.accepted);
    object.set("refused", json_of_refusals(phase.total));
    object.set("unanswered", phase.total.timeouts);
    object.set("incomplete_fan_outs", phase.incomplete);
    object.set("repeated_requests", phase.total.repetitions);
    object.set("notifies", phase.total.notifies);
    object.set("repeated_notifies", phase.total.repeated_notifies);
    object.set("stray_notifies", phase.total.strays);
    object.set("challenges", phase.total.challenges);
    object.set("finished", json_of(phase.latencies));
    object.set("answered", json_of(phase.answers));
    object.set("server_user_seconds", phase.server_user_seconds);
    object.set("server_system_seconds", phase.server_system_seconds);
    object.set("server_written_bytes", phase.server_written_bytes);
    object.set("server_us_per_request",
               microseconds_each(phase.server_seconds(), counters.requests));
    object.set("server_us_per_notify",
               microseconds_each(phase.server_seconds(), counters.notifies));
    object.set("server_us_per_message",
               microseconds_each(phase.server_seconds(), messages_of(counters)));
    object.set("store_seconds", phase.store_seconds);
    object.set("store_us_per_request", microseconds_each(phase.store_seconds, counters.requests));
    object.set("own_seconds", phase.own_seconds);
    return object;
}

}  // namespace

double MemoryReport::per_subscription() const noexcept {
    if (subscriptions == 0) return 0;
    return (static_cast<double>(loaded_bytes) - static_cast<double>(idle_bytes)) / subscriptions;
}

bool Report::is_good() const noexcept {
    return !(verify && verify->lost > 0) && !(restart && restart->lost > 0);
}

std::string to_text(const Report& report, const Plan& plan) {
    std::string out;
    append_text(
        out, "%s by %s: %s of %u presentities with %u watchers each on %u ports\n",
        plan.way.server.to_string().c_str(), std::string(sip::uri_name(plan.way.protocol)).c_str(),
        std::string(name_of(plan.event)).c_str(), plan.presentities, plan.fan_out, plan.ports);
    append_text(out, "%s\n", machine().c_str());
    for (const PhaseReport& phase : report.phases) append_phase(out, phase, report);
    if (const auto& memory = report.memory; memory && memory->subscriptions > 0) {
        append_text(
            out,
            "memory: %.1f MB idle, %.1f MB with %u subscriptions %.0f s later: %.0f bytes for "
            "each\n",
            static_cast<double>(memory->idle_bytes) / 1e6,
            static_cast<double>(memory->loaded_bytes) / 1e6, memory->subscriptions,
            memory->held_seconds, memory->per_subscription());
    }
    if (const auto& connections = report.connections) {
        append_text(out,
                    "memory: %.1f MB without, %.1f MB with %u connections, %.1f MB after %.0f s of "
                    "silence: %.0f bytes for each; meanwhile %.2f %% of a core\n",
                    static_cast<double>(connections->idle_bytes) / 1e6,
                    static_cast<double>(connections->loaded_bytes) / 1e6, connections->count,
                    static_cast<double>(connections->held_bytes) / 1e6, connections->held_seconds,
                    connections->each(), connections->cpu_percent());
    }
    if (const auto& restart = report.restart) {
        append_text(
            out,
            "restart: ready after %.2f s; %u watchers lacked acknowledged state, all notified "
            "%.2f s later, %u never; %llu NOTIFYs\n",
            restart->ready_seconds, restart->behind, restart->notified_seconds, restart->lost,
            static_cast<unsigned long long>(restart->notifies));
    }
    if (const auto& verify = report.verify) {
        append_text(out,
                    "verify: %u presentities hold what was acknowledged, %u lost it, %u unknown\n",
                    verify->intact, verify->lost, verify->unknown);
        for (const auto& example : verify->examples)
            append_text(out, "  lost: %s\n", example.c_str());
    }
    append_text(out, "%u subscriptions, %llu ended by the server, %llu accepted without a NOTIFY\n",
                report.subscriptions, static_cast<unsigned long long>(report.ended),
                static_cast<unsigned long long>(report.unnotified));
    if (report.unsent > 0) {
        append_text(out, "%llu messages could not be sent\n",
                    static_cast<unsigned long long>(report.unsent));
    }
    return out;
}

std::string to_json(const Report& report, const Plan& plan) {
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("server", plan.way.server.to_string());
    object.set("transport", std::string(sip::uri_name(plan.way.protocol)));
    object.set("machine", machine());
    object.set("event", std::string(name_of(plan.event)));
    object.set("presentities", plan.presentities);
    object.set("fan_out", plan.fan_out);
    object.set("ports", plan.ports);
    Array phases;
    for (const PhaseReport& phase : report.phases) phases.add(json_of(phase));
    object.set("phases", phases);
    if (const auto& connections = report.connections) {
        Object json(Poco::JSON_PRESERVE_KEY_ORDER);
        json.set("count", connections->count);
        json.set("bytes_each", connections->each());
        json.set("loaded_bytes", connections->loaded_bytes);
        json.set("held_bytes", connections->held_bytes);
        json.set("held_seconds", connections->held_seconds);
        json.set("cpu_percent", connections->cpu_percent());
        object.set("connections", json);
    }
    if (const auto& memory = report.memory) {
        Object part(Poco::JSON_PRESERVE_KEY_ORDER);
        part.set("idle_bytes", memory->idle_bytes);
        part.set("loaded_bytes", memory->loaded_bytes);
        part.set("subscriptions", memory->subscriptions);
        part.set("held_seconds", memory->held_seconds);
        part.set("bytes_per_subscription", memory->per_subscription());
        object.set("memory", part);
    }
    if (const auto& restart = report.restart) {
        Object part(Poco::JSON_PRESERVE_KEY_ORDER);
        part.set("ready_seconds", restart->ready_seconds);
        part.set("notified_seconds", restart->notified_seconds);
        part.set("behind", restart->behind);
        part.set("lost", restart->lost);
        part.set("notifies", restart->notifies);
        object.set("restart", part);
    }
    if (const auto& verify = report.verify) {
        Object part(Poco::JSON_PRESERVE_KEY_ORDER);
        part.set("intact", verify->intact);
        part.set("lost", verify->lost);
        part.set("unknown", verify->unknown);
        object.set("verify", part);
    }
    object.set("subscriptions", report.subscriptions);
    object.set("ended", report.ended);
    object.set("unnotified", report.unnotified);
    object.set("unsent", report.unsent);
    std::ostringstream text;
    object.stringify(text, 2);
    return text.str() + "\n";
}

}  // namespace herald::cli::bench
