// server/core/cell_state.h: what a process is to a cell: its owner, on the way to that, or not.
//
//            ours             loaded             give
//   away ----------> loading --------> serving --------> leaving
//                     |   ^             |   ^ <--------   |
//               lapse |   | renewed     |   |    kept     |
//                     v   |       lapse v   | renewed     |
//                     blind ----------> mute <------------+
//                            loaded              lapse
//   `theirs` and `fenced` lead from everywhere to away, `given` from leaving and mute;
//   `unreadable` tries again where it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herald::server {

enum class CellStanding : std::uint8_t {
    away,     ///< nothing of it is in memory
    loading,  ///< its rows are being read; requests wait
    blind,    ///< ... and the lease is out
    serving,
    leaving,  ///< being given to somebody else; requests wait
    mute,     ///< the lease is out: nothing is decided and nothing is sent
};
inline constexpr std::size_t kCellStandings = 6;

enum class CellInput : std::uint8_t {
    ours,        ///< the map says so, with an epoch above those known
    theirs,      ///< the map names another owner
    loaded,      ///< all rows are in memory
    unreadable,  ///< the store could not be read
    give,        ///< somebody else is to have it
    given,       ///< the store says that he has
    kept,        ///< giving took too long
    lapse,       ///< the lease is out
    renewed,     ///< the lease is good again
    fenced,      ///< somebody else has taken over
};
inline constexpr std::size_t kCellInputs = 10;

/// The table under the drawing; nullopt where an input makes no sense.
std::optional<CellStanding> next_standing(CellStanding from, CellInput input) noexcept;
std::string_view name_of(CellStanding standing) noexcept;
std::string_view name_of(CellInput input) noexcept;

/// Requests wait rather than being served or refused.
constexpr bool is_holding(CellStanding standing) noexcept {
    return standing == CellStanding::loading || standing == CellStanding::leaving;
}
/// Something of it is in memory.
constexpr bool is_present(CellStanding standing) noexcept {
    return standing != CellStanding::away;
}

}  // namespace herald::server
