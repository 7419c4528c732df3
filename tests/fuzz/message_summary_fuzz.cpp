// tests/fuzz/message_summary_fuzz.cpp: any bytes as a message summary; what is read must be written
// back readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "packages/message_counts.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace herald::packages;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto counts = parse_message_summary(body);
    if (!counts) {
        require(counts.fault().detail.starts_with("line "));
        return 0;
    }
    const std::string written = to_body(*counts, "sip:alice@example.com");
    require(written.starts_with("Messages-Waiting: ") && written.ends_with("\r\n"));
    const auto again = parse_message_summary(written);
    require(again.has_value());
    require(to_body(*again, "sip:unused@example.com") == written);

    MessageCounts sum;
    add(sum, *counts);
    add(sum, *counts);
    require(is_waiting(sum) == is_waiting(*counts));
    require(parse_message_summary(to_body(sum, "sip:alice@example.com")).has_value());
    return 0;
}
