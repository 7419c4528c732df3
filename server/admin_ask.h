// server/admin_ask.h: how an operation waits for a shard; for the files that implement
// AdminService.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "server/admin_service.h"

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

}  // namespace herald::server
