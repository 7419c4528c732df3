// tests/unit/server/core/tables_test.cpp: the state table against its drawing, and the indexes.
#include "server/core/tables.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::tables_test {
namespace {

using State = SubscriptionState;
using Input = SubscriptionInput;
using Part = PackedText::Part;

/// The arrows of the drawing in tables.h.
struct Arrow {
    State from;
    Input input;
    State to;
};
constexpr Arrow kDrawing[] = {
    {State::committing, Input::commit_active, State::active},
    {State::committing, Input::commit_pending, State::pending},
    {State::committing, Input::end, State::ending},
    {State::pending, Input::grant, State::active},
    {State::pending, Input::end, State::ending},
    {State::active, Input::end, State::ending},
    {State::committing, Input::drop, State::gone},
    {State::pending, Input::drop, State::gone},
    {State::active, Input::suspend, State::pending},
    {State::active, Input::drop, State::gone},
    {State::ending, Input::drop, State::gone},
};

std::optional<State> drawn(State from, Input input) {
    for (const auto& arrow : kDrawing) {
        if (arrow.from == from && arrow.input == input) return arrow.to;
    }
    return std::nullopt;
}

Subscription record(std::string_view tag, std::string_view contact = "sip:bob@192.0.2.9",
                    std::string_view instance = {}, std::string_view event = "presence") {
    Subscription one;
    one.text =
        PackedText({"call", "<sip:alice@example.com>", "<sip:bob@example.com>", contact, tag,
                    "remote", event, "sip:bob@example.com", "sip:alice@example.com", instance, ""});
    one.resource = 3;
    return one;
}

double gauge(const base::Metrics& metrics, std::string_view state) {
    for (const auto& sample : metrics.collect()) {
        if (sample.name == "herald_subscriptions" &&
            sample.labels == base::Labels{{"package", "presence"}, {"state", std::string(state)}})
            return sample.value;
    }
    return -1;
}

/// The subscriptions of a shard, with resources in the slots from 0 on.
struct Tables {
    explicit Tables(Loads* loads = nullptr, std::size_t shard = 0, std::uint32_t count = 5)
        : subscriptions(metrics, resources, loads, shard) {
        for (std::uint32_t slot = 0; slot < count; ++slot) {
            REQUIRE(resources.obtain(testing::presence(), std::to_string(slot)) == slot);
        }
    }

    base::Metrics metrics;
    ResourceTable resources{metrics};
    SubscriptionTable subscriptions;
};

/// What a keyed hash would make of a key.
std::uint64_t spread(std::uint64_t key) {
    key = (key + 1) * 0x9e3779b97f4a7c15ULL;
    return (key ^ key >> 29) * 0xbf58476d1ce4e5b9ULL;
}

}  // namespace

TEST_CASE("RFC 6665 4.2: every input in every state goes where the drawing says") {
    for (std::size_t state = 0; state < kSubscriptionStates; ++state) {
        for (std::size_t input = 0; input < kSubscriptionInputs; ++input) {
            CAPTURE(state);
            CAPTURE(input);
            const auto from = static_cast<State>(state);
            const auto what = static_cast<Input>(input);
            CHECK(next_state(from, what) == drawn(from, what));
        }
    }
}

TEST_CASE("a state changes in one place, where it is counted") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto id = table.add(record("tag"));
    CHECK(gauge(tables.metrics, "committing") == 1);

    table.move(*table.find(id), Input::commit_active);

    CHECK(table.find(id)->state == State::active);
    CHECK(gauge(tables.metrics, "committing") == 0);
    CHECK(gauge(tables.metrics, "active") == 1);

    table.erase(id);
    CHECK(gauge(tables.metrics, "active") == 0);
    CHECK(table.size() == 0);
}

TEST_CASE("RFC 3261 12: a dialog is Call-ID and both tags, all three") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto id = table.add(record("tag"));

    CHECK(table.by_dialog("call", "tag", "remote") == id);
    CHECK_FALSE(table.by_dialog("other", "tag", "remote"));
    CHECK_FALSE(table.by_dialog("call", "other", "remote"));
    CHECK_FALSE(table.by_dialog("call", "tag", "other"));
    CHECK_FALSE(table.by_dialog("call", "tag", ""));

    table.erase(id);
    CHECK_FALSE(table.by_dialog("call", "tag", "remote"));
}

TEST_CASE("a device is known by its instance, else by its exact Contact") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto plain = table.add(record("one"));
    const auto with_instance = table.add(record("two", "sip:bob@192.0.2.9", "<urn:uuid:1>"));
    const auto find = [&](const Subscription& like) { return table.by_device(device_key(like)); };

    CHECK(find(record("x")) == plain);
    CHECK(find(record("x", "sip:bob@192.0.2.10", "<urn:uuid:1>")) == with_instance);
    CHECK_FALSE(find(record("x", "sip:bob@192.0.2.10")));
    CHECK_FALSE(find(record("x", "sip:bob@192.0.2.9", "<urn:uuid:2>")));
    CHECK_FALSE(find(record("x", "sip:bob@192.0.2.9", "", "presence;id=1")));
    auto elsewhere = record("x");
    elsewhere.resource = 4;
    CHECK_FALSE(find(elsewhere));
}

TEST_CASE("what is ending is no device's subscription any more") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto id = table.add(record("one"));
    table.move(*table.find(id), Input::end);
    CHECK_FALSE(table.by_device(device_key(record("x"))));
}

TEST_CASE("a new Contact moves the device index along") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto id = table.add(record("one"));
    auto parts = table.find(id)->text.parts();
    parts[static_cast<std::size_t>(Part::remote_target)] = "sip:bob@192.0.2.77";

    table.retext(id, PackedText(parts));

    CHECK_FALSE(table.by_device(device_key(record("x"))));
    CHECK(table.by_device(device_key(record("x", "sip:bob@192.0.2.77"))) == id);
    CHECK(table.by_dialog("call", "one", "remote") == id);
}

TEST_CASE("the load of a watcher follows its subscriptions up and down") {
    Tables tables;
    auto& table = tables.subscriptions;
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 0);
    const auto one = table.add(record("one"));
    const auto two = table.add(record("two"));
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 2);
    table.erase(one);
    table.erase(two);
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 0);
}

TEST_CASE("loads are those of all shards") {
    Loads loads(2);
    Tables one_shard(&loads, 0), another(&loads, 1);
    auto &first = one_shard.subscriptions, &second = another.subscriptions;
    for (int i = 0; i < 5000; ++i) {
        auto one = record(std::to_string(i));
        one.flow.peer = *sip::Endpoint::from("192.0.2.9", 5060);
        first.add(std::move(one));
    }
    auto other = record("other");
    other.flow.peer = *sip::Endpoint::from("192.0.2.9", 5070);
    second.add(std::move(other));

    CHECK(second.loads().of_watcher("sip:bob@example.com") == 5001);
    CHECK(first.loads().of_source(*sip::Endpoint::from("192.0.2.9", 1)) == 5001);
    CHECK(second.loads().of_pair("sip:bob@example.com", first[0].resource) <= 1);
}

TEST_CASE("the load of an address is what was asked for from there, wherever it goes meanwhile") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto here = *sip::Endpoint::from("192.0.2.9", 5060);
    const auto there = *sip::Endpoint::from("192.0.2.77", 5060);
    const auto from = [](std::string_view tag, const sip::Endpoint& peer) {
        auto one = record(tag);
        one.flow.peer = peer;
        return one;
    };
    const auto one = table.add(from("one", here));
    const auto two = table.add(from("two", *sip::Endpoint::from("192.0.2.9", 40000)));
    CHECK(table.loads().of_source(here) == 2);
    CHECK(table.loads().of_source(there) == 0);

    sip::Flow moved;
    moved.peer = there;
    table.reroute(table[one.slot], moved);
    CHECK(table[one.slot].flow == moved);
    CHECK(table.loads().of_source(here) == 2);
    CHECK(table.loads().of_source(there) == 0);
    auto named = from("three", there);
    named.source = table.loads().source_of(here);
    const auto three = table.add(std::move(named));
    CHECK(table.loads().of_source(here) == 3);
    CHECK(table.loads().of_source(there) == 0);
    table.erase(three);

    table.erase(one);
    table.erase(two);
    CHECK(table.loads().of_source(here) == 0);
    CHECK(table.loads().of_source(there) == 0);
}

TEST_CASE("a sketch never says less than there is") {
    Sketch sketch;
    for (std::uint64_t key = 0; key < 20'000; ++key) sketch.add(spread(key), 1);
    for (std::uint64_t key = 0; key < 20'000; ++key) CHECK(sketch.estimate(spread(key)) >= 1);
}

TEST_CASE("a sketch grows without ever saying less than there is, and is exact again in the end") {
    Sketch grown, wide;
    wide.widen();
    for (std::uint64_t key = 0; key < 5'000; ++key) {
        grown.add(spread(key), 3);
        wide.add(spread(key), 3);
    }

    grown.widen();
    for (std::uint64_t key = 0; key < 5'000; ++key) {
        if (key % 100 == 0) CHECK(grown.estimate(spread(key)) >= 3);
        grown.settle(spread(key), 3);
    }

    CHECK(grown.width() == wide.width());
    for (std::uint64_t key = 0; key < 10'000; ++key)
        CHECK(grown.estimate(spread(key)) == wide.estimate(spread(key)));
}

TEST_CASE("however many subscribe, nobody is held to what others have") {
    constexpr std::uint32_t kMany = 60'000;
    Tables tables(nullptr, 0, kMany);
    auto& table = tables.subscriptions;
    const auto watcher = [](std::uint32_t i) {
        return "sip:" + std::to_string(i) + "@example.com";
    };
    const auto source = [](std::uint32_t i) {
        return *sip::Endpoint::from(
            "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), 5060);
    };
    for (std::uint32_t i = 0; i < kMany; ++i) {
        Subscription one;
        const auto name = watcher(i);
        one.text = PackedText({"", "", "", "", name, "", "", name, "", "", ""});
        one.resource = i;
        one.flow.peer = source(i);
        table.add(std::move(one));
    }
    std::uint32_t most = 0, most_of_source = 0;
    for (std::uint32_t i = 0; i < kMany; ++i) {
        CHECK(table.loads().of_pair(watcher(i), i) >= 1);
        most = std::max(most, table.loads().of_pair(watcher(i), i));
        most = std::max(most, table.loads().of_watcher(watcher(i)));
        most_of_source = std::max(most_of_source, table.loads().of_source(source(i)));
    }
    CHECK(most < 9);
    // Of hundreds of thousands that one address may have.
    CHECK(most_of_source < 16);
}

TEST_CASE("many that come at once are found, and counted, after the last of them") {
    constexpr std::size_t kMany = 20'000;
    Tables tables;
    auto& table = tables.subscriptions;
    const auto peer = *sip::Endpoint::from("192.0.2.9", 5060);
    std::vector<SubscriptionTable::Id> ids;
    table.postpone_listing();
    for (std::size_t i = 0; i < kMany; ++i) {
        table.postpone_listing();
        const auto contact = "sip:bob@192.0.2.9:" + std::to_string(i);
        auto one = record(std::to_string(i), contact);
        one.flow.peer = peer;
        ids.push_back(table.add(std::move(one)));
    }
    CHECK(table.size() == kMany);
    CHECK_FALSE(table.by_dialog("call", "7", "remote"));
    CHECK(table.loads().of_source(peer) == 0);

    table.list();

    for (std::size_t i = 0; i < kMany; i += 7) {
        CHECK(table.by_dialog("call", std::to_string(i), "remote") == ids[i]);
        CHECK(table.by_device(device_key(table[ids[i].slot])) == ids[i]);
    }
    CHECK(table.loads().of_watcher("sip:bob@example.com") == kMany);
    CHECK(table.loads().of_pair("sip:bob@example.com", 3) == kMany);
    CHECK(table.loads().of_source(peer) == kMany);
    const auto weight = table.loads().weight();
    CHECK(table.loads().weight_of_source(peer) == weight);
    CHECK(gauge(tables.metrics, "committing") == kMany);

    table.list();
    CHECK(table.loads().weight() == weight);
    for (const auto id : ids) table.erase(id);
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 0);
    CHECK(table.loads().weight() == 0);
    CHECK_FALSE(table.by_dialog("call", "7", "remote"));
}

TEST_CASE("what comes to others is found at once, however many are to follow") {
    Tables tables;
    auto& table = tables.subscriptions;
    const auto first = table.add(record("one"));

    table.postpone_listing();
    const auto second = table.add(record("two"));

    CHECK(table.by_dialog("call", "one", "remote") == first);
    CHECK(table.by_dialog("call", "two", "remote") == second);
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 2);
    table.list();
    CHECK(table.loads().of_watcher("sip:bob@example.com") == 2);
}

TEST_CASE("resources are found by package and AOR, and dropped once they hold nothing") {
    base::Metrics metrics;
    ResourceTable table(metrics);
    const auto slot = table.obtain(testing::presence(), "sip:alice@example.com");
    CHECK(table.obtain(testing::presence(), "sip:alice@example.com") == slot);
    CHECK(table.obtain(testing::message_summary(), "sip:alice@example.com") != slot);
    CHECK(table.find(testing::presence(), "sip:bob@example.com") == Resource::kNone);

    table[slot].watchers.push_back(1);
    table.drop_if_idle(slot);
    CHECK(table.find(testing::presence(), "sip:alice@example.com") == slot);

    table[slot].watchers.clear();
    table.drop_if_idle(slot);
    CHECK(table.find(testing::presence(), "sip:alice@example.com") == Resource::kNone);
    table.drop_if_idle(slot);
    CHECK(table.size() == 1);
}

TEST_CASE("an id is one number and back") {
    const base::SlotId id{.slot = 0x12345678, .generation = 0x9abcdef0};
    CHECK(unpack(pack(id)) == id);
    CHECK_FALSE(unpack(pack(base::SlotId{})));
}

TEST_CASE("a body type the package does not have is its default") {
    const auto& profile = testing::presence().profile();
    CHECK(type_index(profile, profile.notify_types[1]) == 1);
    CHECK(type_index(profile, "text/plain") == 0);
}

TEST_CASE("the resources of a cell are found without a look at the others") {
    base::Metrics metrics;
    const base::HashKey key{3, 4};
    ResourceTable table(metrics, key);
    const auto& presence = *packages::find("presence");
    std::set<std::uint32_t> there;
    const auto check = [&] {
        std::size_t found = 0;
        for (std::uint32_t cell = 0; cell < kCells; ++cell) {
            for (const auto slot : table.slots_of(static_cast<Cell>(cell))) {
                CHECK(there.count(slot) == 1);
                CHECK(cell_of(bucket_of(key, table[slot].aor)) == static_cast<Cell>(cell));
                CHECK(table[slot].cell == static_cast<Cell>(cell));
                ++found;
            }
        }
        CHECK(found == there.size());
    };
    for (int n = 0; n < 500; ++n)
        there.insert(table.obtain(presence, "sip:u" + std::to_string(n) + "@localhost"));
    check();

    for (int n = 0; n < 500; n += 3) {
        const auto slot = table.find(presence, "sip:u" + std::to_string(n) + "@localhost");
        there.erase(slot);
        table.drop_if_idle(slot);
    }
    check();
    for (int n = 0; n < 100; ++n)
        there.insert(table.obtain(presence, "sip:v" + std::to_string(n) + "@localhost"));
    check();

    // Who is visited may go.
    const auto cell = table[*there.begin()].cell;
    std::size_t visited = 0;
    table.for_each_of({cell}, [&](std::uint32_t slot, const Resource&) {
        ++visited;
        there.erase(slot);
        table.erase(slot);
    });
    CHECK(visited > 0);
    CHECK(table.slots_of(cell).empty());
    check();
}

}  // namespace herald::server::tables_test
