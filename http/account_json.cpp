// http/account_json.cpp: accounts as JSON says them. Passwords become HA1s at once; HA1s never
// leave.
#include "http/account_json.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/text.h"
#include "http/target.h"
#include "sip/digest.h"

namespace herald::http {

namespace {

using store::Account;

constexpr std::array<std::string_view, 4> kAccountRoles{"user", "publisher", "monitor", "admin"};
constexpr std::array<sip::DigestAlgorithm, 3> kAlgorithms{
    sip::DigestAlgorithm::md5, sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::sha512_256};
/// A username and realm go into quoted strings and into HA1, where a colon ends the username.
constexpr std::size_t kLongestQuoted = 255;

std::size_t index_of(sip::DigestAlgorithm algorithm) {
    return static_cast<std::size_t>(algorithm);
}

std::size_t ha1_length(sip::DigestAlgorithm algorithm) {
    return algorithm == sip::DigestAlgorithm::md5 ? 32 : 64;
}

bool is_fit_for_quotes(std::string_view text) {
    return !text.empty() && text.size() <= kLongestQuoted &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '"' || c == '\\';
           });
}

/// HA1 = H(username:realm:password) for every algorithm, so that whichever is offered later works.
void set_password(Account& account, std::string_view password) {
    for (const auto algorithm : kAlgorithms) {
        account.ha1[index_of(algorithm)] =
            sip::digest_ha1(algorithm, account.username, account.realm, password);
    }
}

void read_ha1(Fields& fields, Account& account) {
    for (const auto algorithm : kAlgorithms) {
        const std::string name(sip::name_of(algorithm));
        const auto ha1 = fields.text(name);
        if (!ha1) continue;
        if (ha1->size() != ha1_length(algorithm) || !base::from_hex(*ha1)) {
            fields.refuse(name,
                          "expected " + std::to_string(ha1_length(algorithm)) + " hex digits");
            continue;
        }
        account.ha1[index_of(algorithm)] = base::lower(*ha1);
    }
}

std::optional<std::string> read_role_text(Fields& fields) {
    auto role = fields.text("role");
    const auto roles = fields.texts("roles");
    if (!roles) return role;
    if (role || roles->size() != 1)
        fields.refuse("roles", "an account has one role; say \"role\": \"user\"");
    return roles->empty() ? role : roles->front();
}

void read_role(Fields& fields, Account& account) {
    const auto text = read_role_text(fields);
    if (!text) return;
    const auto found = std::find(kAccountRoles.begin(), kAccountRoles.end(), *text);
    if (found == kAccountRoles.end())
        return fields.refuse("role", "expected user, publisher, monitor or admin");
    account.role = static_cast<Account::Role>(found - kAccountRoles.begin());
}

/// "sip:alice@example.com" or, for a whole domain, "*@example.com".
std::optional<std::string> resource_of(std::string_view text) {
    if (text.substr(0, 2) == "*@") {
        return aor_of("x" + std::string(text.substr(1)))
                   ? std::optional("*@" + base::lower(text.substr(2)))
                   : std::nullopt;
    }
    const auto aor = aor_of(text);
    return aor ? std::optional(*aor) : std::nullopt;
}

void read_rights(Fields& fields, Account& account) {
    for (const auto& text : fields.texts("resources").value_or(std::vector<std::string>())) {
        const auto resource = resource_of(text);
        if (!resource)
            fields.refuse("resources",
                          "expected addresses like sip:alice@example.com, or *@example.com");
        account.resources.push_back(resource.value_or(""));
    }
    account.packages = fields.texts("packages").value_or(std::vector<std::string>());
    if (std::count(account.packages.begin(), account.packages.end(), "") != 0) {
        fields.refuse("packages", "expected names of event packages, or *");
    }
    fields.objects("delegates", [&](Fields& delegate) {
        const auto aor = aor_of(delegate.text("aor").value_or(""));
        if (!aor) delegate.refuse("aor", "expected an address like sip:bob@example.com");
        const auto package = delegate.text("package").value_or("*");
        if (package.empty())
            delegate.refuse("package", "expected the name of an event package, or *");
        account.delegates.push_back({aor.value_or(""), package});
    });
    account.wants_partial_dialogs = fields.flag("partial_dialogs").value_or(false);
}

/// What the phones of an account take orders with; nullopt: the request does not say. An empty name
/// removes it.
std::optional<server::DeviceLogin> read_device_login(Fields& fields, const Account& account) {
    const auto name = fields.text("device_username");
    const auto password = fields.text("device_password");
    if (!name && !password) return std::nullopt;
    server::DeviceLogin login{name.value_or(account.username), password.value_or("")};
    if (login.username.empty() && password)
        fields.refuse("device_username", "a password without a name");
    if (!login.username.empty() && !is_fit_for_quotes(login.username))
        fields.refuse("device_username",
                      "expected 1 to 255 bytes without quotes, backslashes and control characters");
    if (!login.username.empty() && (!password || password->empty()))
        fields.refuse("device_password", "it goes with device_username");
    if (login.password.size() > kLongestQuoted)
        fields.refuse("device_password", "expected at most 255 bytes");
    return login;
}

}  // namespace

bool has_secret(const Account& account) {
    return std::any_of(std::begin(account.ha1), std::end(account.ha1),
                       [](const auto& ha1) { return !ha1.empty(); });
}

Result<server::AccountOrder> account_order(Fields& fields, const std::string& aor,
                                           const std::string& realm) {
    server::AccountOrder order;
    auto& account = order.account;
    account.aor = aor;
    account.username = fields.text("username").value_or(user_of(aor));
    account.realm = fields.text("realm").value_or(realm);
    if (!is_fit_for_quotes(account.username) || account.username.find(':') != std::string::npos) {
        fields.refuse(
            "username",
            "expected 1 to 255 bytes without quotes, backslashes, colons and control characters");
    }
    if (!is_fit_for_quotes(account.realm)) {
        fields.refuse("realm",
                      "expected 1 to 255 bytes without quotes, backslashes and control characters");
    }
    const auto password = fields.text("password");
    const bool has_ha1 = fields.object("ha1", [&](Fields& inner) { read_ha1(inner, account); });
    if (password && has_ha1) fields.refuse("ha1", "give either \"password\" or \"ha1\"");
    if (password && password->empty()) fields.refuse("password", "it is empty");
    if (has_ha1 && !has_secret(account))
        fields.refuse("ha1", "expected MD5, SHA-256 or SHA-512-256, and the HA1 in hex");
    read_role(fields, account);
    read_rights(fields, account);
    if (account.role == Account::Role::publisher && account.resources.empty())
        fields.refuse("resources", "a publisher publishes for somebody: name whom, or *@domain");
    order.device_login = read_device_login(fields, account);
    if (auto status = fields.status(); !status) return status.fault();
    if (password) set_password(account, *password);
    return order;
}

Json json_of(const Account& account, const std::string& device_username) {
    JsonArray algorithms;
    for (const auto algorithm : kAlgorithms) {
        if (!account.ha1[index_of(algorithm)].empty())
            algorithms.emplace_back(sip::name_of(algorithm));
    }
    JsonArray delegates;
    for (const auto& [aor, package] : account.delegates) {
        delegates.push_back(JsonObject{{"aor", aor}, {"package", package}});
    }
    return JsonObject{
        {"aor", account.aor},
        {"username", account.username},
        {"realm", account.realm},
        {"algorithms", std::move(algorithms)},
        {"role", server::name_of(account.role)},
        {"resources", texts_of(account.resources)},
        {"packages", texts_of(account.packages)},
        {"delegates", std::move(delegates)},
        {"partial_dialogs", account.wants_partial_dialogs},
        {"device_username", device_username.empty() ? Json() : Json(device_username)},
    };
}

}  // namespace herald::http
