// sip/transaction.cpp: the tables of both non-INVITE state machines.
#include "sip/transaction.h"

#include <algorithm>
#include <cstddef>

namespace herald::sip {
namespace {

constexpr std::size_t index(ClientState state) {
    return static_cast<std::size_t>(state);
}
constexpr std::size_t index(ClientInput input) {
    return static_cast<std::size_t>(input);
}
constexpr std::size_t index(ServerState state) {
    return static_cast<std::size_t>(state);
}
constexpr std::size_t index(ServerInput input) {
    return static_cast<std::size_t>(input);
}

constexpr ClientStep kReport{ClientState::gone, ClientAction::report};
constexpr ClientStep kClientEnded{ClientState::gone, ClientAction::none};

// Rows: state. Columns: provisional, final, timer_e, timer_f, transport_error.
constexpr ClientStep kClient[3][5] = {
    // trying
    {{ClientState::proceeding, ClientAction::none},
     kReport,
     {ClientState::trying, ClientAction::retransmit},
     kReport,
     kReport},
    // proceeding
    {{ClientState::proceeding, ClientAction::none},
     kReport,
     {ClientState::proceeding, ClientAction::retransmit},
     kReport,
     kReport},
    // gone
    {kClientEnded, kClientEnded, kClientEnded, kClientEnded, kClientEnded},
};

constexpr ServerStep kAnswered{ServerState::completed, ServerAction::send};
constexpr ServerStep kServerEnded{ServerState::gone, ServerAction::none};

// Rows: state. Columns: retransmission, provisional, final, give_up, timer_j.
constexpr ServerStep kServer[4][5] = {
    // trying
    {{ServerState::trying, ServerAction::none},
     {ServerState::proceeding, ServerAction::send},
     kAnswered,
     kServerEnded,
     {ServerState::trying, ServerAction::none}},
    // proceeding: the one provisional is a 100, a second says nothing new
    {{ServerState::proceeding, ServerAction::resend},
     {ServerState::proceeding, ServerAction::none},
     kAnswered,
     kServerEnded,
     {ServerState::proceeding, ServerAction::none}},
    // completed
    {{ServerState::completed, ServerAction::resend},
     {ServerState::completed, ServerAction::none},
     {ServerState::completed, ServerAction::none},
     {ServerState::completed, ServerAction::none},
     kServerEnded},
    // gone
    {kServerEnded, kServerEnded, kServerEnded, kServerEnded, kServerEnded},
};

}  // namespace

base::Duration TransactionTimers::provisional_after() const noexcept {
    base::Duration sent{0};
    for (base::Duration interval = t1; interval < t2; interval *= 2) sent += interval;
    return std::min(sent, lifetime());
}

ClientStep step(ClientState state, ClientInput input) noexcept {
    return kClient[index(state)][index(input)];
}

ServerStep step(ServerState state, ServerInput input) noexcept {
    return kServer[index(state)][index(input)];
}

}  // namespace herald::sip
