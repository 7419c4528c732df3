// sip/overload_control.h: telling the hop before us how much to hold back (RFC 7339).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sip/transport.h"

namespace herald::sip {

/// What a hop says of its load in the Via of an answer.
struct OverloadReport {
    unsigned percent = 0;       ///< of new requests that are to be held back
    base::Duration validity{};  ///< from the answer on; zero: it is over
    std::string sequence{};     ///< as written
};

/// Whether a Via value asks for reports by the algorithm "loss", the one of ours (RFC 7339 4.1,
/// 4.2).
bool asks_for_report(std::string_view via);
/// The report in our own Via as it came back; nullopt: there is none, or none by "loss".
std::optional<OverloadReport> read_report(std::string_view via);
/// `via` with a report in place of what it asked (RFC 7339 4.3).
std::string with_report(std::string_view via, const OverloadReport& report);

/// The share of requests that is too much, as the load of this thread moves: up while input is
/// behind, down again after that. One per thread.
class OverloadMeter {
public:
    explicit OverloadMeter(const base::Clock& clock) : clock_(clock) {}

    OverloadReport report(Load load);

private:
    static constexpr base::Duration kStep = std::chrono::milliseconds(100);

    const base::Clock& clock_;
    unsigned percent_ = 0;
    base::Instant moved_{};
};

}  // namespace herald::sip
