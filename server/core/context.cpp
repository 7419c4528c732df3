// server/core/context.cpp: what the parts of one shard share.
#include "server/core/context.h"

namespace herald::server {

namespace {

std::uint64_t mix(const base::HashKey& key, std::string_view call_id, std::uint32_t cseq,
                  std::uint64_t branch_hash) {
    const auto hash = base::keyed_hash(key, call_id) ^ (branch_hash + cseq * 0x9e3779b97f4a7c15ULL);
    return hash == 0 ? 1 : hash;
}

}  // namespace

std::uint64_t Context::mark_of(const store::RequestMark& mark) const {
    if (mark.call_id.empty()) return 0;
    return mix(home.lasting_key, mark.call_id, mark.cseq, mark.branch_hash);
}

store::RequestMark Context::request_mark(const sip::Message& request) const {
    return {std::string(request.call_id()), request.cseq(), stack.branch_hash(request)};
}

std::uint64_t Context::mark_of(const sip::Message& request) const {
    return mix(home.lasting_key, request.call_id(), request.cseq(), stack.branch_hash(request));
}

bool Context::knows(std::string_view aor) const {
    if (config.accept_unknown_resources || accounts.find(aor) != nullptr || aliases.knows(aor))
        return true;
    return resources.find(packages::registrations(), aor) != Resource::kNone;
}

bool Context::is_owner_of(std::string_view aor) const {
    return shards == 1 || peers.owner_of(aor) == shard;
}

}  // namespace herald::server
