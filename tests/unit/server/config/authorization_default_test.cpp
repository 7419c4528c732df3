// tests/unit/server/config/authorization_default_test.cpp: what authz.default may say.
#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::authorization_default_test {
namespace {

TEST_CASE("authz.default names a package, a domain and what becomes of its watchers") {
    for (const char* wrong : {"presence", "presence *", "presence * maybe", "lamps * allow",
                              "presence.winfo * allow", "* * allow"}) {
        CAPTURE(wrong);
        CHECK_FALSE(
            parse_config("[authz]\ndefault = [\"" + std::string(wrong) + "\"]").mistakes.empty());
    }
}

}  // namespace
}  // namespace herald::server::authorization_default_test
