// tests/unit/sip/transaction_test.cpp: the state tables, walked State x Input, and their timers.
#include "sip/transaction.h"

#include <chrono>

#include <doctest/doctest.h>

namespace herald::sip::transaction_test {

using namespace std::chrono_literals;

TEST_CASE("RFC 3261 17.1.2.2: a non-INVITE client transaction, every state and input") {
    using S = ClientState;
    using I = ClientInput;
    using A = ClientAction;
    const ClientStep reported{S::gone, A::report};
    const ClientStep over{S::gone, A::none};
    const struct {
        S state;
        I input;
        ClientStep expected;
    } rows[] = {
        {S::trying, I::provisional, {S::proceeding, A::none}},
        {S::trying, I::final, reported},
        {S::trying, I::timer_e, {S::trying, A::retransmit}},
        {S::trying, I::timer_f, reported},
        {S::trying, I::transport_error, reported},
        {S::proceeding, I::provisional, {S::proceeding, A::none}},
        {S::proceeding, I::final, reported},
        {S::proceeding, I::timer_e, {S::proceeding, A::retransmit}},
        {S::proceeding, I::timer_f, reported},
        {S::proceeding, I::transport_error, reported},
        {S::gone, I::provisional, over},
        {S::gone, I::final, over},
        {S::gone, I::timer_e, over},
        {S::gone, I::timer_f, over},
        {S::gone, I::transport_error, over},
    };

    for (const auto& row : rows) {
        CAPTURE(static_cast<int>(row.state));
        CAPTURE(static_cast<int>(row.input));
        CHECK(step(row.state, row.input) == row.expected);
    }
}

TEST_CASE("RFC 3261 17.2.2, RFC 4320 4.2: a non-INVITE server transaction, every state and input") {
    using S = ServerState;
    using I = ServerInput;
    using A = ServerAction;
    const ServerStep over{S::gone, A::none};
    const struct {
        S state;
        I input;
        ServerStep expected;
    } rows[] = {
        {S::trying, I::retransmission, {S::trying, A::none}},
        {S::trying, I::provisional, {S::proceeding, A::send}},
        {S::trying, I::final, {S::completed, A::send}},
        {S::trying, I::give_up, over},
        {S::trying, I::timer_j, {S::trying, A::none}},
        {S::proceeding, I::retransmission, {S::proceeding, A::resend}},
        {S::proceeding, I::provisional, {S::proceeding, A::none}},
        {S::proceeding, I::final, {S::completed, A::send}},
        {S::proceeding, I::give_up, over},
        {S::proceeding, I::timer_j, {S::proceeding, A::none}},
        {S::completed, I::retransmission, {S::completed, A::resend}},
        {S::completed, I::provisional, {S::completed, A::none}},
        {S::completed, I::final, {S::completed, A::none}},
        {S::completed, I::give_up, {S::completed, A::none}},
        {S::completed, I::timer_j, over},
        {S::gone, I::retransmission, over},
        {S::gone, I::provisional, over},
        {S::gone, I::final, over},
        {S::gone, I::give_up, over},
        {S::gone, I::timer_j, over},
    };

    for (const auto& row : rows) {
        CAPTURE(static_cast<int>(row.state));
        CAPTURE(static_cast<int>(row.input));
        CHECK(step(row.state, row.input) == row.expected);
    }
}

TEST_CASE("RFC 4320 4.1: a 100 is due when the client's Timer E reaches T2") {
    CHECK(TransactionTimers{}.provisional_after() == 3500ms);
    CHECK(TransactionTimers{.t1 = 1s, .t2 = 4s}.provisional_after() == 3s);
    CHECK(TransactionTimers{.t1 = 500ms, .t2 = 500ms}.provisional_after() == 0s);
    CHECK(TransactionTimers{}.lifetime() == 32s);
}

}  // namespace herald::sip::transaction_test
