// tests/unit/store/postgres/killer.h: a start whose session ends in the middle of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "tests/support/cutting_proxy.h"
#include "tests/unit/store/support.h"

namespace herald::store::testing {

/// A way to the server on which the session of a start is ended by the server.
class Killer {
public:
    Killer() : proxy_(port()) {}

    /// Starts a store whose session is gone before its `nth` statement, counted from 2: what comes
    /// first opens it. False: it had fewer.
    bool start(const PostgresSchema& schema, int nth) {
        const std::string name = "killed_" + base::random_token(10);
        std::atomic<bool> is_killed{false};
        proxy_.before_request(nth, [&] {
            const auto session = postgres_session(postgres_url())
                                     .number(
                                         "SELECT count(pg_terminate_backend(pid, 5000)) FROM"
                                         " pg_stat_activity WHERE application_name = '" +
                                         name + "'");
            is_killed = session && *session == 1;
        });
        base::Metrics metrics;
        base::ManualClock clock;
        const auto url = schema.url_at(through()) + "&sslmode=disable&gssencmode=disable" +
                         "&application_name=" + name;
        const auto opened = open(url, {.is_inline = true}, metrics, clock);
        proxy_.before_request(0, {});
        return is_killed && !opened;
    }

private:
    static std::uint16_t port() {
        const auto url = postgres_url();
        const auto colon = url.rfind(':');
        return static_cast<std::uint16_t>(
            *base::to_u64(url.substr(colon + 1, url.rfind('/') - colon - 1)));
    }
    std::string through() const {
        auto url = postgres_url();
        const auto colon = url.rfind(':');
        return url.replace(colon + 1, url.rfind('/') - colon - 1, std::to_string(proxy_.port()));
    }

    herald::testing::CuttingProxy proxy_;
};

}  // namespace herald::store::testing
