// cli/bench/bench_plan.h: what `herald bench` shall do, as its command line says it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/bench/bench_ports.h"
#include "sip/endpoint.h"

namespace herald::cli::bench {

enum class Phase : std::uint8_t {
    subscribe,
    refresh,
    publish,
    register_,
    all,
    idle,
    restart,
    message,
    connect
};

/// What is watched and changed.
enum class Event : std::uint8_t {
    presence,
    message_summary,  ///< mailboxes (RFC 3842)
    reg,              ///< bindings (RFC 3680): changed by REGISTER
    dialog,           ///< calls (RFC 4235), each through all its states
};
/// As in the Event header.
std::string_view name_of(Event event) noexcept;

/// Bounded everywhere, so that no slip of a finger makes a storm.
struct Plan {
    Way way;
    std::string domain;  ///< of presentities and watchers
    std::string prefix;  ///< of their user parts; runs with different ones do not meet
    Phase phase = Phase::all;
    Event event = Event::presence;
    std::uint32_t presentities = 1000;
    std::uint32_t fan_out = 1;  ///< watchers of each presentity
    std::uint32_t ports = 1;    ///< sockets the watchers are spread over
    std::uint32_t window = 64;  ///< closed loop: that many at once
    std::uint32_t rate = 0;     ///< open loop: that many a second; 0: closed
    std::uint32_t subscribe_window = 256;
    base::Duration duration = std::chrono::seconds(10);
    base::Duration hold{0};                            ///< quiet time before memory is measured
    base::Duration timeout = std::chrono::seconds(5);  ///< an unanswered request is given up
    std::uint32_t body_size = 600;                     ///< bytes of a published document, about
    std::uint32_t expires = 3600;                      ///< seconds
    std::string user;          ///< of everybody; empty: each its own user part
    std::string password;      ///< empty: a challenge is a refusal
    int server_pid = 0;        ///< 0: whoever has the server's UDP port
    int store_pid = 0;         ///< the server's database, whose children count too; 0: none
    bool retransmits = false;  ///< RFC 3261 17.1.2.2
    bool unsubscribes = false;
    bool verifies = false;
    bool is_json = false;

    std::uint32_t watchers() const noexcept { return presentities * fan_out; }
    /// Nobody else may watch, so the watchers are devices of whom they watch.
    bool are_watchers_owners() const noexcept {
        return event == Event::message_summary || event == Event::reg;
    }
    /// Each change says its number. Devices that nobody watches just refresh what they registered.
    bool are_changes_numbered() const noexcept {
        return event != Event::reg || fan_out > 0 || verifies;
    }
};

std::vector<Option> plan_options();

/// Faults: malformed (a sentence for the user), forbidden: the server is not on this machine.
Result<Plan> plan_of(const Arguments& arguments);

}  // namespace herald::cli::bench
