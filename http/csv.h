// http/csv.h: tables as text (RFC 4180), for spreadsheets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::http {

inline constexpr std::string_view kCsvType = "text/csv";

/// Appends a cell in quotes and `end`: a comma or a line feed. What a spreadsheet would take for a
/// formula is kept from being one.
void append_cell(std::string& out, std::string_view text, char end);

struct CsvRow {
    std::size_t line = 0;  ///< where it begins, from 1
    std::vector<std::string> cells;
};

/// Reads rows with commas between their cells and CR LF or LF behind them; empty lines are none. A
/// byte order mark before the first is skipped. Faults: malformed, "line L: why".
Result<std::vector<CsvRow>> parse_csv(std::string_view text);

}  // namespace herald::http
