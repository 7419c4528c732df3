// server/core/notify_logins.cpp: how those who challenge our NOTIFYs are answered.
#include "server/core/notify_logins.h"

#include <algorithm>
#include <utility>

namespace herald::server {

bool NotifyLogins::take(std::uint64_t whose, const sip::Message& challenge) {
    if (const auto known = clients_.find(whose); known != clients_.end()) {
        if (known->second.take(challenge)) return true;
        clients_.erase(known);
        return false;
    }
    const auto& lax = config_.notify_without_qop;
    for (const auto& login : config_.notify_logins) {
        const bool is_lax = std::find(lax.begin(), lax.end(), login.realm) != lax.end();
        sip::DigestClient client(login.username, login.password, {login.realm, !is_lax});
        if (!client.take(challenge)) continue;
        clients_.emplace(whose, std::move(client));
        return true;
    }
    return false;
}

std::string NotifyLogins::lines(std::uint64_t whose, std::string_view uri, std::string_view body) {
    const auto known = clients_.find(whose);
    return known == clients_.end() ? std::string() : known->second.sign("NOTIFY", uri, body);
}

}  // namespace herald::server
