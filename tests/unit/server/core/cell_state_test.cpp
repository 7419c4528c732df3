// tests/unit/server/core/cell_state_test.cpp: every standing of a cell under every input.
#include "server/core/cell_state.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::server::cell_state_test {

namespace {

/// The table as it is meant, one line for each standing; `-`: no sense.
constexpr std::string_view kMeant[kCellStandings] = {
    "away: loading away - - - - - away away away",
    "loading: loading away serving loading - - - blind - away",
    "blind: blind away mute blind - - - - loading away",
    "serving: serving away - - leaving - - mute - away",
    "leaving: - away - - - away serving mute - away",
    "mute: - away - - - away mute - serving away",
};

CellStanding standing(std::size_t n) {
    return static_cast<CellStanding>(n);
}

template <class Visit>
void for_every_step(Visit&& visit) {
    for (std::size_t from = 0; from < kCellStandings; ++from) {
        for (std::size_t n = 0; n < kCellInputs; ++n) {
            const auto input = static_cast<CellInput>(n);
            CAPTURE(name_of(standing(from)));
            CAPTURE(name_of(input));
            visit(standing(from), input, next_standing(standing(from), input));
        }
    }
}

}  // namespace

TEST_CASE("every standing under every input goes where the table says") {
    for (std::size_t from = 0; from < kCellStandings; ++from) {
        std::string line(name_of(standing(from)));
        line += ':';
        for (std::size_t n = 0; n < kCellInputs; ++n) {
            const auto next = next_standing(standing(from), static_cast<CellInput>(n));
            line += ' ';
            line += next ? name_of(*next) : "-";
        }
        CHECK(line == kMeant[from]);
    }
}

TEST_CASE("a cell that is somebody else's is let go of, whatever it was") {
    for (std::size_t from = 0; from < kCellStandings; ++from) {
        CHECK(next_standing(standing(from), CellInput::theirs) == CellStanding::away);
        CHECK(next_standing(standing(from), CellInput::fenced) == CellStanding::away);
    }
}

TEST_CASE("a cell is served only when its rows were read and the lease is good") {
    for_every_step([](CellStanding from, CellInput input, std::optional<CellStanding> next) {
        if (next != CellStanding::serving || from == CellStanding::serving) return;
        const bool is_read = from == CellStanding::loading && input == CellInput::loaded;
        const bool is_back = from == CellStanding::mute && input == CellInput::renewed;
        const bool is_kept = from == CellStanding::leaving && input == CellInput::kept;
        CHECK((is_read || is_back || is_kept));
    });
}

TEST_CASE("nothing is loaded for who was not told that the cell is his") {
    for_every_step([](CellStanding from, CellInput input, std::optional<CellStanding> next) {
        if (is_present(from) || !next || !is_present(*next)) return;
        CHECK(input == CellInput::ours);
    });
}

TEST_CASE("requests wait where they will be served soon, or by somebody else") {
    CHECK(is_holding(CellStanding::loading));
    CHECK(is_holding(CellStanding::leaving));
    CHECK_FALSE(is_holding(CellStanding::serving));
    CHECK_FALSE(is_holding(CellStanding::mute));
    CHECK_FALSE(is_holding(CellStanding::away));
}

}  // namespace herald::server::cell_state_test
