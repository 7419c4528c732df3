// tests/unit/base/id_test.cpp: random tokens, base32, SipHash against its reference vectors.
#include "base/id.h"

#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/hash128.h"
#include "base/text.h"

namespace herald::base::id_test {
namespace {

/// The key of the reference vectors: bytes 00 to 0f.
constexpr HashKey kReferenceKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

/// SipHash-2-4-64 of the bytes 00, 01, ... of length 0 to 63, as the reference program prints them.
constexpr const char* kSipHash64[64] = {
    "310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d", "2d7efbd796666785",
    "b7877127e09427cf", "8da699cd64557618", "cee3fe586e46c9cb", "37d1018bf50002ab",
    "6224939a79f5f593", "b0e4a90bdf82009e", "f3b9dd94c5bb5d7a", "a7ad6b22462fb3f4",
    "fbe50e86bc8f1e75", "903d84c02756ea14", "eef27a8e90ca23f7", "e545be4961ca29a1",
    "db9bc2577fcc2a3f", "9447be2cf5e99a69", "9cd38d96f0b3c14b", "bd6179a71dc96dbb",
    "98eea21af25cd6be", "c7673b2eb0cbf2d0", "883ea3e395675393", "c8ce5ccd8c030ca8",
    "94af49f6c650adb8", "eab8858ade92e1bc", "f315bb5bb835d817", "adcf6b0763612e2f",
    "a5c91da7acaa4dde", "716595876650a2a6", "28ef495c53a387ad", "42c341d8fa92d832",
    "ce7cf2722f512771", "e37859f94623f3a7", "381205bb1ab0e012", "ae97a10fd434e015",
    "b4a31508beff4d31", "81396229f0907902", "4d0cf49ee5d4dcca", "5c73336a76d8bf9a",
    "d0a704536ba93e0e", "925958fcd6420cad", "a915c29bc8067318", "952b79f3bc0aa6d4",
    "f21df2e41d4535f9", "87577519048f53a9", "10a56cf5dfcd9adb", "eb75095ccd986cd0",
    "51a9cb9ecba312e6", "96afadfc2ce666c7", "72fe52975a4364ee", "5a1645b276d592a1",
    "b274cb8ebf87870a", "6f9bb4203de7b381", "eaecb2a30b22a87f", "9924a43cc1315724",
    "bd838d3aafbf8db7", "0b1a2a3265d51aea", "135079a3231ce660", "932b2846e4d70666",
    "e1915f5cb1eca46c", "f325965ca16d629f", "575ff28e60381be5", "724506eb4c328a95",
};

const std::pair<std::size_t, const char*> kSipHash128[] = {
    {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
    {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
    {9, "264499060ad9baabc47f8b02bb6d71ed"},  {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
    {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {31, "2939b0183223fafc1723de4f52c43d35"},
    {62, "5853542321f567a005d547a4f04759bd"}, {63, "5150d1772f50834a503e069a973fbd7c"},
};

/// The bytes 00, 01, ... of length `size`.
std::string counting(std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
    return bytes;
}

std::string to_hex_le(std::uint64_t value) {
    char bytes[8];
    std::memcpy(bytes, &value, sizeof bytes);
    return to_hex({bytes, sizeof bytes});
}

}  // namespace

TEST_CASE("SipHash-2-4 gives the reference vectors") {
    for (std::size_t size = 0; size < 64; ++size) {
        CAPTURE(size);
        CHECK(to_hex_le(keyed_hash(kReferenceKey, counting(size))) == kSipHash64[size]);
    }
}

TEST_CASE("SipHash-2-4 of 128 bits gives the reference vectors") {
    for (const auto& vector : kSipHash128) {
        CAPTURE(vector.first);
        const Hash128 hash = keyed_hash128(kReferenceKey, counting(vector.first));
        CHECK(to_hex_le(hash.low) + to_hex_le(hash.high) == vector.second);
    }
}

TEST_CASE("hashes depend on both halves of the key and do not read what is not aligned wrongly") {
    const HashKey a{1, 2};
    CHECK(keyed_hash(a, "x") != keyed_hash({1, 3}, "x"));
    CHECK(keyed_hash(a, "x") != keyed_hash({2, 2}, "x"));
    CHECK(keyed_hash128(a, "x") != keyed_hash128({1, 3}, "x"));
    CHECK(keyed_hash(a, {}) == keyed_hash(a, ""));

    const std::string text = "....sip:alice@example.com";
    for (std::size_t shift = 0; shift < 4; ++shift) {
        const std::string moved = std::string(shift, ' ') + "sip:alice@example.com";
        CHECK(keyed_hash(a, std::string_view(moved).substr(shift)) ==
              keyed_hash(a, std::string_view(text).substr(4)));
    }
}

TEST_CASE("RFC 4648 10: base32, in lower case and without padding") {
    CHECK(to_base32("") == "");
    CHECK(to_base32("f") == "my");
    CHECK(to_base32("fo") == "mzxq");
    CHECK(to_base32("foo") == "mzxw6");
    CHECK(to_base32("foob") == "mzxw6yq");
    CHECK(to_base32("fooba") == "mzxw6ytb");
    CHECK(to_base32("foobar") == "mzxw6ytboi");
    CHECK(to_base32("\xff\xff\xff\xff\xff") == "77777777");
}

TEST_CASE("random tokens have the length asked for, the alphabet of base32 and do not repeat") {
    std::set<std::string> seen;
    for (int i = 0; i < 20'000; ++i) {
        const std::string token = random_token(10);
        REQUIRE(token.size() == 16);
        REQUIRE(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
        REQUIRE(seen.insert(token).second);
    }
    CHECK(random_token(5).size() == 8);
    CHECK(random_token(0).empty());
}

TEST_CASE("random bytes of every size are filled to the end, and no further") {
    for (const std::size_t size : {1, 7, 8, 255, 256, 257, 1023, 1024, 1025, 100'000}) {
        CAPTURE(size);
        // A byte may be zero by chance, but not in 8 draws.
        std::string any(size + 1, '\0');
        for (int draw = 0; draw < 8; ++draw) {
            std::string bytes(size + 1, '\0');
            random_bytes(bytes.data(), size);
            CHECK(bytes.back() == '\0');
            for (std::size_t i = 0; i < size; ++i) any[i] = static_cast<char>(any[i] | bytes[i]);
        }
        CHECK(any.find('\0') == size);
    }
}

TEST_CASE("every bit of random_u64 is set about half of the time") {
    int counts[64] = {};
    for (int i = 0; i < 4096; ++i) {
        const std::uint64_t value = random_u64();
        for (int bit = 0; bit < 64; ++bit) counts[bit] += value >> bit & 1;
    }
    // Nine standard deviations from 2048.
    for (const int count : counts) CHECK((count > 1760 && count < 2336));
    CHECK(random_key() != random_key());
}

TEST_CASE("threads draw from different stores") {
    std::string one;
    std::string two;
    std::thread first([&] { one = random_token(20); });
    std::thread second([&] { two = random_token(20); });
    first.join();
    second.join();

    CHECK(one != two);
}

TEST_CASE("after a fork parent and child do not hand out the same tokens") {
    random_u64();  // the store is filled
    int ends[2];
    REQUIRE(pipe(ends) == 0);

    const pid_t child = fork();
    if (child == 0) {
        const std::uint64_t value = random_u64();
        _exit(write(ends[1], &value, sizeof value) == sizeof value ? 0 : 1);
    }
    REQUIRE(child > 0);
    const std::uint64_t mine = random_u64();
    std::uint64_t theirs = 0;
    CHECK(read(ends[0], &theirs, sizeof theirs) == sizeof theirs);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    close(ends[0]);
    close(ends[1]);

    CHECK(status == 0);
    CHECK(mine != theirs);
}

TEST_CASE("constant-time comparison compares") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time({}, ""));
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(equal_in_constant_time("abc", "ab"));
    CHECK_FALSE(equal_in_constant_time("", "a"));
    CHECK_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace herald::base::id_test
