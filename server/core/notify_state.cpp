// server/core/notify_state.cpp: how far a subscription's NOTIFY has come.
#include "server/core/notify_state.h"

#include <array>

namespace herald::server {

namespace {

using enum NotifyState;
using NextNotify = std::optional<NotifyState>;
constexpr NextNotify never = std::nullopt;

// clang-format off
constexpr std::array<std::array<NextNotify, kNotifyInputs>, kNotifyStates> kNextNotify{{
    //          change    demand    due       depart in_part delivered failed unchanged given_up doubt
    /*untold*/  {news,     sync,     news_due, never,  never,       never,   never,   told, untold, untold},
    /*told*/    {news,     sync,     told,     never,  never,       never,   never,   told, never,     untold},
    /*news*/    {news,     sync,     news_due, out, out_news, never,   never,   told, untold, news},
    /*news_due*/{news_due, sync_due, news_due, out, out_news, never,   never,   told, untold, news_due},
    /*sync*/    {sync,     sync,     sync_due, out, out_sync, never,   never,   never,   untold, sync},
    /*sync_due*/{sync_due, sync_due, sync_due, out, out_sync, never,   never,   never,   untold, sync_due},
    /*out*/     {out_news, out_sync, out,      never,  never,       told, news, never,   never,     out_news},
    /*out_news*/{out_news, out_sync, out_news, never,  never,       news, news, never,   never,     out_news},
    /*out_sync*/{out_sync, out_sync, out_sync, never,  never,       sync, sync, never,   never,     out_sync},
}};
// clang-format on

}  // namespace

std::optional<NotifyState> next_notify_state(NotifyState from, NotifyInput input) noexcept {
    return kNextNotify[static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

std::string_view name_of(NotifyState state) noexcept {
    static constexpr std::string_view kNames[] = {
        "untold", "told", "news", "news_due", "sync", "sync_due", "out", "out_news", "out_sync"};
    return kNames[static_cast<std::size_t>(state)];
}

}  // namespace herald::server
