// tests/unit/server/config/exposure_test.cpp: what a configuration lays open.
#include "server/config/exposure.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::server::exposure_test {
namespace {

std::vector<std::string> exposed(const std::string& toml) {
    const auto read = parse_config(toml);
    REQUIRE_MESSAGE(read.mistakes.empty(), (read.mistakes.empty() ? "" : read.mistakes[0].text));
    return exposures(read.config);
}

const std::string kTls =
    "tls_certificate = ['c.pem']\ntls_key = ['k.pem']\nauth = 'digest'\n"
    "digest_algorithms = ['SHA-256', 'MD5']\n";

}  // namespace

TEST_CASE("what stays on this machine, or goes by TLS, lays nothing open") {
    CHECK(exposed("").empty());
    CHECK(exposed("[sip]\nlisten = ['udp:127.0.0.1:5060', 'tls:192.0.2.1:5061']\n" + kTls).empty());
    CHECK(exposed("[sip]\nlisten = ['wss:192.0.2.1:443']\nws_origins = ['https://a.test']\n" + kTls)
              .empty());
    CHECK(exposed("[http]\nlisten = '192.0.2.1:8080'\ncertificate = 'c.pem'\nkey = 'k.pem'\n")
              .empty());
}

TEST_CASE("listeners in clear, weak digests, open doors, any page, and tokens are each told") {
    CHECK(exposed("[sip]\nlisten = ['udp:192.0.2.1:5060', 'tcp:192.0.2.1:5060']\n" + kTls) ==
          std::vector<std::string>{
              "sip.listen: what goes by udp:192.0.2.1:5060, tcp:192.0.2.1:5060 can be read and "
              "changed on its way",
              "sip.digest_algorithms: weak passwords can be guessed from an MD5 response that is "
              "heard on its way"});
    CHECK(exposed("[sip]\nlisten = ['tls:192.0.2.1:5061']\nauth = 'open'\n"
                  "tls_certificate = ['c.pem']\ntls_key = ['k.pem']\n") ==
          std::vector<std::string>{"sip.auth: whoever reaches a listener may act as anybody"});
    CHECK(exposed("[sip]\nlisten = ['wss:192.0.2.1:443']\n" + kTls) ==
          std::vector<std::string>{
              "sip.ws_origins: any page may use a browser's way to wss:192.0.2.1:443"});
    CHECK(exposed("[http]\nlisten = '192.0.2.1:8080'\ninsecure = true\n") ==
          std::vector<std::string>{"http.listen: tokens can be read on their way"});
}

TEST_CASE("TLS needs a certificate with its key, and an origin is a whole one") {
    const auto mistake = [](const std::string& line) {
        const auto read = parse_config("[sip]\n" + line + "\n");
        return read.mistakes.empty() ? std::string() : read.mistakes[0].text;
    };

    CHECK(mistake("listen = ['tls:127.0.0.1:5061']")
              .find("there is none for \"tls:127.0.0.1:5061\"") != std::string::npos);
    CHECK(mistake("listen = ['ws:127.0.0.1']\ntls_certificate = ['a.pem']")
              .find("there must be one for each sip.tls_certificate") != std::string::npos);
    CHECK(mistake("ws_origins = ['phone.example.com']").find("is no origin") != std::string::npos);
}

TEST_CASE("a collector of traces on another machine is told of") {
    CHECK(exposed("[server]\nhep = '127.0.0.1:9060'\n").empty());
    CHECK(exposed("[server]\nhep = '192.0.2.5:9060'\n") ==
          std::vector<std::string>{"server.hep: messages of traces that want it go to "
                                   "192.0.2.5:9060 in clear, those of TLS too"});
    for (const std::string wrong : {"collector.example.com:9060", "192.0.2.5:0", "0.0.0.0:9060"})
        CHECK(parse_config("[server]\nhep = '" + wrong + "'\n").mistakes.size() == 1);
}

}  // namespace herald::server::exposure_test
