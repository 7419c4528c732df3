// tests/unit/http/tokens_test.cpp: tokens are made once, kept as hashes, and give a role.
#include "http/tokens.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace herald::http::tokens_test {
namespace {

/// A folder that goes away with the test.
class Folder {
public:
    Folder() {
        char name[] = "/tmp/herald-token-XXXXXX";
        if (mkdtemp(name) != nullptr) path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

unsigned mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_private(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    REQUIRE(chmod(path.c_str(), 0600) == 0);
}

TEST_CASE("FIPS 180-4: SHA-256 of abc") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE(
    "the first start makes a token only its owner can read, in a folder that may be missing") {
    const Folder folder;
    const std::string path = folder / "var/deep/token";
    const mode_t before = umask(0);

    const auto made = ensure_token(path, {});

    umask(before);
    REQUIRE(made);
    CHECK(made->text.size() >= 52);
    CHECK(made->text.rfind("herald_", 0) == 0);
    CHECK(made->sha256_hex == sha256_hex(made->text));
    CHECK(mode_of(path) == 0600);
    CHECK(contents_of(path) == made->text + "\n");
}

TEST_CASE("the next start reads it and does not show it again") {
    const Folder folder;
    const auto made = ensure_token(folder / "token", {});
    REQUIRE(made);

    const auto again = ensure_token(folder / "token", {made->sha256_hex});

    REQUIRE(again);
    CHECK(again->text.empty());
    CHECK(again->sha256_hex == made->sha256_hex);
}

TEST_CASE("two first starts make different tokens") {
    const Folder folder;
    CHECK(ensure_token(folder / "a", {}).value().text !=
          ensure_token(folder / "b", {}).value().text);
}

TEST_CASE("without a file, a known hash makes a new token needless") {
    const Folder folder;
    const auto none = ensure_token(folder / "token", {sha256_hex("x")});

    REQUIRE(none);
    CHECK(none->text.empty());
    CHECK(none->sha256_hex.empty());
    CHECK_FALSE(std::filesystem::exists(folder / "token"));
}

TEST_CASE("an empty path wants no token file, and the empty hash lets nobody in") {
    const auto none = ensure_token("", {});

    REQUIRE(none);
    CHECK(none->text.empty());
    CHECK_FALSE(Tokens({{"operator", none->sha256_hex, "admin"}}).role_of_holder("anything"));
}

TEST_CASE("a token file of an administrator's own making is taken") {
    const Folder folder;
    write_private(folder / "token", "  my-own-secret-of-32-characters-x\r\n");

    CHECK(ensure_token(folder / "token", {}).value().sha256_hex ==
          sha256_hex("my-own-secret-of-32-characters-x"));
}

TEST_CASE("a token file others can read is refused") {
    const Folder folder;
    write_private(folder / "token", "my-own-secret-of-32-characters-x\n");
    for (const mode_t mode : {0640U, 0604U, 0660U}) {
        REQUIRE(chmod((folder / "token").c_str(), mode) == 0);
        const auto refused = ensure_token(folder / "token", {});
        REQUIRE_FALSE(refused);
        CHECK(refused.fault().kind == FaultKind::forbidden);
        CHECK(refused.fault().detail.find("chmod 600") != std::string::npos);
    }
}

TEST_CASE("a token file of another user is refused") {
    if (geteuid() != 0) return;  // nobody else can give a file away
    const Folder folder;
    write_private(folder / "token", "my-own-secret-of-32-characters-x\n");
    REQUIRE(chown((folder / "token").c_str(), 4711, getegid()) == 0);

    const auto refused = ensure_token(folder / "token", {});

    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::forbidden);
    CHECK(refused.fault().detail.find("user 4711") != std::string::npos);
}

TEST_CASE("what is no file at all is refused at once") {
    const Folder folder;
    REQUIRE(mkfifo((folder / "token").c_str(), 0600) == 0);

    const auto refused = ensure_token(folder / "token", {});

    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::malformed);
}

TEST_CASE("a file without a token in it is refused, without repeating it") {
    const Folder folder;
    for (const std::string& text : {std::string(), std::string("short"), std::string(600, 'x'),
                                    std::string("two words are no token")}) {
        write_private(folder / "token", text);
        const auto refused = ensure_token(folder / "token", {});
        REQUIRE_FALSE(refused);
        CHECK(refused.fault().kind == FaultKind::malformed);
        CHECK(refused.fault().detail.find("two words") == std::string::npos);
    }
}

TEST_CASE("a place where no file can be made is an io fault with the path") {
    const Folder folder;
    write_private(folder / "file", "");

    const auto refused = ensure_token(folder / "file/token", {});

    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::io);
    CHECK(refused.fault().detail.find(folder / "file/token") != std::string::npos);
}

TEST_CASE("a dangling link is not followed") {
    const Folder folder;
    REQUIRE(symlink((folder / "elsewhere").c_str(), (folder / "token").c_str()) == 0);

    CHECK(ensure_token(folder / "token", {}).fault().kind == FaultKind::io);
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("a token gives the role of its hash") {
    const Tokens tokens(
        {{"a", sha256_hex("reader-token"), "read"},
         {"b", sha256_hex("writer-token"), "write"},
         {"c", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "admin"},
         {"d", sha256_hex("odd"), "emperor"}});

    CHECK(tokens.role_of_holder("reader-token") == Role::read);
    CHECK(tokens.role_of_holder("writer-token") == Role::write);
    CHECK_FALSE(tokens.role_of_holder("odd"));
    CHECK_FALSE(tokens.role_of_holder("reader-toke"));
    CHECK_FALSE(tokens.role_of_holder(std::string(100000, 'x')));
    // Named twice, a token gives the more of both, in whatever order.
    const server::HttpToken reader{"a", sha256_hex("twice"), "read"};
    const server::HttpToken writer{"b", sha256_hex("twice"), "write"};
    CHECK(Tokens({reader, writer}).role_of_holder("twice") == Role::write);
    CHECK(Tokens({writer, reader}).role_of_holder("twice") == Role::write);
    // The hash of nothing lets nobody in.
    CHECK_FALSE(tokens.role_of_holder(""));
    CHECK_FALSE(Tokens({}).role_of_holder("x"));
}

TEST_CASE("RFC 6750 2.1: the token of an Authorization value") {
    CHECK(bearer_token("Bearer abc") == "abc");
    CHECK(bearer_token("bearer  abc ") == "abc");
    CHECK(bearer_token("Basic abc") == "");
    CHECK(bearer_token("Bearer") == "");
    CHECK(bearer_token("") == "");
}

}  // namespace
}  // namespace herald::http::tokens_test
