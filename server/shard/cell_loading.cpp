// server/shard/cell_loading.cpp: the rows of one cell on their way into the memory of a shard.
#include "server/shard/cell_loading.h"

#include <utility>

namespace herald::server {

bool CellLoading::step() {
    return take_row() || resumption_.step();
}

/// Publications, then who watches them, then what watchers are known to have. False: all are taken.
bool CellLoading::take_row() {
    auto at = next_;
    if (at < part_->publications.size()) {
        rows_.recover(std::move(part_->publications[at]), not_before_);
        return ++next_ > 0;
    }
    at -= part_->publications.size();
    if (at < part_->subscriptions.size()) {
        rows_.recover(part_->subscriptions[at], not_before_);
        return ++next_ > 0;
    }
    at -= part_->subscriptions.size();
    if (at < part_->confirmations.size()) {
        take_confirmation(part_->confirmations[at]);
        return ++next_ > 0;
    }
    at -= part_->confirmations.size();
    if (at >= part_->messages.size()) return false;
    rows_.recover(part_->messages[at]);
    return ++next_ > 0;
}

/// One that nobody needs is removed.
void CellLoading::take_confirmation(store::Confirmation& row) {
    if (rows_.recover(row)) return;
    row.through = 0;
    context_.port.commit(store::PutConfirmation{std::move(row)}, nullptr);
}

}  // namespace herald::server
