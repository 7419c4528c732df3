// http/idempotency.h: requests that may come twice: who repeats one with the key he gave it gets
// the answer it had, over restarts too, and nothing is done again, even where nobody can say
// whether it was done.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "http/exchange.h"
#include "http/routes.h"

namespace herald::http {

constexpr std::size_t kLongestIdempotencyKey = 255;

using Make = std::function<Result<Answer>()>;
/// The answer that the request of `call` had, or what `make` answers now. 409: the first one is
/// under way, or may have been carried out; 422: another request had its key. Sets `call.late`.
/// Faults: malformed, unavailable, limit_reached.
Result<Answer> once(const Route& route, Call& call, const Make& make);

}  // namespace herald::http
