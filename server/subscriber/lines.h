// server/subscriber/lines.h: the subscriptions Herald makes, one for each resource whose state a
// PBX keeps, and how they are found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_map.h"
#include "base/time.h"
#include "base/timers.h"
#include "packages/package.h"
#include "server/core/forgetting.h"
#include "server/subscriber/upstream_state.h"
#include "sip/digest.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// A resource whose state comes with that of others, by a list of their PBX (RFC 4662).
struct Member {
    std::string aor;
    std::string user;             ///< at the PBX
    packages::Document document;  ///< that was told last
    base::TimerId write_again;    ///< to retry storing it
};

/// One resource's subscription at its PBX, or that for a list of resources.
struct Line {
    /// As the PBX's first NOTIFY made it (RFC 6665 4.4.1).
    struct Dialog {
        std::string call_id, local_tag, remote_tag, remote_target, route_set;
        sip::Endpoint named_by;  ///< where the PBX said so
        std::uint32_t cseq = 0, remote_cseq = 0;
    };
    /// The SUBSCRIBE under way.
    struct Request {
        sip::ClientTransactionId transaction;
        sip::Path path;             ///< to the PBX
        std::string text;           ///< without its Via
        std::string authorization;  ///< complete lines, or none
        std::uint64_t attempt = 0;  ///< tells what is about an earlier one apart
        std::uint32_t asked = 0;    ///< Expires
        unsigned retries = 0;       ///< challenges and 423
        bool is_signed = false;     ///< it has credentials
    };

    std::uint64_t id = 0;
    const packages::Package* package = nullptr;
    std::string aor;
    std::string pbx;       ///< its name
    std::string uri;       ///< the resource there: the first Request-URI
    std::string to, from;  ///< URIs
    std::string next_hop;  ///< URI of the PBX
    UpstreamState state = UpstreamState::waiting;
    Dialog dialog;
    Request request;
    base::Instant expires_at{};
    base::Instant active_since{};
    std::optional<sip::DigestClient> digest;
    std::uint32_t wanted = 0;     ///< Expires asked for
    unsigned failures = 0;        ///< consecutive ones, of this resource alone
    base::TimerId timer;          ///< waiting, active: the next SUBSCRIBE; else Timer N
    base::Instant due{};          ///< when it fires
    base::TimerId write_again;    ///< to retry storing what the PBX told
    packages::Document document;  ///< of the last NOTIFY that had one
    std::string list;             ///< user part of the list there; empty: one resource
    std::vector<Member> members;  ///< of a list; `aor` is that of one of them
    std::optional<std::uint32_t> list_version;  ///< that was told last
    std::string why;          ///< why it waits, as last logged; empty: it does not
    bool is_leaving = false;  ///< the SUBSCRIBE that ends it is under way

    bool is_list() const noexcept { return !list.empty(); }
    Member* member(std::string_view member_aor) noexcept;
};

/// Owns the lines of one shard.
class PbxLines {
public:
    /// With a new id, found by its resource from now on.
    Line& add(std::unique_ptr<Line> line);
    /// No longer found by its resources, which may get another line.
    void release(const Line& line);
    /// A resource comes to a list, or leaves it.
    void join(Line& list, Member member);
    void part(Line& list, std::string_view aor);
    /// Gives it another dialog, or none (an empty tag): from now on it is found by `local_tag`.
    void retag(Line& line, std::string local_tag);
    void erase(std::uint64_t id);

    Line* find(std::uint64_t id) const;
    Line* of(const packages::Package& package, std::string_view aor) const;
    /// The list of a PBX.
    Line* list_of(const packages::Package& package, std::string_view pbx) const;
    Line* by_tag(std::string_view local_tag) const;
    void for_each(const std::function<void(Line&)>& visit) const;
    std::vector<std::uint64_t> ids_where(const std::function<bool(const Line&)>& matches) const;
    /// Those that match among the next ones, as many as fit in a step.
    std::vector<std::uint64_t> find_some(Forgetting& forgetting,
                                         const std::function<bool(const Line&)>& matches) const;
    std::size_t held() const noexcept { return all_.size() + by_resource_.size() + by_tag_.size(); }

private:
    void note(const Line& line, std::string key);
    void drop(const Line& line, const std::string& key);

    std::unordered_map<std::uint64_t, std::unique_ptr<Line>> all_;
    base::TextMap<std::uint64_t> by_resource_;
    base::TextMap<std::uint64_t> by_tag_;
    std::uint64_t next_id_ = 1;
};

}  // namespace herald::server
