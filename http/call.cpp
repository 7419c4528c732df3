// http/call.cpp: what handlers ask of a request, and how they answer.
#include "http/routes.h"

namespace herald::http {

std::string_view Call::parameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return {};
}

Answer json_answer(const Json& json, int status) {
    return {status, "application/json", to_text(json) + "\n", {}};
}

}  // namespace herald::http
