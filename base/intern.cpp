// base/intern.cpp: interned text. Ids are slots of the slab plus one; 0 is the empty text.
#include "base/intern.h"

#include <cassert>

namespace herald::base {

Intern::Intern() : key_(random_key()) {}

InternId Intern::intern(std::string_view text) {
    if (text.empty()) return kEmpty;
    const std::uint64_t hash = keyed_hash(key_, text);
    const std::uint32_t known =
        index_.find(hash, [&](std::uint32_t slot) { return entries_[slot].text == text; });
    if (known != Index::kNone) {
        ++entries_[known].holds;
        return known + 1;
    }
    const SlotId id = entries_.take(Entry{.hash = hash, .holds = 1, .text = std::string(text)});
    index_.insert(hash, id.slot);
    text_bytes_ += text.size();
    return id.slot + 1;
}

void Intern::retain(InternId id) noexcept {
    if (id != kEmpty) ++entries_[id - 1].holds;
}

void Intern::release(InternId id) noexcept {
    if (id == kEmpty) return;
    const std::uint32_t slot = id - 1;
    Entry& entry = entries_[slot];
    assert(entry.holds != 0);
    if (--entry.holds != 0) return;
    text_bytes_ -= entry.text.size();
    index_.erase(entry.hash, slot);
    entries_.release(slot);
}

std::string_view Intern::text(InternId id) const noexcept {
    if (id == kEmpty) return {};
    return entries_[id - 1].text;
}

}  // namespace herald::base
