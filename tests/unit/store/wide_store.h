// tests/unit/store/wide_store.h: a store as Heralds before migration 11 left it, with a column for
// each value, and what its first start must make of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "store/migrations.h"
#include "store/row_number.h"
#include "tests/unit/store/dumped.h"
#include "tests/unit/store/support.h"

namespace herald::store::testing {

/// The migrations such a Herald knew.
inline std::vector<base::EmbeddedFile> wide_migrations(Dialect dialect) {
    auto known = migrations_for(dialect);
    std::erase_if(known, [](const auto& file) { return number_of(file) > 10; });
    return known;
}

/// One row of each table, and more for what is unusual. #: the key of the row of this number.
inline constexpr std::string_view kWideRows = R"(
INSERT INTO publications (id, package, aor, entity_tag, source, publisher, rank, arrived,
    expires_at, granted, mark_call_id, mark_cseq, mark_branch, type, body) VALUES
    (#1, 'presence', 'sip:user1@example.com', 'tag-1', 'source-1', 'sip:user1@example.com', 2,
     1800000000123, 1800003600000, 3600, 'call-1', 7, -2, 'application/pidf+xml', BODY),
    (#6, 'presence', 'sip:user6@example.com', 'tag-1', 'source-6', '', 2,
     1800000000123, 1800003600000, 3600, '', 0, 0, 'application/pidf+xml', BODY);
INSERT INTO publication_marks (sequence, keep_until, id, package, aor, entity_tag, source,
    publisher, rank, arrived, mark_call_id, mark_cseq, mark_branch) VALUES
    (7, 1900000000000, #2, 'presence', 'sip:user2@example.com', 'tag-1', 'source-2',
     'sip:user2@example.com', 2, 1800000000123, 'bye', 12, 34);
INSERT INTO subscriptions (id, state, expires_at, granted, change, remote_cseq, cseq_base, epoch,
    mark_call_id, mark_cseq, mark_branch, package, aor, watcher, call_id, local_tag, remote_tag,
    local_uri, remote_uri, remote_target, route_set, event, accept, entity, instance, flow) VALUES
    (#3, 1, 1800003600000, 3600, 11, 4000000000, 65536, 3, NULL, 9, -16,
     'presence', 'sip:user3@example.com', 'sip:watcher3@example.com', 'dialog-3', 'local-3',
     'remote-3', '<sip:user3@example.com>', '<sip:watcher3@example.com>',
     'sip:watcher3@192.0.2.7:5060', '<sip:edge.example.com;lr>', 'presence;id=3',
     'application/pidf+xml', 'sip:user3@example.com',
     '<urn:uuid:00000000-0000-1000-8000-000A95A0E128>', 'udp:1:192.0.2.7:5060'),
    (#5, 1, 1800003600000, 3600, 11, 4000000000, 65536, 3, 'another one', 9, -16,
     'presence', 'sip:user5@example.com', 'sip:watcher5@example.com', 'dialog-5', 'local-5',
     'remote-5', '<sip:user5@example.com>', '<sip:watcher5@example.com>',
     'sip:watcher5@192.0.2.7:5060', '<sip:edge.example.com;lr>', 'presence;id=5',
     'application/pidf+xml', 'sip:group@example.com',
     '<urn:uuid:00000000-0000-1000-8000-000A95A0E128>', 'udp:1:192.0.2.7:5060');
INSERT INTO subscription_marks (sequence, keep_until, id, change, remote_cseq, cseq_base, epoch,
    mark_call_id, mark_cseq, mark_branch, package, aor, watcher, call_id, local_tag, remote_tag,
    local_uri, remote_uri, remote_target, route_set, event, accept, entity, instance, flow) VALUES
    (9, 1900000000000, #4, 11, 4000000000, 65536, 3, '', 0, 0,
     'presence', 'sip:user4@example.com', 'sip:watcher4@example.com', 'dialog-4', 'local-4',
     'remote-4', '<sip:user4@example.com>', '<sip:watcher4@example.com>',
     'sip:watcher4@192.0.2.7:5060', '<sip:edge.example.com;lr>', 'presence;id=4',
     'application/pidf+xml', 'sip:user4@example.com',
     '<urn:uuid:00000000-0000-1000-8000-000A95A0E128>', 'udp:1:192.0.2.7:5060');
)";

/// The body of publication(1), as SQL has it.
inline std::string wide_body(Dialect dialect) {
    const auto hex = base::to_hex(publication(1).body);
    return dialect == Dialect::postgres ? "'\\x" + hex + "'" : "x'" + hex + "'";
}

/// The rows in a database's words; `key` is what stands before a row's number to make its key.
inline std::string wide_rows(Dialect dialect, std::string_view key) {
    std::string sql(kWideRows);
    for (auto at = sql.find('#'); at != std::string::npos; at = sql.find('#')) {
        sql.replace(at, 1, key);
    }
    for (auto at = sql.find("BODY"); at != std::string::npos; at = sql.find("BODY")) {
        sql.replace(at, 4, wide_body(dialect));
    }
    return sql;
}

/// A store that was not numbered by buckets either.
inline constexpr std::string_view kUnnumbered =
    "INSERT INTO lanes (id, sequence, alive_at, next_id) VALUES (1, 0, 0, 33);"
    " INSERT INTO facts (id, bucket_key, lasting_key, epoch, is_clean, numbering) VALUES"
    " (1, KEY, KEY, 5, 1, 0);";
inline std::string unnumbered(Dialect dialect) {
    std::string sql(kUnnumbered);
    const std::string hex(32, '0');
    const auto key = dialect == Dialect::postgres ? "'\\x" + hex + "'" : "x'" + hex + "'";
    for (auto at = sql.find("KEY"); at != std::string::npos; at = sql.find("KEY")) {
        sql.replace(at, 3, key);
    }
    return sql;
}

/// What a store says that today's changes made, and that has the same rows.
inline std::vector<std::string> packed_lines() {
    const Folder folder;
    Bench bench(folder.url());
    auto of_api = publication(6);
    of_api.publisher.clear();
    of_api.mark = {};
    auto strange = subscription(5);
    strange.mark.call_id = "another one";
    strange.entity = "sip:group@example.com";
    const auto outcomes =
        bench.commit_all({PutPublication{publication(1), {}}, PutPublication{of_api, {}},
                          PutPublication{publication(2), {}}, PutSubscription{subscription(3), {}},
                          PutSubscription{subscription(4), {}}, PutSubscription{strange, {}}});
    REQUIRE(outcomes == std::vector(outcomes.size(), Outcome::committed));
    const auto until = base::WallTime(1'900'000'000s);
    bench.commit(RemovePublication{
        .id = 2, .keep_until = until, .mark = {.call_id = "bye", .cseq = 12, .branch_hash = 34}});
    bench.commit(RemoveSubscription{.id = 4, .keep_until = until});
    REQUIRE(bench.close());
    return lines_of(folder.url());
}

/// That changes find the rows.
inline void check_changeable(Bench& bench) {
    const RefreshPublication refresh{.id = 1, .expected_tag = "tag-1", .entity_tag = "tag-2"};
    CHECK(bench.commit(refresh) == Outcome::committed);
    CHECK(bench.commit(TouchSubscription{.id = 3, .change = 12, .keeps_mark = true}) ==
          Outcome::committed);
    CHECK(bench.commit(RemoveSubscription{.id = 5}) == Outcome::committed);
    const auto rows = bench.recover();
    CHECK(rows.publications.at(1).body == publication(1).body);
    CHECK(rows.subscriptions.at(3).mark.call_id == "dialog-3");
    CHECK(rows.subscriptions.size() == 2);
    // Tombstones are numbered on.
    CHECK(bench.commit(RemovePublication{.id = 1, .keep_until = base::WallTime(1'900'000'000s)}) ==
          Outcome::committed);
    CHECK(bench.recover().publications.at(1).is_removed);
}

/// That rows without buckets in their numbers have them now.
inline void check_numbered_too(Bench& bench) {
    const auto rows = bench.recover();
    CHECK(rows.publications.size() == 3);
    CHECK(rows.subscriptions.size() == 3);
    for (const auto& [id, row] : rows.subscriptions) {
        CHECK(bucket_of_row(id) == bucket_of(bench.store().home().bucket_key, row.aor));
        CHECK(row.call_id == "dialog-" + std::to_string(counter_of(id)));
    }
}

}  // namespace herald::store::testing
