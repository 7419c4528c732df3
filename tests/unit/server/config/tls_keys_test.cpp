// tests/unit/server/config/tls_keys_test.cpp: client certificates and bearer tokens, as they are
// configured.
#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::tls_keys_test {
namespace {

/// The first one; empty: there is none.
std::string mistake_of(const std::string& toml) {
    const auto read = parse_config(toml);
    return read.mistakes.empty() ? std::string() : read.mistakes.front().text;
}

}  // namespace

TEST_CASE("client certificates are asked for by listener, where somebody vouches for them") {
    const std::string tls = "[sip]\ntls_certificate = ['c']\ntls_key = ['k']\nauth = 'digest'\n";
    const auto listen = [&](const std::string& address) {
        return tls + "listen = ['" + address + "']\n";
    };
    const std::string ca = "tls_clients_ca = 'ca'\n";
    for (const char* address : {"tls:127.0.0.1;clients=ask", "wss:127.0.0.1;clients=require",
                                "tls:127.0.0.1;clients=ask;advertise=a.test",
                                "tls:127.0.0.1;advertise=a.test;clients=require"}) {
        CAPTURE(address);
        CHECK(mistake_of(listen(address) + ca).empty());
    }
    for (const char* address : {"tcp:127.0.0.1;clients=ask", "tls:127.0.0.1;clients=maybe",
                                "tls:127.0.0.1;clients=ask;", "tls:127.0.0.1;clients"}) {
        CAPTURE(address);
        CHECK_FALSE(mistake_of(listen(address) + ca).empty());
    }
    CHECK(mistake_of(listen("tls:127.0.0.1;clients=ask")).find("nobody vouches for those") !=
          std::string::npos);
    CHECK(mistake_of(listen("tls:127.0.0.1") + ca + "tls_clients = ['a.test=trusted']\n")
              .find("no listener asks for certificates") != std::string::npos);
    CHECK(mistake_of("[http]\nclient_ca = 'ca'\n").find("by HTTPS only") != std::string::npos);
    CHECK(mistake_of("[http]\nclients = ['a.test read']\n").find("nobody vouches for them") !=
          std::string::npos);
}

TEST_CASE("bearer tokens need an issuer, an audience, and somebody to be asked") {
    const std::string digest = "[sip]\nauth = 'digest'\n";
    const std::string whole = "[bearer]\nkeys = 'k'\nissuer = 'i'\naudience = 'a'\n";
    CHECK(mistake_of(digest + whole).empty());
    CHECK_FALSE(mistake_of(whole).empty());
    CHECK_FALSE(mistake_of(digest + "[bearer]\nkeys = 'k'\nissuer = 'i'\n").empty());
    CHECK_FALSE(mistake_of(digest + "[bearer]\nkeys = 'k'\naudience = 'a'\n").empty());
    for (const char* scope : {"sip", "=user", "sip=root", "a b=user"}) {
        CAPTURE(scope);
        CHECK_FALSE(mistake_of("[bearer]\nscopes = ['" + std::string(scope) + "']\n").empty());
    }
}

}  // namespace herald::server::tls_keys_test
