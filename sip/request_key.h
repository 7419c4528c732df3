// sip/request_key.h: what makes two requests one transaction, or one request merged (RFC
// 3261 17.2.3, 8.2.2.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash128.h"
#include "base/id.h"
#include "sip/message.h"

namespace herald::sip {

/// A server transaction, as hashes.
struct RequestKey {
    base::Hash128 transaction;
    /// Of From tag, Call-ID and CSeq; 0 for a request within a dialog, which cannot be a merged
    /// one.
    std::uint64_t merged = 0;
};

/// Makes keys. Not const only for the room it uses again.
class RequestHasher {
public:
    /// `lasting` derives what must be the same after a restart.
    explicit RequestHasher(const base::HashKey& lasting)
        : lasting_(lasting), passing_(base::random_key()) {}

    RequestKey key_of(const Message& request);
    /// The transaction `cancel` would cancel if that was of `method` (RFC 3261 9.2).
    base::Hash128 cancelled_by(const Message& cancel, Method method);
    /// As Stack::branch_hash().
    std::uint64_t branch_hash(const Message& request);
    /// The To tag of answers whose author gave none: the same for each copy of the request,
    /// whichever way it came, and for its CANCEL.
    std::string derived_tag(const Message& request);

private:
    void write_branch(const Message& request, std::string_view method);

    base::HashKey lasting_;
    base::HashKey passing_;
    std::string text_;
};

}  // namespace herald::sip
