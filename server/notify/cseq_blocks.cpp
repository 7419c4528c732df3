// server/notify/cseq_blocks.cpp: the numbers of NOTIFYs.
#include "server/notify/cseq_blocks.h"

namespace herald::server {

namespace {

constexpr std::uint32_t kLastCseq = 0x7fffffff;

}  // namespace

CseqBlocks::Taken CseqBlocks::take(Id id, Subscription& record) {
    if (record.cseq + 1 < record.cseq_end || record.state == SubscriptionState::ending) {
        ++record.cseq;
        return Taken::yes;
    }
    if (record.cseq >= kLastCseq - kCseqBlock) return Taken::exhausted;
    if (record.is_changing) return Taken::busy;
    renew(id, record);
    return Taken::later;
}

void CseqBlocks::renew(Id id, Subscription& record) {
    record.is_changing = true;
    context_.port.commit(touch_of(record, context_.epoch_of(record)),
                         [this, id, base = record.cseq + 1](store::Outcome outcome) {
                             const bool is_committed = outcome == store::Outcome::committed;
                             if (auto* renewed = context_.subscriptions.find(id)) {
                                 renewed->is_changing = false;
                                 if (is_committed) renewed->cseq_end = base + kCseqBlock;
                             }
                             renewed_.tell(id, is_committed);
                         });
}

}  // namespace herald::server
