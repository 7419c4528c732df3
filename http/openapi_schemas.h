// http/openapi_schemas.h: what goes over the API, as JSON schemas.
#pragma once

#include <string_view>

namespace herald::http {

/// One object: components.schemas of the OpenAPI document.
std::string_view openapi_schemas() noexcept;

}  // namespace herald::http
