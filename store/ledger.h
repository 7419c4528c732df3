// store/ledger.h: what a lane writes to: one database's way of committing a batch.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace herald::store {

/// Used by one thread at a time, is_writable() by any.
class Ledger {
public:
    virtual ~Ledger() = default;
    /// Commits the changes of `batch` in one transaction; one outcome for each, in the order given.
    /// Blocks until it is known what became of them.
    virtual std::vector<Outcome> commit(std::span<const Change* const> batch) = 0;
    /// Reads one complete message. Faults: not_found, io.
    virtual Result<Message> message(std::uint64_t id) = 0;
    /// False after a failed write until one succeeds; commit() answers unavailable at once
    /// meanwhile.
    virtual bool is_writable() const noexcept = 0;
    /// Called about once a second, with or without traffic: retries what failed, tidies up, notes
    /// that we live.
    virtual void tick() = 0;
    /// Notes the clean end and closes. Faults: io.
    virtual Status close() = 0;
};

}  // namespace herald::store
