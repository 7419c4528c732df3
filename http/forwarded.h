// http/forwarded.h: who asks, where a proxy stands in between.
#pragma once

#include <string>
#include <vector>

#include "http/exchange.h"
#include "sip/address_range.h"

namespace herald::http {

/// The address a request comes from: its peer's, or the one that trusted proxies name in
/// X-Forwarded-For, where each adds whom it saw at the end.
std::string client_of(const Request& request, const std::vector<sip::AddressRange>& trusted);

}  // namespace herald::http
