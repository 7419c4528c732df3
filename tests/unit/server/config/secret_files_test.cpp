// tests/unit/server/config/secret_files_test.cpp: secrets that others on this machine can read.
#include "server/config/secret_files.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace herald::server::secret_files_test {

namespace {

/// A file with a line in it, while this lives.
class Written {
public:
    Written(const char* name, const char* text, mode_t mode)
        : path_((std::filesystem::temp_directory_path() /
                 (std::string(name) + std::to_string(::getpid())))
                    .string()) {
        std::ofstream(path_) << text << '\n';
        ::chmod(path_.c_str(), mode);
    }
    ~Written() { std::remove(path_.c_str()); }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("keys and passwords that everybody can read are told, others are not") {
    const Written open("open", "x", 0644);
    const Written closed("closed", "x", 0640);
    Config config;
    config.http_token_file = closed.path();
    config.http_key = open.path();
    CHECK(exposed_secrets(config, open.path()) ==
          std::vector<std::string>{"http.key: everybody on this machine can read " + open.path() +
                                   ": chmod o-r it"});
    config.http_key = closed.path();
    CHECK(exposed_secrets(config, open.path()).empty());
}

TEST_CASE("the configuration itself is told of where a password stands in it") {
    const Written file("herald.toml", "", 0644);
    Config config;
    config.http_token_file.clear();
    config.pbxs.push_back(*parse_pbx("a sip:192.0.2.5 herald secret"));
    REQUIRE(exposed_secrets(config, file.path()).size() == 1);
    CHECK(exposed_secrets(config, file.path())[0].starts_with("pbx.servers: "));
}

TEST_CASE("a PBX's password may be alone in a file, which is shown by its name") {
    const Written secret("secret", "s3cret", 0600);
    const auto pbx = parse_pbx("a sip:192.0.2.5 herald file:" + secret.path());

    REQUIRE(pbx);
    CHECK(pbx->password == "s3cret");
    CHECK(to_string(*pbx) == "a sip:192.0.2.5 herald file:" + secret.path());
    Config config;
    config.http_token_file.clear();
    config.pbxs.push_back(*pbx);
    CHECK(exposed_secrets(config, "/dev/null").empty());
    CHECK(parse_pbx("a sip:192.0.2.5 herald file:/nowhere").fault().detail ==
          "the password file /nowhere cannot be read, or is empty");
}

}  // namespace herald::server::secret_files_test
