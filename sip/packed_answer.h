// sip/packed_answer.h: an Answer in as few bytes as it needs, for completed server transactions.
#pragma once

#include <string>
#include <string_view>

#include "sip/answer.h"

namespace herald::sip {

/// Appends `answer` to `out`: 3 bytes, and those of the parts it has. A plain 200 to a SUBSCRIBE
/// takes about 25.
void pack(const Answer& answer, std::string& out);

/// The Answer whose packed form is exactly `bytes`, which pack() made.
Answer unpack(std::string_view bytes);

}  // namespace herald::sip
