// server/core/cell_state.cpp: what a process is to a cell.
#include "server/core/cell_state.h"

#include <array>

namespace herald::server {

namespace {

using enum CellStanding;
using NextStanding = std::optional<CellStanding>;
constexpr NextStanding no = std::nullopt;

// clang-format off
constexpr std::array<std::array<NextStanding, kCellInputs>, kCellStandings> kNextStanding{{
    //           ours     theirs loaded   unreadable give     given kept     lapse  renewed  fenced
    /*away*/    {loading, away,  no,      no,        no,      no,   no,      away,  away,    away},
    /*loading*/ {loading, away,  serving, loading,   no,      no,   no,      blind, no,      away},
    /*blind*/   {blind,   away,  mute,    blind,     no,      no,   no,      no,    loading, away},
    /*serving*/ {serving, away,  no,      no,        leaving, no,   no,      mute,  no,      away},
    /*leaving*/ {no,      away,  no,      no,        no,      away, serving, mute,  no,      away},
    /*mute*/    {no,      away,  no,      no,        no,      away, mute,    no,    serving, away},
}};
// clang-format on

}  // namespace

std::optional<CellStanding> next_standing(CellStanding from, CellInput input) noexcept {
    return kNextStanding[static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

std::string_view name_of(CellStanding standing) noexcept {
    static constexpr std::string_view kNames[] = {"away",    "loading", "blind",
                                                  "serving", "leaving", "mute"};
    return kNames[static_cast<std::size_t>(standing)];
}

std::string_view name_of(CellInput input) noexcept {
    static constexpr std::string_view kNames[] = {"ours",    "theirs", "loaded", "unreadable",
                                                  "give",    "given",  "kept",   "lapse",
                                                  "renewed", "fenced"};
    return kNames[static_cast<std::size_t>(input)];
}

}  // namespace herald::server
