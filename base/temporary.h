// base/temporary.h: strings that are gone at the end of the statement.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

namespace herald::base {

/// An std::string that is not kept anywhere. A parser whose result holds views into its input
/// deletes the overload for it, so that `parse(make_text())` does not compile:
///     template <base::TemporaryString Text>
///     Result<Uri> parse_uri(Text&& text) = delete;
template <class Text>
concept TemporaryString = std::same_as<std::remove_const_t<Text>, std::string>;

}  // namespace herald::base
