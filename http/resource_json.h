// http/resource_json.h: subscriptions and publications as JSON, for every route that shows them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "http/routes.h"
#include "server/admin/admin_resources.h"
#include "server/admin/admin_subscriptions.h"

namespace herald::http {

/// A document as text where it is text, else in base64: "body" or "body_base64".
std::pair<std::string, Json> body_member(const std::string& body);
Json time_of(base::WallTime time);
Json time_of(const std::optional<base::WallTime>& time);
JsonObject json_of(const server::SubscriptionInfo& info);
Json json_of(const server::PublicationInfo& info);

}  // namespace herald::http
