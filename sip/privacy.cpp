// sip/privacy.cpp: what a sender wants hidden (RFC 3323 4.2, 3325 9.3).
#include "sip/privacy.h"

#include "base/text.h"

namespace herald::sip {
namespace {

/// Calls `take` with each level of the request; stops where it returns true.
template <class Take>
bool any_level(const Message& request, Take take) {
    for (const HeaderField& field : request.fields()) {
        if (!base::iequals(field.name, "Privacy")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const auto next = base::split_once(rest, ';');
            if (take(base::trim(next.before))) return true;
            rest = next.after;
        }
    }
    return false;
}

}  // namespace

bool asks_privacy(const Message& request, std::string_view level) {
    return any_level(request,
                     [level](std::string_view each) { return base::iequals(each, level); });
}

std::string_view unmet_privacy(const Message& request) {
    if (!asks_privacy(request, "critical")) return {};
    std::string_view unmet;
    any_level(request, [&unmet](std::string_view each) {
        for (const std::string_view met : {"critical", "id", "none", ""}) {
            if (base::iequals(each, met)) return false;
        }
        unmet = each;
        return true;
    });
    return unmet;
}

}  // namespace herald::sip
