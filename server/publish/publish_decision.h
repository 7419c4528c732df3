// server/publish/publish_decision.h: what to do with a PUBLISH, decided from facts alone (RFC 3903
// 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "packages/package.h"
#include "server/core/duration.h"
#include "server/core/resource.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

struct PublishFacts {
    const sip::Message& request;
    const packages::Package& package;
    bool may_publish;
    bool is_ours;
    bool is_known;
    const Resource* resource;  ///< nullptr: nothing is known of it yet
    std::uint64_t mark;  ///< hash of this request: a repetition of a change made before a crash
    bool supersedes;     ///< an initial PUBLISH replaces this publisher's earlier one
    std::string_view publisher;
    std::size_t max_publications;
    ExpiryRules expiry;
    const packages::Settings* settings = nullptr;  ///< nullptr: the defaults
    base::WallTime now{};
};

enum class PublishOperation : std::uint8_t { initial, refresh, modify, remove, nothing, repeat };

/// What to do; `target` is the publication it concerns.
struct PublishPlan {
    PublishOperation operation;
    const Publication* target = nullptr;
    std::uint32_t expires = 0;
    packages::DocumentPtr document;  ///< initial and modify
    std::string type;
    std::string body{};  ///< the document as it is kept
};

/// The checks of RFC 3903 6 from authorization on, in its order.
std::variant<PublishPlan, sip::Answer> decide_publish(const PublishFacts& facts);

}  // namespace herald::server
