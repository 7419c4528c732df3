// tests/unit/server/calls/lamp_tally.h: what a run of the lamp truth test met.
#pragma once

#include <cstddef>

namespace herald::server::testing {

/// What happened in a world.
struct Tally {
    std::size_t calls = 0, changes = 0, failed = 0, lost = 0, kills = 0, deaf = 0, looks = 0;

    void add(const Tally& other) {
        calls += other.calls;
        changes += other.changes;
        failed += other.failed;
        lost += other.lost;
        kills += other.kills;
        deaf += other.deaf;
        looks += other.looks;
    }
};

}  // namespace herald::server::testing
