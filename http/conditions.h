// http/conditions.h: requests that depend on what is there (RFC 9110 13): every resource has an
// entity-tag.
#pragma once

#include <array>
#include <functional>
#include <mutex>

#include "base/result.h"
#include "http/routes.h"

namespace herald::http {

/// Any thread.
class Conditions {
public:
    using Handle = std::function<Result<Answer>()>;
    /// What `handle` answers to `call`, with an entity-tag where it gives what is there, and 304
    /// for who has that. A change is made where what is there is what the request asks for. Faults:
    /// precondition_failed, malformed, as `handle`.
    Result<Answer> apply(const Route& route, const Call& call, const Handle& handle);

private:
    Result<Answer> change(const Route& route, const Call& call, const Handle& handle);

    /// By what is changed: changes over HTTP are made one after the other, so that what was
    /// compared is what is changed.
    std::array<std::mutex, 64> places_;
};

}  // namespace herald::http
