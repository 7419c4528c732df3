// server/register/flow_timer.cpp: how often a device is to keep its connection alive (RFC 5626).
#include "server/register/flow_timer.h"

#include <chrono>

#include "base/text.h"

namespace herald::server {

void append_flow_timer(std::string& headers, Context& context, const sip::Flow& flow) {
    const auto seconds = context.config.flow_timer;
    if (seconds == 0 || !sip::is_reliable(flow.protocol)) return;
    headers += "Flow-Timer: ";
    base::append_number(headers, seconds);
    headers += "\r\n";
    context.stack.transport().expect(flow, std::chrono::seconds(seconds) * 3 / 2);
}

}  // namespace herald::server
