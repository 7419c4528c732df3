// server/core/flow_token.h: names a flow in the user part of a URI of ours (RFC 5626 5.2).
//
//   flow-<keyed hash><flow>, both in hex
//
// Nothing is kept of a token: it says itself what it means, and nobody else can make one.
#pragma once

#include <string>
#include <string_view>

#include "base/hash128.h"
#include "base/result.h"
#include "sip/endpoint.h"
#include "store/store.h"

namespace herald::server {

/// Good in all shards; those of datagrams over a restart too.
class FlowTokens {
public:
    explicit FlowTokens(const store::Home& home);

    std::string issue(const sip::Flow& flow) const;
    /// Whether the user part of a URI looks like a token.
    static bool is_one(std::string_view user) noexcept { return user.starts_with(kPrefix); }
    /// Faults: forbidden (none of ours, or changed), unreachable (a stream of an earlier run).
    Result<sip::Flow> read(std::string_view user) const;

private:
    static constexpr std::string_view kPrefix = "flow-";
    std::string seal(std::string_view flow) const;

    const base::HashKey key_;
    const std::uint32_t epoch_;
};

/// Whether both are the same connection, or the same peer by the same listener.
bool is_same_flow(const sip::Flow& one, const sip::Flow& other) noexcept;

}  // namespace herald::server
