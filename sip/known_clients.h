// sip/known_clients.h: whom the clients of TLS connections proved to be, by their certificates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <tuple>

#include "sip/certificate.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// By connection, of all shards of a process: a request may be answered by another shard than the
/// one that has its connection. Any thread; locked when such a connection begins or ends, and to be
/// read. No more of them than connections, and of each certificate no more than kMostNames names.
class KnownClients {
public:
    static constexpr std::size_t kMostNames = 16;
    using Names = std::shared_ptr<const CertificateNames>;

    void put(const Flow& flow, CertificateNames names);
    void remove(const Flow& flow);
    /// Null: its client showed no certificate, or the connection is gone.
    Names find(const Flow& flow) const;
    std::size_t size() const;

private:
    using Key = std::tuple<std::uint16_t, std::uint32_t, std::uint32_t>;
    static Key key_of(const Flow& flow) noexcept {
        return {flow.shard, flow.slot, flow.generation};
    }

    mutable std::shared_mutex mutex_;
    std::map<Key, Names> known_;
};

}  // namespace herald::sip
