// server/core/notify_logins.h: how those who challenge our NOTIFYs are answered (RFC 3261 22.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/config/config.h"
#include "sip/digest.h"

namespace herald::server {

/// A name and a password for whatever realm the devices of one account challenge in.
struct DeviceLogin {
    std::string username, password;
};

/// Remembers a challenge for as long as its NOTIFY is sent again. Who is challenged is named by a
/// number of the caller's.
class NotifyLogins {
public:
    explicit NotifyLogins(const Config& config) : config_(config) {}

    /// Takes a 401 or 407: the NOTIFY may be sent once more, with lines(). False: there is no
    /// credential for its realm (`sip.notify_logins`), or it was just refused. `own`, where there
    /// is one, is good for any realm and comes first.
    bool take(std::uint64_t whose, const sip::Message& challenge, const DeviceLogin* own = nullptr);
    /// The credentials of a NOTIFY to the Request-URI `uri`, complete lines; empty where it was not
    /// challenged.
    std::string lines(std::uint64_t whose, std::string_view uri, std::string_view body);
    bool has(std::uint64_t whose) const { return clients_.count(whose) > 0; }
    /// The NOTIFY was answered otherwise, or is given up.
    void forget(std::uint64_t whose) {
        if (!clients_.empty()) clients_.erase(whose);
    }

private:
    bool try_login(std::uint64_t whose, const sip::Message& challenge, const DeviceLogin& login,
                   sip::DigestScope scope);
    bool try_own(std::uint64_t whose, const sip::Message& challenge, const DeviceLogin& own);

    const Config& config_;
    std::unordered_map<std::uint64_t, sip::DigestClient> clients_;
};

}  // namespace herald::server
