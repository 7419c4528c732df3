// server/feed/kept_requests.h: requests of programs that may come twice, by the name their sender
// gave them, and what each was answered.
//
//   begun ---------> answered     who asks again gets that
//     |
//     +------------> unknown      nobody can say whether it was carried out: it is not again
//
// In either state until it is kLife old.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "server/core/forgetting.h"

namespace herald::server {

/// An answer of HTTP.
struct GivenAnswer {
    int status = 0;
    std::string type, body;
    std::vector<std::pair<std::string, std::string>> headers;
};

struct KeptRequest {
    std::uint64_t row = 0;  ///< in the store; rises in the order they came
    std::string name;       ///< hash of whose it is, where it goes and its key
    std::string body;       ///< hash of what it says
    base::WallTime at{};
    std::optional<GivenAnswer> answer{};  ///< nullopt: begun, or unknown
    bool is_under_way = false;            ///< it is being carried out in this run
};

/// What is known of a request as it comes.
struct RequestStanding {
    enum class Kind : std::uint8_t {
        fresh,      ///< it is to be carried out, and then told what became of it
        under_way,  ///< the first one is being carried out
        unknown,    ///< the first one may have been carried out
        answered,
        other,  ///< another request had its name
    };
    Kind kind = Kind::fresh;
    GivenAnswer answer{};
};

/// A bounded table, without a store.
class KeptRequests {
public:
    static constexpr auto kLife = std::chrono::hours(24);

    explicit KeptRequests(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

    /// kind is fresh where there is none of this name that is younger than kLife.
    RequestStanding standing(std::string_view name, std::string_view body,
                             base::WallTime now) const;
    const KeptRequest* find(std::string_view name) const;
    struct Room {
        bool is_enough = false;
        std::vector<std::uint64_t> gone;  ///< rows of those that went for it
    };
    /// Makes room for one more of `bytes`: those past their time go, then the oldest that were
    /// answered; never one whose outcome is not known.
    Room make_room(std::uint64_t bytes, base::WallTime now);
    /// One with the name of an earlier one takes its place; the row of that one, 0 for none.
    std::uint64_t add(KeptRequest request);
    void set_answer(std::string_view name, GivenAnswer answer);
    /// Nobody works on it any more.
    void leave(std::string_view name);
    /// The row it had; 0: there was none.
    std::uint64_t remove(std::string_view name);
    /// All of them, as many as fit in a step.
    void forget_some(Forgetting& forgetting);

    std::size_t size() const noexcept { return by_name_.size(); }
    std::uint64_t bytes() const noexcept { return bytes_; }
    static std::uint64_t bytes_of(const KeptRequest& request) noexcept;

private:
    using Rows = std::map<std::uint64_t, KeptRequest>;

    Rows::iterator erase(Rows::iterator it);

    std::uint64_t most_bytes_;
    std::uint64_t bytes_ = 0;
    Rows rows_;  ///< oldest first
    std::map<std::string, std::uint64_t, std::less<>> by_name_;
};

}  // namespace herald::server
