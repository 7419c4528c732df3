// store/lane.cpp: group commit: many ports hand over changes, and one ledger commits all that are
// waiting at once.
#include "store/lane.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "store/rows.h"

namespace herald::store {
namespace {

constexpr auto kTick = std::chrono::seconds(1);

}  // namespace

struct Lane::Link {
    // Used on the loop's thread. Outcomes come back in the order of the changes, so `dones` needs
    // no keys.
    std::vector<Change> collected;
    struct Done {
        base::Task<void(Outcome)> task;
        std::optional<Cell> cell;
    };
    std::deque<Done> dones;
    std::array<std::size_t, kCells> waiting_of{};  ///< by cell
    std::atomic<std::size_t>* waiting = nullptr;
    std::vector<std::uint64_t> wanted;
    std::deque<base::Task<void(Result<Message>)>> readers;
    std::vector<Cell> cells;
    std::deque<base::Task<void(Result<CellRowsPtr>)>> cell_readers;

    std::mutex mutex;
    base::Loop* loop = nullptr;  ///< null once the port is gone

    /// On the loop's thread.
    void finish(const std::vector<Outcome>& outcomes) {
        for (const Outcome outcome : outcomes) {
            if (dones.empty()) return;  // the port went away meanwhile
            auto done = std::move(dones.front());
            dones.pop_front();
            waiting->fetch_sub(1, std::memory_order_relaxed);
            if (done.task) done.task(outcome);
            if (done.cell) --waiting_of[static_cast<std::size_t>(*done.cell)];
        }
    }

    bool has_work() const noexcept {
        return !collected.empty() || !wanted.empty() || !cells.empty();
    }

    void finish_reading(std::vector<Result<Message>>& messages) {
        for (auto& message : messages) {
            if (readers.empty()) return;
            auto reader = std::move(readers.front());
            readers.pop_front();
            reader(std::move(message));
        }
    }

    void finish_cell(Result<CellRowsPtr> rows) {
        if (cell_readers.empty()) return;
        auto reader = std::move(cell_readers.front());
        cell_readers.pop_front();
        reader(std::move(rows));
    }

    static void post(const std::shared_ptr<Link>& link, Result<CellRowsPtr> rows) {
        const std::lock_guard lock(link->mutex);
        if (link->loop == nullptr) return;
        link->loop->post(
            [link, rows = std::move(rows)]() mutable { link->finish_cell(std::move(rows)); });
    }

    static void post(const std::shared_ptr<Link>& link, std::vector<Result<Message>> messages) {
        const std::lock_guard lock(link->mutex);
        if (link->loop == nullptr) return;
        link->loop->post(
            [link, messages = std::move(messages)]() mutable { link->finish_reading(messages); });
    }

    static void post(const std::shared_ptr<Link>& link, std::vector<Outcome> outcomes) {
        const std::lock_guard lock(link->mutex);
        if (link->loop == nullptr) return;
        link->loop->post([link, outcomes = std::move(outcomes)] { link->finish(outcomes); });
    }
};

class Lane::LanePort final : public Port {
public:
    LanePort(Lane& lane, base::Loop& loop) : lane_(lane), link_(std::make_shared<Link>()) {
        link_->loop = &loop;
        link_->waiting = &lane.waiting_;
        loop.at_end_of_turn([&lane, &loop, weak = std::weak_ptr<Link>(link_)] {
            const auto link = weak.lock();
            if (!link || link->loop == nullptr) return;
            if (link->has_work()) lane.hand_over(link);
            if (lane.options_.is_inline) {
                lane.tick_inline(loop.now());
            } else if (!lane.has_thread_.load(std::memory_order_relaxed)) {
                lane.begin();
            }
        });
    }

    ~LanePort() override {
        if (!link_->collected.empty()) lane_.hand_over(link_);
        const std::lock_guard lock(link_->mutex);
        link_->loop = nullptr;
        lane_.waiting_.fetch_sub(link_->dones.size(), std::memory_order_relaxed);
        link_->dones.clear();
        link_->readers.clear();
        link_->cell_readers.clear();
    }

    LanePort(const LanePort&) = delete;
    LanePort& operator=(const LanePort&) = delete;

    void commit(Change change, base::Task<void(Outcome)> done) override {
        const auto cell = cell_of(change, lane_.ledger_.home());
        if (cell) ++link_->waiting_of[static_cast<std::size_t>(*cell)];
        link_->collected.push_back(std::move(change));
        link_->dones.push_back({std::move(done), cell});
        lane_.waiting_.fetch_add(1, std::memory_order_relaxed);
    }

    void load(std::uint64_t message, base::Task<void(Result<Message>)> done) override {
        link_->wanted.push_back(message);
        link_->readers.push_back(std::move(done));
    }

    void load(Cell cell, base::Task<void(Result<CellRowsPtr>)> done) override {
        link_->cells.push_back(cell);
        link_->cell_readers.push_back(std::move(done));
    }

    bool is_full() const noexcept override {
        return lane_.waiting_.load(std::memory_order_relaxed) >= lane_.options_.queue_limit;
    }
    bool is_full_for_refreshes() const noexcept override {
        return lane_.waiting_.load(std::memory_order_relaxed) >= lane_.options_.refresh_queue_limit;
    }
    std::size_t waiting() const noexcept override { return link_->dones.size(); }
    std::size_t waiting(Cell cell) const noexcept override {
        return link_->waiting_of[static_cast<std::size_t>(cell)];
    }

    const std::shared_ptr<Link>& link() const noexcept { return link_; }

private:
    Lane& lane_;
    std::shared_ptr<Link> link_;
};

Lane::Lane(Ledger& ledger, const StoreOptions& options, base::Metrics& metrics)
    : ledger_(ledger),
      options_(options),
      queue_(metrics.gauge("herald_store_queue", "Changes waiting for a commit or in one")) {}

Lane::~Lane() {
    drain();
}

std::unique_ptr<Port> Lane::attach(base::Loop& loop) {
    auto port = std::make_unique<LanePort>(*this, loop);
    const std::lock_guard lock(mutex_);
    ticked_ = loop.now();
    links_.push_back(port->link());
    return port;
}

void Lane::hand_over(const std::shared_ptr<Link>& link) {
    // The next turn brings about as much as this one.
    auto changes = std::make_shared<std::vector<Change>>();
    changes->reserve(link->collected.size());
    changes->swap(link->collected);
    bool must_wake = false;
    {
        const std::lock_guard lock(mutex_);
        show_queue(changes->size(), 0);
        parcels_.push_back({.link = link,
                            .changes = std::move(changes),
                            .wanted = std::exchange(link->wanted, {}),
                            .cells = std::exchange(link->cells, {})});
        must_wake = std::exchange(is_asleep_, false);
        if (!options_.is_inline) start_thread();
    }
    if (must_wake) wake_.notify_one();
    if (options_.is_inline) commit_inline();
}

void Lane::begin() {
    const std::lock_guard lock(mutex_);
    start_thread();
}

void Lane::start_thread() {
    if (thread_.joinable()) return;
    has_thread_ = true;
    thread_ = std::thread([this] { run(); });
}

void Lane::commit_inline() {
    std::unique_lock lock(mutex_);
    while (!parcels_.empty()) {
        Batch batch = take();
        const auto count = batch.changes.size();
        commit(std::move(batch));
        show_queue(0, count);
    }
}

void Lane::tick_inline(base::Instant now) {
    const std::lock_guard lock(mutex_);
    if (now - ticked_ < kTick) return;
    ticked_ = now;
    ledger_.tick();
}

void Lane::Batch::add(const Parcel& parcel, std::size_t count) {
    std::size_t share = 0;
    while (share < shares.size() && shares[share].link != parcel.link) ++share;
    if (share == shares.size()) shares.push_back({.link = parcel.link, .outcomes = {}});
    for (std::size_t i = 0; i < count; ++i) {
        changes.push_back(&(*parcel.changes)[parcel.taken + i]);
        share_of.push_back(share);
    }
    owners.push_back(parcel.changes);
}

Lane::Batch Lane::take() {
    Batch batch;
    while (!parcels_.empty() && batch.changes.size() < options_.batch_limit) {
        Parcel& parcel = parcels_.front();
        const std::size_t room = options_.batch_limit - batch.changes.size();
        const std::size_t count = std::min(room, parcel.changes->size() - parcel.taken);
        if (count > 0) batch.add(parcel, count);
        parcel.taken += count;
        if (parcel.taken < parcel.changes->size()) continue;
        if (!parcel.wanted.empty() || !parcel.cells.empty()) {
            batch.readings.push_back(
                {parcel.link, std::move(parcel.wanted), std::move(parcel.cells)});
        }
        parcels_.pop_front();
    }
    return batch;
}

void Lane::run() {
    auto ticked = std::chrono::steady_clock::now();
    auto begun = ticked;
    const auto apart = ledger_.pace();
    std::unique_lock lock(mutex_);
    for (;;) {
        if (parcels_.empty() && !is_stopping_) {
            is_asleep_ = true;
            wake_.wait_until(lock, ticked + kTick);
            is_asleep_ = false;
        }
        // Only drain() wakes it here.
        wake_.wait_until(lock, begun + apart, [this] { return is_stopping_; });
        begun = std::chrono::steady_clock::now();
        Batch batch = take();
        const auto count = batch.changes.size();
        const bool is_last = is_stopping_ && parcels_.empty();
        lock.unlock();
        if (!batch.is_empty()) commit(std::move(batch));
        if (is_last) return;
        if (const auto now = std::chrono::steady_clock::now(); now - ticked >= kTick) {
            ledger_.tick();
            ticked = now;
        }
        lock.lock();
        show_queue(0, count);
    }
}

void Lane::show_queue(std::size_t came, std::size_t went) {
    uncommitted_ = uncommitted_ + came - went;
    queue_.set(uncommitted_);
}

void Lane::commit(Batch batch) {
    if (batch.changes.empty()) return read(batch);
    const std::vector<Outcome> outcomes = ledger_.commit(batch.changes);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        batch.shares[batch.share_of[i]].outcomes.push_back(outcomes[i]);
    }
    for (Batch::Share& share : batch.shares) Link::post(share.link, std::move(share.outcomes));
    read(batch);
}

void Lane::read(const Batch& batch) {
    for (const Batch::Reading& reading : batch.readings) {
        std::vector<Result<Message>> messages;
        for (const std::uint64_t id : reading.wanted) messages.push_back(ledger_.message(id));
        if (!messages.empty()) Link::post(reading.link, std::move(messages));
        for (const Cell cell : reading.cells) Link::post(reading.link, ledger_.cell(cell));
    }
}

void Lane::drain() {
    for (const auto& weak : links_) {
        const auto link = weak.lock();
        if (link && link->has_work()) hand_over(link);
    }
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace herald::store
