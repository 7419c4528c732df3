// tests/unit/server/notify/watcher_rules_test.cpp: how much is kept of lists and rules.
#include "server/notify/watcher_rules.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::watcher_rules_test {

namespace {

double metric(const base::Metrics& metrics, const std::string& name) {
    for (const auto& sample : metrics.collect())
        if (sample.name == name) return sample.value;
    return -1;
}

}  // namespace

TEST_CASE("RFC 5025 10: rules that cannot be read are counted, for somebody to be told (AV37)") {
    testing::SlowShard server;
    const auto put = [&](const std::string& document) {
        server.shard.watcher_rules().put(
            policy_of({"sip:alice@localhost", server.shard.context().next_number(), {}, document}));
        server.settle();
        return metric(server.metrics, "herald_policies_unreadable");
    };

    CHECK(put("<ruleset") == 1);
    CHECK(put("<ruleset/>") == 1);
    CHECK(put("<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'/>") == 0);
    CHECK(put("<ruleset") == 1);
    CHECK(put("") == 0);
    CHECK(metric(server.metrics, "herald_policies") == 0);
}

TEST_CASE("lists and rules are counted by owner and by bytes, also those that were taken back") {
    testing::SlowShard server;
    const auto put = [&](const std::string& scope, std::vector<ListEntry> entries) {
        server.shard.watcher_rules().put(
            policy_of({scope, server.shard.context().next_number(), to_text(entries), {}}));
        server.settle();
    };

    put("sip:alice@localhost", {{SubHandling::allow, "sip:bob@example.org"}});
    put("localhost", {{SubHandling::block, "*@example.org"}});
    CHECK(metric(server.metrics, "herald_policies") == 2);
    const auto bytes = metric(server.metrics, "herald_policy_bytes");
    CHECK(bytes > 20);

    put("localhost", {});
    CHECK(metric(server.metrics, "herald_policies") == 1);
    CHECK(metric(server.metrics, "herald_policy_bytes") < bytes);
}

}  // namespace herald::server::watcher_rules_test
