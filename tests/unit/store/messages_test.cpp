// tests/unit/store/messages_test.cpp: messages kept, read, finished, and found again after a crash.
#include <doctest/doctest.h>

#include "tests/unit/store/support.h"

namespace herald::store::messages_test {
namespace {

using namespace testing;

Message message(std::uint64_t id) {
    Message row;
    row.id = id;
    row.recipient = "sip:alice@localhost";
    row.sender = "sip:bob@localhost";
    row.from = "<sip:bob@localhost>";
    row.to = "<sip:alice@localhost>";
    row.date = base::WallTime(1000ms);
    row.expires_at = base::WallTime(2000ms);
    row.keep_until = base::WallTime(3000ms);
    row.mark = {"call", 7, 9};
    row.headers = "Content-Type: text/plain\r\n";
    row.body = std::string("a\0b", 3);
    row.size = 29;
    return row;
}

Result<Message> load(Bench& bench, std::uint64_t id) {
    std::optional<Result<Message>> loaded;
    bench.port().load(id, [&](Result<Message> row) { loaded = std::move(row); });
    for (int turns = 0; !loaded && turns < 10'000; ++turns)
        bench.loop().turn(turns == 0 ? 0ms : 10ms);
    REQUIRE(loaded.has_value());
    return *std::move(loaded);
}

TEST_CASE("a message is read whole, and its row without what is long") {
    const EmptyStore empty;
    Bench bench(empty.url());
    CHECK(bench.commit(PutMessage{message(5)}) == Outcome::committed);
    CHECK(bench.commit(PutMessage{message(4)}) == Outcome::committed);

    const auto whole = load(bench, 5);
    REQUIRE(whole.has_value());
    CHECK(whole->body == std::string("a\0b", 3));
    CHECK(whole->headers == "Content-Type: text/plain\r\n");
    CHECK(load(bench, 6).fault().kind == FaultKind::not_found);

    bench.stop();
    bench.open(empty.url(), {.is_inline = true});
    const auto rows = bench.recover();
    REQUIRE(rows.messages.size() == 2);
    CHECK(rows.messages[0].id == 4);
    const auto& row = rows.messages[1];
    CHECK(row.recipient == "sip:alice@localhost");
    CHECK(row.sender == "sip:bob@localhost");
    CHECK(row.from == "<sip:bob@localhost>");
    CHECK(row.to == "<sip:alice@localhost>");
    CHECK(row.date == base::WallTime(1000ms));
    CHECK(row.expires_at == base::WallTime(2000ms));
    CHECK(row.keep_until == base::WallTime(3000ms));
    CHECK(row.mark.call_id == "call");
    CHECK(row.mark.cseq == 7);
    CHECK(row.mark.branch_hash == 9);
    CHECK(row.size == 29);
    CHECK(row.body.empty());
    CHECK_FALSE(row.is_done);
    CHECK(bench.store().home().next_id > 5);
}

TEST_CASE("a finished message keeps its mark and nothing else, until it goes") {
    const EmptyStore empty;
    Bench bench(empty.url());
    bench.commit(PutMessage{message(5)});
    CHECK(bench.commit(RemoveMessage{5, base::WallTime(9000ms)}) == Outcome::committed);
    CHECK(load(bench, 5)->body.empty());
    auto rows = bench.recover();
    REQUIRE(rows.messages.size() == 1);
    CHECK(rows.messages[0].is_done);
    CHECK(rows.messages[0].keep_until == base::WallTime(9000ms));
    CHECK(bench.commit(RemoveMessage{5, {}}) == Outcome::committed);
    CHECK(bench.commit(RemoveMessage{5, {}}) == Outcome::committed);
    rows = bench.recover();
    CHECK(rows.messages.empty());
}

TEST_CASE("a read sees every change handed over before it, with a thread of its own too") {
    const EmptyStore empty;
    Bench bench(empty.url(), {.is_inline = false});
    bool is_kept = false;
    bench.port().commit(PutMessage{message(8)}, [&](Outcome) { is_kept = true; });
    CHECK(load(bench, 8).has_value());
    CHECK(is_kept);
}

}  // namespace
}  // namespace herald::store::messages_test
