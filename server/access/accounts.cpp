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

constexpr sip::DigestAlgorithm kAlgorithms[] = {
    sip::DigestAlgorithm::md5, sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::sha512_256};

std::string userhash(const store::Account& account, sip::DigestAlgorithm algorithm) {
    return sip::digest_userhash(algorithm, account.username, account.realm);
}

}  // namespace

void Accounts::put(AccountPtr account) {
    remove(account->aor);
    by_username_[username_key(account->username, account->realm)] = account;
    for (const auto algorithm : kAlgorithms) by_userhash_[userhash(*account, algorithm)] = account;
    by_aor_[account->aor] = std::move(account);
}

void Accounts::remove(std::string_view aor) {
    const auto found = by_aor_.find(aor);
    if (found == by_aor_.end()) return;
    const auto named =
        by_username_.find(username_key(found->second->username, found->second->realm));
    if (named != by_username_.end() && named->second == found->second) by_username_.erase(named);
    for (const auto algorithm : kAlgorithms) {
        const auto hashed = by_userhash_.find(userhash(*found->second, algorithm));
        if (hashed != by_userhash_.end() && hashed->second == found->second)
            by_userhash_.erase(hashed);
    }
    by_aor_.erase(found);
}

AccountPtr Accounts::find(std::string_view aor) const {
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

AccountPtr Accounts::by_userhash(std::string_view hash) const {
    const auto found = by_userhash_.find(hash);
    return found == by_userhash_.end() ? nullptr : found->second;
}

}  // namespace herald::server
