// tests/unit/server/welcome_test.cpp: what a server prints leads to that server.
#include "server/welcome.h"

#include <doctest/doctest.h>

namespace herald::server::welcome_test {
namespace {

sip::ListenerAddress udp(const char* address, std::uint16_t port) {
    const auto bound = *sip::Endpoint::from(address, port);
    return {sip::Protocol::udp, bound, address, port};
}

TEST_CASE("a store that was not there before this start is told of") {
    const Config config;
    const std::vector listeners{udp("127.0.0.1", 5060)};
    Welcome welcome{.program = "herald",
                    .version = "1",
                    .config = config,
                    .listeners = listeners,
                    .http = "",
                    .recovered = 0,
                    .has_new_store = true};

    CHECK(to_text(welcome).find("  store sqlite:var/herald.db, NEW: ") != std::string::npos);
    welcome.has_new_store = false;
    CHECK(to_text(welcome).find("0 subscriptions recovered\n") != std::string::npos);
}

TEST_CASE("first steps without a configuration are as short as can be") {
    const Config config;
    const std::vector listeners{udp("127.0.0.1", 5060)};

    const auto text = first_steps({.program = "herald",
                                   .version = "1",
                                   .config = config,
                                   .listeners = listeners,
                                   .http = "127.0.0.1:8080"});

    CHECK(text.find("  herald watch sip:alice@localhost\n") != std::string::npos);
    CHECK(text.find("account") == std::string::npos);
    CHECK(text.find("--server") == std::string::npos);
}

TEST_CASE("first steps name the program, the domain, the port and the token of this server") {
    Config config;
    config.domains = {"example.com"};
    config.auth = AuthMode::digest;
    config.http_token_file = "/srv/token";
    const std::vector listeners{udp("0.0.0.0", 5070)};

    const auto text = first_steps({.program = "/opt/herald",
                                   .version = "1",
                                   .config = config,
                                   .listeners = listeners,
                                   .http = "127.0.0.1:9090"});

    CHECK(text.find("  /opt/herald account add sip:alice@example.com --api http://127.0.0.1:9090 "
                    "--token-file /srv/token\n") != std::string::npos);
    CHECK(text.find("  /opt/herald watch sip:alice@example.com --from sip:alice@example.com "
                    "--server 127.0.0.1:5070\n") != std::string::npos);
}

}  // namespace
}  // namespace herald::server::welcome_test
