// server/shard/overload.cpp: who is turned away while a shard cannot keep up with its input.
#include "server/shard/overload.h"

namespace herald::server {

namespace {

/// Every REGISTER counts as a refresh: most are, and finding out costs more than refusing.
bool keeps_what_is_there(const sip::Message& request) noexcept {
    switch (request.method()) {
        case sip::Method::subscribe:
        case sip::Method::notify:  // a PBX gives a subscription up that is answered 503
            return !request.to_tag().empty();
        case sip::Method::publish:
            return request.header(sip::Header::sip_if_match) && request.body().empty();
        case sip::Method::register_:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool is_worth_serving(const sip::Message& request, sip::Load load) noexcept {
    if (load == sip::Load::normal) return true;
    return load == sip::Load::high && keeps_what_is_there(request);
}

}  // namespace herald::server
