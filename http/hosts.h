// http/hosts.h: the names this server goes by.
//
// A page in an operator's browser may have its own name resolve to this machine (DNS rebinding) and
// then asks from within; its name stands in Host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace herald::http {

class Hosts {
public:
    /// Names beside localhost and every numeric address; "*": any.
    explicit Hosts(const std::vector<std::string>& names = {});

    /// `host` as head.h reads it; empty (HTTP/1.0) is known.
    bool knows(std::string_view host) const noexcept;

private:
    std::vector<std::string> names_;
};

}  // namespace herald::http
