// tests/unit/store/open_test.cpp: where a store's servers are, as its URL says.
#include "store/open.h"

#include <vector>

#include <doctest/doctest.h>

using namespace herald::store;

namespace {

using Servers = std::vector<ServerPlace>;

}  // namespace

TEST_CASE("a file and a local socket are no servers on a network") {
    CHECK(servers_of("sqlite:var/herald.db").empty());
    CHECK(servers_of("memory:").empty());
    CHECK(servers_of("postgresql:///herald?host=/run/postgresql").empty());
    CHECK(servers_of("postgresql://herald@%2Frun%2Fpostgresql/herald").empty());
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
