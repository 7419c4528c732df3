// http/resource_json.h: subscriptions and publications as JSON, for every route that shows them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "http/routes.h"
#include "server/admin/admin_resources.h"
#include "server/admin/admin_subscriptions.h"

namespace herald::http {

Json time_of(base::WallTime time);
Json time_of(const std::optional<base::WallTime>& time);
JsonObject json_of(const server::SubscriptionInfo& info);
Json json_of(const server::PublicationInfo& info);

}  // namespace herald::http
