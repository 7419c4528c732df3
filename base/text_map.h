// base/text_map.h: tables whose keys are text. Strangers choose names, so they are hashed with a
// key that is made anew at each start: nobody can choose names that collide.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace herald::base {

struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
};

/// Asked with views, too.
template <class T>
using TextMap = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;
using TextSet = std::unordered_set<std::string, NameHash, std::equal_to<>>;

}  // namespace herald::base
