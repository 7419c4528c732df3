// sip/privacy.h: what a sender wants hidden (RFC 3323 4.2, 3325 9.3).
#pragma once

#include <string_view>

#include "sip/message.h"

namespace herald::sip {

/// Whether the Privacy of `request` lists `level`, in any case.
bool asks_privacy(const Message& request, std::string_view level);

/// A level it must have and cannot get here; empty: there is none. Identities that a trusted peer
/// asserted can be withheld ("id"); From, Contact and Via stay as they were sent.
std::string_view unmet_privacy(const Message& request);

}  // namespace herald::sip
