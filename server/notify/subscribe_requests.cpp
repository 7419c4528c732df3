// server/notify/subscribe_requests.cpp: SUBSCRIBEs of one shard.
#include "server/notify/subscribe_requests.h"

#include <utility>

#include "server/core/answers.h"

namespace herald::server {

void SubscribeRequests::on_subscribe(const Request& request) {
    IncomingSubscribe incoming{request.id, request.flow, request.package, {}, request.dialog};
    // Refused before anything of it is kept.
    if (request.message.bytes().size() - request.message.body().size() > kMostText)
        return intake_.refuse(incoming, answer(400, "Headers too long"));
    if (request.message.to_tag().empty()) return fresh_.on_subscribe(std::move(incoming), request);
    refreshes_.on_subscribe(std::move(incoming), request);
}

}  // namespace herald::server
