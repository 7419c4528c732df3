// sip/request_key.cpp: hashes requests for the server transactions.
#include "sip/request_key.h"

#include "base/text.h"
#include "sip/branch.h"

namespace herald::sip {
namespace {

// Between parts: in no header value, so that parts cannot run into each other.
constexpr char kEnd = '\n';

void put(std::string& text, std::string_view part) {
    text += part;
    text += kEnd;
}

/// The cookie alone makes nothing unique: such a client is matched as one of RFC 2543 (RFC
/// 4475 3.2.1).
bool is_unique(std::string_view branch) {
    return branch.size() > kBranchCookie.size() && base::istarts_with(branch, kBranchCookie);
}

}  // namespace

RequestKey RequestHasher::key_of(const Message& request) {
    RequestKey key;
    write_branch(request, request.method_text());
    key.transaction = base::keyed_hash128(passing_, text_);
    if (!request.to_tag().empty()) return key;

    text_.clear();
    put(text_, request.from_tag());
    put(text_, request.call_id());
    base::append_number(text_, request.cseq());
    put(text_, request.method_text());
    key.merged = base::keyed_hash(passing_, text_) | 1;
    return key;
}

base::Hash128 RequestHasher::cancelled_by(const Message& cancel, Method method) {
    write_branch(cancel, name_of(method));
    return base::keyed_hash128(passing_, text_);
}

std::uint64_t RequestHasher::branch_hash(const Message& request) {
    if (request.branch_hash_ == 0) {
        write_branch(request, request.method_text());
        request.branch_hash_ = base::keyed_hash(lasting_, text_);
    }
    return request.branch_hash_;
}

std::string RequestHasher::derived_tag(const Message& request) {
    text_.clear();
    put(text_, request.call_id());
    put(text_, request.from_tag());
    base::append_number(text_, request.cseq());
    const std::uint64_t hash = base::keyed_hash(lasting_, text_);
    return base::to_base32({reinterpret_cast<const char*>(&hash), sizeof hash});
}

/// Writes into text_ what tells the transaction of `request` from all others.
void RequestHasher::write_branch(const Message& request, std::string_view method) {
    const Via& via = request.via();
    text_.clear();
    put(text_, method);
    if (is_unique(via.branch)) {
        put(text_, via.branch);
        for (const char c : via.host) text_ += base::to_lower(c);
        text_ += kEnd;
        base::append_number(text_, via.port);
        return;
    }
    put(text_, request.request_uri());
    put(text_, request.to_tag());
    put(text_, request.from_tag());
    put(text_, request.call_id());
    base::append_number(text_, request.cseq());
    put(text_, via.text);
}

}  // namespace herald::sip
