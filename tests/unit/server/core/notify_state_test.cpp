// tests/unit/server/core/notify_state_test.cpp: every state of a NOTIFY under every input.
#include "server/core/notify_state.h"

#include <string>

#include <doctest/doctest.h>

#include "server/core/subscription.h"

namespace herald::server::notify_state_test {

namespace {

constexpr std::string_view kInputs[kNotifyInputs] = {
    "change",    "demand", "due",       "depart",   "depart_in_part",
    "delivered", "failed", "unchanged", "given_up", "doubt"};

/// The table as it is meant, one line for each state; `-`: no sense.
constexpr std::string_view kMeant[kNotifyStates] = {
    "untold: news sync news_due - - - - told untold untold",
    "told: news sync told - - - - told - untold",
    "news: news sync news_due out out_news - - told untold news",
    "news_due: news_due sync_due news_due out out_news - - told untold news_due",
    "sync: sync sync sync_due out out_sync - - - untold sync",
    "sync_due: sync_due sync_due sync_due out out_sync - - - untold sync_due",
    "out: out_news out_sync out - - told news - - out_news",
    "out_news: out_news out_sync out_news - - news news - - out_news",
    "out_sync: out_sync out_sync out_sync - - sync sync - - out_sync",
};

NotifyState state(std::size_t n) {
    return static_cast<NotifyState>(n);
}

template <class Visit>
void for_every_step(Visit&& visit) {
    for (std::size_t from = 0; from < kNotifyStates; ++from) {
        for (std::size_t input = 0; input < kNotifyInputs; ++input) {
            CAPTURE(name_of(state(from)));
            CAPTURE(kInputs[input]);
            const auto in = static_cast<NotifyInput>(input);
            visit(state(from), in, next_notify_state(state(from), in));
        }
    }
}

}  // namespace

TEST_CASE("every state under every input goes where the table says") {
    for (std::size_t from = 0; from < kNotifyStates; ++from) {
        std::string line(name_of(state(from)));
        line += ':';
        for (std::size_t input = 0; input < kNotifyInputs; ++input) {
            const auto next = next_notify_state(state(from), static_cast<NotifyInput>(input));
            line += ' ';
            line += next ? name_of(*next) : "-";
        }
        CHECK(line == kMeant[from]);
    }
}

TEST_CASE("what is owed is never lost: only an answer, the same document or giving up ends it") {
    for_every_step([](NotifyState from, NotifyInput input, std::optional<NotifyState> next) {
        if (!next || !is_owed(from)) return;
        const bool may_end = input == NotifyInput::depart || input == NotifyInput::unchanged ||
                             input == NotifyInput::given_up;
        CHECK(is_owed(*next) != may_end);
        // A NOTIFY that is owed in any case is still owed so until it leaves.
        if (is_forced(from) && !may_end) CHECK(is_forced(*next));
    });
}

TEST_CASE("one is on its way from its departure to its end, and never two") {
    for_every_step([](NotifyState from, NotifyInput input, std::optional<NotifyState> next) {
        const bool departs = input == NotifyInput::depart || input == NotifyInput::depart_in_part;
        const bool ends = input == NotifyInput::delivered || input == NotifyInput::failed;
        if (departs) CHECK(next.has_value() == (is_owed(from) && !is_out(from)));
        if (ends) CHECK(next.has_value() == is_out(from));
        if (!next) return;
        CHECK(is_out(*next) == (departs || (is_out(from) && !ends)));
    });
}

TEST_CASE("told is only who answered the latest document, or has it already") {
    for_every_step([](NotifyState from, NotifyInput input, std::optional<NotifyState> next) {
        if (next != NotifyState::told || from == NotifyState::told) return;
        const bool has_answered = from == NotifyState::out && input == NotifyInput::delivered;
        CHECK((has_answered || input == NotifyInput::unchanged));
    });
}

}  // namespace herald::server::notify_state_test
