// http/negotiation.cpp: which of two forms of a resource a request asks for.
#include "http/negotiation.h"

#include "base/text.h"

namespace herald::http {

namespace {

/// RFC 9110 12.4.2, in thousandths; what is no weight is 1.
int weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto split = base::split_once(parameters, ';');
        parameters = split.after;
        const auto parameter = base::trim(split.before);
        if (!base::istarts_with(parameter, "q=")) continue;
        const auto value = parameter.substr(2);
        if (value.starts_with('1')) return 1000;
        int thousandths = 0, unit = 100;
        for (const char c : value.substr(value.size() < 2 ? value.size() : 2)) {
            if (!base::is_digit(c)) break;
            thousandths += (c - '0') * unit;
            unit /= 10;
        }
        return thousandths;
    }
    return 1000;
}

/// Weight of `type` by the narrowest range that fits it; -1: none does.
int wanted(std::string_view accept, std::string_view type) {
    int weight = -1, narrowness = -1;
    while (!accept.empty()) {
        const auto split = base::split_once(accept, ',');
        accept = split.after;
        const auto [range, parameters, found] = base::split_once(split.before, ';');
        const auto name = base::lower(base::trim(range));
        const auto slash = type.substr(0, type.find('/') + 1);
        const int fits = name == type                       ? 2
                         : name == std::string(slash) + '*' ? 1
                         : name == "*/*"                    ? 0
                                                            : -1;
        if (fits <= narrowness) continue;
        narrowness = fits;
        weight = weight_of(parameters);
    }
    return weight;
}

}  // namespace

std::string media_type(std::string_view content_type) {
    return base::lower(base::trim(base::split_once(content_type, ';').before));
}

bool prefers(std::string_view accept, std::string_view type, std::string_view usual) {
    return wanted(accept, type) > wanted(accept, usual);
}

}  // namespace herald::http
