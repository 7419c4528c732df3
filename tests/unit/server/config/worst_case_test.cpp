// tests/unit/server/config/worst_case_test.cpp: what all budgets add up to.
#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::worst_case_test {

TEST_CASE("the worst case is the sum of the budgets, and the example says it") {
    const auto read = parse_config(
        "[sip]\nmax_unfinished_bytes = 2097152\nmax_answered_bytes = 2097152\n"
        "max_pending_bytes = 2097152\n[auth]\nmemory = 1048576\n[http]\nbuffer = 1048576\n"
        "idempotency_memory = 1048576\n[server]\ntrace_memory = 1048576\n"
        "[subscribe]\nmemory = 1048576\n[publish]\nmemory = 2097152\n"
        "[register]\nmemory = 1048576\n[authz]\nmemory = 1048576\n"
        "[winfo]\nwaiting_memory = 1048576\n[events]\nmemory = 3145728\n[hooks]\nmemory = 2097152\n"
        "[message]\nin_flight = 1048576\n"
        "total_bytes = 5242880\n");
    const auto worst = worst_case(read.config);
    CHECK(worst.unknown == 11 * 1048576);
    CHECK(worst.known == 11 * 1048576);
    CHECK(worst.stored == 8 * 1048576);
    CHECK(to_text(worst) ==
          "At worst others can make Herald hold 11 MiB of memory before it knows who they are, 11 "
          "MiB more after that, and 8 MiB in the store.");
    CHECK(documented_example().find("hold 480 MiB of memory before it knows who they are") !=
          std::string::npos);
}

TEST_CASE("who serves files counts http.buffer for them as well") {
    const std::string keys = "[http]\nbuffer = 1048576\n";
    const auto without = worst_case(parse_config(keys).config);
    const auto with = worst_case(parse_config(keys + "[provisioning]\nlisten = \"127.0.0.1:8081\"\n"
                                                     "url = \"http://127.0.0.1:8081\"\n")
                                     .config);
    CHECK(with.unknown == without.unknown + 1048576);
    CHECK(with.known == without.known);
}

}  // namespace herald::server::worst_case_test
