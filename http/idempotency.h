// http/idempotency.h: answers to requests that may come twice: who repeats one with the key he gave
// it gets the answer it had, and nothing is done again.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/time.h"
#include "http/exchange.h"

namespace herald::http {

/// Any thread.
class Idempotency {
public:
    static constexpr std::size_t kLongestKey = 255;
    static constexpr auto kLife = std::chrono::hours(24);

    /// `most_bytes` of answers; the oldest are forgotten.
    Idempotency(std::size_t most_bytes, base::Metrics& metrics);

    /// One request: whose it is, where it goes and what it says.
    struct Asked {
        std::string_view actor, path, key, body;
    };
    using Make = std::function<Result<Answer>()>;
    /// The answer that `asked` had, or what `make` answers now, which is kept unless the server
    /// failed. Faults: conflict (the first is under way; another request had that key).
    Result<Answer> once(const Asked& asked, base::Instant now, const Make& make);

private:
    struct Kept {
        std::string name;  ///< of the request: its hash
        std::string body;  ///< hash
        Answer answer;
        base::Instant at{};
        bool is_made = false;
    };
    using Order = std::list<Kept>;
    class Underway;

    static std::size_t weight_of(const Kept& kept) noexcept;
    void forget(Order::iterator kept);
    void make_room(base::Instant now);

    const std::size_t most_bytes_;
    base::Counter& gauge_;
    std::mutex mutex_;
    Order kept_;  ///< oldest first
    std::map<std::string, Order::iterator, std::less<>> by_name_;
    std::size_t bytes_ = 0;
};

}  // namespace herald::http
