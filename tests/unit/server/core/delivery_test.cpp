// tests/unit/server/core/delivery_test.cpp: every state of a delivery under every input.
#include "server/core/delivery.h"

#include <string>

#include <doctest/doctest.h>

#include "server/core/subscription.h"

namespace herald::server {

namespace {

constexpr std::string_view kInputs[kDeliveryInputs] = {
    "change",    "demand", "due",       "depart",   "depart_in_part",
    "delivered", "failed", "unchanged", "given_up", "doubt"};

/// The table as it is meant, one line for each state; `-`: no sense.
constexpr std::string_view kMeant[kDeliveries] = {
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

Delivery state(std::size_t n) {
    return static_cast<Delivery>(n);
}

template <class Visit>
void for_every_step(Visit&& visit) {
    for (std::size_t from = 0; from < kDeliveries; ++from) {
        for (std::size_t input = 0; input < kDeliveryInputs; ++input) {
            CAPTURE(name_of(state(from)));
            CAPTURE(kInputs[input]);
            const auto in = static_cast<DeliveryInput>(input);
            visit(state(from), in, next_delivery(state(from), in));
        }
    }
}

}  // namespace

TEST_CASE("every delivery under every input goes where the table says") {
    for (std::size_t from = 0; from < kDeliveries; ++from) {
        std::string line(name_of(state(from)));
        line += ':';
        for (std::size_t input = 0; input < kDeliveryInputs; ++input) {
            const auto next = next_delivery(state(from), static_cast<DeliveryInput>(input));
            line += ' ';
            line += next ? name_of(*next) : "-";
        }
        CHECK(line == kMeant[from]);
    }
}

TEST_CASE("what is owed is never lost: only an answer, the same document or giving up ends it") {
    for_every_step([](Delivery from, DeliveryInput input, std::optional<Delivery> next) {
        if (!next || !is_owed(from)) return;
        const bool may_end = input == DeliveryInput::depart || input == DeliveryInput::unchanged ||
                             input == DeliveryInput::given_up;
        CHECK(is_owed(*next) != may_end);
        // A NOTIFY that is owed in any case is still owed so until it leaves.
        if (is_forced(from) && !may_end) CHECK(is_forced(*next));
    });
}

TEST_CASE("one is on its way from its departure to its end, and never two") {
    for_every_step([](Delivery from, DeliveryInput input, std::optional<Delivery> next) {
        const bool departs =
            input == DeliveryInput::depart || input == DeliveryInput::depart_in_part;
        const bool ends = input == DeliveryInput::delivered || input == DeliveryInput::failed;
        if (departs) CHECK(next.has_value() == (is_owed(from) && !is_out(from)));
        if (ends) CHECK(next.has_value() == is_out(from));
        if (!next) return;
        CHECK(is_out(*next) == (departs || (is_out(from) && !ends)));
    });
}

TEST_CASE("told is only who answered the latest document, or has it already") {
    for_every_step([](Delivery from, DeliveryInput input, std::optional<Delivery> next) {
        if (next != Delivery::told || from == Delivery::told) return;
        const bool has_answered = from == Delivery::out && input == DeliveryInput::delivered;
        CHECK((has_answered || input == DeliveryInput::unchanged));
    });
}

}  // namespace herald::server
