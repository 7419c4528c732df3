// tests/conformance/harness.cpp: one server in this process, with a fake wire, a clock of its own
// and a store that can fail.
#include "tests/conformance/harness.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "server/recovery.h"

namespace herald::conformance {

namespace {

constexpr int kMostTurns = 10'000;

std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "herald-story-XXXXXX";
    return ::mkdtemp(name.data()) ? name : std::string();
}

}  // namespace

Harness::Life::Life(const base::Clock& clock, const server::Config& config)
    : loop(clock),
      transport(clock),
      domains(config.domains, {transport.listeners().begin(), transport.listeners().end()}) {}

Harness::Harness(server::Config config, bool is_durable)
    : config_(std::move(config)), folder_(is_durable ? make_folder() : std::string()) {}

Harness::~Harness() {
    crash();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

Status Harness::start() {
    auto life = std::make_unique<Life>(clock_, config_);
    const auto url = folder_.empty() ? std::string("memory:") : "sqlite:" + folder_ + "/herald.db";
    auto opened = store::open(url, {.is_inline = true}, life->metrics, clock_);
    if (!opened) return opened.fault();
    life->store = std::make_unique<testing::FailingStore>(*std::move(opened));
    life->shards.push_back(std::make_unique<server::Shard>(
        life->loop, life->transport, life->metrics,
        server::ShardSetup{config_, life->domains, *life->store, life->ids, nonce_key_, 0},
        nullptr));
    life->transport.attach(life->shards.front()->stack());

    server::Recovery recovery(life->shards, life->store->home(), clock_.wall());
    if (auto done = life->store->recover(recovery); !done) return done;
    life->ids = recovery.next_id();
    life->shards.front()->resume();
    life->is_serving = true;
    life_ = std::move(life);
    settle();
    return {};
}

void Harness::crash() {
    if (!life_) return;
    life_->shards.clear();
    life_->store.reset();
    life_.reset();
}

Status Harness::stop() {
    shard().retire();
    settle();
    last_words_ = life_->transport.take();
    life_->is_serving = false;
    life_->shards.clear();
    auto closed = life_->store->close();
    life_->store.reset();
    life_.reset();
    return closed;
}

void Harness::settle() {
    // What the end of one turn starts, the next one brings back.
    int idle = 0;
    for (int turn = 0; turn < kMostTurns && idle < 2 && life_; ++turn) {
        idle = life_->loop.turn(base::Duration::zero()) ? 0 : idle + 1;
    }
}

base::Instant Harness::next_stop(base::Instant end) const {
    const auto next = life_ ? life_->loop.timers().next() : std::nullopt;
    const auto soonest = clock_.now() + std::chrono::milliseconds(1);
    return next ? std::min(end, std::max(*next, soonest)) : end;
}

std::vector<test::FakeTransport::Sent> Harness::take() {
    auto sent = std::exchange(last_words_, {});
    if (!life_) return sent;
    auto more = life_->transport.take();
    std::move(more.begin(), more.end(), std::back_inserter(sent));
    return sent;
}

void Harness::put_account(store::Account account) {
    auto& context = shard().context();
    context.accounts.put(std::make_shared<const store::Account>(account));
    context.port.commit(store::PutAccount{std::move(account)}, nullptr);
    settle();
}

double Harness::metric(std::string_view name) const {
    double sum = 0;
    if (!life_) return sum;
    for (const auto& sample : life_->metrics.collect()) {
        if (sample.name == name) sum += sample.value;
    }
    return sum;
}

}  // namespace herald::conformance
