// server/feed/kept_requests.cpp: requests of programs that may come twice, and what each was
// answered.
#include "server/feed/kept_requests.h"

#include <iterator>

namespace herald::server {

namespace {

/// Of the tables, and of the row in the store.
constexpr std::uint64_t kOverhead = 384;

bool is_past(const KeptRequest& request, base::WallTime now) {
    return request.at + KeptRequests::kLife <= now;
}

}  // namespace

std::uint64_t KeptRequests::bytes_of(const KeptRequest& request) noexcept {
    std::uint64_t bytes = kOverhead + 2 * request.name.size() + request.body.size();
    if (!request.answer) return bytes;
    bytes += request.answer->type.size() + request.answer->body.size();
    for (const auto& [name, value] : request.answer->headers) bytes += name.size() + value.size();
    return bytes;
}

const KeptRequest* KeptRequests::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &rows_.at(found->second);
}

RequestStanding KeptRequests::standing(std::string_view name, std::string_view body,
                                       base::WallTime now) const {
    using Kind = RequestStanding::Kind;
    const auto* known = find(name);
    if (known == nullptr || (is_past(*known, now) && !known->is_under_way)) return {};
    if (known->body != body) return {Kind::other};
    if (known->answer) return {Kind::answered, *known->answer};
    return {known->is_under_way ? Kind::under_way : Kind::unknown};
}

KeptRequests::Room KeptRequests::make_room(std::uint64_t bytes, base::WallTime now) {
    Room room;
    for (auto it = rows_.begin(); it != rows_.end();) {
        const auto& each = it->second;
        const bool is_over = is_past(each, now) && !each.is_under_way;
        room.is_enough = bytes_ + bytes <= most_bytes_;
        if (room.is_enough && !is_over) return room;
        const bool goes = is_over || each.answer;
        if (goes) room.gone.push_back(it->first);
        it = goes ? erase(it) : std::next(it);
    }
    room.is_enough = bytes_ + bytes <= most_bytes_;
    return room;
}

std::uint64_t KeptRequests::add(KeptRequest request) {
    const auto earlier = remove(request.name);
    bytes_ += bytes_of(request);
    by_name_[request.name] = request.row;
    const auto row = request.row;
    rows_.insert_or_assign(row, std::move(request));
    return earlier == row ? 0 : earlier;
}

void KeptRequests::set_answer(std::string_view name, GivenAnswer answer) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    auto& request = rows_.at(found->second);
    bytes_ -= bytes_of(request);
    request.answer = std::move(answer);
    request.is_under_way = false;
    bytes_ += bytes_of(request);
}

void KeptRequests::leave(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) rows_.at(found->second).is_under_way = false;
}

KeptRequests::Rows::iterator KeptRequests::erase(Rows::iterator it) {
    bytes_ -= bytes_of(it->second);
    by_name_.erase(it->second.name);
    return rows_.erase(it);
}

std::uint64_t KeptRequests::remove(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return 0;
    const auto row = found->second;
    erase(rows_.find(row));
    return row;
}

void KeptRequests::forget_some(Forgetting& forgetting) {
    for (const auto row : forgetting.find(rows_, [](const auto&) { return true; }))
        erase(rows_.find(row));
}

}  // namespace herald::server
