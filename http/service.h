// http/service.h: what a connection asks of whoever answers: the API, or the files of profiles.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/exchange.h"

namespace herald::http {

/// Which readers of events are too many.
enum class TooMany : std::uint8_t { of_all, of_token };

/// Any thread.
class Service {
public:
    /// What is to be done for a request before it can be answered.
    enum class Next : std::uint8_t {
        answer,     ///< nothing: answer() waits for nobody
        read_body,  ///< its body is wanted, and answer() may wait
        hand_over,  ///< answer() may wait
    };

    virtual ~Service() = default;

    virtual Next next(const Request& request) const = 0;
    /// Never throws, never waits for more than `read` and server::Admin do. `read` is called at
    /// most once, and only when nothing else speaks against the request. The body of an answer to
    /// HEAD is there, for its length.
    virtual Answer answer(const Request& request, const ReadBody& read) = 0;

    /// To a request whose head made no sense.
    virtual Answer answer_unreadable(std::string_view why) = 0;
    virtual Answer answer_other_version(const Request& request) = 0;
    /// To one for events where too many read them.
    virtual Answer answer_too_many_streams(const Request& request, TooMany readers) = 0;
    /// To one that is not taken in because too much else is.
    virtual Answer answer_crowded(const Request& request) = 0;
};

}  // namespace herald::http
