// sip/backlog.cpp: from how full a socket's receive buffer is, and for how long: is the reader
// still keeping up?
#include "sip/backlog.h"

namespace herald::sip {

void Backlog::standing(unsigned thousandths, base::Instant now) noexcept {
    if (!standing_since_) standing_since_ = now;
    const bool is_patient = now - *standing_since_ < kPatience;
    const bool was_high = load_ != Load::normal;
    // A nearly full buffer cannot wait: what does not fit is lost without an answer.
    if (thousandths >= (load_ == Load::extreme ? kExtremeEnds : kExtreme)) {
        load_ = Load::extreme;
    } else if (thousandths >= (was_high ? kHighEnds : kHigh) && (was_high || !is_patient)) {
        load_ = Load::high;
    } else {
        load_ = Load::normal;
    }
}

}  // namespace herald::sip
