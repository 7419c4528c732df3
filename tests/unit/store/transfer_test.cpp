// tests/unit/store/transfer_test.cpp: a store copied into another one is the same store, and can be
// written out.
#include "store/transfer.h"

#include "tests/unit/store/dumped.h"
#include "tests/unit/store/support.h"

namespace herald::store::transfer_test {
namespace {

using namespace testing;

const StoreOptions kInline{.is_inline = true};

/// One of everything.
void fill(Bench& bench) {
    const auto later = bench.clock().wall() + 90s;
    Message kept;
    kept.id = 30;
    kept.recipient = "sip:bob@example.com";
    kept.keep_until = later;
    kept.mark = {.call_id = "m", .cseq = 1, .branch_hash = 2};
    kept.headers = "Subject: hello\r\n";
    kept.body = std::string("a\0b\xFF", 4);
    Message done = kept;
    done.id = 31;
    const auto outcomes = bench.commit_all({
        PutAlias{{"sip:101@example.com", "sip:alice@example.com"}},
        PutAccount{{.aor = "sip:pbx@example.com",
                    .username = "pbx",
                    .ha1 = {"secret-hash", "", ""},
                    .role = Account::Role::publisher,
                    .resources = {"*@example.com"}}},
        PutToken{{.name = "console", .sha256_hex = "secret-token", .role = "admin"}},
        PutPublication{.row = publication(1), .expected_tag = {}},
        PutPublication{.row = publication(2), .expected_tag = {}},
        PutSubscription{.row = subscription(3), .replaces = {}},
        PutSubscription{.row = subscription(4), .replaces = {}},
        PutConfirmation{{.package = "presence",
                         .aor = "sip:user3@example.com",
                         .fingerprint = 7,
                         .through = 11}},
        PutMessage{kept},
        PutMessage{done},
    });
    REQUIRE(outcomes == std::vector(outcomes.size(), Outcome::committed));
    bench.commit(RemovePublication{.id = 2, .keep_until = later, .mark = {.call_id = "bye"}});
    bench.commit(RemoveSubscription{.id = 4, .keep_until = later, .mark = {.call_id = "end"}});
    bench.commit(RemoveMessage{.id = 31, .keep_until = later});
}

Result<std::uint64_t> copy(const std::string& from, const std::string& to) {
    const base::ManualClock clock;
    return copy_store(from, to, kInline, clock, [](std::uint64_t) {});
}

TEST_CASE("a store copied to another database and back is the same one, and goes on") {
    const Folder first, third;
    const EmptyStore second;
    Home home;
    {
        Bench bench(first.url());
        fill(bench);
        home = bench.store().home();
        REQUIRE(bench.close());
    }

    const auto there = copy(first.url(), second.url());
    REQUIRE_MESSAGE(there.has_value(), (there ? "" : there.fault().detail));
    const auto back = copy(second.url(), third.url());
    REQUIRE(back);

    CHECK(*there == 10);
    CHECK(*back == 10);
    CHECK(lines_of(first.url()).size() == 10);
    CHECK(lines_of(second.url()) == lines_of(first.url()));
    CHECK(lines_of(third.url()) == lines_of(first.url()));
    Bench bench(third.url());
    CHECK(bench.store().home().bucket_key == home.bucket_key);
    CHECK(bench.store().home().lasting_key == home.lasting_key);
    CHECK(bench.store().home().epoch > home.epoch + 2);
    CHECK(bench.store().home().next_id > 31);
    // Found by the key it was written with.
    CHECK(bench.commit(PutConfirmation{{.package = "presence", .aor = "sip:user3@example.com"}}) ==
          Outcome::committed);
    CHECK(bench.recover().confirmations.empty());
}

TEST_CASE("a run that did not end cleanly is copied as such") {
    const Folder first;
    const EmptyStore second;
    base::WallTime alive;
    {
        Bench bench(first.url());
        fill(bench);
        alive = bench.clock().wall();
    }

    REQUIRE(copy(first.url(), second.url()));

    Bench bench(second.url());
    CHECK_FALSE(bench.store().home().was_clean);
    CHECK(bench.store().home().last_alive == alive);
}

TEST_CASE("a store in use, or one that has rows, is no place to copy to") {
    const Folder first, second;
    Bench bench(first.url());
    fill(bench);

    const auto used = copy(first.url(), second.url());
    REQUIRE_FALSE(used.has_value());
    CHECK(used.fault().kind == FaultKind::conflict);
    REQUIRE(bench.close());

    REQUIRE(copy(first.url(), second.url()));
    const auto again = copy(first.url(), second.url());
    REQUIRE_FALSE(again.has_value());
    CHECK(again.fault().kind == FaultKind::conflict);
    CHECK(again.fault().detail.find("is not empty: 9 rows") != std::string::npos);
}

TEST_CASE("a dump shows everything but secrets, each row as a line of JSON") {
    const Folder folder;
    {
        Bench bench(folder.url());
        fill(bench);
        REQUIRE(bench.close());
    }

    std::string all;
    for (const std::string& line : lines_of(folder.url())) {
        CHECK(line.front() == '{');
        CHECK(line.back() == '}');
        all += line + '\n';
    }

    CHECK(all.find("secret") == std::string::npos);
    CHECK(all.find("{\"table\":\"aliases\",\"aor\":\"sip:101@example.com\"") != std::string::npos);
    CHECK(all.find("\"body\":\"a\\u0000b\\u00ff\"") != std::string::npos);
    CHECK(all.find("\"expires_at\":\"2027-01-15T09:00:00Z\"") != std::string::npos);
    CHECK(all.find("{\"table\":\"publication_marks\",\"id\":2") != std::string::npos);
}

TEST_CASE("a dump names all that is packed as if each had a column") {
    const Folder folder;
    {
        Bench bench(folder.url());
        fill(bench);
        REQUIRE(bench.close());
    }

    const auto lines = lines_of(folder.url());
    const auto line_of = [&lines](std::string_view table) {
        const auto begin = "{\"table\":\"" + std::string(table) + '"';
        const auto line = std::find_if(lines.begin(), lines.end(), [&begin](const auto& each) {
            return each.starts_with(begin);
        });
        REQUIRE(line != lines.end());
        return *line;
    };

    CHECK(
        line_of("publications") ==
        R"({"table":"publications","id":1,"package":"presence","aor":"sip:user1@example.com",)"
        R"("entity_tag":"tag-1","source":"source-1","publisher":"sip:user1@example.com","rank":2,)"
        R"("arrived":"2027-01-15T08:00:00.123Z","mark_call_id":"call-1","mark_cseq":7,)"
        R"("mark_branch":18446744073709551614,"expires_at":"2027-01-15T09:00:00Z",)"
        R"("granted":3600,"type":"application/pidf+xml","body":"<presence/>\u0000and a zero"})");
    CHECK(line_of("subscriptions") ==
          R"({"table":"subscriptions","id":3,"change":11,"remote_cseq":4000000000,)"
          R"("cseq_base":65536,"epoch":3,"package":"presence","aor":"sip:user3@example.com",)"
          R"("watcher":"sip:watcher3@example.com","call_id":"dialog-3","local_tag":"local-3",)"
          R"("remote_tag":"remote-3","local_uri":"<sip:user3@example.com>",)"
          R"("remote_uri":"<sip:watcher3@example.com>",)"
          R"("remote_target":"sip:watcher3@192.0.2.7:5060",)"
          R"("route_set":"<sip:edge.example.com;lr>","event":"presence;id=3",)"
          R"("accept":"application/pidf+xml","entity":"sip:user3@example.com",)"
          R"("instance":"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>",)"
          R"("flow":"udp:1:192.0.2.7:5060","mark_call_id":"dialog-3","mark_cseq":9,)"
          R"("mark_branch":18446744073709551600,"state":1,"expires_at":"2027-01-15T09:00:00Z",)"
          R"("granted":3600})");
}

}  // namespace
}  // namespace herald::store::transfer_test
