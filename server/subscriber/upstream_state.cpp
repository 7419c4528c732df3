// server/subscriber/upstream_state.cpp: where a subscription of ours to a PBX stands.
#include "server/subscriber/upstream_state.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace herald::server {

namespace {

using State = UpstreamState;
using Next = std::optional<State>;

constexpr Next kNo = std::nullopt;
constexpr Next kWaiting = State::waiting, kTrying = State::trying, kAccepted = State::accepted,
               kActive = State::active, kRefreshing = State::refreshing;

// Rows: waiting, trying, accepted, active, refreshing. Columns: due, accepted, refused, failed,
// notified, ended, overdue, lapsed.
constexpr Next kNextState[kUpstreamStates][kUpstreamInputs] = {
    {kTrying, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    {kNo, kAccepted, kWaiting, kWaiting, kActive, kWaiting, kWaiting, kNo},
    {kNo, kNo, kNo, kNo, kActive, kWaiting, kWaiting, kNo},
    {kRefreshing, kActive, kWaiting, kActive, kActive, kWaiting, kNo, kWaiting},
    {kNo, kRefreshing, kWaiting, kActive, kActive, kWaiting, kWaiting, kWaiting},
};

constexpr std::string_view kStates[] = {"waiting", "trying", "accepted", "active", "refreshing"};
constexpr std::string_view kInputs[] = {"due",      "accepted", "refused", "failed",
                                        "notified", "ended",    "overdue", "lapsed"};
/// Answers to a refresh after which the subscription is terminated (RFC 6665 4.1.2.2).
constexpr int kEnding[] = {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604};

}  // namespace

std::optional<UpstreamState> next_state(UpstreamState state, UpstreamInput input) noexcept {
    return kNextState[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

std::string_view name_of(UpstreamState state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

std::string_view name_of(UpstreamInput input) noexcept {
    return kInputs[static_cast<std::size_t>(input)];
}

UpstreamInput input_of_status(int status) noexcept {
    if (status >= 200 && status < 300) return UpstreamInput::accepted;
    const bool is_end =
        std::find(std::begin(kEnding), std::end(kEnding), status) != std::end(kEnding);
    return is_end ? UpstreamInput::refused : UpstreamInput::failed;
}

Comeback comeback_of(std::string_view reason) noexcept {
    if (base::iequals(reason, "probation") || base::iequals(reason, "giveup"))
        return Comeback::later;
    if (base::iequals(reason, "rejected") || base::iequals(reason, "invariant"))
        return Comeback::seldom;
    return base::iequals(reason, "noresource") ? Comeback::resource_gone : Comeback::soon;
}

}  // namespace herald::server
