// tests/unit/store/open_test.cpp: where a store's servers are, as its URL says.
#include "store/open.h"

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "store/store.h"

namespace herald::store::open_test {
namespace {

using Servers = std::vector<ServerPlace>;

}  // namespace

TEST_CASE("a file and a local socket are no servers on a network") {
    CHECK(servers_of("sqlite:var/herald.db").empty());
    CHECK(servers_of("memory:").empty());
    CHECK(servers_of("postgresql:///herald?host=/run/postgresql").empty());
    CHECK(servers_of("postgresql://herald@%2Frun%2Fpostgresql/herald").empty());
}

TEST_CASE("a store that must exist is opened where it does, and not made where it does not") {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("herald-must-exist-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto url = "sqlite:" + (folder / "herald.db").string();
    const herald::base::SystemClock clock;
    herald::base::Metrics metrics;
    const StoreOptions careful{.must_exist = true, .is_inline = true};

    const auto missing = open(url, careful, metrics, clock);
    REQUIRE_FALSE(missing);
    CHECK(missing.fault().kind == herald::FaultKind::invalid_configuration);
    CHECK(missing.fault().detail.find("store.must_exist") != std::string::npos);
    CHECK(std::filesystem::is_empty(folder));

    auto made = open(url, {.is_inline = true}, metrics, clock);
    REQUIRE(made);
    CHECK((*made)->home().epoch == 1);
    CHECK((*made)->close());
    made = herald::Fault{};
    auto again = open(url, careful, metrics, clock);
    REQUIRE(again);
    CHECK((*again)->home().epoch == 2);
    CHECK((*again)->close());
    again = herald::Fault{};
    std::filesystem::remove_all(folder);
}

TEST_CASE("each host of a PostgreSQL store is one of its servers, with its port") {
    CHECK(servers_of("postgresql://herald@db.example.com/herald") ==
          Servers{{"db.example.com", 5432}});
    CHECK(servers_of("postgresql://herald@127.0.0.1:5433,db2:5434/herald") ==
          Servers{{"127.0.0.1", 5433}, {"db2", 5434}});
    CHECK(servers_of("postgresql://herald@a,b:5434/herald") == Servers{{"a", 5432}, {"b", 5434}});
    CHECK(servers_of("postgresql://herald@[::1]/herald?port=6000") == Servers{{"::1", 6000}});
}

TEST_CASE("a numeric address beside the name is a server too") {
    CHECK(servers_of("postgresql://herald@db/herald?hostaddr=192.0.2.7") ==
          Servers{{"db", 5432}, {"192.0.2.7", 5432}});
}

}  // namespace herald::store::open_test
