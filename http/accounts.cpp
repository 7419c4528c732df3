// http/accounts.cpp: accounts: who may authenticate, and as what. Passwords become HA1s at once;
// HA1s never leave.
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "http/fields.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_accounts.h"
#include "server/admin/admin_devices.h"
#include "sip/digest.h"

namespace herald::http {

namespace {

using store::Account;

constexpr std::array<std::string_view, 4> kRoles{"user", "publisher", "monitor", "admin"};
constexpr std::array<sip::DigestAlgorithm, 3> kAlgorithms{
    sip::DigestAlgorithm::md5, sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::sha512_256};
/// A username and realm go into quoted strings and into HA1, where a colon ends the username.
constexpr std::size_t kLongestName = 255;

std::size_t index_of(sip::DigestAlgorithm algorithm) {
    return static_cast<std::size_t>(algorithm);
}

std::size_t ha1_length(sip::DigestAlgorithm algorithm) {
    return algorithm == sip::DigestAlgorithm::md5 ? 32 : 64;
}

bool has_secret(const Account& account) {
    return std::any_of(std::begin(account.ha1), std::end(account.ha1),
                       [](const auto& ha1) { return !ha1.empty(); });
}

bool is_fit_for_quotes(std::string_view text) {
    return !text.empty() && text.size() <= kLongestName &&
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
    const auto found = std::find(kRoles.begin(), kRoles.end(), *text);
    if (found == kRoles.end())
        return fields.refuse("role", "expected user, publisher, monitor or admin");
    account.role = static_cast<Account::Role>(found - kRoles.begin());
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
    if (login.password.size() > kLongestName)
        fields.refuse("device_password", "expected at most 255 bytes");
    return login;
}

/// What a request said of an account.
struct AccountOrder {
    Account account;
    std::optional<server::DeviceLogin> device_login;
};

/// Whether it brought a secret is for has_secret() to say.
Result<AccountOrder> order_of(const Call& call, const std::string& aor) {
    Fields fields(call.body);
    AccountOrder order;
    auto& account = order.account;
    account.aor = aor;
    account.username = fields.text("username").value_or(user_of(aor));
    account.realm = fields.text("realm").value_or(call.context.realm);
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
    order.device_login = read_device_login(fields, account);
    if (auto status = fields.status(); !status) return status.fault();
    if (password) set_password(account, *password);
    return order;
}

/// Without a secret in the request the earlier one stays, if it still fits the name it was made
/// for.
Status keep_secret(server::AccountAdmin& accounts, Account& account) {
    const auto earlier = accounts.find(account.aor);
    if (!earlier && earlier.fault().kind != FaultKind::not_found) return earlier.fault();
    if (!earlier || !has_secret(*earlier)) {
        return Fault{FaultKind::malformed, "a new account needs a \"password\", or its \"ha1\""};
    }
    if (earlier->username != account.username || earlier->realm != account.realm) {
        return Fault{FaultKind::conflict,
                     "username or realm change, and the password is hashed with them: give "
                     "\"password\" or \"ha1\" again"};
    }
    std::copy(std::begin(earlier->ha1), std::end(earlier->ha1), std::begin(account.ha1));
    return {};
}

JsonArray texts(const std::vector<std::string>& values) {
    return JsonArray(values.begin(), values.end());
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
        {"role", kRoles[static_cast<std::size_t>(account.role)]},
        {"resources", texts(account.resources)},
        {"packages", texts(account.packages)},
        {"delegates", std::move(delegates)},
        {"partial_dialogs", account.wants_partial_dialogs},
        {"device_username", device_username.empty() ? Json() : Json(device_username)},
    };
}

/// The name of the login that the account has after the order.
Result<std::string> device_username_after(const Call& call, const AccountOrder& order) {
    if (order.device_login) return order.device_login->username;
    return call.context.admin.devices().login_of(order.account.aor);
}

}  // namespace

Result<Answer> get_account(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto account = call.context.admin.accounts().find(*aor);
    if (!account) return account.fault();
    const auto device = call.context.admin.devices().login_of(*aor);
    if (!device) return device.fault();
    return json_answer(json_of(*account, *device));
}

Result<Answer> put_account(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    auto order = order_of(call, *aor);
    if (!order) return order.fault();
    auto& account = order->account;
    if (!has_secret(account)) {
        if (auto status = keep_secret(call.context.admin.accounts(), account); !status)
            return status.fault();
    }
    const auto device = device_username_after(call, *order);
    if (!device) return device.fault();
    const Json shown = json_of(account, *device);
    const auto is_new = call.context.admin.accounts().put(std::move(account));
    if (!is_new) return is_new.fault();
    if (order->device_login) {
        const auto set = call.context.admin.devices().set_login(*aor, *order->device_login);
        if (!set) return set.fault();
    }
    Answer answer = json_answer(shown, *is_new ? 201 : 200);
    if (*is_new) answer.headers.emplace_back("Location", call.path);
    return answer;
}

Result<Answer> delete_account(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.accounts().remove(*aor);
    if (!status) return status.fault();
    if (auto set = call.context.admin.devices().set_login(*aor, {}); !set) return set.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
