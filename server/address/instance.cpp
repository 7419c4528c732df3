// server/address/instance.cpp: which device a Contact names through restarts (RFC 5626 4.1).
#include "server/address/instance.h"

#include "base/text.h"

namespace herald::server {

std::string instance_in(std::string_view value) {
    std::string instance = sip::unquote(value);
    if (instance.size() > 1 && instance.front() == '<' && instance.back() == '>')
        return instance.substr(1, instance.size() - 2);
    return instance;
}

std::string instance_of(const sip::NameAddress& contact) {
    const auto value = contact.parameter("+sip.instance");
    return value ? instance_in(*value) : std::string();
}

bool is_same_instance(std::string_view a, std::string_view b) noexcept {
    return base::iequals(a, b);
}

}  // namespace herald::server
