// server/subscriber/lines.cpp: the subscriptions Herald makes, and how they are found.
#include "server/subscriber/lines.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

std::string resource_key(const packages::Package& package, std::string_view aor) {
    return std::string(package.profile().event).append(" ").append(aor);
}

/// No AOR begins with a blank.
std::string list_key(const packages::Package& package, std::string_view pbx) {
    return resource_key(package, " ").append(pbx);
}

}  // namespace

Member* Line::member(std::string_view member_aor) noexcept {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const Member& each) { return each.aor == member_aor; });
    return found == members.end() ? nullptr : &*found;
}

void PbxLines::note(const Line& line, std::string key) {
    by_resource_[std::move(key)] = line.id;
}

void PbxLines::drop(const Line& line, const std::string& key) {
    const auto found = by_resource_.find(key);
    if (found != by_resource_.end() && found->second == line.id) by_resource_.erase(found);
}

Line& PbxLines::add(std::unique_ptr<Line> line) {
    line->id = next_id_++;
    note(*line, line->is_list() ? list_key(*line->package, line->pbx)
                                : resource_key(*line->package, line->aor));
    for (const auto& member : line->members) note(*line, resource_key(*line->package, member.aor));
    return *(all_[line->id] = std::move(line));
}

void PbxLines::release(const Line& line) {
    drop(line, line.is_list() ? list_key(*line.package, line.pbx)
                              : resource_key(*line.package, line.aor));
    for (const auto& member : line.members) drop(line, resource_key(*line.package, member.aor));
}

void PbxLines::join(Line& list, Member member) {
    note(list, resource_key(*list.package, member.aor));
    list.members.push_back(std::move(member));
}

void PbxLines::part(Line& list, std::string_view aor) {
    drop(list, resource_key(*list.package, aor));
    std::erase_if(list.members, [aor](const Member& member) { return member.aor == aor; });
}

void PbxLines::retag(Line& line, std::string local_tag) {
    by_tag_.erase(line.dialog.local_tag);
    line.dialog.local_tag = std::move(local_tag);
    if (!line.dialog.local_tag.empty()) by_tag_[line.dialog.local_tag] = line.id;
}

void PbxLines::erase(std::uint64_t id) {
    auto* line = find(id);
    if (!line) return;
    release(*line);
    retag(*line, {});
    all_.erase(id);
}

Line* PbxLines::find(std::uint64_t id) const {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : found->second.get();
}

Line* PbxLines::of(const packages::Package& package, std::string_view aor) const {
    const auto found = by_resource_.find(resource_key(package, aor));
    return found == by_resource_.end() ? nullptr : find(found->second);
}

Line* PbxLines::list_of(const packages::Package& package, std::string_view pbx) const {
    const auto found = by_resource_.find(list_key(package, pbx));
    return found == by_resource_.end() ? nullptr : find(found->second);
}

Line* PbxLines::by_tag(std::string_view local_tag) const {
    const auto found = by_tag_.find(std::string(local_tag));
    return found == by_tag_.end() ? nullptr : find(found->second);
}

void PbxLines::for_each(const std::function<void(Line&)>& visit) const {
    for (const auto& [id, line] : all_) visit(*line);
}

std::vector<std::uint64_t> PbxLines::ids_where(
    const std::function<bool(const Line&)>& matches) const {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, line] : all_) {
        if (matches(*line)) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::vector<std::uint64_t> PbxLines::find_some(
    Forgetting& forgetting, const std::function<bool(const Line&)>& matches) const {
    auto ids = forgetting.find(all_, [&](const auto& entry) { return matches(*entry.second); });
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace herald::server
