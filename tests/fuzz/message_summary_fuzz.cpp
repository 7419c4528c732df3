// tests/fuzz/message_summary_fuzz.cpp: any bytes as a message summary; what is read must be written
// back readable.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "packages/message_counts.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// Messages behind the counters: within limits, each once, and each header in one line.
void check_messages(std::string_view body) {
    using namespace herald::packages;
    const auto counts = parse_message_summary(body, MessageList::kept);
    if (!counts) return require(counts.fault().detail.starts_with("line "));
    require(counts->messages.size() <= kMaxMessages);
    const std::string written = to_body(*counts, {});
    const auto again = parse_message_summary(written, MessageList::kept);
    require(again.has_value() && again->messages == counts->messages);

    MessageCounts bare = *counts;
    bare.messages.clear();
    const std::string summary = to_body(bare, {});
    require(written.starts_with(summary));
    const std::string names[] = {"Subject", "From"};
    std::string listed = summary;
    append_messages(listed, counts->messages, names);
    const auto lines = [](std::string_view text) {
        return std::count(text.begin(), text.end(), '\n');
    };
    std::ptrdiff_t wanted = 0;
    for (const auto& message : counts->messages) {
        if (!has_any_of(message, names)) continue;
        ++wanted;
        for (const auto& header : message.headers) {
            const ListedMessage one{{header}, 0, 0};
            wanted += has_any_of(one, names) ? 1 : 0;
        }
    }
    require(lines(listed) - lines(summary) == wanted);
    require(parse_message_summary(listed, MessageList::kept).has_value());
    require(parse_message_summary(with_earlier_messages(body, written)).has_value());
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

    check_messages(body);

    MessageCounts sum;
    add(sum, *counts);
    add(sum, *counts);
    require(is_waiting(sum) == is_waiting(*counts));
    require(parse_message_summary(to_body(sum, "sip:alice@example.com")).has_value());
    return 0;
}
