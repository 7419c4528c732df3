// tests/fuzz/mailbox_settings_fuzz.cpp: any text as a mailbox and its settings, as JSON and in the
// form the store keeps; what is read must be written back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/json.h"
#include "http/mailbox_documents.h"
#include "packages/mailbox.h"
#include "packages/message_counts.h"

using namespace herald;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_stored(std::string_view text) {
    const auto settings = packages::mailbox_settings_from_text(text);
    if (!settings) return require(settings.fault().detail.starts_with("line "));
    require(settings->members.size() <= packages::kMaxMembers);
    const std::string written = packages::to_text(*settings);
    const auto again = packages::mailbox_settings_from_text(written);
    require(again.has_value() && packages::to_text(*again) == written);
}

void check_settings(const http::Json& json) {
    const auto settings = http::mailbox_settings_of_json(json);
    if (!settings) return require(!settings.fault().detail.empty());
    const std::string shown = http::to_text(http::json_of(*settings));
    const auto again = http::mailbox_settings_of_json(*http::parse_json(shown));
    require(again.has_value() && http::to_text(http::json_of(*again)) == shown);
}

/// What an operator sets is a body that is read as what was set.
void check_counts(const http::Json& json) {
    const auto counts = http::counts_of_json(json);
    if (!counts) return require(!counts.fault().detail.empty());
    const std::string body = packages::to_body(*counts, {});
    const auto read = packages::parse_message_summary(body, packages::MessageList::kept);
    require(read.has_value());
    require(packages::is_waiting(*read) == packages::is_waiting(*counts));
    require(read->messages.size() <= counts->messages.size());
    require(body.starts_with(packages::to_body(*packages::parse_message_summary(body), {})));
    const auto again = http::counts_of_json(http::json_of(*read));
    require(again.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_stored(text);
    if (const auto json = http::parse_json(text)) {
        check_settings(*json);
        check_counts(*json);
    }
    return 0;
}
