// sip/stream_input.h: what streams bring: read, made into messages, handed to the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/result.h"
#include "sip/stream_deadlines.h"
#include "sip/stream_layers.h"
#include "sip/stream_output.h"
#include "sip/stream_table.h"

namespace herald::sip {

/// Why no more is read of a stream.
struct StreamEnd {
    enum class Why : std::uint8_t {
        broken,        ///< there is no connection any more
        said_goodbye,  ///< its peer sends no more, and may still read
        unframeable,   ///< nothing behind this can be told apart
        unprotected,   ///< TLS is over, by `fault`
    };
    Why why;
    Fault fault{};
};

/// One of a shard. Closes nothing: it says what has ended.
class StreamInput {
public:
    struct Parts {
        base::Loop& loop;
        base::Metrics& metrics;
        StreamTable& table;
        StreamLayers& layers;
        StreamOutput& output;
        StreamDeadlines& deadlines;
        TransportSink* const& sink;  ///< set before the first turn
    };
    explicit StreamInput(const Parts& parts) : parts_(parts) {}

    /// Reads for a while. nullopt: more may come.
    std::optional<StreamEnd> read(std::uint32_t slot);
    /// Throws away what comes. False: nothing more does.
    bool discard(std::uint32_t slot);

private:
    std::optional<StreamEnd> hear(std::uint32_t slot, std::string_view wire);
    bool deliver(std::uint32_t slot);
    void note(std::uint32_t slot, bool message_came);
    void count_end(const char* why);

    const Parts parts_;
    std::unique_ptr<char[]> room_;  ///< what is being read
    std::string plain_;             ///< the same, decrypted
};

}  // namespace herald::sip
