// sip/backlog.cpp: from how full a socket's receive buffer is, of what, and for how long: is the
// reader still keeping up?
#include "sip/backlog.h"

namespace herald::sip {

namespace {

/// What was read is forgotten by halves, each time that so much was.
constexpr std::size_t kMemory = 4096;

}  // namespace

void Backlog::read(std::size_t requests, std::size_t others) noexcept {
    requests_ += requests;
    others_ += others;
    if (requests_ + others_ < kMemory) return;
    requests_ /= 2;
    others_ /= 2;
}

void Backlog::empty() noexcept {
    standing_since_.reset();
    requests_ = others_ = 0;
    load_ = Load::normal;
}

void Backlog::standing(unsigned thousandths, base::Instant now) noexcept {
    if (!standing_since_) standing_since_ = now;
    const bool is_patient = now - *standing_since_ < kPatience;
    const bool was_high = load_ != Load::normal;
    const std::size_t read = requests_ + others_;
    // What waits is taken to be what was read.
    const auto by_requests =
        read == 0 ? thousandths : static_cast<unsigned>(thousandths * requests_ / read);
    // A nearly full buffer cannot wait: what does not fit is lost without an answer.
    if (by_requests >= (load_ == Load::extreme ? kExtremeEnds : kExtreme)) {
        load_ = Load::extreme;
    } else if (by_requests >= (was_high ? kHighEnds : kHigh) && (was_high || !is_patient)) {
        load_ = Load::high;
    } else {
        load_ = thousandths >= kFull ? Load::high : Load::normal;
    }
}

}  // namespace herald::sip
