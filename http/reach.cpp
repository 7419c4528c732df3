// http/reach.cpp: which requests a token may make that is not good for everybody.
#include "http/reach.h"

#include <algorithm>
#include <iterator>

#include "server/address/domains.h"
#include "server/admin/admin_aliases.h"

namespace herald::http {

namespace {

struct Limited {
    std::string_view pattern, by;
};

/// What is not here is for tokens without a limit: it makes somebody more than he is, or is about
/// others as well.
constexpr Limited kLimited[] = {
    {"/v1/events", "reach"},
    {"/v1/presence", "reach"},
    {"/v1/presence/{user}", "user"},
    {"/v1/subscriptions", "resource"},
    {"/v1/resources/{package}/{aor}", "aor"},
    {"/v1/resources/{package}/{aor}/hard-state", "aor"},
    {"/v1/watchers/{aor}", "aor"},
    {"/v1/watchers/{aor}/decisions", "aor"},
    {"/v1/explain", "resource"},
    {"/v1/lists/{scope}/{list}", "scope"},
    {"/v1/lists/{scope}/{list}/entries", "scope"},
    {"/v1/rules/{aor}", "aor"},
    {"/v1/rules/{aor}/dry-run", "aor"},
    {"/v1/audit", "resource"},
    {"/v1/mailboxes/{aor}", "aor"},
    {"/v1/dialogs/{aor}", "aor"},
    {"/v1/registrations", "aor"},
};

}  // namespace

bool Reach::covers(std::string_view whose) const noexcept {
    if (limit_.empty() || whose == limit_) return true;
    const bool is_user = limit_.find('@') != std::string::npos;
    return !is_user && whose.find('@') != std::string_view::npos &&
           server::domain_of(whose) == limit_;
}

std::string_view limited_by(std::string_view pattern) noexcept {
    const auto found = std::find_if(std::begin(kLimited), std::end(kLimited),
                                    [&](const Limited& each) { return each.pattern == pattern; });
    return found == std::end(kLimited) ? std::string_view() : found->by;
}

Status check_alias(const Reach& reach, const std::string& aor, server::AliasAdmin& aliases) {
    if (reach.is_everybody()) return {};
    const auto alias = aliases.find(aor);
    if (!alias && alias.fault().kind == FaultKind::unavailable) return alias.fault();
    if (!alias || reach.covers(alias->resource)) return {};
    return Fault{FaultKind::forbidden, "This token is good for " + reach.limit() +
                                           " only, and this address stands for somebody else."};
}

}  // namespace herald::http
