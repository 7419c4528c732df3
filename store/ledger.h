// store/ledger.h: what a lane writes to: one database's way of committing a batch.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/node.h"
#include "store/records.h"
#include "store/starts.h"
#include "store/store.h"

namespace herald::store {

/// Used by one thread at a time, is_writable() and give_up() by any. home(), recover() and tokens()
/// are for the time before the first commit.
class Ledger {
public:
    virtual ~Ledger() = default;
    virtual const Home& home() const noexcept = 0;
    /// Nothing where no run outlives its process.
    virtual Starts starts() const noexcept { return {}; }
    /// What this process is called; nothing where it is not noted.
    virtual Node node() const noexcept { return {}; }
    /// As Store::recover(). Faults: io, malformed.
    virtual Status recover(RecoverySink& sink) = 0;
    /// Faults: io.
    virtual Result<std::vector<Token>> tokens() = 0;
    /// Commits the changes of `batch`; one outcome for each, in the order given. Blocks until it is
    /// known what became of them.
    virtual std::vector<Outcome> commit(std::span<const Change* const> batch) = 0;
    /// Reads one complete message. Faults: not_found, io.
    virtual Result<Message> message(std::uint64_t id) = 0;
    /// Reads what is kept of a cell. Faults: io, malformed.
    virtual Result<CellRowsPtr> cell(Cell cell) = 0;
    /// False after a failed write until one succeeds; commit() answers unavailable at once
    /// meanwhile.
    virtual bool is_writable() const noexcept = 0;
    /// Called about once a second, with or without traffic: retries what failed, tidies up, notes
    /// that we live.
    virtual void tick() = 0;
    /// Commits that begin at least this far apart share more syncs under load.
    virtual std::chrono::microseconds pace() const noexcept = 0;
    /// From now on what cannot be found out within seconds is left unknown: the process stops.
    virtual void give_up() noexcept {}
    /// Takes keys, epoch, first free number and the end of the last run from another store; to be
    /// opened again before anything is committed. Faults: io.
    virtual Status adopt(const Home& home) = 0;
    /// Notes the clean end and closes. Faults: io.
    virtual Status close() = 0;
};

}  // namespace herald::store
