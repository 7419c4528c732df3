// tests/unit/server/simulated_server.h: one process of a server, on a store that outlives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/shard/recovered_rows.h"
#include "server/shard/recovery.h"
#include "tests/unit/server/slow_shard.h"

namespace herald::server::testing {

/// One process.
struct Run {
    Run(const base::Clock& clock, store::Store& store, const Config& given)
        : loop(clock),
          transport(clock),
          config(given),
          domains({"localhost"}, {transport.listeners().begin(), transport.listeners().end()}) {
        shards.push_back(std::make_unique<Shard>(
            loop, transport, metrics, ShardSetup{config, domains, store, ids, limits, 0, 1},
            nullptr));
        transport.attach(shards.front()->stack());
        Recovery recovery(shards, store.home(), clock.wall());
        REQUIRE(store.recover(recovery));
        ids = recovery.next_id();
        shards.front()->rows().resume({});
    }

    base::Metrics metrics;
    base::Loop loop;
    test::FakeTransport transport;
    Config config;
    Limits limits{config};
    Domains domains;
    std::atomic<std::uint64_t> ids{1};
    std::vector<std::unique_ptr<Shard>> shards;
};

inline Config many_publications() {
    auto read = parse_config("[publish]\nper_resource = 1000\n");
    REQUIRE(read.mistakes.empty());
    return std::move(read.config);
}

}  // namespace herald::server::testing
