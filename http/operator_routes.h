// http/operator_routes.h: the part of the API that is about the server itself: who may use it, and
// what it does.
#pragma once

#include <span>

#include "http/routes.h"

namespace herald::http {

/// Of routes(), the last ones.
std::span<const Route> operator_routes() noexcept;

}  // namespace herald::http
