// http/problem.h: answers for what went wrong (RFC 9457), and the one table from Faults to HTTP.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/exchange.h"
#include "http/json.h"

namespace herald::http {

/// "Not Found"
std::string_view title_of(int status) noexcept;

/// An application/problem+json body. `kind` is a word for programs ("not_found"), `detail` a
/// sentence for people, `instance` the path of the request.
/// `more` are members of this problem's own.
Answer problem(int status, std::string_view kind, std::string_view detail,
               std::string_view instance, JsonObject more = {});

/// Of a request that cannot be read; `detail` says why.
Fault malformed(std::string detail);

int status_of(FaultKind kind) noexcept;
Answer problem_of(const Fault& fault, std::string_view instance);

}  // namespace herald::http
