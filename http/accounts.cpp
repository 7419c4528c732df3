// http/accounts.cpp: accounts: who may authenticate, and as what.
#include <algorithm>
#include <utility>

#include "http/account_json.h"
#include "http/import_mistakes.h"
#include "http/paging.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_accounts.h"
#include "server/admin/admin_devices.h"

namespace herald::http {

namespace {

using server::AccountOrder;
using store::Account;

constexpr std::size_t kMostImportedAccounts = 10000;

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

/// The name of the login that the account has after the order.
Result<std::string> device_username_after(const Call& call, const AccountOrder& order) {
    if (order.device_login) return order.device_login->username;
    return call.context.admin.devices().login_of(order.account.aor);
}

/// One row of an import.
struct ImportedRow {
    std::size_t line = 0;  ///< of the file it comes from; else its place, from 1
    AccountOrder order;
};

Result<ImportedRow> imported_row(const Call& call, Fields& fields, std::size_t place) {
    ImportedRow row;
    row.line = fields.number("line").value_or(static_cast<std::uint32_t>(place));
    const auto text = fields.text("aor");
    const auto aor = aor_of(text.value_or(""));
    if (!aor) fields.refuse("aor", "expected an address like sip:alice@example.com");
    auto order =
        account_order(fields, aor ? *aor : std::string("sip:x@invalid"), call.context.realm);
    if (!order) return order.fault();
    if (!has_secret(order->account))
        return Fault{FaultKind::malformed, "\"password\" or \"ha1\" is missing"};
    row.order = *std::move(order);
    return row;
}

/// Those that can be read; what is wrong with the others goes to `mistakes`.
std::vector<ImportedRow> imported_rows(const Call& call, const JsonArray& all,
                                       ImportMistakes& mistakes) {
    std::vector<ImportedRow> rows;
    for (std::size_t i = 0; i < all.size(); ++i) {
        Fields fields(all[i]);
        auto row = imported_row(call, fields, i + 1);
        if (row) {
            rows.push_back(*std::move(row));
            continue;
        }
        const auto* line = all[i].find("line");
        const auto* number = line == nullptr ? nullptr : line->as<std::int64_t>();
        mistakes.add(number == nullptr ? i + 1 : static_cast<std::size_t>(*number),
                     row.fault().detail);
    }
    return rows;
}

Answer imported(const server::AccountAdmin::Put& put, bool is_trial) {
    return json_answer(
        JsonObject{{"added", put.added}, {"replaced", put.replaced}, {"dry_run", is_trial}});
}

}  // namespace

Result<Answer> list_accounts(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto page =
        call.context.admin.accounts().page({.domain = std::string(call.parameter("domain")),
                                            .role = std::string(call.parameter("role")),
                                            .text = std::string(call.parameter("search")),
                                            .after = std::string(call.parameter("after")),
                                            .limit = *limit});
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& account : page->rows) {
        const auto device = call.context.admin.devices().login_of(account.aor);
        if (!device) return device.fault();
        rows.push_back(json_of(account, *device));
    }
    auto answer = json_answer(JsonObject{
        {"accounts", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
    if (!page->next.empty())
        answer.headers.emplace_back("Link", '<' + next_page(call, page->next) + ">; rel=\"next\"");
    return answer;
}

Result<Answer> import_accounts(const Call& call) {
    const auto* all = call.body.find("accounts");
    const auto* array = all == nullptr ? nullptr : all->as<JsonArray>();
    if (array == nullptr)
        return Fault{FaultKind::malformed, "\"accounts\": expected an array of accounts"};
    if (array->size() > kMostImportedAccounts)
        return Fault{FaultKind::malformed, "more than 10000 accounts; send them in parts"};
    server::AccountAdmin::Batch batch;
    for (const auto& [name, value] : *call.body.as<JsonObject>()) {
        const auto* flag = value.as<bool>();
        if (name == "dry_run" && flag != nullptr) batch.is_trial = *flag;
        if (name == "replace" && flag != nullptr) batch.may_replace = *flag;
        if (name != "accounts" && (flag == nullptr || (name != "dry_run" && name != "replace")))
            return Fault{FaultKind::malformed,
                         '"' + name + "\": expected accounts, dry_run, replace"};
    }
    ImportMistakes mistakes;
    auto rows = imported_rows(call, *array, mistakes);
    if (!mistakes.is_empty()) return mistakes.refusal(call.path);
    for (auto& row : rows) batch.orders.push_back(std::move(row.order));
    const bool is_trial = batch.is_trial;
    const auto put = call.context.admin.accounts().put_all(std::move(batch));
    if (!put) return put.fault();
    for (const auto& [index, fault] : put->refused) mistakes.add(rows[index].line, fault.detail);
    if (!mistakes.is_empty()) return mistakes.refusal(call.path);
    return imported(*put, is_trial);
}

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
    Fields fields(call.body);
    auto order = account_order(fields, *aor, call.context.realm);
    if (!order) return order.fault();
    auto& account = order->account;
    if (!has_secret(account)) {
        if (auto status = keep_secret(call.context.admin.accounts(), account); !status)
            return status.fault();
    }
    const auto device = device_username_after(call, *order);
    if (!device) return device.fault();
    const Json shown = json_of(account, *device);
    const auto is_new = call.context.admin.accounts().put(*std::move(order));
    if (!is_new) return is_new.fault();
    Answer answer = json_answer(shown, *is_new ? 201 : 200);
    if (*is_new) answer.headers.emplace_back("Location", call.path);
    return answer;
}

Result<Answer> delete_account(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.accounts().remove(*aor);
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
