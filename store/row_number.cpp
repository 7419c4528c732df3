// store/row_number.cpp: how rows are numbered: by the bucket of their address-of-record, then by a
// counter.
#include "store/row_number.h"

namespace herald::store {

std::uint32_t bucket_of(const base::HashKey& bucket_key, std::string_view aor) noexcept {
    return static_cast<std::uint32_t>(base::keyed_hash(bucket_key, aor) % kBuckets);
}

}  // namespace herald::store
