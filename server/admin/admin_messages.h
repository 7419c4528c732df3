// server/admin/admin_messages.h: messages an operator sends, and those kept for users who are not
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

class AdminCarrier;

/// A message an operator sends.
struct MessageOrder {
    std::string from, to;  ///< addresses-of-record
    std::string type, body;
    std::string subject;        ///< empty: none
    std::uint32_t expires = 0;  ///< seconds; 0: kept as long as the configuration says
};

/// A message kept for somebody who is not there.
struct MessageInfo {
    std::string id;  ///< for paging and removal
    std::string aor, from, subject, type;
    std::uint64_t size = 0;  ///< bytes
    base::WallTime date{};
    base::WallTime kept_until{};
    std::string body;  ///< empty unless asked for
};

struct MessagePage {
    std::vector<MessageInfo> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

class MessageAdmin {
public:
    virtual ~MessageAdmin() = default;

    /// 200: a device took it; 202: it is kept. Faults: malformed, not_found (no such user),
    /// limit_reached (no room), unavailable, conflict (the device refused it).
    /// After a timeout `late` takes, on any thread, what became of it when that is known.
    using Late = std::function<void(const Result<int>& done)>;
    virtual Result<int> send(const MessageOrder& order, Late late) = 0;
    /// What is kept for `aor`, or for everybody where it is empty, after the row `after`; at most
    /// `limit` (1 to 1000). Faults: malformed, not_found (not one of our domains).
    virtual Result<MessagePage> page(std::string_view aor, std::string_view after,
                                     std::size_t limit, bool with_bodies) = 0;
    /// `id` empty: all messages of the user. Nobody is told. Faults: malformed, not_found.
    virtual Status remove(std::string_view aor, std::string_view id) = 0;
};

std::unique_ptr<MessageAdmin> message_admin(const AdminCarrier& carrier);

}  // namespace herald::server
