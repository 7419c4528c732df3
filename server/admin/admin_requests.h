// server/admin/admin_requests.h: requests that may come twice, for who carries them out.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "server/feed/kept_requests.h"

namespace herald::server {

class AdminCarrier;

class RequestAdmin {
public:
    virtual ~RequestAdmin() = default;

    /// What is known of a request; a fresh one is durably begun on return, and settle() or leave()
    /// is to follow. `name` and `body` are hashes. Faults: unavailable, timeout (it must not be
    /// carried out), limit_reached (http.idempotency_memory).
    virtual Result<RequestStanding> begin(const std::string& name, const std::string& body) = 0;
    /// What it was answered, durable on return where the store can be written. A secret's body
    /// stays in memory.
    virtual void answered(const std::string& name, GivenAnswer answer, bool is_secret) = 0;
    /// It was not carried out, and may be another time.
    virtual void not_done(const std::string& name) = 0;
    /// It may have been carried out, and nobody waits for that any more.
    virtual void leave(const std::string& name) = 0;
    /// What became of one that was left; nothing: it was not carried out. Any thread; waits for
    /// nobody.
    virtual void settle_late(const std::string& name, std::optional<GivenAnswer> answer) = 0;
};

std::unique_ptr<RequestAdmin> request_admin(const AdminCarrier& carrier);

}  // namespace herald::server
