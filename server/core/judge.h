// server/core/judge.h: what a watcher may have of a resource of this shard, as of now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/access/authorize.h"
#include "server/core/context.h"

namespace herald::server {

/// The sphere the owner is in: what all his documents that name one agree on (RFC 5025 3.1.2).
std::optional<std::string> sphere_of(const Context& context, std::string_view owner);

Judgement judge(const Context& context, const packages::Package& package, std::string_view owner,
                const Identity& watcher);

/// The same where something was decided about one subscription alone: that holds where the owner is
/// to be asked.
Judgement with_once(Judgement judgement, Once once);

/// What the watcher of a subscription may have.
Judgement judge(const Context& context, const Subscription& record);

/// Who asked for a subscription, with the rights he has now.
Identity identity_of(const Context& context, const Subscription& record);

}  // namespace herald::server
