// server/core/notify_logins.cpp: how those who challenge our NOTIFYs are answered.
#include "server/core/notify_logins.h"

#include <algorithm>
#include <utility>

namespace herald::server {

bool NotifyLogins::try_login(std::uint64_t whose, const sip::Message& challenge,
                             const DeviceLogin& login, sip::DigestScope scope) {
    sip::DigestClient client(login.username, login.password, std::move(scope));
    if (!client.take(challenge)) return false;
    clients_.emplace(whose, std::move(client));
    return true;
}

/// In any realm with qop, and without it where the realm may.
bool NotifyLogins::try_own(std::uint64_t whose, const sip::Message& challenge,
                           const DeviceLogin& own) {
    if (try_login(whose, challenge, own, {{}, true})) return true;
    const auto& lax = config_.notify_without_qop;
    return std::any_of(lax.begin(), lax.end(), [&](const std::string& realm) {
        return try_login(whose, challenge, own, {realm, false});
    });
}

bool NotifyLogins::take(std::uint64_t whose, const sip::Message& challenge,
                        const DeviceLogin* own) {
    if (const auto known = clients_.find(whose); known != clients_.end()) {
        if (known->second.take(challenge)) return true;
        clients_.erase(known);
        return false;
    }
    if (own && try_own(whose, challenge, *own)) return true;
    const auto& lax = config_.notify_without_qop;
    return std::any_of(
        config_.notify_logins.begin(), config_.notify_logins.end(), [&](const RealmLogin& login) {
            const bool is_lax = std::find(lax.begin(), lax.end(), login.realm) != lax.end();
            return try_login(whose, challenge, {login.username, login.password},
                             {login.realm, !is_lax});
        });
}

std::string NotifyLogins::lines(std::uint64_t whose, std::string_view uri, std::string_view body) {
    const auto known = clients_.find(whose);
    return known == clients_.end() ? std::string() : known->second.sign("NOTIFY", uri, body);
}

}  // namespace herald::server
