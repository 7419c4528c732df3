// tests/fuzz/http_json_fuzz.cpp: any text as JSON, as a table and as a request target: read twice
// the same, or refused in few words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/csv.h"
#include "http/fields.h"
#include "http/json.h"
#include "http/target.h"

using namespace herald;

namespace {

constexpr std::size_t kLongestReason = 300;

void check_json(std::string_view text) {
    const auto json = http::parse_json(text);
    if (!json) {
        if (json.fault().detail.empty() || json.fault().detail.size() > kLongestReason)
            std::abort();
        return;
    }
    // What was written is read as the same value: it is written the same way again.
    const std::string written = http::to_text(*json);
    const auto again = http::parse_json(written);
    if (!again || http::to_text(*again) != written) std::abort();

    http::Fields fields(*json);
    fields.text("a");
    fields.number("b");
    fields.texts("c");
    fields.objects("d", [](http::Fields& inner) { inner.flag("e"); });
    (void)fields.status();
}

void check_target(std::string_view text) {
    const auto target = http::parse_target(text);
    if (!target) return;
    for (const std::string& part : target->parts) {
        const auto aor = http::aor_of(part);
        // A canonical address is its own canonical form.
        if (aor && http::aor_of(*aor).value_or("") != *aor) std::abort();
    }
}

/// A table that is read and written is read as the same cells.
void check_table(std::string_view text) {
    const auto rows = http::parse_csv(text);
    if (!rows) return;
    for (const auto& row : *rows) {
        std::string line;
        for (const auto& cell : row.cells) http::append_cell(line, cell, ',');
        line.back() = '\n';
        const auto again = http::parse_csv(line);
        if (!again || again->size() != 1 || again->front().cells.size() != row.cells.size())
            std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_json(text);
    check_target(text);
    check_table(text);
    return 0;
}
