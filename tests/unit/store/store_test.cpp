// tests/unit/store/store_test.cpp: every kind of change, committed, refused and recovered: what
// each database owes. scripts/postgres runs it once more on PostgreSQL.
#include "store/store.h"

#include "tests/unit/store/support.h"

namespace herald::store::store_test {
namespace {

using namespace testing;

void check_same(const RequestMark& a, const RequestMark& b) {
    CHECK(a.call_id == b.call_id);
    CHECK(a.cseq == b.cseq);
    CHECK(a.branch_hash == b.branch_hash);
}

void check_same(const Publication& a, const Publication& b) {
    CHECK(a.id == b.id);
    CHECK(a.package == b.package);
    CHECK(a.aor == b.aor);
    CHECK(a.entity_tag == b.entity_tag);
    CHECK(a.source == b.source);
    CHECK(a.publisher == b.publisher);
    CHECK(a.rank == b.rank);
    CHECK(a.arrived == b.arrived);
    CHECK(a.expires_at == b.expires_at);
    CHECK(a.granted == b.granted);
    check_same(a.mark, b.mark);
    CHECK(a.type == b.type);
    CHECK(a.body == b.body);
    CHECK(a.is_removed == b.is_removed);
}

void check_same(const Subscription& a, const Subscription& b) {
    CHECK(a.id == b.id);
    CHECK(a.package == b.package);
    CHECK(a.aor == b.aor);
    CHECK(a.watcher == b.watcher);
    CHECK(a.state == b.state);
    CHECK(a.expires_at == b.expires_at);
    CHECK(a.granted == b.granted);
    CHECK(a.change == b.change);
    CHECK(a.call_id == b.call_id);
    CHECK(a.local_tag == b.local_tag);
    CHECK(a.remote_tag == b.remote_tag);
    CHECK(a.local_uri == b.local_uri);
    CHECK(a.remote_uri == b.remote_uri);
    CHECK(a.remote_target == b.remote_target);
    CHECK(a.route_set == b.route_set);
    CHECK(a.event == b.event);
    CHECK(a.accept == b.accept);
    CHECK(a.entity == b.entity);
    CHECK(a.instance == b.instance);
    CHECK(a.flow == b.flow);
    CHECK(a.remote_cseq == b.remote_cseq);
    CHECK(a.cseq_base == b.cseq_base);
    CHECK(a.epoch == b.epoch);
    check_same(a.mark, b.mark);
}

TEST_CASE("a publication comes back as it was put") {
    EmptyStore empty;
    Bench bench(empty.url());
    const Publication row = publication(5);

    CHECK(bench.commit(PutPublication{.row = row, .expected_tag = {}}) == Outcome::committed);

    check_same(bench.recover().publications.at(5), row);
}

TEST_CASE("RFC 3903 4.4: a modification with an old entity-tag is refused and changes nothing") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5, "new"), .expected_tag = {}});
    Publication late = publication(5, "newer");
    late.body = "late";

    CHECK(bench.commit(PutPublication{.row = late, .expected_tag = "old"}) == Outcome::refused);
    CHECK(bench.recover().publications.at(5).entity_tag == "new");

    CHECK(bench.commit(PutPublication{.row = late, .expected_tag = "new"}) == Outcome::committed);
    check_same(bench.recover().publications.at(5), late);
}

TEST_CASE("a modification of a publication that is gone is refused") {
    EmptyStore empty;
    Bench bench(empty.url());

    CHECK(bench.commit(PutPublication{.row = publication(5), .expected_tag = "tag-1"}) ==
          Outcome::refused);
    CHECK(bench.recover().publications.empty());
}

TEST_CASE("an initial publication overwrites an earlier row of its number") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5, "first"), .expected_tag = {}});
    bench.commit(PutPublication{.row = publication(5, "second"), .expected_tag = {}});

    CHECK(bench.recover().publications.at(5).entity_tag == "second");
}

TEST_CASE("RFC 3903 4.3: a refresh changes tag, expiry and mark, not the document") {
    EmptyStore empty;
    Bench bench(empty.url());
    Publication row = publication(5, "old");
    bench.commit(PutPublication{.row = row, .expected_tag = {}});
    row.entity_tag = "new";
    row.expires_at += 60s;
    row.granted = 60;
    row.mark = {.call_id = "other", .cseq = 8, .branch_hash = 99};
    const RefreshPublication refresh{.id = 5,
                                     .expected_tag = "old",
                                     .entity_tag = "new",
                                     .expires_at = row.expires_at,
                                     .granted = 60,
                                     .mark = row.mark};

    CHECK(bench.commit(refresh) == Outcome::committed);
    check_same(bench.recover().publications.at(5), row);

    CHECK(bench.commit(refresh) == Outcome::refused);
}

TEST_CASE("a publication is removed at once where no tombstone is asked for") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5), .expected_tag = {}});

    CHECK(bench.commit(RemovePublication{.id = 5, .expected_tag = "other"}) == Outcome::refused);
    CHECK(bench.commit(RemovePublication{.id = 5, .expected_tag = "tag-1"}) == Outcome::committed);
    CHECK(bench.recover().publications.empty());
    CHECK(bench.commit(RemovePublication{.id = 5}) == Outcome::refused);
}

TEST_CASE("RFC 3903 4.5: a removal leaves a tombstone that answers its repetition") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5), .expected_tag = {}});
    const auto until = bench.clock().wall() + 64s;
    RemovePublication removal{.id = 5,
                              .expected_tag = "other",
                              .keep_until = until,
                              .mark = {.call_id = "bye", .cseq = 12, .branch_hash = 34}};

    CHECK(bench.commit(removal) == Outcome::refused);
    CHECK_FALSE(bench.recover().publications.at(5).is_removed);
    removal.expected_tag = "tag-1";
    CHECK(bench.commit(removal) == Outcome::committed);

    const Publication mark = bench.recover().publications.at(5);
    CHECK(mark.is_removed);
    CHECK(mark.expires_at == until);
    CHECK(mark.entity_tag == "tag-1");
    CHECK(mark.aor == "sip:user5@example.com");
    CHECK(mark.package == "presence");
    CHECK(mark.source == "source-5");
    check_same(mark.mark, removal.mark);
    CHECK(mark.body.empty());
}

TEST_CASE("a tombstone is conditional on nothing where no tag is expected") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5), .expected_tag = {}});
    const auto until = bench.clock().wall() + 64s;

    CHECK(bench.commit(RemovePublication{.id = 5, .keep_until = until}) == Outcome::committed);
    CHECK(bench.commit(RemovePublication{.id = 5, .keep_until = until}) == Outcome::refused);
    CHECK(bench.recover().publications.at(5).is_removed);
}

TEST_CASE("a row put again hides its tombstone; of several tombstones the last one counts") {
    EmptyStore empty;
    Bench bench(empty.url());
    const auto until = bench.clock().wall() + 64s;
    bench.commit(PutPublication{.row = publication(5, "a"), .expected_tag = {}});
    bench.commit(RemovePublication{.id = 5, .keep_until = until, .mark = {.cseq = 1}});
    bench.commit(PutPublication{.row = publication(5, "b"), .expected_tag = {}});

    CHECK_FALSE(bench.recover().publications.at(5).is_removed);

    bench.commit(RemovePublication{.id = 5, .keep_until = until, .mark = {.cseq = 2}});
    const Publication mark = bench.recover().publications.at(5);
    CHECK(mark.entity_tag == "b");
    CHECK(mark.mark.cseq == 2);
}

TEST_CASE("tombstones end with their time and are swept from the file") {
    EmptyStore empty;
    Bench bench(empty.url());
    for (std::uint64_t id = 1; id <= 50; ++id) {
        bench.commit(PutPublication{.row = publication(id), .expected_tag = {}});
        bench.commit(PutSubscription{.row = subscription(id), .replaces = {}});
        const auto until = bench.clock().wall() + (id <= 30 ? 10s : 100s);
        bench.commit(RemovePublication{.id = id, .keep_until = until});
        bench.commit(RemoveSubscription{.id = id, .keep_until = until, .mark = {}});
    }
    CHECK(bench.recover().publications.size() == 50);
    CHECK(bench.recover().subscriptions.size() == 50);

    bench.clock().advance(11s);
    CHECK(bench.recover().publications.size() == 20);
    CHECK(bench.recover().subscriptions.size() == 20);

    const double before = bench.metric("herald_store_commits_total");
    bench.loop().turn(0ms);
    CHECK(bench.metric("herald_store_commits_total") == before + 1);
    bench.clock().advance(10s);
    bench.loop().turn(0ms);
    CHECK_MESSAGE(bench.metric("herald_store_commits_total") == before + 1, "nothing was due");
    CHECK(bench.recover().publications.size() == 20);
}

TEST_CASE("RFC 3261 10.3: changes made together are made all or none") {
    EmptyStore empty;
    Bench bench(empty.url());
    Publication first = publication(1);
    first.entity_tag = "one";
    Publication second = publication(2);
    second.entity_tag = "two";

    CHECK(bench.commit(ChangePublications{
              {PutPublication{first, {}}, PutPublication{second, {}}}}) == Outcome::committed);
    CHECK(bench.recover().publications.size() == 2);

    const RemovePublication removal{.id = 1, .expected_tag = "one", .keep_until = {}, .mark = {}};
    const RefreshPublication stale{.id = 2,
                                   .expected_tag = "old",
                                   .entity_tag = "three",
                                   .expires_at = second.expires_at,
                                   .granted = 60,
                                   .mark = {}};
    CHECK(bench.commit(ChangePublications{{removal, stale}}) == Outcome::refused);
    auto kept = bench.recover().publications;
    CHECK(kept.size() == 2);
    CHECK(kept[2].entity_tag == "two");

    RefreshPublication fresh = stale;
    fresh.expected_tag = "two";
    CHECK(bench.commit(ChangePublications{{removal, fresh}}) == Outcome::committed);
    kept = bench.recover().publications;
    REQUIRE(kept.size() == 1);
    CHECK(kept[2].entity_tag == "three");
}

TEST_CASE("a subscription comes back as it was put, numbers of 32 and 64 bits included") {
    EmptyStore empty;
    Bench bench(empty.url());
    const Subscription row = subscription(9);

    CHECK(bench.commit(PutSubscription{.row = row, .replaces = {}}) == Outcome::committed);

    check_same(bench.recover().subscriptions.at(9), row);
}

TEST_CASE("a subscription replaces those of the device's earlier life in one commit") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutSubscription{.row = subscription(1), .replaces = {}});
    bench.commit(PutSubscription{.row = subscription(2), .replaces = {}});

    CHECK(bench.commit(PutSubscription{.row = subscription(3), .replaces = {1, 2, 3, 77}}) ==
          Outcome::committed);

    const auto rows = bench.recover().subscriptions;
    CHECK(rows.size() == 1);
    CHECK(rows.count(3) == 1);
}

TEST_CASE("a refresh may rewrite all of a subscription, but not bring it back") {
    EmptyStore empty;
    Bench bench(empty.url());
    Subscription row = subscription(9);
    CHECK(bench.commit(UpdateSubscription{.row = row}) == Outcome::refused);
    bench.commit(PutSubscription{.row = row, .replaces = {}});
    row.remote_target = "sip:moved@192.0.2.8";
    row.state = Subscription::State::pending;
    row.mark.call_id = "not the dialog's";

    CHECK(bench.commit(UpdateSubscription{.row = row}) == Outcome::committed);

    check_same(bench.recover().subscriptions.at(9), row);
}

TEST_CASE("a touch rewrites what a plain refresh changes") {
    EmptyStore empty;
    Bench bench(empty.url());
    Subscription row = subscription(9);
    row.state = Subscription::State::pending;
    bench.commit(PutSubscription{.row = row, .replaces = {}});
    row.state = Subscription::State::active;
    row.change = 12;
    row.expires_at += 1h;
    row.granted = 1800;
    row.remote_cseq = 5;
    row.cseq_base = 131'072;
    row.epoch = 4;
    row.mark = {.call_id = row.call_id, .cseq = 5, .branch_hash = 6};
    const TouchSubscription touch{.id = 9,
                                  .change = row.change,
                                  .expires_at = row.expires_at,
                                  .granted = row.granted,
                                  .remote_cseq = row.remote_cseq,
                                  .cseq_base = row.cseq_base,
                                  .epoch = row.epoch,
                                  .state = row.state,
                                  .mark = row.mark};

    CHECK(bench.commit(touch) == Outcome::committed);
    check_same(bench.recover().subscriptions.at(9), row);

    bench.commit(RemoveSubscription{.id = 9, .keep_until = {}, .mark = {}});
    CHECK(bench.commit(touch) == Outcome::refused);
}

TEST_CASE(
    "RFC 6665 4.2.1.4: an ended subscription stays whole until its last NOTIFY cannot be missed") {
    EmptyStore empty;
    Bench bench(empty.url());
    Subscription row = subscription(9);
    bench.commit(PutSubscription{.row = row, .replaces = {}});
    const auto until = bench.clock().wall() + 32s;
    const RequestMark mark{.call_id = row.call_id, .cseq = 10, .branch_hash = 11};

    CHECK(bench.commit(RemoveSubscription{.id = 9, .keep_until = until, .mark = mark}) ==
          Outcome::committed);

    row.state = Subscription::State::terminated;
    row.expires_at = until;
    row.granted = 0;
    row.mark = mark;
    check_same(bench.recover().subscriptions.at(9), row);
}

TEST_CASE("removing a subscription twice is no fault") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutSubscription{.row = subscription(9), .replaces = {}});
    const auto until = bench.clock().wall() + 32s;

    CHECK(bench.commit(RemoveSubscription{.id = 9, .keep_until = {}, .mark = {}}) ==
          Outcome::committed);
    CHECK(bench.commit(RemoveSubscription{.id = 9, .keep_until = {}, .mark = {}}) ==
          Outcome::committed);
    CHECK(bench.commit(RemoveSubscription{.id = 9, .keep_until = until, .mark = {}}) ==
          Outcome::committed);
    CHECK(bench.recover().subscriptions.empty());
}

TEST_CASE(
    "a confirmation is rewritten, deleted by zero, and forgotten with its last subscription") {
    EmptyStore empty;
    Bench bench(empty.url());
    const Subscription watched = subscription(1);
    bench.commit(PutSubscription{.row = watched, .replaces = {}});
    Confirmation row{
        .package = watched.package, .aor = watched.aor, .fingerprint = ~0ULL, .through = 3};
    bench.commit(PutConfirmation{row});
    row.through = 4;
    CHECK(bench.commit(PutConfirmation{row}) == Outcome::committed);
    bench.commit(PutConfirmation{
        {.package = "presence", .aor = "sip:nobody@example.com", .fingerprint = 1, .through = 1}});

    auto rows = bench.recover().confirmations;
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].aor == watched.aor);
    CHECK(rows[0].fingerprint == ~0ULL);
    CHECK(rows[0].through == 4);

    // Deleted, not merely passed over: a watcher who comes later has nothing.
    auto late = subscription(2);
    late.package = "presence";
    late.aor = "sip:nobody@example.com";
    bench.commit(PutSubscription{.row = late, .replaces = {}});
    CHECK(bench.recover().confirmations.size() == 1);

    row.through = 0;
    CHECK(bench.commit(PutConfirmation{row}) == Outcome::committed);
    CHECK(bench.recover().confirmations.empty());
}

TEST_CASE("an account keeps its lists") {
    EmptyStore empty;
    Bench bench(empty.url());
    Account row{.aor = "sip:pbx@example.com",
                .username = "pbx",
                .realm = "example.com",
                .ha1 = {"aa", "", "cc"},
                .role = Account::Role::publisher,
                .resources = {"*@example.com", "sip:a b@example.com"},
                .packages = {"dialog", "presence"},
                .delegates = {{.aor = "sip:boss@example.com", .package = "*"}},
                .wants_partial_dialogs = true};

    CHECK(bench.commit(PutAccount{row}) == Outcome::committed);

    const auto rows = bench.recover().accounts;
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].aor == row.aor);
    CHECK(rows[0].username == "pbx");
    CHECK(rows[0].realm == "example.com");
    CHECK(rows[0].ha1[0] == "aa");
    CHECK(rows[0].ha1[1].empty());
    CHECK(rows[0].ha1[2] == "cc");
    CHECK(rows[0].role == Account::Role::publisher);
    CHECK(rows[0].resources == row.resources);
    CHECK(rows[0].packages == row.packages);
    REQUIRE(rows[0].delegates.size() == 1);
    CHECK(rows[0].delegates[0].aor == "sip:boss@example.com");
    CHECK(rows[0].delegates[0].package == "*");
    CHECK(rows[0].wants_partial_dialogs);

    CHECK(bench.commit(RemoveAccount{.aor = row.aor}) == Outcome::committed);
    CHECK(bench.recover().accounts.empty());
}

TEST_CASE("an alias leads elsewhere when it is put again, and nowhere when it is removed") {
    EmptyStore empty;
    Bench bench(empty.url());
    CHECK(bench.commit(PutAlias{{"sip:101@example.com", "sip:alice@example.com"}}) ==
          Outcome::committed);
    CHECK(bench.commit(PutAlias{{"sip:101@example.com", "sip:bob@example.com"}}) ==
          Outcome::committed);

    const auto rows = bench.recover().aliases;
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].aor == "sip:101@example.com");
    CHECK(rows[0].resource == "sip:bob@example.com");

    CHECK(bench.commit(RemoveAlias{"sip:101@example.com"}) == Outcome::committed);
    CHECK(bench.recover().aliases.empty());
}

TEST_CASE("an account whose lists could not be read back is refused") {
    EmptyStore empty;
    Bench bench(empty.url());
    Account lines{.aor = "sip:a@example.com", .resources = {"x\ny"}};
    Account blanks{.aor = "sip:a@example.com", .delegates = {{.aor = "b c", .package = "*"}}};

    CHECK(bench.commit(PutAccount{lines}) == Outcome::refused);
    CHECK(bench.commit(PutAccount{blanks}) == Outcome::refused);
    CHECK(bench.recover().accounts.empty());
}

TEST_CASE("a refused change refuses itself only") {
    EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutPublication{.row = publication(5), .expected_tag = {}});
    const double before = bench.metric("herald_store_commits_total");

    const auto outcomes = bench.commit_all({
        PutPublication{.row = publication(1), .expected_tag = {}},
        PutPublication{.row = publication(2), .expected_tag = "none"},
        PutSubscription{.row = subscription(3), .replaces = {}},
        TouchSubscription{.id = 4},
        RefreshPublication{.id = 5, .expected_tag = "tag-1", .entity_tag = "tag-2"},
    });

    CHECK(outcomes == std::vector{Outcome::committed, Outcome::refused, Outcome::committed,
                                  Outcome::refused, Outcome::committed});
    CHECK(bench.metric("herald_store_commits_total") == before + 1);
    CHECK(bench.metric("herald_store_changes_total", {{"outcome", "refused"}}) == 2);
    CHECK(bench.metric("herald_store_batches_total", {{"changes", "2-9"}}) == 1);
    CHECK_MESSAGE(bench.metric("herald_store_queue") == 0, "idle, nothing waits");
}

TEST_CASE("changes of one row are made one after the other, though they come at once") {
    EmptyStore empty;
    Bench bench(empty.url());

    const auto outcomes = bench.commit_all({
        PutPublication{.row = publication(1, "a"), .expected_tag = {}},
        RefreshPublication{.id = 1, .expected_tag = "a", .entity_tag = "b"},
        RefreshPublication{.id = 1, .expected_tag = "a", .entity_tag = "c"},
        PutPublication{.row = publication(1, "d"), .expected_tag = "b"},
        PutSubscription{.row = subscription(2), .replaces = {}},
        RemoveSubscription{.id = 2},
        PutSubscription{.row = subscription(3), .replaces = {2}},
    });

    constexpr auto C = Outcome::committed;
    CHECK(outcomes == std::vector{C, C, Outcome::refused, C, C, C, C});
    const auto rows = bench.recover();
    CHECK(rows.publications.at(1).entity_tag == "d");
    CHECK(rows.subscriptions.size() == 1);
    CHECK(rows.subscriptions.count(3) == 1);
}

TEST_CASE("text may hold any bytes") {
    EmptyStore empty;
    Bench bench(empty.url());
    std::string every;
    for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
    for (const std::string& text :
         {every, std::string("\x1A"),
          std::string("\x1A"
                      "41"),
          std::string("Gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xC3"), std::string()}) {
        Subscription row = subscription(9);
        row.remote_uri = row.remote_tag = row.call_id = text;
        row.mark.call_id = row.call_id;
        Publication document = publication(5, text.empty() ? "none" : text);
        document.mark.call_id = text;

        CHECK(bench.commit(PutSubscription{.row = row, .replaces = {}}) == Outcome::committed);
        CHECK(bench.commit(PutPublication{.row = document, .expected_tag = {}}) ==
              Outcome::committed);
        CHECK(bench.commit(PutPublication{.row = document, .expected_tag = document.entity_tag}) ==
              Outcome::committed);

        const auto rows = bench.recover();
        check_same(rows.subscriptions.at(9), row);
        check_same(rows.publications.at(5), document);
    }
}

TEST_CASE("the first start makes keys, later ones keep them and raise the epoch") {
    EmptyStore empty;
    Home first;
    {
        Bench bench(empty.url());
        first = bench.store().home();
        CHECK(first.epoch == 1);
        CHECK(first.was_clean);
        CHECK(first.next_id == 1);
        CHECK(first.bucket_key != first.lasting_key);
        bench.commit(PutToken{{.name = "console", .sha256_hex = "ab", .role = "admin"}});
        REQUIRE(bench.close());
    }
    Bench bench(empty.url());
    const Home& second = bench.store().home();
    CHECK(second.bucket_key == first.bucket_key);
    CHECK(second.lasting_key == first.lasting_key);
    CHECK(second.epoch == 2);
    CHECK(second.was_clean);
    REQUIRE(bench.store().tokens().size() == 1);
    CHECK(bench.store().tokens()[0].sha256_hex == "ab");
}

TEST_CASE("a run that was not closed shows, and when it was last alive") {
    EmptyStore empty;
    base::WallTime alive;
    {
        Bench bench(empty.url());
        bench.clock().advance(100s);
        alive = bench.clock().wall();
        bench.commit(PutPublication{.row = publication(1), .expected_tag = {}});
        bench.clock().advance(5s);
        bench.loop().turn(0ms);
    }
    Bench bench(empty.url());
    CHECK_FALSE(bench.store().home().was_clean);
    CHECK(bench.store().home().last_alive == alive);
}

TEST_CASE("an idle store notes that it is alive") {
    EmptyStore empty;
    base::WallTime alive;
    {
        Bench bench(empty.url());
        bench.clock().advance(31s);
        alive = bench.clock().wall();
        bench.loop().turn(0ms);
    }
    Bench bench(empty.url());
    CHECK(bench.store().home().last_alive == alive);
}

TEST_CASE("numbers are not given twice, though their rows are gone") {
    EmptyStore empty;
    {
        Bench bench(empty.url());
        bench.commit(PutPublication{.row = publication(41), .expected_tag = {}});
        bench.commit(PutSubscription{.row = subscription(40), .replaces = {}});
        bench.commit(RemovePublication{.id = 41});
        REQUIRE(bench.close());
    }
    Bench bench(empty.url());
    CHECK(bench.store().home().next_id > 41);
}

TEST_CASE("a URL that is no store is named in the fault") {
    base::Metrics metrics;
    base::ManualClock clock;
    for (const char* url : {"", "sqlite:", "memory", "mysql://localhost/herald"}) {
        const auto opened = open(url, {}, metrics, clock);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.fault().kind == FaultKind::invalid_configuration);
        CHECK(opened.fault().detail.find(url) != std::string::npos);
    }
}

}  // namespace
}  // namespace herald::store::store_test
