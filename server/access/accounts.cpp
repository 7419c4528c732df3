// server/access/accounts.cpp: the accounts, as one shard holds them.
#include "server/access/accounts.h"

namespace herald::server {

namespace {

std::string username_key(std::string_view username, std::string_view realm) {
    std::string key(username);
    key += '\n';
    key += realm;
    return key;
}

}  // namespace

void Accounts::put(AccountPtr account) {
    remove(account->aor);
    by_username_[username_key(account->username, account->realm)] = account;
    for (const auto algorithm : hashes_) {
        const auto hash = sip::digest_userhash(algorithm, account->username, account->realm);
        if (!hash.empty()) by_userhash_[key_of(hash)] = account;
    }
    by_aor_[account->aor] = std::move(account);
}

void Accounts::remove(std::string_view aor) {
    const auto found = by_aor_.find(aor);
    if (found == by_aor_.end()) return;
    const auto named =
        by_username_.find(username_key(found->second->username, found->second->realm));
    if (named != by_username_.end() && named->second == found->second) by_username_.erase(named);
    for (const auto algorithm : hashes_) {
        const auto hash =
            sip::digest_userhash(algorithm, found->second->username, found->second->realm);
        const auto hashed = by_userhash_.find(key_of(hash));
        if (hashed != by_userhash_.end() && hashed->second == found->second)
            by_userhash_.erase(hashed);
    }
    by_aor_.erase(found);
}

AccountPtr Accounts::find(std::string_view aor) const {
    if (by_aor_.empty()) return nullptr;  // what is asked is hashed all the same
    const auto found = by_aor_.find(aor);
    return found == by_aor_.end() ? nullptr : found->second;
}

AccountPtr Accounts::by_username(std::string_view username, std::string_view realm) const {
    const auto named = by_username_.find(username_key(username, realm));
    if (named != by_username_.end()) return named->second;
    std::string aor(username.starts_with("sip:") ? "" : "sip:");
    aor += username;
    const auto account = find(aor);
    return account && account->realm == realm ? account : nullptr;
}

AccountPtr Accounts::by_userhash(std::string_view hash, std::string_view realm) const {
    const auto hashed = by_userhash_.find(key_of(hash));
    const bool is_found = hashed != by_userhash_.end() && hashed->second->realm == realm;
    return is_found ? hashed->second : nullptr;
}

std::string Accounts::namesake_of(const store::Account& account) const {
    const std::string_view aor = account.aor;
    for (const auto name :
         {std::string_view(account.username), aor, aor.substr(aor.find(':') + 1)}) {
        const auto other = by_username(name, account.realm);
        if (other && other->aor != account.aor) return other->aor;
    }
    return {};
}

}  // namespace herald::server
