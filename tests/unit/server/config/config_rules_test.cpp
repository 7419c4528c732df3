// tests/unit/server/config/config_rules_test.cpp: combinations of values that cannot work.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::config_rules_test {
namespace {

/// The only mistake of `toml` as "line: text"; all of them where there are more.
std::string mistake_of(std::string_view toml) {
    std::string out;
    for (const ConfigMistake& mistake : parse_config(toml).mistakes) {
        if (!out.empty()) out += '\n';
        out += std::to_string(mistake.line) + ": " + mistake.text;
    }
    return out;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("a listener beyond loopback wants a decision about authentication") {
    const std::string listen = "[sip]\nlisten = ['udp:192.0.2.1:5060']\n";

    CHECK(contains(
        mistake_of(listen),
        "2: sip.listen: \"udp:192.0.2.1:5060\" can be reached from other machines: set sip.auth"));
    CHECK(mistake_of(listen + "auth = 'digest'") == "");
    CHECK(mistake_of(listen + "auth = 'open'") == "");
    CHECK(mistake_of("[sip]\nlisten = ['udp:127.0.0.2:5060', 'tcp:[::1]:5060']") == "");
}

TEST_CASE("listening on every address wants an address to tell others") {
    const std::string auth = "[sip]\nauth = 'digest'\n";

    CHECK(contains(mistake_of(auth + "listen = ['udp:0.0.0.0:5060']"),
                   "add ;advertise=<host or address>"));
    const auto advertised =
        parse_config(auth + "listen = ['udp:0.0.0.0:5060;advertise=SIP.example.com:5062']");
    CHECK(advertised.mistakes.empty());
    CHECK(advertised.config.domains == std::vector<std::string>{"localhost", "sip.example.com"});
    const auto six = parse_config(auth + "listen = ['udp:[::]:5060;advertise=[2001:db8::7]']");
    CHECK(six.mistakes.empty());
    CHECK(six.config.domains == std::vector<std::string>{"localhost", "[2001:db8::7]"});
}

TEST_CASE("HTTP beyond loopback wants http.insecure") {
    CHECK(contains(mistake_of("[http]\nlisten = '192.0.2.1:8080'"),
                   "2: http.listen: \"192.0.2.1:8080\" can be reached"));
    CHECK(contains(mistake_of("[http]\nlisten = '0.0.0.0:8080'"),
                   "can be reached from other machines"));
    CHECK(mistake_of("[http]\nlisten = '0.0.0.0:8080'\ninsecure = true") == "");
    CHECK(mistake_of("[http]\nlisten = ''\ntoken_file = ''") == "");
}

TEST_CASE("other combinations that cannot work are refused") {
    CHECK(mistake_of("[sip]\nlisten = []") ==
          "2: sip.listen: there is nothing to listen on, expected at least one address");
    CHECK(mistake_of("[sip]\nlisten = ['udp:127.0.0.1:5060', 'udp:127.0.0.1']") ==
          "2: sip.listen: \"udp:127.0.0.1:5060\" is listed twice");
    CHECK(mistake_of("[sip]\nlisten = ['udp:127.0.0.1:0', 'udp:127.0.0.1:0']") == "");
    CHECK(mistake_of("[sip]\nauth = 'digest'\ndigest_algorithms = []") ==
          "3: sip.digest_algorithms: nothing is offered, but sip.auth is \"digest\"");
    CHECK(mistake_of("[sip]\nnotify_without_qop = ['phone']") == "");
    CHECK(mistake_of("[sip]\nnotify_logins = ['herald:secret']") ==
          "2: sip.notify_logins: expected username:password@realm");
    CHECK(mistake_of("[sip]\nt1_ms = 5000") == "2: sip.t1_ms: it is more than sip.t2_ms");
    CHECK(mistake_of("[subscribe]\nmin_expires = 60\nmax_expires = 59") ==
          "2: subscribe.min_expires: it is more than subscribe.max_expires");
    CHECK(mistake_of("[subscribe]\nper_watcher = 5") ==
          "0: subscribe.per_watcher_resource: it is more than subscribe.per_watcher");
    CHECK(mistake_of("[publish]\nmin_expires = 9000") ==
          "2: publish.min_expires: it is more than publish.max_expires");
    CHECK(mistake_of("[publish]\nmax_expires = 1800") ==
          "0: publish.default_expires: it is not between publish.min_expires and "
          "publish.max_expires");
    CHECK(mistake_of("[http]\nlisten = '127.0.0.1:5060'") ==
          "2: http.listen: \"127.0.0.1:5060\" is taken by sip.listen");
    CHECK(contains(mistake_of("[http]\ntoken_file = ''"), "2: http.token_file: there is no token"));
    const std::string hash(64, 'a');
    CHECK(contains(mistake_of("[http]\ntokens = ['a read " + hash + "', 'b read " + hash + "']"),
                   "\"b\" has the name or the hash of an earlier token"));
}

}  // namespace
}  // namespace herald::server::config_rules_test
