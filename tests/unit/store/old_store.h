// tests/unit/store/old_store.h: a store as Heralds before row_number.h left it, and what its first
// start must make of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/row_number.h"
#include "tests/unit/store/support.h"

namespace herald::store::testing {

/// SQL that takes the buckets out of the numbers again.
inline constexpr std::string_view kMakeOld =
    "UPDATE facts SET numbering = 0; UPDATE lanes SET next_id = 33;"
    " UPDATE confirmations SET id = -5000000000000000000 WHERE package = 'presence';"
    " UPDATE confirmations SET id = 7000000000000000000 WHERE package = 'dialog'";

/// Rows with bare counters: publications 1 to 3 and the mark of 4, subscriptions 11, 12 and the
/// mark of 13, messages 21 and 22, two confirmations.
inline void fill_old(Bench& bench) {
    const auto later = base::WallTime(1'900'000'000s);
    std::vector<Change> changes;
    for (const std::uint64_t id : {1, 2, 3, 4}) {
        changes.emplace_back(PutPublication{publication(id), {}});
    }
    for (const std::uint64_t id : {11, 12, 13}) {
        auto row = subscription(id);
        row.change = 5000 + id;
        changes.emplace_back(PutSubscription{std::move(row), {}});
    }
    for (const std::uint64_t id : {21, 22}) {
        Message row;
        row.id = id;
        row.recipient = "sip:carol@example.com";
        row.keep_until = later;
        row.body = "message " + std::to_string(id);
        changes.emplace_back(PutMessage{std::move(row)});
    }
    changes.emplace_back(PutConfirmation{{"presence", "sip:user11@example.com", 9, 5011}});
    changes.emplace_back(PutConfirmation{{"dialog", "sip:user12@example.com", 9, 5012}});
    auto dialog = subscription(14);
    dialog.package = "dialog";
    dialog.aor = "sip:user12@example.com";
    changes.emplace_back(PutSubscription{std::move(dialog), {}});
    for (const auto outcome : bench.commit_all(std::move(changes)))
        REQUIRE(outcome == Outcome::committed);
    REQUIRE(bench.commit(RemovePublication{.id = 4, .keep_until = later}) == Outcome::committed);
    REQUIRE(bench.commit(RemoveSubscription{.id = 13, .keep_until = later}) == Outcome::committed);
}

/// That everything is there, under the numbers of today, and is found by them.
inline void check_numbered(Bench& bench) {
    const auto& home = bench.store().home();
    const auto rows = bench.recover();
    const auto number = [&](std::uint64_t counter, const std::string& aor) {
        return row_number(bucket_of(home.bucket_key, aor), counter);
    };
    const auto user = [](std::uint64_t id) {
        return "sip:user" + std::to_string(id) + "@example.com";
    };
    CHECK(rows.publications.size() == 4);
    for (const std::uint64_t id : {1, 2, 3}) {
        const auto& row = rows.publications.at(number(id, user(id)));
        CHECK(row.body == publication(id).body);
        CHECK(row.source == publication(id).source);
    }
    CHECK(rows.publications.at(number(4, user(4))).is_removed);
    CHECK(rows.subscriptions.size() == 4);
    for (const std::uint64_t id : {11, 12}) {
        const auto& row = rows.subscriptions.at(number(id, user(id)));
        CHECK(row.call_id == subscription(id).call_id);
        CHECK(row.change == 5000 + id);
    }
    CHECK(rows.subscriptions.at(number(13, user(13))).state == Subscription::State::terminated);
    REQUIRE(rows.messages.size() == 2);
    CHECK(rows.messages[0].id == number(21, "sip:carol@example.com"));
    CHECK(rows.messages[1].id == number(22, "sip:carol@example.com"));
    CHECK(rows.confirmations.size() == 2);
    CHECK(home.next_id > 5013);
    CHECK(home.next_id % kCounterBlock == 0);
}

/// That changes find the rows.
inline void check_usable(Bench& bench) {
    const auto& home = bench.store().home();
    const auto alice = row_number(bucket_of(home.bucket_key, "sip:user1@example.com"), 1);
    CHECK(bench.commit(RemovePublication{.id = alice, .expected_tag = "tag-1"}) ==
          Outcome::committed);
    CHECK(bench.commit_all({PutConfirmation{{"presence", "sip:user11@example.com", 0, 0}},
                            PutConfirmation{{"dialog", "sip:user12@example.com", 0, 0}}}) ==
          std::vector(2, Outcome::committed));
    CHECK(bench.recover().confirmations.empty());
}

}  // namespace herald::store::testing
