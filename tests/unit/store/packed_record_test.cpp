// tests/unit/store/packed_record_test.cpp: what is packed comes back, and nothing else is taken for
// it.
#include "store/packed_record.h"

#include "tests/unit/store/support.h"

namespace herald::store::packed_record_test {
namespace {

using namespace testing;
using namespace std::string_literals;

/// Values of every kind.
struct Row {
    std::string text, usual, named;
    std::uint8_t small = 0;
    std::uint32_t number = 0;
    std::uint64_t large = 0;
    base::WallTime time{};

    bool operator==(const Row&) const = default;
};

struct All {
    template <class Each, class Use>
    static void each(Each& row, Use&& use) {
        use("text", row.text);
        use("named", Unless{row.named, row.usual});
        use("small", row.small);
        use("number", row.number);
        use("large", row.large);
        use("time", row.time);
    }
};

Row full_row() {
    return {.text = "a\0b\xFF"s,
            .usual = "usual",
            .named = "another one",
            .small = 255,
            .number = 0xFFFF'FFFF,
            .large = 0xFEDC'BA98'7654'3210,
            .time = base::WallTime(-1ms)};
}

std::string full_record() {
    const Row row = full_row();
    return pack(packed<All>(row));
}

/// What is read of these bytes; nothing: no record.
std::optional<Row> read(std::string_view bytes) {
    Row row{.usual = "usual"};
    if (!unpack(bytes, packed<All>(row))) return std::nullopt;
    return row;
}

TEST_CASE("a record in bytes: its form, then each value") {
    Row row;
    row.text = "ab";
    row.usual = "u";
    row.named = "u";
    row.small = 127;
    row.number = 300;
    row.large = 0x0102;
    row.time = base::WallTime(3ms);

    CHECK(pack(packed<All>(row)) ==
          "\1"
          "\2ab"
          "\0"
          "\x7F"
          "\xAC\2"
          "\2\1\0\0\0\0\0\0"
          "\3\0\0\0\0\0\0\0"s);
    row.named.clear();
    CHECK(pack(packed<All>(row)).substr(4, 1) == "\1");
}

TEST_CASE("every value comes back as it was packed") {
    const Row row = full_row();
    CHECK(read(pack(packed<All>(row))) == row);
    Row empty{.usual = "usual"};
    CHECK(read(pack(packed<All>(empty))) == empty);
    empty.named = "usual";
    CHECK(read(pack(packed<All>(empty))) == empty);
    for (const std::size_t size : {127U, 128U, 16'383U, 16'384U, 3'000'000U}) {
        Row long_row = full_row();
        long_row.text.assign(size, 'x');
        long_row.named.assign(size, 'y');
        CHECK(read(pack(packed<All>(long_row))) == long_row);
    }
}

TEST_CASE("a record that is cut anywhere, or goes on, is none") {
    const std::string bytes = full_record();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(read(bytes.substr(0, size)));
    CHECK_FALSE(read(bytes + '\0'));
    CHECK_FALSE(read(bytes + bytes));
}

TEST_CASE("another form is not read") {
    std::string bytes = full_record();
    for (int form = 0; form < 256; ++form) {
        bytes.front() = static_cast<char>(form);
        CHECK(read(bytes).has_value() == (form == 1));
    }
}

TEST_CASE("a number that its value cannot hold, or in more bytes than it needs, is none") {
    const std::string before = "\1\0\0"s, after(16, '\0');
    CHECK(read(before + "\xFF\1"s + "\0"s + after));
    CHECK_FALSE(read(before + "\x80\2"s + "\0"s + after));  // 256 in a byte
    CHECK(read(before + "\0"s + "\xFF\xFF\xFF\xFF\x0F"s + after));
    CHECK_FALSE(read(before + "\0"s + "\x80\x80\x80\x80\x10"s + after));  // 2^32
    CHECK_FALSE(read(before + "\x80\0"s + "\0"s + after));
    CHECK_FALSE(read(before + "\0"s + std::string(40, '\x80') + after));
}

TEST_CASE("a text longer than what is there is none, however long it says it is") {
    CHECK_FALSE(read("\1\5abcd"));
    CHECK_FALSE(read("\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"));
    CHECK_FALSE(read("\1\0\x7F"s));
}

TEST_CASE("whichever byte of a record is another one, it is read or refused, and read as written") {
    const std::string bytes = full_record();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(byte);
            const auto row = read(changed);
            if (row && row->named != row->usual) CHECK(pack(packed<All>(*row)) == changed);
        }
    }
}

TEST_CASE("what tables pack comes back whole, the usual and the unusual") {
    const Subscription full = subscription(7);
    Subscription bare = full;
    bare.entity = "sip:another@example.com";
    for (const Subscription& row : {full, bare}) {
        Subscription back;
        back.aor = row.aor;
        CHECK(unpack(pack(packed<parts::SubscriptionRecord>(row)),
                     packed<parts::SubscriptionRecord>(back)));
        CHECK(unpack(pack(packed<parts::Cseqs>(row)), packed<parts::Cseqs>(back)));
        CHECK(unpack(pack(packed<parts::Mark>(row.mark)), packed<parts::Mark>(back.mark)));
        CHECK(back.entity == row.entity);
        CHECK(back.flow == row.flow);
        CHECK(back.call_id == row.call_id);
        CHECK(back.epoch == row.epoch);
        CHECK(back.mark.branch_hash == row.mark.branch_hash);
    }
    Publication api = publication(7);
    api.publisher.clear();
    Publication back;
    back.aor = api.aor;
    CHECK(unpack(pack(packed<parts::PublicationRecord>(std::as_const(api))),
                 packed<parts::PublicationRecord>(back)));
    CHECK(back.publisher.empty());
    CHECK(back.source == api.source);
    CHECK(back.rank == api.rank);
    CHECK(back.arrived == api.arrived);
}

}  // namespace
}  // namespace herald::store::packed_record_test
