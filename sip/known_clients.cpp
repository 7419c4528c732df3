// sip/known_clients.cpp: whom the clients of TLS connections proved to be, by their certificates.
#include "sip/known_clients.h"

#include <mutex>
#include <utility>

namespace herald::sip {

void KnownClients::put(const Flow& flow, CertificateNames names) {
    for (auto* list : {&names.uris, &names.hosts, &names.addresses}) {
        if (list->size() > kMostNames) list->resize(kMostNames);
    }
    auto kept = std::make_shared<const CertificateNames>(std::move(names));
    const std::unique_lock lock(mutex_);
    known_[key_of(flow)] = std::move(kept);
}

void KnownClients::remove(const Flow& flow) {
    const std::unique_lock lock(mutex_);
    known_.erase(key_of(flow));
}

KnownClients::Names KnownClients::find(const Flow& flow) const {
    if (!is_secure(flow.protocol)) return nullptr;
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(key_of(flow));
    return found == known_.end() ? nullptr : found->second;
}

std::size_t KnownClients::size() const {
    const std::shared_lock lock(mutex_);
    return known_.size();
}

}  // namespace herald::sip
