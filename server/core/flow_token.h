// server/core/flow_token.h: names a flow in a URI or a Via branch of ours (RFC 5626 5.2).
//
//   flow-<keyed hash><what it says>, both in hex:   p elsewhere.example tcp 1 192.0.2.9:40000 2 7 9 3
//
// Nothing is kept of a token: it says itself what it means, and nobody else can make one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash128.h"
#include "base/result.h"
#include "sip/endpoint.h"
#include "store/store.h"

namespace herald::server {

/// What a token says.
struct FlowToken {
    /// Where it may stand; anywhere else it is no token.
    enum class Use : char {
        path = 'p',    ///< a Path: whoever knows it reaches the device
        dialog = 'd',  ///< a Record-Route, which strangers see: good within dialogs
        answer = 'a',  ///< the branch of our Via: where the answer goes
    };
    Use use = Use::path;
    sip::Flow flow;
    /// The domain whose server is at the other end of what comes by the flow; of an answer, what
    /// tells its request apart. Without blanks, not empty.
    std::string about;
};

/// Good in all shards; those of datagrams over a restart too.
class FlowTokens {
public:
    explicit FlowTokens(const store::Home& home);

    std::string issue(const FlowToken& token) const;
    /// Whether the user part of a URI looks like a token.
    static bool is_one(std::string_view user) noexcept { return user.starts_with(kPrefix); }
    /// Faults: forbidden (none of ours, or changed), unreachable (a stream of an earlier run).
    Result<FlowToken> read(std::string_view user) const;

private:
    static constexpr std::string_view kPrefix = "flow-";
    std::string seal(std::string_view text) const;

    const base::HashKey key_;
    const std::uint32_t epoch_;
};

/// Whether both are the same connection, or the same peer by the same listener.
bool is_same_flow(const sip::Flow& one, const sip::Flow& other) noexcept;

}  // namespace herald::server
