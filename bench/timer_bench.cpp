// bench/timer_bench.cpp: the timer wheel with a million timers: arm, cancel and re-arm, expire.
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/time.h"
#include "base/timers.h"

namespace {

using herald::base::Duration;
using herald::base::ManualClock;
using herald::base::TimerId;
using herald::base::Timers;

constexpr std::size_t kTimers = 1'000'000;

/// A wheel with kTimers due within the hour, as the refreshes of subscriptions are.
class Wheel {
public:
    Wheel() : timers_(clock_.now()), ids_(kTimers), delays_(kTimers) {
        owner_ = timers_.add_owner([this](std::uint64_t payload) { fired_ += payload; });
        std::mt19937_64 random(1);
        for (Duration& delay : delays_) {
            delay = Duration(static_cast<std::int64_t>(random() % 3'600'000'000));
        }
    }

    void arm(std::size_t i) { ids_[i] = timers_.arm(owner_, i, clock_.now() + delays_[i]); }
    void cancel(std::size_t i) { timers_.cancel(ids_[i]); }
    void arm_all() {
        for (std::size_t i = 0; i < kTimers; ++i) arm(i);
    }
    void cancel_all() {
        for (std::size_t i = 0; i < kTimers; ++i) cancel(i);
    }
    /// Time passes in steps of `step` until all have fired.
    void expire_all(Duration step) {
        while (timers_.size() != 0) {
            clock_.advance(step);
            timers_.advance(clock_.now());
        }
        benchmark::DoNotOptimize(fired_);
    }

private:
    ManualClock clock_;
    Timers timers_;
    Timers::Owner owner_ = 0;
    std::uint64_t fired_ = 0;
    std::vector<TimerId> ids_;
    std::vector<Duration> delays_;
};

void count_items(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kTimers));
}

void timers_arm(benchmark::State& state) {
    Wheel wheel;
    wheel.arm_all();  // the pool has grown
    wheel.cancel_all();
    for (auto _ : state) {
        wheel.arm_all();
        state.PauseTiming();
        wheel.cancel_all();
        state.ResumeTiming();
    }
    count_items(state);
}
BENCHMARK(timers_arm)->Unit(benchmark::kMillisecond);

/// In random order: what a refresh costs while a million others wait.
void timers_rearm(benchmark::State& state) {
    Wheel wheel;
    wheel.arm_all();
    std::vector<std::uint32_t> order(kTimers);
    std::mt19937 random(2);
    for (std::uint32_t& i : order) i = static_cast<std::uint32_t>(random() % kTimers);
    for (auto _ : state) {
        for (const std::uint32_t i : order) {
            wheel.cancel(i);
            wheel.arm(i);
        }
    }
    count_items(state);
}
BENCHMARK(timers_rearm)->Unit(benchmark::kMillisecond);

void timers_cancel(benchmark::State& state) {
    Wheel wheel;
    for (auto _ : state) {
        state.PauseTiming();
        wheel.arm_all();
        state.ResumeTiming();
        wheel.cancel_all();
    }
    count_items(state);
}
BENCHMARK(timers_cancel)->Unit(benchmark::kMillisecond);

/// Cascades and empty ticks included; the argument is the time between turns in microseconds.
void timers_expire(benchmark::State& state) {
    Wheel wheel;
    for (auto _ : state) {
        state.PauseTiming();
        wheel.arm_all();
        state.ResumeTiming();
        wheel.expire_all(Duration(state.range(0)));
    }
    count_items(state);
}
BENCHMARK(timers_expire)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
