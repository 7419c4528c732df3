// http/csv.cpp: tables as text (RFC 4180).
#include "http/csv.h"

#include <utility>

namespace herald::http {

namespace {

constexpr std::size_t kMostCells = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class TableReader {
public:
    explicit TableReader(std::string_view text) : rest_(text) {}

    Result<std::vector<CsvRow>> run() {
        if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
        std::vector<CsvRow> rows;
        while (!rest_.empty()) {
            if (take_end_of_line()) continue;
            CsvRow row{line_, {}};
            if (auto read = read_row(row); !read) return read.fault();
            rows.push_back(std::move(row));
        }
        return rows;
    }

private:
    Fault fault(const std::string& why) const {
        return {FaultKind::malformed, "line " + std::to_string(line_) + ": " + why};
    }

    Status read_row(CsvRow& row) {
        while (true) {
            if (row.cells.size() == kMostCells) return fault("more than 64 cells");
            std::string cell;
            if (auto read = rest_.starts_with('"') ? quoted(cell) : plain(cell); !read) return read;
            row.cells.push_back(std::move(cell));
            if (rest_.empty() || take_end_of_line()) return {};
            if (rest_.front() != ',') return fault("expected a comma behind a cell in quotes");
            rest_.remove_prefix(1);
        }
    }

    Status plain(std::string& cell) {
        const auto end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
        cell = rest_.substr(0, end);
        rest_.remove_prefix(end);
        const bool is_bare = rest_.starts_with('\r') && !rest_.starts_with("\r\n");
        if (is_bare) return fault("a carriage return without a line feed");
        if (cell.find('"') != std::string::npos) return fault("quotes within a cell without any");
        return {};
    }

    Status quoted(std::string& cell) {
        rest_.remove_prefix(1);
        while (true) {
            const auto end = rest_.find('"');
            if (end == std::string_view::npos) return fault("a cell whose quotes do not end");
            for (const char c : rest_.substr(0, end)) line_ += c == '\n' ? 1 : 0;
            cell += rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (!rest_.starts_with('"')) return {};
            cell += '"';
            rest_.remove_prefix(1);
        }
    }

    bool take_end_of_line() {
        const std::size_t size = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
        rest_.remove_prefix(size);
        line_ += size > 0 ? 1 : 0;
        return size > 0;
    }

    std::string_view rest_;
    std::size_t line_ = 1;
};

}  // namespace

void append_cell(std::string& out, std::string_view text, char end) {
    out += '"';
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
    out += end;
}

Result<std::vector<CsvRow>> parse_csv(std::string_view text) {
    return TableReader(text).run();
}

}  // namespace herald::http
