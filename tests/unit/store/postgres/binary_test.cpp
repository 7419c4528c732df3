// tests/unit/store/postgres/binary_test.cpp: PostgreSQL's forms of arrays, text and addresses,
// without a server.
#include <fstream>

#include "base/text.h"
#include "store/postgres/address.h"
#include "store/postgres/arrays.h"
#include "store/postgres/escape.h"
#include "store/postgres/row_batch.h"
#include "store/postgres/schema.h"
#include "tests/unit/store/support.h"

namespace herald::store::binary_test {
namespace {

using namespace testing;
using namespace std::string_literals;

TEST_CASE("an array of numbers: its header, then each with its size") {
    ArrayColumn column(Element::number);
    column.add_number(1);
    column.add_number(0xFFFF'FFFF'FFFF'FFFF);

    CHECK(column.bytes() ==
          "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1"
          "\0\0\0\x08\0\0\0\0\0\0\0\1"
          "\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
}

TEST_CASE("an array of texts names another type") {
    ArrayColumn column(Element::text);
    column.add_text("ab");
    column.add_text("");

    CHECK(column.bytes() == "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\2ab\0\0\0\0"s);
}

TEST_CASE("bytes that are no text come back as they were") {
    std::string every;
    for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
    for (const std::string& text :
         {every, "\x1A"s, "\x1A"s + "00", "a\0b"s, "\xC3"s, "\xC3\xBC\xBC"s, "\xF0\x9F\x98\x80"s}) {
        const std::string written = needs_escape(text) ? escaped(text) : text;
        std::string read;
        unescape(written, read);

        CHECK(read == text);
        CHECK(base::is_utf8(written));
        CHECK(written.find('\0') == std::string::npos);
    }
    CHECK_FALSE(needs_escape("Gr\xC3\xBC\xC3\x9F <sip:a@b>\r\n\t"));
    CHECK(escaped("\xFF") ==
          "\x1A"
          "ff");
}

TEST_CASE("an escape that is cut, or is none, is text") {
    for (const std::string& text : {"\x1A"s,
                                    "\x1A"
                                    "4"s,
                                    "\x1A"
                                    "zz"s}) {
        std::string read;
        unescape(text, read);
        CHECK(read == text);
    }
}

TEST_CASE("migrations are given PostgreSQL's words, whole words only") {
    CHECK(in_postgres("id INTEGER, body BLOB, INTEGERS, BLOB_X") ==
          "id BIGINT, body BYTEA, INTEGERS, BLOB_X ");
}

TEST_CASE("a migration has lines that only PostgreSQL reads") {
    CHECK(in_postgres("a;\n--postgres: ALTER b;\n-- c\n") == "a;\nALTER b;\n-- c\n ");
}

TEST_CASE("a batch fills one array a column, and asks for the rows a condition is about") {
    const Home home;
    RowBatch batch(home, 7);

    CHECK(batch.add(PutPublication{.row = publication(1), .expected_tag = {}}, 0) ==
          Outcome::committed);
    CHECK(batch.add(PutPublication{.row = publication(2), .expected_tag = "old"}, 1) ==
          Outcome::committed);
    CHECK(batch.add(RemovePublication{.id = 3, .keep_until = base::WallTime(5s)}, 2) ==
          Outcome::committed);
    CHECK(batch.add(PutAccount{{.aor = "a", .resources = {"x\ny"}}}, 3) == Outcome::refused);

    CHECK(batch.rows(Operation::put_publication).asked.empty());
    CHECK(batch.rows(Operation::replace_publication).asked.size() == 1);
    CHECK(batch.rows(Operation::put_account).columns.empty());
    CHECK(batch.next_mark() == 8);
    CHECK(batch.first_end() == base::WallTime(5s));
    std::vector<Outcome> outcomes(4, Outcome::committed);
    batch.settle(Operation::replace_publication, {9, 2}, outcomes);
    CHECK(outcomes[1] == Outcome::committed);
    batch.settle(Operation::replace_publication, {9}, outcomes);
    batch.settle(Operation::bury_publication, {3}, outcomes);
    CHECK(outcomes == std::vector{Outcome::committed, Outcome::refused, Outcome::committed,
                                  Outcome::committed});
}

TEST_CASE("every statement has as many parameters as arrays") {
    for (const ArrayStatement& statement : array_statements()) {
        const auto last = "$" + std::to_string(statement.columns.size());
        const auto more = "$" + std::to_string(statement.columns.size() + 1);
        CHECK_MESSAGE(statement.sql.find(last + "::") != std::string::npos, statement.name);
        CHECK_MESSAGE(statement.sql.find(more + "::") == std::string::npos, statement.name);
    }
}

std::string value_of(const PostgresAddress& address, std::string_view keyword) {
    std::string value;
    for (const auto& [name, text] : address.parameters) {
        if (name == keyword) value = text;
    }
    return value;
}

TEST_CASE("an address asks for a server that can be written to, and keeps what it was told") {
    const auto address = read_address(
        "postgresql://herald@a.example,b.example:5433/state?sslmode=verify-full&connect_timeout=9");

    REQUIRE(address);
    CHECK(value_of(*address, "host") == "a.example,b.example");
    CHECK(value_of(*address, "target_session_attrs") == "read-write");
    CHECK(value_of(*address, "sslmode") == "verify-full");
    CHECK(value_of(*address, "connect_timeout") == "9");
    CHECK(address->shown == "postgresql://herald@a.example,b.example/state");
}

TEST_CASE("a password comes from a file, never from the URL, and is never shown") {
    const Folder folder;
    std::ofstream(folder.file()) << "secret word\n";

    const std::string file = "password_file=" + folder.file();

    const auto address = read_address("postgresql://herald@db/herald?" + file);
    REQUIRE(address);
    for (const char* more : {"?sslmode=disable&", "?unsafe=true&"}) {
        const auto mixed = read_address("postgresql://herald@db/herald" + (more + file) +
                                        "&options=-csearch_path%3Dx");
        REQUIRE(mixed);
        CHECK(value_of(*mixed, "password") == "secret word");
        CHECK(value_of(*mixed, "options") == "-csearch_path=x");
        CHECK(mixed->is_unsafe_allowed == (more[1] == 'u'));
    }
    CHECK(value_of(*address, "password") == "secret word");
    CHECK(address->shown.find("secret") == std::string::npos);

    for (const char* url : {"postgresql://herald:secret@db/herald",
                            "postgresql://herald@db/herald?password=secret"}) {
        const auto refused = read_address(url);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.fault().kind == FaultKind::invalid_configuration);
        CHECK(refused.fault().detail.find("secret") == std::string::npos);
        CHECK(refused.fault().detail.find("?password_file=") != std::string::npos);
    }
    const auto missing = read_address("postgresql://herald@db/herald?" + file + ".no");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.fault().detail.find(folder.file() + ".no") != std::string::npos);
}

TEST_CASE("a URL libpq cannot read is refused with an example of one it can") {
    for (const char* url : {"postgresql://db/herald?colour=blue", "postgresql://[::1/herald"}) {
        const auto refused = read_address(url);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.fault().detail.find("postgresql://herald@") != std::string::npos);
    }
}

TEST_CASE("what errors of PostgreSQL ask for") {
    CHECK(trouble_of("40001") == Trouble::again);
    CHECK(trouble_of("40P01") == Trouble::again);
    CHECK(trouble_of("HF001") == Trouble::fenced);
    CHECK(trouble_of("22021") == Trouble::culprit);
    CHECK(trouble_of("23514") == Trouble::culprit);
    for (const char* state :
         {"53100", "53300", "57P01", "57P03", "25006", "42501", "42P01", "55P03"}) {
        CHECK(trouble_of(state) == Trouble::unavailable);
    }
}

}  // namespace
}  // namespace herald::store::binary_test
