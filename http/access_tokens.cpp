// http/access_tokens.cpp: tokens of this API, made, listed and revoked over it. Only hashes are
// kept.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "http/fields.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/target.h"
#include "pidf/common_policy.h"
#include "server/admin/admin_tokens.h"

namespace herald::http {

namespace {

constexpr std::size_t kLongestTokenName = 64;
constexpr std::size_t kMostTokens = 1000;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongestTokenName &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return base::is_alpha(c) || base::is_digit(c) ||
                      std::string_view("-._").find(c) != std::string_view::npos;
           });
}

/// A canonical AOR or a domain. Faults: malformed.
Result<std::string> limit_of_token(const std::string& text) {
    if (text.empty()) return text;
    if (text.find('@') != std::string::npos) return aor_of(text);
    return pidf::comparable_domain(text);
}

Json json_of(const TokenBook::Row& row) {
    return JsonObject{
        {"name", row.token.name},
        {"role", row.token.role},
        {"limit", text_or_null(row.token.limit)},
        {"source", row.is_configured ? "configuration" : "api"},
    };
}

Result<server::HttpToken> token_order(const Call& call) {
    Fields fields(call.body);
    server::HttpToken token;
    token.name = fields.text("name").value_or("");
    token.role = fields.text("role").value_or("");
    const auto limit = limit_of_token(fields.text("limit").value_or(""));
    if (!is_name(token.name)) fields.refuse("name", "expected 1 to 64 letters, digits, -, . and _");
    if (!role_of(token.role)) fields.refuse("role", "expected read, write or admin");
    if (!limit) fields.refuse("limit", "expected a user's address or a domain");
    if (auto status = fields.status(); !status) return status.fault();
    token.limit = *limit;
    return token;
}

}  // namespace

Result<Answer> list_tokens(const Call& call) {
    JsonArray rows;
    for (const auto& row : call.context.tokens->rows()) rows.push_back(json_of(row));
    return json_answer(JsonObject{{"tokens", std::move(rows)}});
}

Result<Answer> make_token(const Call& call) {
    auto token = token_order(call);
    if (!token) return token.fault();
    auto& book = *call.context.tokens;
    if (!book.find(token->name).token.name.empty())
        return Fault{FaultKind::conflict, "There is a token " + token->name + " already"};
    if (book.rows().size() >= kMostTokens)
        return Fault{FaultKind::limit_reached, "There are 1000 tokens: revoke one first"};
    const auto text = random_bearer_token();
    token->sha256_hex = sha256_hex(text);
    if (auto put = call.context.admin.tokens().put(row_of_token(*token)); !put) return put.fault();
    book.add(*token);
    auto json = json_of(TokenBook::Row{*token, false});
    std::get<JsonObject>(json.value).emplace_back("token", text);
    Answer answer = json_answer(json, 201);
    answer.headers.emplace_back("Location", "/v1/tokens/" + token->name);
    return answer;
}

Result<Answer> revoke_token(const Call& call) {
    auto& book = *call.context.tokens;
    const auto row = book.find(call.captured[0]);
    if (row.token.name.empty())
        return Fault{FaultKind::not_found, "There is no token " + call.captured[0]};
    if (row.is_configured)
        return Fault{FaultKind::conflict,
                     row.token.name + " stands in the configuration: remove it there, and reload"};
    // Its row stays, and is good for nobody.
    if (auto put = call.context.admin.tokens().put({row.token.name, {}, {}}); !put)
        return put.fault();
    book.remove(row.token.name);
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
