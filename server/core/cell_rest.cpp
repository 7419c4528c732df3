// server/core/cell_rest.cpp: cells that are on their way.
#include "server/core/cell_rest.h"

#include "base/log.h"

namespace herald::server {

CellRest::CellRest() {
    for (auto& promise : promises_) promise = std::make_shared<const char>();
}

void CellRest::end(Cell cell) {
    if (!is_at_rest(cell)) return;
    resting_.reset(index(cell));
    for (auto& work : std::exchange(waiting_[index(cell)], {})) work();
    ended_.tell(cell);
}

void CellRest::run(Cell cell, Work work) {
    auto& waiting = waiting_[index(cell)];
    if (!is_at_rest(cell)) return work();
    if (waiting.size() < kMost) return waiting.push_back(std::move(work));
    if (waiting.size() > kMost) return;
    // Said once: a place of its own tells the next one.
    base::log_warning("cell.work_lost", {{"cell", static_cast<unsigned>(cell)}});
    waiting.emplace_back([] {});
}

}  // namespace herald::server
