// store/store.h: what is durable: one way in (commit), one way back (recover).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/task.h"
#include "store/node.h"
#include "store/records.h"

namespace herald::store {

/// Gets every live row once, in this order of kinds: aliases, accounts, policies, audit entries by
/// id, publications, subscriptions, confirmations, messages by id and without headers and bodies.
/// Subscriptions are many: their row is borrowed, and the next one reuses its memory.
class RecoverySink {
public:
    virtual ~RecoverySink() = default;
    virtual void on_alias(Alias row) = 0;
    virtual void on_account(Account row) = 0;
    virtual void on_policy(Policy row) = 0;
    virtual void on_audit(AuditEntry row) = 0;
    virtual void on_publication(Publication row) = 0;
    virtual void on_subscription(const Subscription& row) = 0;
    /// Returns whether anybody watches the resource; the row is deleted if not.
    virtual bool on_confirmation(Confirmation row) = 0;
    virtual void on_message(Message row) = 0;
};

/// What is kept of one cell: marks among the publications and subscriptions, messages without
/// headers and bodies, by id.
struct CellRows final : RecoverySink {
    std::vector<Publication> publications;
    std::vector<Subscription> subscriptions;
    std::vector<Confirmation> confirmations;
    std::vector<Message> messages;

    void on_alias(Alias) override {}
    void on_account(Account) override {}
    void on_policy(Policy) override {}
    void on_audit(AuditEntry) override {}
    void on_publication(Publication row) override { publications.push_back(std::move(row)); }
    void on_subscription(const Subscription& row) override { subscriptions.push_back(row); }
    bool on_confirmation(Confirmation row) override {
        confirmations.push_back(std::move(row));
        return true;
    }
    void on_message(Message row) override { messages.push_back(std::move(row)); }
};
using CellRowsPtr = std::unique_ptr<CellRows>;

/// Facts about this store and this run of the process.
struct Home {
    base::HashKey bucket_key{};   ///< made once, the same for ever
    base::HashKey lasting_key{};  ///< likewise; tags and branch hashes
    std::uint32_t epoch = 0;      ///< rises with every start, above those of all cells
    bool was_clean = false;       ///< the last run ended by close()
    base::WallTime last_alive{};  ///< about when the last run ended; downtime = now - this
    std::uint64_t next_id = 1;    ///< a counter (row_number.h): this and those above are free
};

/// One thread's way to the store. Changes handed over in one turn of the loop go out together at
/// its end. All on the loop's thread; `done` runs on it, later, in the order of commit.
class Port {
public:
    virtual ~Port() = default;
    /// The change is durable when `done` is called with committed; pass an empty `done` if nobody
    /// waits for it. Never blocks.
    virtual void commit(Change change, base::Task<void(Outcome)> done) = 0;
    /// Reads a complete message, after everything handed over before. Faults: not_found, io.
    virtual void load(std::uint64_t message, base::Task<void(Result<Message>)> done) = 0;
    /// Reads what is kept of a cell, after everything handed over before. Faults: io, malformed.
    virtual void load(Cell cell, base::Task<void(Result<CellRowsPtr>)> done) = 0;
    /// True while so much waits that new work should be refused with 503 before any of it is done.
    virtual bool is_full() const noexcept = 0;
    /// As is_full() with a higher limit: for refreshes, refused last.
    virtual bool is_full_for_refreshes() const noexcept = 0;
    /// Changes handed over and not yet done.
    virtual std::size_t waiting() const noexcept = 0;
    /// Of those the ones about a cell. One that is being told of counts still.
    virtual std::size_t waiting(Cell cell) const noexcept = 0;
};

struct StoreOptions {
    std::size_t queue_limit = 4000;  ///< changes waiting before new work is refused
    std::size_t refresh_queue_limit = 6000;
    std::size_t batch_limit = 1000;
    bool must_exist = false;  ///< what is not there is not made, but invalid_configuration
    bool is_inline =
        false;  ///< no thread: batches run at the end of the turn on the caller's loop (tests)
    std::string
        vfs;  ///< SQLite VFS to open the file with, empty for the default (tests inject faults)
    NodeSetup node;  ///< who opens it, where others may
};

class Store {
public:
    virtual ~Store() = default;
    virtual const Home& home() const noexcept = 0;
    /// Streams every live row; before any port is used. Faults: io, malformed.
    virtual Status recover(RecoverySink& sink) = 0;
    virtual std::vector<Token> tokens() const = 0;
    /// What this process is called in it; nothing where only one can ever use it.
    virtual Node node() const noexcept { return {}; }
    /// A way in for `loop`'s thread; at most one per loop; lives no longer than the store and the
    /// loop.
    virtual std::unique_ptr<Port> attach(base::Loop& loop) = 0;
    /// True while writes succeed (for /readyz).
    virtual bool is_writable() const noexcept = 0;
    /// Commits what waits, notes the clean end, closes. Called once, when no shard runs any more.
    virtual Status close() = 0;
};

/// Opens by URL: `sqlite:var/herald.db` (a path relative to the working directory or absolute),
/// `memory:`. Creates and migrates as needed, takes the exclusive lock, raises the epoch durably.
/// Faults: io, invalid_configuration, conflict (another process holds it) with a sentence that says
/// what to do.
Result<std::unique_ptr<Store>> open(std::string_view url, const StoreOptions& options,
                                    base::Metrics& metrics, const base::Clock& clock);

}  // namespace herald::store
