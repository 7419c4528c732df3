// tests/unit/store/empty_store.h: a store with nothing in it, of whichever database the tests run
// on.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

#include "base/id.h"
#include "store/postgres/session.h"
#include "tests/support/places.h"

namespace herald::store::testing {

/// A folder that goes away with the test.
class Folder {
public:
    Folder() : path_(herald::testing::make_folder("store")) { REQUIRE(!path_.empty()); }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file() const { return path_ + "/herald.db"; }
    std::string url() const { return "sqlite:" + file(); }

private:
    std::string path_;
};

/// The URL of the server that scripts/postgres started; empty: there is none.
inline std::string postgres_url() {
    const char* url = std::getenv("HERALD_POSTGRES");
    return url != nullptr ? url : "";
}
inline bool has_postgres() noexcept {
    return std::getenv("HERALD_POSTGRES") != nullptr;
}

/// A session of the test's own, however busy the machine is.
inline Session postgres_session(const std::string& url) {
    const bool has_query = url.find('?') != std::string::npos;
    const auto address = read_address(url + (has_query ? '&' : '?') + "connect_timeout=60");
    REQUIRE(address);
    auto session = Session::open(*address);
    REQUIRE_MESSAGE(session.has_value(), (session ? "" : session.fault().detail));
    return *std::move(session);
}

/// A schema of its own on the server; it goes away with the test.
class PostgresSchema {
public:
    PostgresSchema() : name_("test_" + base::random_token(10)) {
        REQUIRE(postgres_session(postgres_url()).execute("CREATE SCHEMA " + name_));
    }
    ~PostgresSchema() {
        const auto address = read_address(postgres_url() + "?connect_timeout=60");
        auto session = address ? Session::open(*address) : address.fault();
        if (!session) return;
        (void)session->execute("SET lock_timeout = '5s'; DROP SCHEMA " + name_ + " CASCADE");
    }
    PostgresSchema(const PostgresSchema&) = delete;
    PostgresSchema& operator=(const PostgresSchema&) = delete;

    std::string url() const { return url_at(postgres_url()); }
    /// The same schema by way of another address.
    std::string url_at(const std::string& server) const {
        return server + "?connect_timeout=60&options=-csearch_path%3D" + name_;
    }
    void execute(const std::string& sql) const {
        const auto done = postgres_session(url()).execute(sql);
        REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.fault().detail));
    }
    std::uint64_t number(const std::string& sql) const {
        const auto number = postgres_session(url()).number(sql);
        REQUIRE_MESSAGE(number.has_value(), (number ? "" : number.fault().detail));
        return *number;
    }

private:
    std::string name_;
};

/// Of PostgreSQL where there is a server, else of SQLite.
class EmptyStore {
public:
    EmptyStore() {
        if (has_postgres()) schema_ = std::make_unique<PostgresSchema>();
    }
    std::string url() const { return schema_ ? schema_->url() : folder_.url(); }

private:
    Folder folder_;
    std::unique_ptr<PostgresSchema> schema_;
};

}  // namespace herald::store::testing
