// server/core/notify_state.cpp: how far a subscription's NOTIFY has come.
#include "server/core/notify_state.h"

#include <array>

namespace herald::server {

namespace {

using enum NotifyState;
using Next = std::optional<NotifyState>;
constexpr Next no = std::nullopt;

// clang-format off
constexpr std::array<std::array<Next, kNotifyInputs>, kNotifyStates> kNextState{{
    //          change    demand    due       depart in_part delivered failed unchanged given_up doubt
    /*untold*/  {news,     sync,     news_due, no,  no,       no,   no,   told, untold, untold},
    /*told*/    {news,     sync,     told,     no,  no,       no,   no,   told, no,     untold},
    /*news*/    {news,     sync,     news_due, out, out_news, no,   no,   told, untold, news},
    /*news_due*/{news_due, sync_due, news_due, out, out_news, no,   no,   told, untold, news_due},
    /*sync*/    {sync,     sync,     sync_due, out, out_sync, no,   no,   no,   untold, sync},
    /*sync_due*/{sync_due, sync_due, sync_due, out, out_sync, no,   no,   no,   untold, sync_due},
    /*out*/     {out_news, out_sync, out,      no,  no,       told, news, no,   no,     out_news},
    /*out_news*/{out_news, out_sync, out_news, no,  no,       news, news, no,   no,     out_news},
    /*out_sync*/{out_sync, out_sync, out_sync, no,  no,       sync, sync, no,   no,     out_sync},
}};
// clang-format on

}  // namespace

std::optional<NotifyState> next_notify_state(NotifyState from, NotifyInput input) noexcept {
    return kNextState[static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

std::string_view name_of(NotifyState state) noexcept {
    static constexpr std::string_view kNames[] = {
        "untold", "told", "news", "news_due", "sync", "sync_due", "out", "out_news", "out_sync"};
    return kNames[static_cast<std::size_t>(state)];
}

}  // namespace herald::server
