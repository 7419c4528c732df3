// base/result.cpp: the names of faults as logs and metrics show them.
#include "base/result.h"

namespace herald::base {

const char* name_of(FaultKind kind) noexcept {
    switch (kind) {
        case FaultKind::malformed:
            return "malformed";
        case FaultKind::too_large:
            return "too_large";
        case FaultKind::unsupported_media:
            return "unsupported_media";
        case FaultKind::not_acceptable:
            return "not_acceptable";
        case FaultKind::unknown_event:
            return "unknown_event";
        case FaultKind::unauthenticated:
            return "unauthenticated";
        case FaultKind::forbidden:
            return "forbidden";
        case FaultKind::not_found:
            return "not_found";
        case FaultKind::precondition_failed:
            return "precondition_failed";
        case FaultKind::interval_too_brief:
            return "interval_too_brief";
        case FaultKind::conflict:
            return "conflict";
        case FaultKind::limit_reached:
            return "limit_reached";
        case FaultKind::unavailable:
            return "unavailable";
        case FaultKind::unknown_outcome:
            return "unknown_outcome";
        case FaultKind::timeout:
            return "timeout";
        case FaultKind::unreachable:
            return "unreachable";
        case FaultKind::io:
            return "io";
        case FaultKind::invalid_configuration:
            return "invalid_configuration";
    }
    return "unknown";
}

}  // namespace herald::base
