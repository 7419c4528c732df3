// bench/store_bench.cpp: what a durable change costs, by kind and size of batch.
//
// Every write differs from what is stored: SQLite writes nothing where the content is the same.
// Arguments are rows and changes per commit; changes go to random rows. CPU time is that of the
// whole process: the lane, its checkpoints and the making of the changes (under half a microsecond
// each). On PostgreSQL, whose own time it does not hold:
//
//   scripts/postgres run build/release/bench_micro --benchmark_filter=publications
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

#include <benchmark/benchmark.h>

#include "store/postgres/postgres_ledger.h"
#include "store/sqlite/sqlite_ledger.h"

namespace herald::store {
namespace {

/// An empty store: a file on the disk of TMPDIR (default /tmp), or a schema of the PostgreSQL that
/// scripts/postgres started.
class Disk {
public:
    Disk() {
        const char* folder = std::getenv("TMPDIR");
        path_ = std::string(folder != nullptr ? folder : "/tmp") + "/herald-bench-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        if (const char* server = std::getenv("HERALD_POSTGRES")) {
            server_ = server;
            execute(std::string("CREATE SCHEMA ") + kSchema);
        }
        open();
    }
    ~Disk() {
        ledger_.reset();
        if (!server_.empty()) execute(std::string("DROP SCHEMA ") + kSchema + " CASCADE");
        std::filesystem::remove_all(path_);
    }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    void open() { ledger_ = server_.empty() ? open_sqlite() : open_postgres(); }
    void close() {
        if (!ledger_->close()) std::abort();
        ledger_.reset();
    }

    void commit(const std::vector<Change>& changes) {
        std::vector<const Change*> batch;
        for (const Change& change : changes) batch.push_back(&change);
        for (const Outcome outcome : ledger_->commit(batch)) {
            if (outcome != Outcome::committed) std::abort();
        }
    }
    Ledger& ledger() { return *ledger_; }

private:
    static constexpr const char* kSchema = "bench";

    std::unique_ptr<Ledger> open_sqlite() {
        const SqliteLedger::Setup setup{.place = {.path = path_ + "/herald.db", .vfs = {}}};
        auto opened = SqliteLedger::open(setup, metrics_, clock_);
        if (!opened) std::abort();
        return std::move(*opened);
    }
    std::unique_ptr<Ledger> open_postgres() {
        const auto address = read_address(server_ + "?options=-csearch_path%3D" + kSchema);
        auto opened = PostgresLedger::open(*address, metrics_, clock_);
        if (!opened) std::abort();
        return std::move(*opened);
    }
    void execute(const std::string& sql) {
        auto session = Session::open(*read_address(server_));
        if (!session || !session->execute(sql)) std::abort();
    }

    std::string path_;
    std::string server_;  ///< empty: SQLite
    base::SystemClock clock_;
    base::Metrics metrics_;
    std::unique_ptr<Ledger> ledger_;
};

class Content {
public:
    Content() {
        for (char& c : text_) c = static_cast<char>('a' + random_() % 26);
    }
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    /// Never the same twice, cheaply.
    std::string text(std::size_t size) {
        std::string text = text_.substr(random_() % (text_.size() - size), size);
        const std::uint64_t salt = random_();
        for (std::size_t i = 0; i < 8 && i < size; ++i) {
            text[i] = static_cast<char>('a' + (salt >> 8 * i) % 26);
        }
        return text;
    }
    std::string body() { return text(600 + random_() % 401); }

    Publication publication(std::uint64_t id) {
        Publication row;
        row.id = id;
        row.package = "presence";
        row.aor = "sip:user" + std::to_string(id) + "@example.com";
        row.entity_tag = text(26);
        row.source = "source" + std::to_string(id);
        row.publisher = row.aor;
        row.arrived = row.expires_at = clock_.wall();
        row.granted = 3600;
        row.mark = {.call_id = text(36), .cseq = 1, .branch_hash = random_()};
        row.type = "application/pidf+xml";
        row.body = body();
        return row;
    }
    Subscription subscription(std::uint64_t id) {
        Subscription row;
        row.id = id;
        row.package = "presence";
        row.aor = "sip:user" + std::to_string(id) + "@example.com";
        row.watcher = "sip:watcher" + std::to_string(id) + "@example.com";
        row.expires_at = clock_.wall();
        row.granted = 3600;
        row.change = id;
        row.call_id = text(36);
        row.local_tag = text(20);
        row.remote_tag = text(16);
        row.local_uri = '<' + row.aor + '>';
        row.remote_uri = '<' + row.watcher + '>';
        row.remote_target = "sip:watcher@192.0.2.17:5060;transport=udp";
        row.route_set = "<sip:edge.example.com;lr;ftag=" + text(12) + '>';
        row.event = "presence";
        row.accept = "application/pidf+xml";
        row.entity = row.aor;
        row.flow = "udp:0:192.0.2.17:5060";
        row.mark = {.call_id = row.call_id, .cseq = 1, .branch_hash = random_()};
        return row;
    }

private:
    std::mt19937_64 random_{20261121};
    std::string text_ = std::string(200'000, 'a');
    base::SystemClock clock_;
};

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void report(benchmark::State& state, std::int64_t changes, double cpu) {
    state.SetItemsProcessed(changes);
    state.counters["cpu_us_per_change"] = cpu * 1e6 / static_cast<double>(changes);
}

/// Distinct random rows, as no row is in a batch twice.
std::vector<std::uint64_t> draw(Content& content, std::uint64_t rows, std::uint64_t count,
                                std::vector<bool>& taken) {
    std::vector<std::uint64_t> ids;
    while (ids.size() < count) {
        const std::uint64_t id = 1 + content.below(rows);
        if (taken[id]) continue;
        taken[id] = true;
        ids.push_back(id);
    }
    for (const std::uint64_t id : ids) taken[id] = false;
    return ids;
}

/// `make` gives the n-th change to a row drawn by number.
template <class Fill, class Make>
void run(benchmark::State& state, Fill fill, Make make) {
    const auto rows = static_cast<std::uint64_t>(state.range(0));
    const auto size = static_cast<std::uint64_t>(state.range(1));
    Disk disk;
    Content content;
    std::vector<Change> changes;
    for (std::uint64_t id = 1; id <= rows; ++id) {
        changes.push_back(fill(content, id));
        if (changes.size() < 1000 && id < rows) continue;
        disk.commit(changes);
        changes.clear();
    }
    std::vector<bool> taken(rows + 1);
    std::int64_t count = 0;
    const double started = cpu_seconds();
    for (auto _ : state) {
        changes.clear();
        for (const std::uint64_t id : draw(content, rows, size, taken)) {
            changes.push_back(make(content, id));
        }
        disk.commit(changes);
        count += static_cast<std::int64_t>(size);
    }
    report(state, count, cpu_seconds() - started);
}

void modify_publications(benchmark::State& state) {
    std::vector<std::string> tags(static_cast<std::size_t>(state.range(0)) + 1);
    const auto put = [&tags](Content& content, std::uint64_t id) -> Change {
        PutPublication change{.row = content.publication(id), .expected_tag = tags[id]};
        tags[id] = change.row.entity_tag;
        return change;
    };
    run(state, put, put);
}

void refresh_publications(benchmark::State& state) {
    std::vector<std::string> tags(static_cast<std::size_t>(state.range(0)) + 1);
    run(
        state,
        [&tags](Content& content, std::uint64_t id) -> Change {
            PutPublication change{.row = content.publication(id), .expected_tag = {}};
            tags[id] = change.row.entity_tag;
            return change;
        },
        [&tags](Content& content, std::uint64_t id) -> Change {
            RefreshPublication change{.id = id,
                                      .expected_tag = tags[id],
                                      .entity_tag = content.text(26),
                                      .expires_at = base::WallTime(std::chrono::seconds(id)),
                                      .granted = 3600,
                                      .mark = {content.text(36), 2, content.below(UINT64_MAX)}};
            tags[id] = change.entity_tag;
            return change;
        });
}

void touch_subscriptions(benchmark::State& state) {
    std::uint64_t changed = 1;
    run(
        state,
        [](Content& content, std::uint64_t id) -> Change {
            return PutSubscription{.row = content.subscription(id), .replaces = {}};
        },
        [&changed](Content& content, std::uint64_t id) -> Change {
            return TouchSubscription{.id = id,
                                     .change = ++changed,
                                     .expires_at = base::WallTime(
                                         std::chrono::milliseconds(1'800'000'000'000 + changed)),
                                     .granted = 3600,
                                     .remote_cseq = static_cast<std::uint32_t>(changed),
                                     .mark = {"", 2, content.below(UINT64_MAX)}};
        });
}

void add_subscriptions(benchmark::State& state) {
    const auto size = static_cast<std::uint64_t>(state.range(1));
    Disk disk;
    Content content;
    std::vector<Change> changes;
    std::uint64_t id = 0;
    const double started = cpu_seconds();
    for (auto _ : state) {
        changes.clear();
        for (std::uint64_t i = 0; i < size; ++i) {
            changes.emplace_back(
                PutSubscription{.row = content.subscription(++id), .replaces = {}});
        }
        disk.commit(changes);
    }
    report(state, static_cast<std::int64_t>(id), cpu_seconds() - started);
}

/// Adds and removes, leaving tombstones that lapse at once.
void replace_publications(benchmark::State& state) {
    const auto size = static_cast<std::uint64_t>(state.range(1));
    Disk disk;
    Content content;
    std::vector<Change> changes;
    std::uint64_t id = 0;
    const double started = cpu_seconds();
    for (auto _ : state) {
        changes.clear();
        for (std::uint64_t i = 0; i < size / 2; ++i) {
            changes.emplace_back(
                PutPublication{.row = content.publication(++id), .expected_tag = {}});
            if (id <= 10'000) continue;
            changes.emplace_back(RemovePublication{
                .id = id - 10'000,
                .keep_until = base::SystemClock().wall() + std::chrono::milliseconds(500),
                .mark = {content.text(36), 2, content.below(UINT64_MAX)}});
        }
        disk.commit(changes);
    }
    report(state, static_cast<std::int64_t>(2 * id), cpu_seconds() - started);
}

struct Count final : RecoverySink {
    std::size_t rows = 0;
    void on_alias(Alias) override { ++rows; }
    void on_account(Account) override { ++rows; }
    void on_policy(Policy) override { ++rows; }
    void on_audit(AuditEntry) override { ++rows; }
    void on_publication(Publication) override { ++rows; }
    void on_subscription(const Subscription&) override { ++rows; }
    bool on_confirmation(Confirmation) override { return ++rows > 0; }
    void on_message(Message) override { ++rows; }
};

void recover_subscriptions(benchmark::State& state) {
    Disk disk;
    Content content;
    std::vector<Change> changes;
    for (std::int64_t id = 1; id <= state.range(0); ++id) {
        changes.emplace_back(PutSubscription{
            .row = content.subscription(static_cast<std::uint64_t>(id)), .replaces = {}});
        if (id % 1000 == 0) {
            disk.commit(changes);
            changes.clear();
        }
    }
    disk.close();
    for (auto _ : state) {
        disk.open();
        Count count;
        if (!disk.ledger().recover(count)) std::abort();
        benchmark::DoNotOptimize(count.rows);
        disk.close();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void batches(benchmark::internal::Benchmark* bench) {
    bench->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(modify_publications)
    ->Apply(batches)
    ->Args({1'000, 1})
    ->Args({1'000, 10})
    ->Args({1'000, 100})
    ->Args({1'000, 300})
    ->Args({100'000, 1})
    ->Args({100'000, 10})
    ->Args({100'000, 100})
    ->Args({100'000, 300})
    ->Args({100'000, 1'000});
BENCHMARK(refresh_publications)->Apply(batches)->Args({100'000, 100})->Args({100'000, 1'000});
BENCHMARK(touch_subscriptions)->Apply(batches)->Args({100'000, 100})->Args({100'000, 1'000});
BENCHMARK(add_subscriptions)->Apply(batches)->Args({0, 10})->Args({0, 100})->Args({0, 1'000});
BENCHMARK(replace_publications)->Apply(batches)->Args({0, 100})->Args({0, 1'000});
BENCHMARK(recover_subscriptions)->Apply(batches)->Args({100'000})->Args({1'000'000});

}  // namespace
}  // namespace herald::store
