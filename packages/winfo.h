// packages/winfo.h: the template package winfo, applied to other packages (RFC 3857).
#pragma once

#include <string_view>
#include <vector>

#include "packages/package.h"

namespace herald::packages {

/// `packages`, then X.winfo for each of them, then X.winfo.winfo: who watches X, and who watches
/// that. A package that is in the list by that name already stands for itself.
std::vector<const Package*> with_winfo(std::vector<const Package*> packages);

/// The package that `event` is about after all, without its ".winfo"s.
std::string_view watched_package(std::string_view event) noexcept;

/// As RFC 3858 4.3 names them.
std::string_view name_of(WatcherStatus status) noexcept;
std::string_view name_of(WatcherEvent event) noexcept;

}  // namespace herald::packages
