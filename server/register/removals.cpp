// server/register/removals.cpp: contacts that were removed lately, and by which requests.
#include "server/register/removals.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/core/expiry.h"

namespace herald::server {

namespace {

/// Kept of one address-of-record.
constexpr std::size_t kMostRemovals = 256;

/// No Call-ID has the end of a line in it.
void append_call(store::RequestMark& mark, std::string_view call_id, std::uint32_t cseq) {
    mark.call_id.append("\n").append(std::to_string(cseq + 1)).append(" ").append(call_id);
}

}  // namespace

store::RequestMark removal_mark(const packages::Binding& binding, store::RequestMark by) {
    if (by.call_id.empty()) by = {binding.call_id, binding.cseq + 1, 0};
    const bool is_other = by.call_id != binding.call_id;
    if (is_other) append_call(by, binding.call_id, binding.cseq);
    for (const auto& former : binding.former) append_call(by, former.call_id, former.cseq);
    return by;
}

void Removals::expect_copies() {
    expects_copies_ = true;
    context_.loop.timers().cancel(copies_end_);
    copies_end_ = context_.loop.timers().arm(context_.loop.now() + kTombstoneLife, [this] {
        copies_end_ = {};
        by_aor_.clear();
        expects_copies_ = false;
    });
}

std::span<const store::RequestMark> Removals::of(std::string_view aor) const {
    if (by_aor_.empty()) return {};  // what is asked is hashed all the same
    const auto found = by_aor_.find(aor);
    if (found == by_aor_.end()) return {};
    return found->second;
}

bool Removals::has(std::string_view aor, std::uint64_t mark) const {
    const auto removals = of(aor);
    return std::any_of(removals.begin(), removals.end(),
                       [&](const auto& each) { return context_.mark_of(each) == mark; });
}

void Removals::note(const std::string& aor, store::RequestMark mark) {
    if (mark.call_id.empty()) return;
    auto& all = by_aor_[aor];
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& earlier) {
        return earlier.call_id == mark.call_id;
    });
    if (same == all.end()) {
        // Somebody may register and leave as often as he likes.
        if (all.size() == kMostRemovals) all.erase(all.begin());
        return all.push_back(std::move(mark));
    }
    if (same->cseq < mark.cseq) *same = std::move(mark);
}

void Removals::restore(const std::string& aor, store::RequestMark mark) {
    const std::string all = std::move(mark.call_id);
    auto rest = base::split_once(all, '\n');
    mark.call_id = std::string(rest.before);
    note(aor, std::move(mark));
    while (rest.found) {
        rest = base::split_once(rest.after, '\n');
        const auto made = base::split_once(rest.before, ' ');
        note(aor, {std::string(made.after), base::to_u32_clamped(made.before).value_or(0), 0});
    }
}

void Removals::note_former(const std::string& aor, const packages::Binding& binding) {
    for (const auto& each : binding.former) {
        if (each.until > context_.wall()) note(aor, {each.call_id, each.cseq + 1, 0});
    }
}

void Removals::note_departure(std::uint32_t slot, const Publication& publication,
                              packages::Cause cause) {
    const auto* binding = binding_of(publication);
    const bool may_stay = cause == packages::Cause::refreshed || cause == packages::Cause::expired;
    if (!expects_copies_ || !binding || may_stay) return;
    note(context_.resources[slot].aor, removal_mark(*binding));
}

void Removals::note_successor(std::uint32_t slot, const Publication& publication) {
    auto& resource = context_.resources[slot];
    const auto* earlier = expects_copies_ ? resource.by_id(publication.id) : nullptr;
    const auto* binding = earlier ? binding_of(*earlier) : nullptr;
    if (!binding || binding->call_id == binding_of(publication)->call_id) return;
    note(resource.aor, removal_mark(*binding));
}

void Removals::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(by_aor_,
                     [&](const auto& entry) { return context_.cell_of(entry.first) == cell; });
}

}  // namespace herald::server
