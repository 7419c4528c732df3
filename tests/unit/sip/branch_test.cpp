// tests/unit/sip/branch_test.cpp: our Via branches are read back, and nobody else's are taken for
// ours.
#include "sip/branch.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::sip::branch_test {

TEST_CASE("RFC 3261 8.1.1.7: a branch of ours is read back and recognised whole") {
    const BranchKey key;
    std::string text;
    key.append(text, {.shard = 0xabcd, .slot = 0x1234567, .generation = 0xfffffffe});

    const auto branch = Branch::from(text);

    REQUIRE(branch);
    CHECK(text.starts_with("z9hG4bKabcd.01234567.fffffffe."));
    CHECK(branch->shard == 0xabcd);
    CHECK(branch->slot == 0x1234567);
    CHECK(branch->generation == 0xfffffffe);
    CHECK(key.is_ours(*branch, text));
}

TEST_CASE("a branch with another MAC, of another start, or changed anywhere is not ours") {
    const BranchKey key;
    std::string text;
    key.append(text, {.shard = 1, .slot = 2, .generation = 3});

    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string guess = text;
        guess[i] = guess[i] == '7' ? '8' : '7';
        const auto branch = Branch::from(guess);
        CHECK((!branch || !key.is_ours(*branch, guess)));
    }
    CHECK_FALSE(BranchKey().is_ours({.shard = 1, .slot = 2, .generation = 3}, text));
    CHECK_FALSE(Branch::from(""));
    CHECK_FALSE(Branch::from("z9hG4bK"));
    CHECK_FALSE(Branch::from(text + "0"));
    CHECK_FALSE(Branch::from(std::string_view(text).substr(0, text.size() - 1)));
    CHECK_FALSE(Branch::from("z9hG4bKabcd.0123456g.fffffffe.0000000000000000"));
}

TEST_CASE("the branch of a named request is the same in another run, and nobody else's to make") {
    const herald::base::HashKey lasting{1, 2};
    const auto branch = Branch::named(3, 0x0123456789abcdef);
    std::string text, again;
    BranchKey(lasting).append(text, branch);
    BranchKey(lasting).append(again, Branch::named(3, 0x0123456789abcdef));
    CHECK(text == again);
    const auto read = Branch::from(text);
    REQUIRE(read);
    CHECK(read->is_named());
    CHECK(read->name() == branch.name());
    CHECK(BranchKey(lasting).is_ours(*read, text));
    CHECK_FALSE(BranchKey().is_ours(*read, text));
    CHECK_FALSE(Branch{.shard = 3, .slot = 1, .generation = 1}.is_named());
}

}  // namespace herald::sip::branch_test
