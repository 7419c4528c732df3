// tests/unit/server/config/provisioning_keys_test.cpp: the keys of [provisioning] that can be
// wrong.
#include "server/config/provisioning_keys.h"

#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::provisioning_keys_test {
namespace {

std::string mistake_of(const std::string& toml) {
    std::string out;
    for (const ConfigMistake& mistake : parse_config(toml).mistakes) {
        if (!out.empty()) out += '\n';
        out += std::to_string(mistake.line) + ": " + mistake.text;
    }
    return out;
}

TEST_CASE("how phones find their files is checked") {
    const auto wrong = [](const std::string& key) {
        return mistake_of("[provisioning]\n" + key).starts_with("2: provisioning.");
    };
    CHECK(wrong("pnp_interfaces = ['eth0; reboot']"));
    CHECK(wrong("pnp_interfaces = ['much-too-long-a-name']"));
    CHECK(wrong("pnp_ouis = ['00:04']"));
    CHECK(wrong("pnp_ouis = ['snom']"));
    CHECK(wrong("pnp_url = 'ftp://p.example.com'"));
    CHECK(wrong("url = 'https://'"));
    CHECK(wrong("listen = 'p.example.com'"));
    for (const auto* path : {"", "x.cfg", "/../x", "//x", "/p/x", "/a b", "/%2e"})
        CHECK(wrong("plain_paths = ['" + std::string(path) + "']"));
    CHECK(wrong("certificate = 'p.pem'") == false);  // of its key
    CHECK(mistake_of("[provisioning]\ncertificate = 'p.pem'") ==
          "0: provisioning.key: provisioning.certificate and provisioning.key go together");
    CHECK(mistake_of("[provisioning]\nlisten = '127.0.0.1:8081'").find("provisioning.url") !=
          std::string::npos);
    CHECK(mistake_of("[provisioning]\nlisten = '127.0.0.1:8080'\nurl = 'http://x'") ==
          "2: provisioning.listen: \"127.0.0.1:8080\" is taken by http.listen");
    CHECK(mistake_of("[provisioning]\nlisten = '127.0.0.1:8081'\nurl = 'http://x'").empty());
    CHECK(mistake_of("[provisioning]\npnp_url = 'http://x'\npnp_interfaces = ['eth0']")
              .find("sip.listen has none for IPv4 beyond loopback") != std::string::npos);
    const std::string reachable = "[sip]\nauth = 'digest'\nlisten = ['udp:192.0.2.1']\n";
    CHECK(mistake_of(reachable + "[provisioning]\npnp_interfaces = ['eth0']")
              .find("provisioning.pnp_url") != std::string::npos);
    CHECK(mistake_of(reachable + "[provisioning]\npnp_url = 'http://x'\npnp_interfaces = ['eth0']")
              .empty());
}

}  // namespace
}  // namespace herald::server::provisioning_keys_test
