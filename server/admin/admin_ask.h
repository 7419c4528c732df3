// server/admin/admin_ask.h: how an operation asks the shards, for the files that implement
// AdminService.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <utility>

#include "server/admin/admin_service.h"

namespace herald::server {

/// A shard that takes longer is taken for stuck.
inline constexpr auto kPatience = std::chrono::seconds(5);

template <class T, class Ask>
Result<T> AdminService::ask(Shard& shard, Ask ask) const {
    if (is_closed_) return Fault{FaultKind::unavailable, "The server is stopping"};
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto answer = promise->get_future();
    shard.loop().post([&shard, promise, ask = std::move(ask)]() mutable {
        ask(shard, [promise](Result<T> value) { promise->set_value(std::move(value)); });
    });
    if (answer.wait_for(kPatience) != std::future_status::ready) {
        return Fault{FaultKind::timeout, "The server did not answer in time"};
    }
    return answer.get();
}

/// Puts the rows of several shards in order and keeps the first `limit` of them. Ids are decimal
/// numbers.
template <class Page>
void cut_page(Page& page, std::size_t limit) {
    std::sort(page.rows.begin(), page.rows.end(), [](const auto& a, const auto& b) {
        return a.id.size() != b.id.size() ? a.id.size() < b.id.size() : a.id < b.id;
    });
    if (page.rows.size() <= limit) return;
    page.rows.resize(limit);
    page.next = page.rows.back().id;
}

}  // namespace herald::server
