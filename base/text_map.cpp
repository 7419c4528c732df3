// base/text_map.cpp: the hash of names, keyed.
#include "base/text_map.h"

#include "base/id.h"

namespace herald::base {

std::size_t NameHash::operator()(std::string_view text) const noexcept {
    static const HashKey key = random_key();
    return keyed_hash(key, text);
}

}  // namespace herald::base
