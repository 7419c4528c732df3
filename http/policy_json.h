// http/policy_json.h: what somebody would see, as JSON.
#pragma once

#include "http/json.h"
#include "server/admin/admin_policies.h"

namespace herald::http {

JsonObject json_of(const server::Preview& preview);

}  // namespace herald::http
