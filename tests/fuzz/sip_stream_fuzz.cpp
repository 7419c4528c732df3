// tests/fuzz/sip_stream_fuzz.cpp: a stream in pieces gives what it gives in one; each message
// framed parses as one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sip/framer.h"

using namespace herald::sip;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr ParseLimits kLimits{.message = 4096, .body = 2048};

/// What came out; the bytes of an unframeable depend on what had come by then, and do not count.
struct Log {
    std::vector<std::string> messages;
    std::size_t pings = 0;
    std::string end;
};

void drain(Framer& framer, Log& log) {
    while (const auto event = framer.next()) {
        switch (event->kind) {
            case StreamEvent::Kind::ping:
                ++log.pings;
                break;
            case StreamEvent::Kind::unframeable:
                require(log.end.empty());
                log.end = event->reason;
                break;
            case StreamEvent::Kind::ended:
                require(false);
                break;
            case StreamEvent::Kind::message: {
                require(log.end.empty() && event->bytes.size() <= kLimits.message);
                log.messages.emplace_back(event->bytes.data(), event->bytes.size());
                const ParseResult result = parse(event->bytes, Framing::stream, kLimits);
                require(result.message.bytes().empty() ||
                        result.message.bytes().data() >= event->bytes.data());
                if (result.error == ParseOutcome::Error::none) {
                    require(result.message.bytes().size() == event->bytes.size());
                }
                break;
            }
        }
    }
}

Log read(std::string_view stream, std::size_t piece) {
    Framer framer(kLimits);
    Log log;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        framer.append(stream.substr(at, piece));
        drain(framer, log);
        require(framer.is_unframeable() || framer.buffered() <= kLimits.message + piece);
    }
    return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 16384) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (stream.empty()) return 0;
    const Log whole = read(stream, stream.size());
    const Log pieces = read(stream, 1U + data[0] % 61U);
    require(whole.messages == pieces.messages && whole.pings == pieces.pings);
    require(whole.end.empty() == pieces.end.empty());
    return 0;
}
