// cli/bench/bench_web.h: a WebSocket at the client's end, as the load generator speaks it (RFC
// 6455, 7118).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace herald::cli::bench {

class WebFrames {
public:
    /// What it begins with.
    static std::string handshake(std::string_view host);
    /// Appends `message` as one frame, masked, as a client's are.
    static void append_frame(std::string& out, std::string_view message);

    /// Takes what was read. Call next() until it has nothing more before the next append().
    void append(std::string_view bytes);
    /// The next message; nullopt: more bytes are needed. Valid until the next append(). Faults:
    /// unreachable (the server wants no WebSocket, or ends it), malformed.
    Result<std::optional<std::string_view>> next();
    bool is_up() const noexcept { return is_up_; }

private:
    Result<std::optional<std::string_view>> read_handshake();
    Result<std::optional<std::string_view>> read_frame();

    std::string buffer_;
    std::size_t begin_ = 0;  ///< of what was not given out yet
    bool is_up_ = false;
};

}  // namespace herald::cli::bench
